package functions

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/runtimes"
)

// The test's binary is the functions, too, and what ends them.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "keep":
		Keep(os.Stdin)
	case os.Getenv("_HANDLER") != "":
		runWorker(os.Getenv("_HANDLER"))
	default:
		os.Exit(m.Run())
	}
}

// A runtimeClient speaks the Runtime API as a runtime does.
type runtimeClient struct {
	base string
	id   string
}

func (c *runtimeClient) next() []byte {
	resp, err := http.Get(c.base + "invocation/next")
	if err != nil {
		os.Exit(9)
	}
	defer func() { _ = resp.Body.Close() }()
	c.id = resp.Header.Get("Lambda-Runtime-Aws-Request-Id")
	event, _ := io.ReadAll(resp.Body)
	return event
}

// post sends what came of a call, and returns the status of the answer.
func (c *runtimeClient) post(path string, body io.Reader, header, trailer http.Header) int {
	req, _ := http.NewRequest(http.MethodPost, c.base+path, body)
	req.Header = header
	req.Trailer = trailer
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode
}

func (c *runtimeClient) respond(text string) int {
	return c.post("invocation/"+c.id+"/response", strings.NewReader(text), nil, nil)
}

// runWorker is what a worker of the tests does: its handler says what.
func runWorker(handler string) {
	c := &runtimeClient{base: "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + apiPath}
	switch handler {
	case "init-error":
		c.post("init/error", strings.NewReader(`{"errorType":"Runtime.ImportModuleError","errorMessage":"no such module","stackTrace":[]}`), nil, nil)
		os.Exit(1)
	case "now-fill-shared":
		fillShared()
	case "init-exit":
		os.Exit(3)
	case "init-hang":
		time.Sleep(time.Hour)
	case "fill-now":
		handlers["fill"](c, nil)
	}
	for {
		event := c.next()
		if f := handlers[handler]; f != nil {
			f(c, event)
		} else {
			c.respond(string(event))
		}
	}
}

// filled is the memory of a worker that fills it.
var filled [][]byte

// handlers are what the workers of the tests do with an event; those without one
// return it.
var handlers = map[string]func(*runtimeClient, []byte){
	"error": func(c *runtimeClient, _ []byte) {
		c.post("invocation/"+c.id+"/error", strings.NewReader(`{"errorType":"Error","errorMessage":"boom","trace":["at here"]}`), nil, nil)
	},
	"exit":      func(*runtimeClient, []byte) { os.Exit(4) },
	"exit-zero": func(*runtimeClient, []byte) { os.Exit(0) },
	"hang":      func(*runtimeClient, []byte) { time.Sleep(time.Hour) },
	"killed":    func(*runtimeClient, []byte) { _ = exec.Command("kill", "-9", fmt.Sprint(os.Getpid())).Run() },
	"fill": func(*runtimeClient, []byte) {
		for {
			filled = append(filled, bytes.Repeat([]byte{1}, 1<<20))
		}
	},
	"print": func(c *runtimeClient, _ []byte) {
		lines := strings.Repeat(strings.Repeat("x", 99)+"\n", 1000)
		for range 300 { // 30 MB
			fmt.Print(lines)
		}
		c.respond("printed")
	},
	"long-line": func(c *runtimeClient, _ []byte) {
		fmt.Print(strings.Repeat("y", maxLine+5))
		fmt.Println()
		fmt.Fprint(os.Stderr, "no end")
		c.respond("{}")
	},
	"large": func(c *runtimeClient, _ []byte) { c.respond(strings.Repeat("z", MaxOutput+1)) },
	"largest": func(c *runtimeClient, _ []byte) {
		c.post("invocation/"+c.id+"/response", io.MultiReader(strings.NewReader(strings.Repeat("z", MaxOutput))), nil, nil)
	},
	"wrong-id": func(c *runtimeClient, _ []byte) {
		id := c.id
		c.id = "other"
		status := c.respond("no")
		c.id = id
		c.respond(fmt.Sprint(status))
	},
	"twice": func(c *runtimeClient, _ []byte) {
		resp, _ := http.Get(c.base + "invocation/next")
		c.respond(fmt.Sprint(resp.StatusCode))
	},
	"fill-shared":   func(*runtimeClient, []byte) { fillShared() },
	"fill-daughter": func(*runtimeClient, []byte) { runAway("setsid", "fill-shared", "") },
	"fill-orphan":   func(*runtimeClient, []byte) { runAway("(setsid", "fill-shared", "&)"); select {} },
	"fill-behind":   func(c *runtimeClient, _ []byte) { c.respond("{}"); fillShared() },
	"fork":          func(c *runtimeClient, _ []byte) { leaveChildren(); c.respond("{}") },
	"leave-dead": func(c *runtimeClient, _ []byte) { // which nobody waits for but the first process
		_ = exec.Command("sh", "-c", "(setsid true &); sleep 0.2").Run()
		c.respond("{}")
	},
	"orphan": func(*runtimeClient, []byte) { leaveChildren(); os.Exit(5) },
	"environment": func(c *runtimeClient, _ []byte) {
		dir, _ := os.Getwd()
		c.respond(strings.Join(append(os.Environ(), "dir="+dir), "\n"))
	},
	"stream":      func(c *runtimeClient, _ []byte) { c.stream("one", "two", "three") },
	"stream-fail": func(c *runtimeClient, _ []byte) { c.streamFailing("one") },
	"stream-exit": func(c *runtimeClient, _ []byte) {
		r, w := io.Pipe()
		go func() { _, _ = w.Write([]byte("one")); time.Sleep(50 * time.Millisecond); os.Exit(6) }()
		c.post("invocation/"+c.id+"/response", r, streamingHeader(), nil)
	},
	"fill-child": func(*runtimeClient, []byte) {
		cmd := exec.Command(os.Args[0])
		cmd.Env = []string{"_HANDLER=fill-now"}
		_ = cmd.Run()
	},
	"pid": func(c *runtimeClient, _ []byte) { c.respond(fmt.Sprint(os.Getpid())) },
}

func streamingHeader() http.Header {
	return http.Header{"Lambda-Runtime-Function-Response-Mode": {"streaming"}}
}

// stream streams pieces.
func (c *runtimeClient) stream(pieces ...string) {
	r, w := io.Pipe()
	go func() {
		for _, piece := range pieces {
			_, _ = io.WriteString(w, piece)
		}
		_ = w.Close()
	}()
	c.post("invocation/"+c.id+"/response", r, streamingHeader(), nil)
}

// streamFailing streams a piece and then the error of the function.
func (c *runtimeClient) streamFailing(piece string) {
	trailer := http.Header{"Lambda-Runtime-Function-Error-Type": {"Error"},
		"Lambda-Runtime-Function-Error-Body": {"eyJlcnJvclR5cGUiOiJFcnJvciIsImVycm9yTWVzc2FnZSI6ImJvb20ifQ=="}} // errorMessage: boom
	c.post("invocation/"+c.id+"/response", io.MultiReader(strings.NewReader(piece)), streamingHeader(), trailer)
}

// runAway has another handler of the test's run in a process outside the worker's group.
func runAway(before, handler, behind string) {
	cmd := exec.Command("sh", "-c", before+" \"$0\" "+behind+"\nexit 0", os.Args[0])
	cmd.Env = append(os.Environ(), "_HANDLER=now-"+handler)
	_ = cmd.Run()
}

// leaveChildren starts processes that leave the worker's group, two of them without a
// parent, and one of these without an environment.
func leaveChildren() {
	const script = "sleep 1001 & setsid sleep 1002 & (setsid sh -c 'sleep 1003; true' &) ; (setsid env -i $(which sleep) 1004 &) ; exit 0"
	_ = exec.Command("sh", "-c", script).Run()
}

// children are how many processes leaveChildren starts.
const children = 5

// A rig is a set of functions with what they print.
type rig struct {
	*Set
	mu    sync.Mutex
	lines []string
}

func newRig(t *testing.T, change func(*Options)) *rig {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := new(rig)
	o := Options{Region: "eu-west-1", Account: "123456789012", Keeper: func() *exec.Cmd { return exec.Command(exe, "keep") }, Output: r.print}
	if change != nil {
		change(&o)
	}
	r.Set = New(o)
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if left := groupsLeft(r.marker); len(left) > 0 {
			t.Errorf("processes are left: %v", left)
		}
	})
	return r
}

