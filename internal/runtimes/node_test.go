package runtimes

import (
	"encoding/base64"
	"strings"
	"testing"
)

// A nodeFunction is the program of a handler in Node.js.
func nodeFunction(t *testing.T, handler string, files map[string]string) Program {
	t.Helper()
	return Program{Runtime: "nodejs20.x", Handler: handler, Dir: project(t, files), Memory: 512}
}

func TestNodeModules(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		handler string
		files   map[string]string
		want    string
	}{
		"CommonJS, nested export": {handler: "index.api.get", want: `{"got":{"a":[1,"é"]}}`, files: map[string]string{"index.js": `exports.api = {get: async (event) => ({got: event})}`}},
		"ES module by its extension, without globals of the bootstrap": {handler: "handler.handler", want: `[2,"undefined","undefined"]`,
			files: map[string]string{"handler.mjs": `import {one} from './one.mjs'; export const handler = async (event) => [event.a[0] + one, typeof require, typeof process.env.GATEHOUSE_DEBUG]`, "one.mjs": `export const one = await Promise.resolve(1)`}},
		"ES module by package.json, with dependencies": {handler: "src/app.run", want: `"dependency 1"`,
			files: map[string]string{"package.json": `{"type":"module"}`, "src/app.js": `import f from 'dep'; export const run = async (event) => f(event.a[0])`,
				"node_modules/dep/package.json": `{"name":"dep","main":"i.js"}`, "node_modules/dep/i.js": `module.exports = (x) => 'dependency ' + x`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			startWorker(t, nodeFunction(t, tt.handler, tt.files)).returns(`{"a":[1,"é"]}`, tt.want)
		})
	}
}

// A handler may answer in each of the ways that Lambda has had.
func TestNodeAnswers(t *testing.T) {
	t.Parallel()
	w := startWorker(t, nodeFunction(t, "index.handler", map[string]string{"data.txt": "hello", "index.js": `
const later = (f) => { setTimeout(f, 5) }
const handlers = {
  promise: async () => 'kept',
  nothing: async () => {},
  callback: (c, done) => later(() => done(null, 'called')),
  waits: (c, done) => { const o = {n: 1}; done(null, o); later(() => { o.n = 2 }) },
  never: () => {},
  unkept: () => new Promise(() => {}),
  file: async () => require('fs').readFileSync('data.txt', 'utf8'),
  large: async () => 'é'.repeat(300000),
  context: async (c) => [c.functionName, c.functionVersion, c.memoryLimitInMB, c.awsRequestId, c.invokedFunctionArn, c.logGroupName, c.logStreamName, c.getRemainingTimeInMillis() > 3500000, c.getRemainingTimeInMillis() <= 3600000],
  trace: async () => process.env._X_AMZN_TRACE_ID,
  succeed: (c) => { setTimeout(() => {}, 60000); c.succeed('old') },
  'does not wait': (c, done) => { c.callbackWaitsForEmptyEventLoop = false; const o = {n: 1}; done(null, o); later(() => { o.n = 2 }) },
}
exports.handler = (event, context, callback) => handlers[event](context, callback)`}))
	w.headers["Lambda-Runtime-Trace-Id"] = "Root=1-5759e988"
	tests := []struct{ event, want string }{
		{"promise", `"kept"`},
		{"nothing", `null`},
		{"callback", `"called"`},
		{"waits", `{"n":2}`},
		{"never", `null`},
		{"unkept", `null`},
		{"file", `"hello"`},
		{"large", `"` + strings.Repeat("é", 300000) + `"`},
		{"context", `["orders","$LATEST","512","8476a536","arn:aws:lambda:us-east-1:000000000000:function:orders","/aws/lambda/orders","2026/11/30/[$LATEST]01",true,true]`},
		{"trace", `"Root=1-5759e988"`},
		{"succeed", `"old"`}, // leaves something to wait for, which nothing after it may wait for
		{"does not wait", `{"n":1}`},
	}
	for _, tt := range tests {
		w.returns(`"`+tt.event+`"`, tt.want)
	}
}

