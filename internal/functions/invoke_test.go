package functions

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/lambdaproxy"
)

// An event comes to the worker by the byte, and so does what it returns.
func TestInvoke(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	f := r.function(t, "echo", nil)
	for _, event := range []string{`{"a":1, "b":"é"}`, "not even JSON\x00\xff", strings.Repeat("e", MaxEvent)} {
		if body, failed := call(t, f, event); body != event || failed != "" {
			t.Errorf("got %.50q, %q, want %.50q", body, failed, event)
		}
	}
	if body, _ := call(t, f, ""); body != "{}" {
		t.Errorf("no event: got %q, want {}", body)
	}
	if all, idle := f.Workers(); all != 1 || idle > 1 {
		t.Errorf("got %d workers, want the one that every call has used", all)
	}
}

// An errorCase is what a function is to fail with.
type errorCase struct {
	change func(*Config)
	want   string // ID stands for the id of the request
	again  bool   // the next call fails in the same way, which another worker does
}

func (c errorCase) times() int {
	if c.again {
		return 2
	}
	return 1
}

// What Lambda answers when a function does not do as it should, in Lambda's words. The
// memory of the event is given back also where no worker took it.
func TestFunctionErrors(t *testing.T) {
	t.Parallel()
	short := func(c *Config) { c.Timeout = time.Second }
	tests := map[string]errorCase{
		"error":      {want: `{"errorType":"Error","errorMessage":"boom","trace":["at here"]}`, again: true},
		"exit":       {want: `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ID Error: Runtime exited with error: exit status 4"}`, again: true},
		"exit-zero":  {want: `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ID Error: Runtime exited without providing a reason"}`},
		"killed":     {want: `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ID Error: Runtime exited with error: signal: killed"}`},
		"hang":       {change: short, want: `{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: ID Error: Task timed out after 1.00 seconds"}`},
		"fill":       {change: func(c *Config) { c.Program.Memory = 100 }, want: `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ID Error: Runtime exited with error: signal: killed"}`},
		"init-error": {want: `{"errorType":"Runtime.ImportModuleError","errorMessage":"no such module","stackTrace":[]}`, again: true},
		"init-exit":  {want: `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ID Error: Runtime exited with error: exit status 3"}`},
		"large":      {want: `{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size (6291557 bytes) exceeded maximum allowed payload size (6291556 bytes)."}`},
	}
	for handler, tt := range tests {
		t.Run(handler, func(t *testing.T) {
			t.Parallel()
			budget := httpmsg.NewBudget(0)
			r := newRig(t, func(o *Options) { o.Events, o.Answers = budget, budget })
			f := r.function(t, handler, tt.change)
			for range tt.times() {
				resp, err := f.Invoke(request("{}"), handler, false)
				if err != nil {
					t.Fatal(err)
				}
				want := strings.ReplaceAll(tt.want, "ID", resp.Header.Get("x-amzn-RequestId"))
				if string(resp.Body) != want || resp.Header.Get("X-Amz-Function-Error") != "Unhandled" || resp.Status != 200 {
					t.Errorf("got %d %s, want %s", resp.Status, resp.Body, want)
				}
				resp.Release()
			}
			waitFor(t, func() bool { return budget.Used() == 0 })
		})
	}
}

// A function may return as much as Lambda lets it, and says what else it is to say at
// the Runtime API.
func TestAnswers(t *testing.T) {
	t.Parallel()
	tests := map[string]string{"largest": strings.Repeat("z", MaxOutput), "wrong-id": "400", "twice": "403"}
	for handler, want := range tests {
		t.Run(handler, func(t *testing.T) {
			t.Parallel()
			f := newRig(t, nil).function(t, handler, nil)
			if body, failed := call(t, f, "{}"); body != want || failed != "" {
				t.Errorf("got %.80q, %q, want %.80q", body, failed, want)
			}
		})
	}
}

// What Lambda does not take is refused as it does, and nothing is started for it.
func TestRefusals(t *testing.T) {
	t.Parallel()
	f := newRig(t, nil).function(t, "echo", nil)
	resp, err := f.Invoke(request(strings.Repeat("x", MaxEvent+1)), "echo", false)
	if err != nil || resp.Status != 413 || resp.Header.Get("x-amzn-ErrorType") != "RequestTooLargeException" {
		t.Errorf("got %v, %v, want 413", resp, err)
	}
	dry := request("{}")
	dry.Header.Add("X-Amz-Invocation-Type", "DryRun")
	if resp, err := f.Invoke(dry, "echo", false); err != nil || resp.Status != 204 {
		t.Errorf("got %v, %v, want 204", resp, err)
	}
	if all, _ := f.Workers(); all != 0 {
		t.Errorf("got %d workers, want none", all)
	}
}

