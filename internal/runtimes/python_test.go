package runtimes

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A pythonFunction is the program of a handler in Python.
func pythonFunction(t *testing.T, handler string, files map[string]string) Program {
	t.Helper()
	return Program{Runtime: "python3.11", Handler: handler, Dir: project(t, files), Memory: 512}
}

func TestPythonModules(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		handler string
		files   map[string]string
		want    string
	}{
		"module":            {"app.lambda_handler", map[string]string{"app.py": "def lambda_handler(event, context): return {'got': event}"}, `{"got": {"a": [1, "\u00e9"]}}`},
		"package by dots":   {"src.orders.get", map[string]string{"src/__init__.py": "", "src/orders.py": "from . import one\ndef get(event, context): return event['a'][0] + one.N", "src/one.py": "N = 1"}, `2`},
		"package by a path": {"src/orders.get", map[string]string{"src/orders.py": "def get(event, context): return __name__"}, `"src.orders"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			startWorker(t, pythonFunction(t, tt.handler, tt.files)).returns(`{"a":[1,"é"]}`, tt.want)
		})
	}
}

func TestPythonAnswers(t *testing.T) {
	t.Parallel()
	w := startWorker(t, pythonFunction(t, "app.f", map[string]string{"data.txt": "hello", "app.py": `
import os, sys
def f(event, c):
    if event == 'context':
        return [c.function_name, c.function_version, c.memory_limit_in_mb, c.aws_request_id, c.invoked_function_arn, c.log_group_name, c.log_stream_name,
                c.identity.cognito_identity_id, c.client_context, 3500000 < c.get_remaining_time_in_millis() <= 3600000]
    if event == 'file':
        return open('data.txt').read()
    if event == 'large':
        return 'a' * 2000000
    if event == 'trace':
        return os.environ['_X_AMZN_TRACE_ID']
    if event == 'environment':
        return ['GATEHOUSE_DEBUG' in os.environ, sys.path[0]]
`}))
	w.headers["Lambda-Runtime-Trace-Id"] = "Root=1-5759e988"
	tests := []struct{ event, want string }{
		{"nothing", `null`},
		{"context", `["orders", "$LATEST", "512", "8476a536", "arn:aws:lambda:us-east-1:000000000000:function:orders", "/aws/lambda/orders", "2026/11/30/[$LATEST]01", null, null, true]`},
		{"file", `"hello"`},
		{"large", `"` + strings.Repeat("a", 2000000) + `"`},
		{"trace", `"Root=1-5759e988"`},
		{"environment", `[false, "` + w.cmd.Dir + `"]`},
	}
	for _, tt := range tests {
		w.returns(`"`+tt.event+`"`, tt.want)
	}
}

// The runtimes from python3.12 on leave characters as they are.
func TestPythonUnicode(t *testing.T) {
	t.Parallel()
	p := pythonFunction(t, "app.f", map[string]string{"app.py": "def f(event, context): return event"})
	p.Runtime = "python3.12"
	startWorker(t, p).returns(`"é"`, `"é"`)
}

// One worker takes one invocation after the other, whatever came of the last.
func TestPythonErrors(t *testing.T) {
	t.Parallel()
	w := startWorker(t, pythonFunction(t, "app.f", map[string]string{"app.py": `
import datetime
class OutOfStock(Exception): pass
def f(event, context):
    if event == 'raise':
        raise OutOfStock('no shoes')
    if event == 'marshal':
        return datetime.datetime.now()
    if event == 'chain':
        try:
            {}['absent']
        except KeyError as error:
            raise RuntimeError('chained') from error
    return 'fine'
`}))
	tests := []struct{ event, kind, message string }{
		{`"raise"`, "OutOfStock", "no shoes"},
		{`"marshal"`, "Runtime.MarshalError", "Unable to marshal response: Object of type datetime is not JSON serializable"},
		{`"chain"`, "RuntimeError", "chained"},
		{`not JSON`, "Runtime.UnmarshalError", "Unable to unmarshal input: Expecting value: line 1 column 1 (char 0)"},
	}
	for _, tt := range tests {
		got := w.call(tt.event)
		r := got.report(t)
		if got.path != "invocation/8476a536/error" || r.ErrorType != tt.kind || r.ErrorMessage != tt.message || !strings.Contains(got.body, `"requestId": "8476a536"`) {
			t.Errorf("%s: got %s %s", tt.event, got.path, got.body)
		}
		want := []string{"  File \"" + filepath.Join(w.cmd.Dir, "app.py") + "\", line 6, in f\n    raise OutOfStock('no shoes')\n"}
		if tt.kind == "OutOfStock" && !slices.Equal(r.StackTrace, want) {
			t.Errorf("the stack is %q, want %q", r.StackTrace, want)
		}
	}
	w.returns(`1`, `"fine"`)
	if line := w.line("[ERROR]"); line != "[ERROR] OutOfStock: no shoes\rTraceback (most recent call last):\r  File \""+filepath.Join(w.cmd.Dir, "app.py")+"\", line 6, in f\r    raise OutOfStock('no shoes')" {
		t.Errorf("the log has %q", line)
	}
}

func TestPythonInitErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		handler string
		files   map[string]string
		want    report // its StackTrace: what the stack has somewhere
	}{
		"no module":       {"absent.f", nil, report{ErrorType: "Runtime.ImportModuleError", ErrorMessage: "Unable to import module 'absent': No module named 'absent'"}},
		"no dependency":   {"app.f", map[string]string{"app.py": "import absent"}, report{ErrorType: "Runtime.ImportModuleError", ErrorMessage: "Unable to import module 'app': No module named 'absent'"}},
		"no function":     {"app.f", map[string]string{"app.py": ""}, report{ErrorType: "Runtime.HandlerNotFound", ErrorMessage: "Handler 'f' missing on module 'app'"}},
		"malformed name":  {"app", nil, report{ErrorType: "Runtime.MalformedHandlerName", ErrorMessage: "Bad handler 'app': not enough values to unpack (expected 2, got 1)"}},
		"built-in module": {"sys.exit", nil, report{ErrorType: "Runtime.BuiltInModuleConflict", ErrorMessage: "Cannot use built-in module sys as a handler module"}},
		"syntax": {"app.f", map[string]string{"app.py": "\n1 +* 2\n"},
			report{ErrorType: "Runtime.UserCodeSyntaxError", ErrorMessage: "Syntax error in module 'app': invalid syntax (app.py, line 2)", StackTrace: []string{"app.py\" Line 2\n    1 +* 2"}}},
		"raises": {"app.f", map[string]string{"app.py": "\n\nraise ValueError('at once')"}, report{ErrorType: "ValueError", ErrorMessage: "at once", StackTrace: []string{"app.py\", line 3, in <module>"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := startWorker(t, pythonFunction(t, tt.handler, tt.files))
			got := w.answer()
			r := got.report(t)
			if got.path != "init/error" || r.ErrorType != tt.want.ErrorType || r.ErrorMessage != tt.want.ErrorMessage {
				t.Errorf("got %s %+v, want %+v", got.path, r, tt.want)
			}
			stack := strings.Join(r.StackTrace, "\n")
			for _, part := range tt.want.StackTrace {
				if !strings.Contains(stack, part) {
					t.Errorf("the stack is %q, without %q", stack, part)
				}
			}
			if strings.Contains(stack, "importlib") || strings.Contains(stack, "python.py") {
				t.Errorf("the stack has frames that are not the function's: %q", stack)
			}
			if code := w.exits(); code != 1 {
				t.Errorf("it ends with %d", code)
			}
		})
	}
}

func TestPythonLogs(t *testing.T) {
	t.Parallel()
	w := startWorker(t, pythonFunction(t, "app.f", map[string]string{"app.py": `
import logging, sys
logging.getLogger().setLevel('INFO')
print('loading')
def f(event, context):
    print('two', 'words')
    logging.getLogger('orders').info('two\nlines %d', 7)
    sys.stdout.write('no end')
    sys.stdout.flush()
    print()
    sys.exit(3)
`}))
	select {
	case w.events <- `{}`:
	case a := <-w.answers:
		t.Fatalf("got %+v", a)
	}
	if code := w.exits(); code != 3 {
		t.Errorf("it ends with %d", code)
	}
	got := w.lines()
	for line := range w.output {
		got = append(got, line)
	}
	if len(got) != 4 || got[0] != "loading" || got[1] != "two words" || !strings.HasPrefix(got[2], "[INFO]\t20") || !strings.HasSuffix(got[2], "Z\t8476a536\ttwo\rlines 7") || got[3] != "no end" {
		t.Errorf("the log is %q", got)
	}
}

// The packages of layers are behind the code's own, the topmost layer first.
func TestPythonLayers(t *testing.T) {
	t.Parallel()
	p := pythonFunction(t, "app.f", map[string]string{"app.py": "import own, dep, deep\ndef f(event, context): return [own.N, dep.N, deep.N]", "own.py": "N = 'code'"})
	p.Layers = []string{
		project(t, map[string]string{"python/dep.py": "N = 'lower'", "python/own.py": "N = 'layer'", "python/deep.py": "N = 'lower'"}),
		project(t, map[string]string{"python/dep.py": "N = 'upper'", "python/lib/python3.11/site-packages/deep.py": "N = 'versioned'"}),
	}
	startWorker(t, p).returns(`{}`, `["code", "upper", "versioned"]`)
}