// One worker takes one invocation after the other, whatever came of the last.
func TestNodeErrors(t *testing.T) {
	t.Parallel()
	w := startWorker(t, nodeFunction(t, "index.handler", map[string]string{"index.js": `
class OutOfStock extends Error { constructor(m) { super(m); this.name = 'OutOfStock'; this.code = 7 } }
exports.handler = (event, context, callback) => {
  switch (event) {
  case 'throw': throw new OutOfStock('no shoes')
  case 'reject': return Promise.reject(new TypeError('wrong'))
  case 'text': throw 'plain text'
  case 'callback': return void callback(new Error('called back'))
  case 'callback text': return void callback('called back')
  case 'fail': return void context.fail(new Error('failed'))
  case 'circle': { const o = {}; o.o = o; return Promise.resolve(o) }
  }
  return Promise.resolve('fine')
}`}))
	tests := []struct{ event, kind, message string }{
		{"throw", "OutOfStock", "no shoes"},
		{"reject", "TypeError", "wrong"},
		{"text", "string", "plain text"},
		{"callback", "Error", "called back"},
		{"callback text", "string", "called back"},
		{"fail", "Error", "failed"},
		{"circle", "Error", "Unable to stringify response body"},
	}
	for _, tt := range tests {
		got := w.call(`"` + tt.event + `"`)
		r := got.report(t)
		if got.path != "invocation/8476a536/error" || r.ErrorType != tt.kind || r.ErrorMessage != tt.message {
			t.Errorf("%s: got %s %+v, want %s: %s", tt.event, got.path, r, tt.kind, tt.message)
		}
		if tt.event == "throw" && (len(r.Trace) < 2 || r.Trace[0] != "OutOfStock: no shoes" || !strings.Contains(r.Trace[1], "index.js:5:") || strings.Contains(strings.Join(r.Trace, "\n"), "node.cjs")) {
			t.Errorf("the trace is %q", r.Trace)
		}
		if strings.HasSuffix(tt.event, "text") && (r.Trace == nil || len(r.Trace) != 0) {
			t.Errorf("%s: the trace is %q, want an empty one", tt.event, r.Trace)
		}
	}
	w.returns(`1`, `"fine"`)
	if line := w.line("Invoke Error"); !strings.Contains(line, "\t8476a536\tERROR\tInvoke Error \t{\"errorType\":\"OutOfStock\",\"errorMessage\":\"no shoes\",\"code\":7,\"stack\":[\"OutOfStock: no shoes\",") {
		t.Errorf("the log has %q", line)
	}
}

func TestNodeInitErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		handler string
		files   map[string]string
		want    report // its Trace: what the trace has somewhere
	}{
		"no module": {"absent.handler", nil, report{ErrorType: "Runtime.ImportModuleError", ErrorMessage: "Error: Cannot find module 'absent'"}},
		"no dependency": {"index.handler", map[string]string{"index.js": `require('absent')`},
			report{ErrorType: "Runtime.ImportModuleError", ErrorMessage: "Error: Cannot find module 'absent'\nRequire stack:\n- DIR/index.js", Trace: []string{"index.js:1:1"}}},
		"no export":      {"index.handler", map[string]string{"index.js": ``}, report{ErrorType: "Runtime.HandlerNotFound", ErrorMessage: "index.handler is undefined or not exported"}},
		"no function":    {"index.handler", map[string]string{"index.js": `exports.handler = 7`}, report{ErrorType: "Runtime.HandlerNotFound", ErrorMessage: "index.handler is not a function"}},
		"malformed name": {"index", map[string]string{"index.js": ``}, report{ErrorType: "Runtime.MalformedHandlerName", ErrorMessage: "Bad handler"}},
		"syntax": {"index.handler", map[string]string{"index.js": "\nexports.handler = async ( => 1"},
			report{ErrorType: "Runtime.UserCodeSyntaxError", ErrorMessage: "SyntaxError: Unexpected token '=>'", Trace: []string{"index.js:2", "^^"}}},
		"syntax of an ES module": {"index.handler", map[string]string{"index.mjs": "\nexport const handler = async ( => 1"},
			report{ErrorType: "Runtime.UserCodeSyntaxError", ErrorMessage: "SyntaxError: Unexpected token '=>'", Trace: []string{"index.mjs:2", "^^"}}},
		"throws": {"index.handler", map[string]string{"index.js": `throw new RangeError('at once')`},
			report{ErrorType: "RangeError", ErrorMessage: "at once", Trace: []string{"index.js:1"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := nodeFunction(t, tt.handler, tt.files)
			w := startWorker(t, p)
			got := w.answer()
			r := got.report(t)
			if got.path != "init/error" || r.ErrorType != tt.want.ErrorType || !strings.HasPrefix(r.ErrorMessage, strings.ReplaceAll(tt.want.ErrorMessage, "DIR", p.Dir)) {
				t.Errorf("got %s %+v, want %+v", got.path, r, tt.want)
			}
			for _, part := range tt.want.Trace {
				if !strings.Contains(strings.Join(r.Trace, "\n"), part) {
					t.Errorf("the trace is %q, without %q", r.Trace, part)
				}
			}
			if code := w.exits(); code != 1 {
				t.Errorf("it ends with %d", code)
			}
		})
	}
}

