// Runs the handler of a Lambda function in Node.js: takes events from the Runtime API
// of AWS_LAMBDA_RUNTIME_API one at a time, and gives back what the handler answers or
// throws, in the words of Lambda's own Node.js runtimes.
'use strict';

const http = require('http');
const path = require('path');
const fs = require('fs');
const util = require('util');
const { Writable } = require('stream');
const { pathToFileURL } = require('url');

const env = process.env;
const [apiHost, apiPort] = env.AWS_LAMBDA_RUNTIME_API.split(':');
const runtimeVersion = Number(/nodejs(\d+)/.exec(env.AWS_EXECUTION_ENV || '')?.[1] || 0);
const promisesOnly = runtimeVersion >= 24; // Node.js 24 is the first runtime without callbacks

// ---- Runtime API ----

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function open(method, resource, headers, answered, failed) {
  const options = { host: apiHost, port: apiPort, method, path: '/2018-06-01/runtime/' + resource, headers, agent };
  return http.request(options, answered).on('error', failed);
}

// ask resolves to the status, the headers and the body of the answer.
function ask(method, resource, headers, body) {
  return new Promise((resolve, reject) => {
    const request = open(method, resource, headers, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }));
    }, reject);
    request.end(body);
  });
}

function post(resource, text, headers) {
  const body = Buffer.from(text);
  return ask('POST', resource, { 'Content-Type': 'application/json', 'Content-Length': body.length, ...headers }, body);
}

function postError(resource, error) {
  const report = describe(error);
  return post(resource, JSON.stringify(report), { 'Lambda-Runtime-Function-Error-Type': headerText(report.errorType) });
}

function headerText(text) {
  return String(text).replace(/[^\x20-\x7e]/g, '?').slice(0, 256);
}

// ---- Errors ----

function runtimeError(name, message, cause) {
  const error = new Error(message);
  error.name = name;
  error.stack = typeof cause?.stack === 'string' ? `${name}: ${cause.stack}` : error.stack.replace(/^Error/, name);
  return error;
}

// describe makes the members by which Lambda reports an error, without the frames of this file.
function describe(error) {
  if (!util.types.isNativeError(error) && !(error instanceof Error)) {
    return { errorType: typeof error, errorMessage: printed(error), trace: [] };
  }
  const trace = String(error.stack || '').split('\n').filter((line) => !line.includes(__filename) && !/^ +at .*node:internal/.test(line));
  return { errorType: String(error.name || 'Error'), errorMessage: String(error.message), trace };
}

function printed(value) {
  try {
    return String(value);
  } catch {
    return util.inspect(value);
  }
}

// ---- Console ----

let requestId; // of the invocation at work, undefined while the module is loaded

// A carriage return stands for the end of a line within an event of the log, as in Lambda.
function log(level, ...args) {
  const text = util.format(...args).replace(/\r?\n/g, '\r');
  process.stdout.write(`${new Date().toISOString()}\t${requestId}\t${level}\t${text}\n`);
}

function patchConsole() {
  const levels = { log: 'INFO', info: 'INFO', debug: 'DEBUG', warn: 'WARN', error: 'ERROR' };
  for (const [method, level] of Object.entries(levels)) {
    console[method] = (...args) => log(level, ...args);
  }
  console.trace = (...args) => {
    const here = { name: 'Trace', message: util.format(...args) };
    Error.captureStackTrace(here, console.trace);
    log('TRACE', here.stack);
  };
}

function logError(what, error) {
  const { trace, ...report } = describe(error);
  const members = util.types.isNativeError(error) ? { ...report, ...error, stack: trace } : { ...report, stack: trace };
  delete members.name;
  let text;
  try {
    text = JSON.stringify(members);
  } catch {
    text = JSON.stringify({ ...report, stack: trace });
  }
  log('ERROR', '%s \t%s', what, text);
}

// ---- Handler ----

const streaming = Symbol('gatehouse.lambda.streaming');

