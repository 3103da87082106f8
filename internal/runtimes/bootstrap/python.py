"""Runs the handler of a Lambda function in Python: takes events from the Runtime API of
AWS_LAMBDA_RUNTIME_API one at a time, and gives back what the handler returns or raises,
in the words of Lambda's own Python runtimes."""

import importlib
import json
import logging
import os
import socket
import sys
import time
import traceback
import types

HERE = os.path.abspath(__file__)


# ---- Runtime API ----


class RuntimeAPI:
    """A client of the Runtime API over one connection that is kept. The standard library's
    client would double the time that a function takes to start."""

    def __init__(self, address):
        self.address = address
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile("rb")

    def ask(self, method, resource, body=b"", headers=()):
        lines = ["%s /2018-06-01/runtime/%s HTTP/1.1" % (method, resource), "Host: " + self.address,
                 "Content-Length: %d" % len(body), *headers, "", ""]
        self.socket.sendall("\r\n".join(lines).encode("latin-1") + body)
        status = self.reader.readline().split(b" ")
        if len(status) < 2:
            raise ConnectionError("the Runtime API is gone")
        headers = self.read_headers()
        return status[1] == b"200", headers, self.read_body(headers)

    def next(self):
        given, headers, body = self.ask("GET", "invocation/next")
        if not given:
            raise ConnectionError("the Runtime API refuses what has been answered")
        return headers, body

    def read_headers(self):
        headers = {}
        while True:
            line = self.reader.readline().decode("latin-1").rstrip("\r\n")
            if not line:
                return headers
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()

    def read_body(self, headers):
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self.reader.read(int(headers.get("content-length", 0)))
        chunks = []
        while True:
            size = int(self.reader.readline().split(b";")[0], 16)
            if size == 0:
                self.read_headers()
                return b"".join(chunks)
            chunks.append(self.reader.read(size))
            self.reader.readline()

    def post(self, resource, body, headers=()):
        self.ask("POST", resource, body, ("Content-Type: application/json", *headers))

    def post_error(self, resource, report):
        kind = "".join(c if " " <= c <= "~" else "?" for c in report["errorType"])[:256]
        self.post(resource, json.dumps(report).encode(), ("Lambda-Runtime-Function-Error-Type: " + kind,))


# ---- Errors ----