// What nobody catches ends the worker, after it has told the invocation.
func TestNodeUncaught(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		code          string
		path          string
		kind, message string
		exit          int
	}{
		"rejection":               {`(e) => { Promise.reject(new Error('nobody')); return new Promise((r) => setTimeout(r, 5000)) }`, "error", "Runtime.UnhandledPromiseRejection", "Error: nobody", 128},
		"rejection after the end": {`async (e) => { Promise.reject(new Error('nobody')); return 'done' }`, "response", "", "", 128},
		"exception":               {`(e) => { setTimeout(() => { throw new RangeError('nobody') }, 1); return new Promise((r) => setTimeout(r, 5000)) }`, "error", "RangeError", "nobody", 129},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := startWorker(t, nodeFunction(t, "index.handler", map[string]string{"index.js": "exports.handler = " + tt.code}))
			got := w.call(`{}`)
			if got.path != "invocation/8476a536/"+tt.path {
				t.Errorf("got %s %s", got.path, got.body)
			}
			if tt.kind != "" {
				if r := got.report(t); r.ErrorType != tt.kind || r.ErrorMessage != tt.message {
					t.Errorf("got %+v, want %s: %s", r, tt.kind, tt.message)
				}
			}
			if code := w.exits(); code != tt.exit {
				t.Errorf("it ends with %d, want %d", code, tt.exit)
			}
		})
	}
}

func TestNodeConsole(t *testing.T) {
	t.Parallel()
	w := startWorker(t, nodeFunction(t, "index.handler", map[string]string{"index.js": `
console.log('loading')
exports.handler = async () => { console.log('two\nlines %d', 7, {a: 1}); console.warn('careful'); console.error(new Error('bad')); process.stdout.write('raw\n') }`}))
	w.returns(`{}`, `null`)
	for _, want := range []string{"Z\tundefined\tINFO\tloading", "Z\t8476a536\tINFO\ttwo\rlines 7 { a: 1 }", "Z\t8476a536\tWARN\tcareful", "Z\t8476a536\tERROR\tError: bad\r    at", "raw"} {
		w.line(want)
	}
}