async function loadHandler() {
  const name = env._HANDLER || '';
  const directory = path.dirname(name);
  const parts = /^([^.]*)\.(.*)$/.exec(path.basename(name));
  if (name.includes('..')) {
    throw runtimeError('Runtime.MalformedHandlerName', `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`);
  }
  if (!parts) {
    throw runtimeError('Runtime.MalformedHandlerName', 'Bad handler');
  }
  const module = await loadModule(path.resolve(env.LAMBDA_TASK_ROOT || '.', directory, parts[1]), parts[1]);
  const handler = parts[2].split('.').reduce((value, key) => value?.[key], module);
  if (handler === undefined || handler === null) {
    throw runtimeError('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  }
  if (typeof handler !== 'function') {
    throw runtimeError('Runtime.HandlerNotFound', `${name} is not a function`);
  }
  if (promisesOnly && !handler[streaming] && handler.length >= 3) {
    throw runtimeError('Runtime.CallbackHandlerDeprecated', 'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.');
  }
  return handler;
}

async function loadModule(base, name) {
  const file = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'].map((ext) => base + ext).find(isFile);
  try {
    if (!file) {
      return require(require.resolve(name, { paths: [path.dirname(base)] }));
    }
    if (isModule(file)) {
      findPackagesOfLayers();
      return await import(pathToFileURL(file).href);
    }
    return require(file);
  } catch (error) {
    if (error instanceof SyntaxError) {
      locate(error, file);
      throw runtimeError('Runtime.UserCodeSyntaxError', String(error), error);
    }
    if (error?.code === 'MODULE_NOT_FOUND') {
      throw runtimeError('Runtime.ImportModuleError', file ? String(error) : `Error: Cannot find module '${name}'`, error);
    }
    throw error;
  }
}

// locate puts the place of a syntax error before its stack, where Node.js tells it for
// an uncaught one alone: in ES modules.
function locate(error, file) {
  if (/^\S+:\d+\n/.test(error.stack)) {
    return;
  }
  const code = 'import ' + JSON.stringify(pathToFileURL(file).href);
  const { stderr } = require('child_process').spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8', timeout: 5000 });
  const place = /(?:^|\n)(file:\S+:\d+\n[^]*?)\n+SyntaxError/.exec(stderr || '');
  if (place) {
    error.stack = `${place[1]}\n\n${error.stack}`;
  }
}

function isFile(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() || false;
}

// isModule tells an ES module: by its extension, or by the package.json that is nearest.
function isModule(file) {
  const ext = path.extname(file);
  if (ext === '.mjs' || ext === '.mts') {
    return true;
  }
  if (ext !== '.js' && ext !== '.ts') {
    return false;
  }
  for (let dir = path.dirname(file); ; dir = path.dirname(dir)) {
    const manifest = path.join(dir, 'package.json');
    if (isFile(manifest)) {
      return JSON.parse(fs.readFileSync(manifest, 'utf8')).type === 'module';
    }
    if (path.basename(dir) === 'node_modules' || dir === path.dirname(dir)) {
      return false;
    }
  }
}

// findPackagesOfLayers has import statements search NODE_PATH, too, where layers have
// their packages: Node.js itself searches it for require alone.
function findPackagesOfLayers() {
  const roots = (env.NODE_PATH || '').split(path.delimiter).filter((dir) => path.basename(dir) === 'node_modules' && fs.existsSync(dir))
    .map((dir) => pathToFileURL(path.join(dir, '..', 'layer.mjs')).href);
  const { register } = require('module');
  if (roots.length === 0 || !register) {
    return;
  }
  const hook = `export async function resolve(specifier, context, next) {
    try {
      return await next(specifier, context);
    } catch (error) {
      if (error.code !== 'ERR_MODULE_NOT_FOUND' || /^[./]|:/.test(specifier)) throw error;
      for (const parentURL of ${JSON.stringify(roots)}) {
        try {
          return await next(specifier, { ...context, parentURL });
        } catch {}
      }
      throw error;
    }
  }`;
  register('data:text/javascript,' + encodeURIComponent(hook));
}

// ---- Streamed responses ----

const preludeType = 'application/vnd.awslambda.http-integration-response';

// A ResponseStream is the body of an invocation's response on its way. The request to the
// Runtime API begins with the first bytes, so that an error before them is still an error.
class ResponseStream extends Writable {
  constructor(id) {
    super({ decodeStrings: true });
    this.resource = `invocation/${id}/response`;
    this.contentType = 'application/octet-stream';
    this.answered = new Promise((resolve, reject) => { this.settle = { resolve, reject }; });
    this.answered.catch(() => {});
  }

  setContentType(type) {
    this.contentType = type;
  }

  begin() {
    if (this.request) {
      return;
    }
    this.request = open('POST', this.resource, {
      'Content-Type': this.contentType,
      'Lambda-Runtime-Function-Response-Mode': 'streaming',
      'Transfer-Encoding': 'chunked',
      Trailer: 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body',
    }, (response) => response.resume().on('end', this.settle.resolve), this.settle.reject);
    if (this.prelude) {
      this.request.write(this.prelude);
    }
  }

  write(chunk, ...rest) {
    return super.write(bytes(chunk), ...rest);
  }

  end(chunk, ...rest) {
    return super.end(typeof chunk === 'function' ? chunk : bytes(chunk), ...rest);
  }

  _write(chunk, _encoding, done) {
    this.begin();
    this.request.write(chunk, done);
  }

  _final(done) {
    this.begin();
    this.request.end(done);
  }

  // fail ends a response that has begun with the error in its trailers, which the Runtime
  // API takes up to 4 KiB of.
  fail(error) {
    let report = describe(error);
    let body = Buffer.from(JSON.stringify(report));
    if (body.length > 2400) {
      report = { errorType: report.errorType.slice(0, 100), errorMessage: report.errorMessage.slice(0, 200), trace: [] };
      body = Buffer.from(JSON.stringify(report));
    }
    this.request.addTrailers({
      'Lambda-Runtime-Function-Error-Type': headerText(report.errorType),
      'Lambda-Runtime-Function-Error-Body': body.toString('base64'),
    });
    this.request.end();
    return this.answered;
  }
}

function bytes(chunk) {
  const plain = chunk === undefined || chunk === null || typeof chunk === 'string' || chunk instanceof Uint8Array;
  return plain ? chunk : JSON.stringify(chunk);
}

globalThis.awslambda = {
  streamifyResponse(handler, _options) {
    handler[streaming] = true;
    return handler;
  },
  HttpResponseStream: {
    // from has the stream begin with the status code, headers and cookies of an HTTP response.
    from(stream, metadata) {
      stream.setContentType(preludeType);
      stream.prelude = Buffer.concat([Buffer.from(JSON.stringify(metadata)), Buffer.alloc(8)]);
      return stream;
    },
  },
};

// ---- Invocations ----

let current; // the invocation that is not answered yet
let answering = Promise.resolve(); // the last answer on its way
let loaded = false; // the handler
let dying = false;
let loopIsEmpty = () => {}; // what to do when nothing is left to wait for

process.on('beforeExit', () => loopIsEmpty());

function makeContext(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const context = {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed(headers['lambda-runtime-client-context']),
    identity: parsed(headers['lambda-runtime-cognito-identity']),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  if (promisesOnly) {
    delete context.callbackWaitsForEmptyEventLoop;
  }
  return context;
}

function parsed(header) {
  return header ? JSON.parse(header) : undefined;
}

// call runs a handler that answers by its promise, by the callback or by the context's old methods.
function call(handler, event, context) {
  return new Promise((resolve, reject) => {
    loopIsEmpty = () => (promisesOnly ? reject(neverSettled()) : resolve(null));
    if (promisesOnly) {
      Promise.resolve(handler(event, context)).then(resolve, reject);
      return;
    }
    const callback = (error, data) => {
      const settle = () => (error === undefined || error === null ? resolve(data) : reject(error));
      if (context.callbackWaitsForEmptyEventLoop) {
        loopIsEmpty = settle;
      } else {
        settle();
      }
    };
    context.done = (error, data) => {
      context.callbackWaitsForEmptyEventLoop = false;
      callback(error, data);
    };
    context.succeed = (data) => context.done(null, data);
    context.fail = (error) => context.done(error ?? 'handled');
    const returned = handler(event, context, callback);
    if (typeof returned?.then === 'function') {
      returned.then(resolve, reject);
    }
  });
}

function neverSettled() {
  return runtimeError('Runtime.NodeJsExit', 'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes');
}

// stream runs a handler that writes its response, until it has returned and ended it.
function stream(handler, event, context, response) {
  return new Promise((resolve, reject) => {
    loopIsEmpty = () => reject(neverSettled());
    response.on('error', reject);
    Promise.resolve(handler(event, response, context)).then(() => response.answered).then(resolve, reject);
  });
}

function answer(promise) {
  current = undefined;
  loopIsEmpty = () => {};
  answering = promise;
  return promise;
}

function serialized(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? 'null';
  } catch {
    throw new Error('Unable to stringify response body');
  }
}

async function fail(invocation, error) {
  if (invocation.response?.request) {
    return answer(invocation.response.fail(error));
  }
  return answer(postError(`invocation/${invocation.id}/error`, error));
}

async function invoke(handler, { headers, body }) {
  const invocation = { id: headers['lambda-runtime-aws-request-id'] };
  current = invocation;
  requestId = invocation.id;
  env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] || '';
  try {
    const event = JSON.parse(body.toString('utf8'));
    const context = makeContext(headers);
    if (handler[streaming]) {
      invocation.response = new ResponseStream(invocation.id);
      await stream(handler, event, context, invocation.response);
      current = undefined;
      return;
    }
    const text = serialized(await call(handler, event, context));
    if (current === invocation) {
      await answer(post(`invocation/${invocation.id}/response`, text));
    }
  } catch (error) {
    if (current === invocation) {
      logError('Invoke Error', error);
      await fail(invocation, error);
    }
  }
}

// die reports what ends this process, to the invocation at work if there is one.
async function die(what, error, code) {
  if (dying) {
    return;
  }
  dying = true;
  logError(what, error);
  await (loaded ? (current ? fail(current, error) : answering) : postError('init/error', error)).catch(() => {});
  process.exit(code);
}

process.on('uncaughtException', (error) => die('Uncaught Exception', error, 129));
process.on('unhandledRejection', (reason) =>
  die('Unhandled Promise Rejection', runtimeError('Runtime.UnhandledPromiseRejection', printed(reason), reason), 128));

// waitForDebugger opens the inspector at an address and returns when a debugger is there.
function waitForDebugger(address) {
  if (address) {
    const [host, port] = address.split(':');
    require('inspector').open(Number(port), host, true);
  }
}

async function main() {
  const debugAddress = env.GATEHOUSE_DEBUG;
  delete env.GATEHOUSE_DEBUG;
  waitForDebugger(debugAddress);
  patchConsole();
  const handler = await loadHandler().catch((error) => die('Init Error', error, 1));
  loaded = true;
  while (!dying) {
    const next = await ask('GET', 'invocation/next', {});
    if (next.status !== 200) {
      throw new Error('no invocation');
    }
    await invoke(handler, next);
  }
}

main().catch(() => process.exit(1)); // the Runtime API is gone, or refuses what has been answered