class Fault(Exception):
    """What goes wrong around the handler, under the name that Lambda has for it."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.report = {"errorMessage": message, "errorType": kind, "requestId": "", "stackTrace": list(trace)}


def frames(error):
    """The lines of a traceback without the frames of this file and of importlib."""
    own = (HERE, "<frozen importlib")
    kept = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(own) and "importlib/__init__.py" not in f.filename]
    return traceback.format_list(kept)


def describe(error, request_id=""):
    if isinstance(error, Fault):
        return {**error.report, "requestId": request_id}
    return {"errorMessage": str(error), "errorType": type(error).__name__, "requestId": request_id, "stackTrace": frames(error)}


def log_error(report):
    """Writes an error as one event of the log: a carriage return ends its lines, as in Lambda."""
    head = "[ERROR] %s: %s" % (report["errorType"], report["errorMessage"])
    text = head + "\nTraceback (most recent call last):\n" + "".join(report["stackTrace"])
    print(text.rstrip("\n").replace("\n", "\r"), flush=True)


# ---- Context and logging ----


class Context:
    """What a handler is told of its invocation."""

    def __init__(self, headers):
        self.aws_request_id = headers.get("lambda-runtime-aws-request-id")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.client_context = client_context(headers.get("lambda-runtime-client-context"))
        identity = json.loads(headers.get("lambda-runtime-cognito-identity") or "{}")
        self.identity = types.SimpleNamespace(cognito_identity_id=identity.get("cognitoIdentityId"),
                                              cognito_identity_pool_id=identity.get("cognitoIdentityPoolId"))
        self._deadline_ms = int(headers.get("lambda-runtime-deadline-ms") or 0)

    def get_remaining_time_in_millis(self):
        return max(self._deadline_ms - int(time.time() * 1000), 0)

    def log(self, message):
        sys.stdout.write(str(message))

    def __repr__(self):
        return "LambdaContext([%s])" % ",".join("%s=%s" % item for item in vars(self).items() if not item[0].startswith("_"))


def client_context(header):
    if not header:
        return None
    said = json.loads(header)
    client = said.get("client") or {}
    members = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")
    return types.SimpleNamespace(custom=said.get("custom"), env=said.get("env"),
                                 client=types.SimpleNamespace(**{m: client.get(m) for m in members}))


class LogHandler(logging.Handler):
    """The handler that Lambda gives the root logger."""

    request_id = ""

    def __init__(self):
        super().__init__()
        formatter = logging.Formatter("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S")
        formatter.converter = time.gmtime
        self.setFormatter(formatter)

    def emit(self, record):
        record.aws_request_id = LogHandler.request_id
        try:
            sys.stdout.write(self.format(record).replace("\n", "\r") + "\n")
        except Exception:
            self.handleError(record)


# ---- Handler ----


def load_handler(name):
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError as error:
        raise Fault("Runtime.MalformedHandlerName", "Bad handler '%s': %s" % (name, error)) from None
    module_name = module_name.replace("/", ".")
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault("Runtime.BuiltInModuleConflict", "Cannot use built-in module %s as a handler module" % module_name)
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module_name, error)) from None
    except SyntaxError as error:
        trace = ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)]
        raise Fault("Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_name, error), trace) from None
    handler = getattr(module, function_name, None)
    if handler is None:
        raise Fault("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (function_name, module_name))
    return handler


# ---- Invocations ----


def call(handler, headers, body):
    """The bytes of what the handler returns."""
    try:
        event = json.loads(body)
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error) from None
    result = handler(event, Context(headers))
    try:
        return json.dumps(result, ensure_ascii=ESCAPES).encode()
    except (TypeError, ValueError) as error:
        raise Fault("Runtime.MarshalError", "Unable to marshal response: %s" % error) from None


def version():
    """The minor version of the runtime that the function names: python3.12 has 12."""
    minor = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("python3.")[2]
    return int(minor) if minor.isdigit() else sys.version_info[1]


ESCAPES = version() < 12  # until Python 3.12, characters beyond ASCII are escaped in answers


def invoke(api, handler):
    headers, body = api.next()
    request_id = LogHandler.request_id = headers["lambda-runtime-aws-request-id"]
    os.environ["_X_AMZN_TRACE_ID"] = headers.get("lambda-runtime-trace-id", "")
    try:
        answer = call(handler, headers, body)
    except Exception as error:
        report = describe(error, request_id)
        log_error(report)
        sys.stdout.flush()
        api.post_error("invocation/%s/error" % request_id, report)
        return
    sys.stdout.flush()
    api.post("invocation/%s/response" % request_id, answer)


def wait_for_debugger(address):
    """Returns when a debugger is there: debugpy listens for it at an address."""
    if address:
        import debugpy

        host, _, port = address.rpartition(":")
        debugpy.listen((host, int(port)))
        print("waiting for a debugger at", address)
        debugpy.wait_for_client()


def main():
    sys.stdout.reconfigure(line_buffering=True)
    sys.path[0:1] = [os.environ.get("LAMBDA_TASK_ROOT") or os.getcwd()]
    logging.getLogger().addHandler(LogHandler())
    api = RuntimeAPI(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        wait_for_debugger(os.environ.pop("GATEHOUSE_DEBUG", ""))
        handler = load_handler(os.environ.get("_HANDLER", ""))
    except Exception as error:
        report = describe(error)
        log_error(report)
        api.post_error("init/error", report)
        return 1
    while True:
        invoke(api, handler)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ConnectionError, KeyboardInterrupt):
        sys.exit(1)
