package runtimes

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

// An answer is what a worker posted, to the path below /2018-06-01/runtime/.
type answer struct {
	path    string
	header  http.Header
	body    string
	trailer http.Header
}

// A worker is a function's process with a Runtime API of its own.
type worker struct {
	t       testing.TB
	events  chan string // bodies of the invocations to come
	answers chan answer
	output  chan string // lines of standard output and error
	ended   chan error
	headers map[string]string // more headers of each invocation
	cmd     *exec.Cmd
}

// machine finds interpreters once for all tests.
var machine = new(Machine)

// TestMain is the tests, or where a Runtime API is named the function of TestGo.
func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		lambda.Start(goHandler)
	}
	scratch, err := os.MkdirTemp("", "runtimes")
	if err != nil {
		panic(err)
	}
	machine.Scratch = scratch
	code := m.Run()
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}

// waitFor is longer than anything takes but what hangs.
const waitFor = time.Minute

// startWorker starts the program of a function, with more variables of its environment.
func startWorker(t testing.TB, p Program, env ...string) *worker {
	t.Helper()
	w := &worker{t: t, events: make(chan string), answers: make(chan answer, 10), output: make(chan string, 1000), ended: make(chan error, 1), headers: make(map[string]string)}
	api := httptest.NewServer(w)
	launch, err := machine.Launch(&p)
	if err != nil {
		t.Fatal(err)
	}
	w.cmd = exec.CommandContext(t.Context(), launch.Args[0], launch.Args[1:]...)
	w.cmd.Dir = p.Dir
	w.cmd.Env = append(w.cmd.Env, "PATH="+os.Getenv("PATH"), "LAMBDA_TASK_ROOT="+p.Dir, "_HANDLER="+p.Handler,
		"AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(api.URL, "http://"), "AWS_EXECUTION_ENV=AWS_Lambda_"+p.Runtime,
		"AWS_LAMBDA_FUNCTION_NAME=orders", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/orders", "AWS_LAMBDA_LOG_STREAM_NAME=2026/11/30/[$LATEST]01")
	w.cmd.Env = append(append(w.cmd.Env, launch.Env...), env...)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	w.cmd.Stdout, w.cmd.Stderr = write, write
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = write.Close()
	go func() {
		defer close(w.output)
		for lines := bufio.NewScanner(read); lines.Scan(); {
			w.output <- lines.Text()
		}
		_ = read.Close()
	}()
	go func() { w.ended <- w.cmd.Wait() }()
	t.Cleanup(func() {
		_ = w.cmd.Process.Kill()
		api.CloseClientConnections()
		api.Close()
	})
	return w
}

// refused is the event that is none: an answer of the Runtime API to a worker which it
// takes for one that has not answered its last.
const refused = `{"errorType":"InvalidStateTransition","errorMessage":"the last invocation has no response yet"}`

// TestNoInvocation holds that no bootstrap takes an error of the Runtime API for an event.
func TestNoInvocation(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]Program{
		"Node.js": nodeFunction(t, "index.handler", map[string]string{"index.js": `exports.handler = async (event) => { console.log('called'); return event }`}),
		"Python":  pythonFunction(t, "app.handler", map[string]string{"app.py": "def handler(event, context):\n    print('called')\n"}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := startWorker(t, p)
			w.events <- refused
			if code := w.exits(); code != 1 {
				t.Errorf("it ends with %d", code)
			}
			if text := w.lines(); strings.Contains(strings.Join(text, "\n"), "called") {
				t.Errorf("the handler was called: %q", text)
			}
		})
	}
}

// ServeHTTP is the Runtime API.
func (w *worker) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/2018-06-01/runtime/")
	if path == "invocation/next" {
		select {
		case <-r.Context().Done():
		case event := <-w.events:
			if event == refused {
				rw.WriteHeader(http.StatusForbidden)
			}
			rw.Header().Set("Lambda-Runtime-Aws-Request-Id", "8476a536")
			rw.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(time.Hour).UnixMilli(), 10))
			rw.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:orders")
			for name, value := range w.headers {
				rw.Header().Set(name, value)
			}
			_, _ = io.WriteString(rw, event)
		}
		return
	}
	body, _ := io.ReadAll(r.Body)
	rw.WriteHeader(http.StatusAccepted)
	w.answers <- answer{path: path, header: r.Header, body: string(body), trailer: r.Trailer}
}

// answer waits for what the worker posts next.
func (w *worker) answer() answer {
	w.t.Helper()
	select {
	case a := <-w.answers:
		return a
	case <-time.After(waitFor):
		w.t.Fatalf("no answer; it wrote %q", w.lines())
		panic("unreachable")
	}
}

// call has the worker handle an event.
func (w *worker) call(event string) answer {
	w.t.Helper()
	select {
	case w.events <- event:
	case a := <-w.answers:
		w.t.Fatalf("before any event: %+v", a)
	case <-time.After(waitFor):
		w.t.Fatalf("nobody asks for an event; it wrote %q", w.lines())
	}
	return w.answer()
}

// returns has the worker handle an event, and compares what the handler returned.
func (w *worker) returns(event, want string) {
	w.t.Helper()
	if got := w.call(event); got.path != "invocation/8476a536/response" || got.body != want {
		w.t.Errorf("%s: got %s %s, want %s", event, got.path, got.body, want)
	}
}

// lines are what the worker has written so far.
func (w *worker) lines() (list []string) {
	for {
		select {
		case line, more := <-w.output:
			if !more {
				return list
			}
			list = append(list, line)
		default:
			return list
		}
	}
}

// line waits for a line that has a text.
func (w *worker) line(part string) string {
	w.t.Helper()
	end := time.After(waitFor)
	for {
		select {
		case line, more := <-w.output:
			if !more {
				w.t.Fatalf("no line with %q", part)
			}
			if strings.Contains(line, part) {
				return line
			}
		case <-end:
			w.t.Fatalf("no line with %q", part)
		}
	}
}

// exits waits for the end of the worker, and returns its exit code.
func (w *worker) exits() int {
	w.t.Helper()
	select {
	case <-w.ended:
		return w.cmd.ProcessState.ExitCode()
	case <-time.After(waitFor):
		w.t.Fatal("it does not end")
		panic("unreachable")
	}
}

// A report is an error as the runtimes of Lambda tell it: those of Node.js with a
// trace, those of Python with a stackTrace.
type report struct {
	ErrorType, ErrorMessage string
	Trace, StackTrace       []string
}

func (a answer) report(t testing.TB) (r report) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &r); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	if got := a.header.Get("Lambda-Runtime-Function-Error-Type"); got != r.ErrorType {
		t.Errorf("the error's type is %q in the header, %q in the body", got, r.ErrorType)
	}
	return r
}

// project writes files, and returns their directory.
func project(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