func (r *rig) print(l *Line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, l.Function+": "+string(l.Text))
}

func (r *rig) printed() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.lines, "\n")
}

// function makes a function whose handler is one of the test's.
func (r *rig) function(t *testing.T, handler string, change func(*Config)) *Function {
	t.Helper()
	exe, _ := os.Executable()
	c := &Config{Name: handler, Program: runtimes.Program{Command: []string{exe}, Handler: handler, Dir: t.TempDir()}, Timeout: MaxTimeout}
	if change != nil {
		change(c)
	}
	functions, commit, err := r.Prepare(map[string]*Config{handler: c})
	if err != nil {
		t.Fatal(err)
	}
	commit()
	return functions[handler]
}

// call invokes a function with an event, and returns the body and its error's header.
func call(t *testing.T, f *Function, event string) (body, failed string) {
	t.Helper()
	resp, err := f.Invoke(request(event), f.config.Name, false)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Release()
	if resp.Status != 200 {
		t.Fatalf("got status %d: %s", resp.Status, resp.Body)
	}
	return string(resp.Body), resp.Header.Get("X-Amz-Function-Error")
}

func request(event string) *integration.Request {
	return &integration.Request{Method: "POST", Body: []byte(event), Deadline: time.Now().Add(time.Minute), Header: httpmsg.Header{{Name: "X-Amzn-Trace-Id", Value: "Root=1-2-3"}}}
}

// A lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