func TestNodeStreams(t *testing.T) {
	t.Parallel()
	w := startWorker(t, nodeFunction(t, "index.handler", map[string]string{"index.mjs": `
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
export const handler = awslambda.streamifyResponse(async (event, stream, context) => {
  switch (event) {
  case 'http':
    stream = awslambda.HttpResponseStream.from(stream, {statusCode: 201, headers: {'X-A': 'b'}})
    stream.write('first ')
    await new Promise((r) => setTimeout(r, 5))
    stream.write(Buffer.from('second'))
    stream.end()
    return
  case 'empty': return void awslambda.HttpResponseStream.from(stream, {statusCode: 204}).end()
  case 'pipeline': return pipeline(Readable.from(['a', 'b']), stream)
  case 'type': stream.setContentType('text/plain'); return void stream.end({n: 1})
  case 'before': throw new RangeError('before the first byte')
  case 'after': stream.write('begun'); await new Promise((r) => setTimeout(r, 5)); throw new RangeError('too late')
  case 'long': stream.write('begun'); await new Promise((r) => setTimeout(r, 5)); throw new RangeError('too long\u0001'.repeat(1000))
  }
})`}))
	const integration = "application/vnd.awslambda.http-integration-response"
	tests := []struct{ event, kind, body string }{
		{"http", integration, `{"statusCode":201,"headers":{"X-A":"b"}}` + strings.Repeat("\x00", 8) + "first second"},
		{"empty", integration, `{"statusCode":204}` + strings.Repeat("\x00", 8)},
		{"pipeline", "application/octet-stream", "ab"},
		{"type", "text/plain", `{"n":1}`},
	}
	for _, tt := range tests {
		got := w.call(`"` + tt.event + `"`)
		if got.path != "invocation/8476a536/response" || got.header.Get("Lambda-Runtime-Function-Response-Mode") != "streaming" || got.header.Get("Content-Type") != tt.kind || got.body != tt.body {
			t.Errorf("%s: got %+v", tt.event, got)
		}
		if got.trailer.Get("Lambda-Runtime-Function-Error-Type") != "" {
			t.Errorf("%s: ends with %v", tt.event, got.trailer)
		}
	}
	if got := w.call(`"before"`); got.path != "invocation/8476a536/error" || got.report(t).ErrorMessage != "before the first byte" {
		t.Errorf("before the first byte: %+v", got)
	}
	got := w.call(`"after"`)
	if got.path != "invocation/8476a536/response" || got.body != "begun" || got.trailer.Get("Lambda-Runtime-Function-Error-Type") != "RangeError" {
		t.Errorf("after the first byte: %+v", got)
	}
	if text, err := base64.StdEncoding.DecodeString(got.trailer.Get("Lambda-Runtime-Function-Error-Body")); err != nil || !strings.HasPrefix(string(text), `{"errorType":"RangeError","errorMessage":"too late","trace":["RangeError: too late",`) {
		t.Errorf("its trailer says %q (%v)", text, err)
	}
	got = w.call(`"long"`)
	if text, err := base64.StdEncoding.DecodeString(got.trailer.Get("Lambda-Runtime-Function-Error-Body")); err != nil || !strings.HasPrefix(string(text), `{"errorType":"RangeError","errorMessage":"too long`) {
		t.Errorf("the trailer of a long message says %q (%v)", text, err)
	}
}

// The runtimes from nodejs24.x on know promises alone.
func TestNodeWithoutCallbacks(t *testing.T) {
	t.Parallel()
	p := nodeFunction(t, "index.handler", map[string]string{"index.js": `exports.handler = (event, context, callback) => callback(null, 1)`})
	p.Runtime = "nodejs24.x"
	if r := startWorker(t, p).answer().report(t); r.ErrorType != "Runtime.CallbackHandlerDeprecated" {
		t.Errorf("got %+v", r)
	}
	p = nodeFunction(t, "index.handler", map[string]string{"index.js": `exports.handler = (event) => event === 1 ? new Promise(() => {}) : 'value'`})
	p.Runtime = "nodejs24.x"
	w := startWorker(t, p)
	w.returns(`2`, `"value"`)
	if r := w.call(`1`).report(t); r.ErrorType != "Runtime.NodeJsExit" {
		t.Errorf("got %+v", r)
	}
}

// Layers give packages to require and to import.
func TestNodeLayers(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]string{
		"index.js":  `const dep = require('dep'); exports.handler = async () => dep`,
		"index.mjs": `import dep from 'dep'; export const handler = async () => dep`,
	} {
		p := nodeFunction(t, "index.handler", map[string]string{name: code})
		p.Layers = []string{
			project(t, map[string]string{"nodejs/node_modules/dep/index.js": `module.exports = 'lower'`, "nodejs/node_modules/dep/package.json": `{"main":"index.js"}`}),
			project(t, map[string]string{"nodejs/node_modules/dep/index.js": `module.exports = 'upper'`, "nodejs/node_modules/dep/package.json": `{"main":"index.js"}`}),
		}
		startWorker(t, p).returns(`{}`, `"upper"`)
	}
}
