package functions

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/runtimes"
)

// A worker has the variables that Lambda gives a function, and nothing of the
// gateway's own that may be secret.
func TestEnvironment(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "the gateway's own")
	t.Setenv("OWN_SECRET", "the gateway's own")
	r := newRig(t, func(o *Options) {
		o.Environment = func(*Config) ([]string, time.Time) {
			return []string{"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=known", "AWS_ENDPOINT_URL=http://127.0.0.1:4566"}, time.Time{}
		}
	})
	f := r.function(t, "environment", func(c *Config) {
		c.Environment = map[string]string{"TABLE": "orders", "AWS_ACCESS_KEY_ID": "mine"}
		c.Program.Memory = 300
	})
	body, _ := call(t, f, "{}")
	have := make(map[string]string)
	for line := range strings.Lines(body) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		have[name] = value
	}
	want := map[string]string{
		"AWS_LAMBDA_FUNCTION_NAME": "environment", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "300",
		"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/environment", "_HANDLER": "environment",
		"LAMBDA_TASK_ROOT": f.config.Program.Dir, "dir": f.config.Program.Dir, "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "TZ": ":UTC",
		"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "known", "AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "TABLE": "orders", "PATH": os.Getenv("PATH"),
	}
	for name, value := range want {
		if have[name] != value {
			t.Errorf("%s: got %q, want %q", name, have[name], value)
		}
	}
	if stream := have["AWS_LAMBDA_LOG_STREAM_NAME"]; !regexp.MustCompile(`^\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$`).MatchString(stream) {
		t.Errorf("got log stream %q", stream)
	}
	if _, ok := have["OWN_SECRET"]; ok {
		t.Error("a variable of the gateway has been passed on")
	}
}

// Code that has been restarted is taken for the next call; a call at work ends on the
// old.
func TestRestart(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	f := r.function(t, "pid", nil)
	first, _ := call(t, f, "{}")
	f.Restart()
	waitFor(t, func() bool { all, idle := f.Workers(); return all == 1 && idle == 1 })
	second, _ := call(t, f, "{}")
	if first == second {
		t.Errorf("got worker %s twice", first)
	}
	if _, commit, err := r.Prepare(map[string]*Config{"pid": f.Config()}); err != nil {
		t.Error(err)
	} else {
		commit()
	}
	if third, _ := call(t, r.Functions()["pid"], "{}"); third != second {
		t.Errorf("got worker %s, want %s of the function that has not changed", third, second)
	}
	changed := *f.Config()
	changed.Environment = map[string]string{"A": "b"}
	_, commit, err := r.Prepare(map[string]*Config{"pid": &changed})
	if err != nil {
		t.Fatal(err)
	}
	commit()
	if fourth, _ := call(t, r.Functions()["pid"], "{}"); fourth == second {
		t.Errorf("got worker %s of the old configuration", fourth)
	}
	if fifth, failed := call(t, f, "{}"); failed != "" || fifth == second {
		t.Errorf("a call of the old function: got %q, %q, want a worker of its own", fifth, failed)
	}
	waitFor(t, func() bool { all, _ := f.Workers(); return all == 0 })
}

// A worker whose credentials would not be good until the end of another call takes none.
func TestOutdated(t *testing.T) {
	t.Parallel()
	valid := time.Hour
	r := newRig(t, func(o *Options) {
		o.Environment = func(*Config) ([]string, time.Time) { return nil, time.Now().Add(valid) }
	})
	lasting := func(c *Config) { c.Timeout, c.Concurrency = time.Minute, 1 }
	f := r.function(t, "pid", lasting)
	first, _ := call(t, f, "{}")
	if second, _ := call(t, f, "{}"); second != first {
		t.Errorf("got worker %s, want %s, whose credentials are good for long", second, first)
	}
	valid = 30 * time.Second
	f.Restart()
	waitFor(t, func() bool { all, idle := f.Workers(); return all == 1 && idle == 1 || all == 0 })
	third, _ := call(t, f, "{}")
	if fourth, _ := call(t, f, "{}"); third == fourth {
		t.Errorf("got worker %s twice, whose credentials are not good for another call", third)
	}
}

// The Runtime API is for the worker: what a browser sends is refused, and so is what is
// none of its requests.
func TestRuntimeAPIRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	f := r.function(t, "echo", nil)
	_, _ = call(t, f, "{}")
	var api string
	f.mu.Lock()
	for w := range f.workers {
		api = w.api.addr
	}
	f.mu.Unlock()
	tests := map[string]struct {
		method, path string
		header       http.Header
		host         string
		want         int
	}{
		"page":              {method: "GET", path: "invocation/next", header: http.Header{"Origin": {"http://evil.example"}}, want: 403},
		"page of no origin": {method: "GET", path: "invocation/next", header: http.Header{"Sec-Fetch-Site": {"cross-site"}}, want: 403},
		"rebound name":      {method: "GET", path: "invocation/next", host: "evil.example", want: 403},
		"other path":        {method: "POST", path: "elsewhere", want: 404},
		"other method":      {method: "PUT", path: "invocation/x/response", want: 405},
		"other invocation":  {method: "POST", path: "invocation/00000000-0000-0000-0000-000000000000/response", want: 400},
		"no invocation":     {method: "POST", path: "invocation/", want: 404},
		"large head":        {method: "POST", path: "invocation/x/response", header: http.Header{"A": {strings.Repeat("a", 2*apiHeader)}}, want: 431},
	}
	for name, tt := range tests {
		req, err := http.NewRequest(tt.method, "http://"+api+apiPath+tt.path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if tt.header != nil {
			req.Header = tt.header
		}
		req.Host = tt.host
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != tt.want {
			t.Errorf("%s: got %d, want %d", name, resp.StatusCode, tt.want)
		}
	}
	if body, failed := call(t, f, `"still"`); body != `"still"` {
		t.Errorf("got %q, %q", body, failed)
	}
}