// Beyond its concurrency a function is throttled, as at Lambda. A caller who leaves
// does not end the call.
func TestThrottle(t *testing.T) {
	t.Parallel()
	f := newRig(t, nil).function(t, "hang", func(c *Config) { c.Concurrency = 2 })
	gone, leave := context.WithCancel(t.Context())
	left := make(chan error)
	for range 2 {
		go func() {
			req := request("{}")
			req.Client = gone
			_, err := f.Invoke(req, "hang", false)
			left <- err
		}()
	}
	waitFor(t, func() bool { all, idle := f.Workers(); return all == 2 && idle == 0 })
	resp, err := f.Invoke(request("{}"), "hang", false)
	if err != nil || resp.Status != 429 || resp.Header.Get("x-amzn-ErrorType") != "TooManyRequestsException" ||
		string(resp.Body) != `{"Reason":"ConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}` {
		t.Errorf("got %v, %v, want 429", resp, err)
	}
	leave()
	for range 2 {
		if err := <-left; !errors.Is(err, integration.ErrGone) {
			t.Errorf("got %v, want ErrGone", err)
		}
	}
	late := request("{}")
	late.Deadline = time.Now()
	if resp, err := f.Invoke(late, "hang", false); err != nil || resp.Status != 429 {
		t.Errorf("got %v, %v: the calls are at work yet, so want 429", resp, err)
	}
}

// The time of the request ends the wait, and not the call.
func TestDeadline(t *testing.T) {
	t.Parallel()
	f := newRig(t, nil).function(t, "hang", nil)
	late := request("{}")
	late.Deadline = time.Now()
	if _, err := f.Invoke(late, "hang", false); !errors.Is(err, integration.ErrTimeout) {
		t.Errorf("got %v, want ErrTimeout", err)
	}
	if all, _ := f.Workers(); all != 1 {
		t.Errorf("got %d workers, want the one at work", all)
	}
}

// One after the other, calls need one worker alone, also where there may be no other.
func TestOneWorker(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	one := r.function(t, "pid", func(c *Config) { c.Concurrency = 1 })
	first, _ := call(t, one, "{}")
	for range 50 {
		if pid, _ := call(t, one, "{}"); pid != first {
			t.Fatalf("got worker %s, want %s", pid, first)
		}
	}
	all, _ := one.Workers()
	if all != 1 {
		t.Errorf("got %d workers, want one", all)
	}
}

// An invocation of the type Event is answered before it is done.
func TestEvent(t *testing.T) {
	t.Parallel()
	budget := httpmsg.NewBudget(0)
	r := newRig(t, func(o *Options) { o.Events, o.Answers = budget, budget })
	f := r.function(t, "long-line", nil)
	req := request("{}")
	req.Header.Add("X-Amz-Invocation-Type", "Event")
	if resp, err := f.Invoke(req, "long-line", false); err != nil || resp.Status != 202 || len(resp.Body) > 0 {
		t.Errorf("got %v, %v, want 202", resp, err)
	}
	waitFor(t, func() bool { return strings.HasSuffix(r.printed(), "\nlong-line: yyyyy") })
	waitFor(t, func() bool { return budget.Used() == 0 })
}

func TestStream(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		want string
		err  string // message of the function's error; "" for none
	}{
		"stream":      {want: "onetwothree"},
		"stream-fail": {want: "one", err: "boom"},
		"stream-exit": {want: "one", err: "Runtime exited with error: exit status 6"},
		"echo":        {want: "{}"},
		"error":       {err: "boom"},
		"exit":        {err: "Runtime exited with error: exit status 4"},
	}
	for handler, tt := range tests {
		t.Run(handler, func(t *testing.T) {
			t.Parallel()
			budget := httpmsg.NewBudget(0)
			f := newRig(t, func(o *Options) { o.Events, o.Answers = budget, budget }).function(t, handler, nil)
			req := request("{}")
			req.Stream = &integration.Streaming{Idle: time.Minute}
			resp, err := f.Invoke(req, handler, true)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(resp.Stream)
			if string(text) != tt.want {
				t.Errorf("got %q, want %q", text, tt.want)
			}
			failed, _ := errors.AsType[*lambdaproxy.FunctionError](err)
			if (err != nil) != (tt.err != "") || failed != nil && !strings.Contains(failed.Message, tt.err) {
				t.Errorf("got %v, want %q", err, tt.err)
			}
			_ = resp.Stream.Close()
			resp.Release()
			waitFor(t, func() bool { return budget.Used() == 0 })
		})
	}
}

// Who leaves a stream does not hold the function up.
func TestLeftStream(t *testing.T) {
	t.Parallel()
	f := newRig(t, nil).function(t, "stream", func(c *Config) { c.Concurrency = 3 })
	gone, leave := context.WithCancel(t.Context())
	defer leave()
	for _, leaves := range []string{"closed", "gone", "read"} {
		req := request("{}")
		req.Stream = &integration.Streaming{Idle: time.Minute}
		req.Client = gone
		resp, err := f.Invoke(req, "stream", true)
		if err != nil {
			t.Fatal(leaves, err)
		}
		switch leaves {
		case "gone":
			leave()
			if _, err := io.ReadAll(resp.Stream); err != nil && !errors.Is(err, integration.ErrGone) {
				t.Errorf("got %v, want ErrGone", err)
			}
			gone = t.Context()
		case "read":
			if text, err := io.ReadAll(resp.Stream); err != nil || string(text) != "onetwothree" {
				t.Errorf("got %q, %v", text, err)
			}
		}
		_ = resp.Stream.Close()
	}
}

// waitFor waits until something is so, for half a minute at the most.
func waitFor(t *testing.T, so func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come")
		}
	}
}