// Of what is printed without end so much a second is passed on, and how much is not.
func TestLinesLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 1 << 10
		line := []byte(strings.Repeat("a", size-1) + "\n")
		var passed int
		var last string
		r := lineReader{print: func(line []byte) { passed++; last = string(line) }, left: outputBurst, at: time.Now()}
		for range 2 * outputBurst / size {
			r.take(line)
		}
		if passed != outputBurst/size {
			t.Errorf("%d lines at once, want %d", passed, outputBurst/size)
		}
		time.Sleep(time.Second)
		r.take(line)
		if r.flush(); passed != outputBurst/size+2 {
			t.Errorf("%d lines a second later, want two more, one of which tells of the others", passed)
		}
		r.dropped = 7
		if r.flush(); last != "… 7 bytes of output are left out: the function prints too much" {
			t.Errorf("got %q", last)
		}
	})
}

// Short lines, each of which costs who reads them as much as a longer one, are not passed on
// by the million.
func TestShortLinesLeftOut(t *testing.T) {
	t.Parallel()
	passed := 0
	r := lineReader{print: func([]byte) { passed++ }, left: outputBurst, at: time.Now()}
	for range 1 << 10 {
		r.take(bytes.Repeat([]byte("\n"), 1<<10))
	}
	if most := 2 * outputBurst / leastLine; passed == 0 || passed > most {
		t.Errorf("%d empty lines of a MiB are passed on, want at most %d", passed, most)
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ pieces, want []string }{
		"lines":        {[]string{"a\nb\n"}, []string{"a", "b"}},
		"in pieces":    {[]string{"a", "b\nc", "\r\n", "\n"}, []string{"ab", "c", ""}},
		"no end":       {[]string{"a\nb"}, []string{"a", "b"}},
		"cut":          {[]string{strings.Repeat("a", maxLine), "b\n"}, []string{strings.Repeat("a", maxLine), "b"}},
		"cut at once":  {[]string{strings.Repeat("a", maxLine+1) + "\n"}, []string{strings.Repeat("a", maxLine), "a"}},
		"nothing more": {[]string{"a\n", ""}, []string{"a"}},
	}
	for name, tt := range tests {
		var got []string
		r := lineReader{print: func(line []byte) { got = append(got, string(line)) }, left: outputBurst}
		for _, piece := range tt.pieces {
			r.take([]byte(piece))
		}
		r.flush()
		if strings.Join(got, "|") != strings.Join(tt.want, "|") {
			t.Errorf("%s: got %.99q, want %.99q", name, got, tt.want)
		}
	}
}

// A worker that does not come to its first call is killed. The call has a second one, as
// at Lambda, which its own time bounds.
func TestSlowStart(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.initTime = 100 * time.Millisecond
	body, _ := call(t, r.function(t, "init-hang", func(c *Config) { c.Timeout = time.Second }), "{}")
	if !strings.Contains(body, "Task timed out after 1.00 seconds") {
		t.Errorf("got %s", body)
	}
	if !strings.Contains(r.printed(), "did not ask for its first call within 100ms") {
		t.Errorf("got output %q", r.printed())
	}
}

// A function that cannot be started says so, and one that runs nothing on this machine
// is refused before.
func TestNotStarted(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	dir := t.TempDir()
	program := filepath.Join(dir, "run")
	if err := os.WriteFile(program, []byte("no program"), 0o700); err != nil {
		t.Fatal(err)
	}
	f := r.function(t, "broken", func(c *Config) { c.Program.Command, c.Program.Dir = []string{"./run"}, dir })
	if body, failed := call(t, f, "{}"); failed == "" || !strings.Contains(body, "Runtime.InvalidEntrypoint") {
		t.Errorf("got %s, %q", body, failed)
	}
	for name, config := range map[string]*Config{
		"no such program":   {Program: runtimes.Program{Command: []string{"./walk"}, Dir: dir}},
		"no such directory": {Program: runtimes.Program{Command: []string{"./run"}, Dir: filepath.Join(dir, "none")}},
		"a file":            {Program: runtimes.Program{Command: []string{"./run"}, Dir: program}},
	} {
		if _, _, err := r.Prepare(map[string]*Config{"f": config}); err == nil || !strings.HasPrefix(err.Error(), "f: ") {
			t.Errorf("%s: got %v, want an error that names the function", name, err)
		}
	}
}
