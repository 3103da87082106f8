package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/observe"
)

// A collector keeps what it is sent, and answers as a test says.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	heads  []http.Header
	answer func(n int) (status int, header, body string) // to the nth request, from 1
}

func newCollector(t *testing.T, answer func(n int) (int, string, string)) *collector {
	t.Helper()
	c := &collector{answer: answer}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c.mu.Lock()
		c.bodies, c.heads = append(c.bodies, string(body)), append(c.heads, r.Header)
		n := len(c.bodies)
		c.mu.Unlock()
		status, header, text := 200, "", ""
		if c.answer != nil {
			status, header, text = c.answer(n)
		}
		if name, value, ok := strings.Cut(header, ": "); ok {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) got() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.bodies)
}

// sinkTo is a sink that waits no longer than a test can.
func sinkTo(t *testing.T, d logDestination) *logSink {
	t.Helper()
	if d.Protocol == "" {
		d.Protocol = sinkLines
	}
	s := newLogSink(d)
	s.pause = time.Millisecond
	t.Cleanup(s.Stop)
	return s
}

func TestLogSink(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "headers")
	token := func(value string) {
		t.Helper()
		if err := os.WriteFile(file, []byte("# a comment\n\nAuthorization: Bearer "+value+"\nX-Scope: a:b\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	token("first")
	c := newCollector(t, nil)
	s := sinkTo(t, logDestination{URL: c.URL + "/in", Headers: file})
	for i, lines := range []string{"one\ntwo\n", "three\n", "four\n"} {
		if i == 1 {
			token("second")
		}
		if i == 2 { // what was read before holds
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := s.Write([]byte(lines)); n != len(lines) || err != nil {
			t.Fatal(n, err)
		}
	}
	if got := c.got(); !slices.Equal(got, []string{"one\ntwo\n", "three\n", "four\n"}) {
		t.Errorf("got %q", got)
	}
	for i, want := range []string{"first", "second", "second"} {
		if h := c.heads[i]; h.Get("Authorization") != "Bearer "+want || h.Get("X-Scope") != "a:b" || h.Get("Content-Type") != "text/plain; charset=utf-8" || h.Get("User-Agent") != "gatehouse" {
			t.Errorf("request %d has %v", i, h)
		}
	}
}

// A collector that fails is asked again, for a while; one that does not want the lines is
// not.
func TestLogSinkTries(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer func(int) (int, string, string)
		tries  int
		err    string
	}{
		"in the end": {func(n int) (int, string, string) { return map[bool]int{true: 503, false: 204}[n < 3], "", "" }, 3, ""},
		"throttled": {func(n int) (int, string, string) {
			return map[bool]int{true: 429, false: 202}[n < 2], "Retry-After: 0", ""
		}, 2, ""},
		"never":   {func(int) (int, string, string) { return 502, "", "" }, sinkTries, "it answers 502 Bad Gateway"},
		"refused": {func(int) (int, string, string) { return 401, "", "" }, 1, "it answers 401 Unauthorized"},
		"sent on": {func(int) (int, string, string) { return 307, "Location: /elsewhere", "" }, 1, errRedirected.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCollector(t, tt.answer)
			n, err := sinkTo(t, logDestination{URL: c.URL}).Write([]byte("line\n"))
			if got := len(c.got()); got != tt.tries || (err == nil) != (tt.err == "") || err != nil && !strings.HasSuffix(err.Error(), tt.err) || (n == 5) != (err == nil) {
				t.Errorf("%d tries, %d bytes, %v", got, n, err)
			}
		})
	}
	if got := retryAfter(http.Header{"Retry-After": {"7"}}); got != 7*time.Second {
		t.Errorf("got %v", got)
	}
	for _, other := range []string{"", "-1", "soon", "99999999"} {
		if got := retryAfter(http.Header{"Retry-After": {other}}); got != 0 {
			t.Errorf("%q gives %v", other, got)
		}
	}
}

// Requests have whole lines and are of bounded size, unless a line is longer.
func TestLogSinkBatches(t *testing.T) {
	t.Parallel()
	c := newCollector(t, nil)
	line, long := strings.Repeat("a", 999)+"\n", strings.Repeat("b", sinkBatch+10)+"\n"
	all := strings.Repeat(line, 1000) + long + line
	if n, err := sinkTo(t, logDestination{URL: c.URL}).Write([]byte(all)); n != len(all) || err != nil {
		t.Fatal(n, err)
	}
	got := c.got()
	if strings.Join(got, "") != all {
		t.Error("lines are missing, or in another order")
	}
	for _, body := range got {
		if !strings.HasSuffix(body, "\n") || len(body) > sinkBatch && body != long {
			t.Errorf("a request has %d bytes", len(body))
		}
	}
}

func TestLogSinkOTLP(t *testing.T) {
	t.Parallel()
	c := newCollector(t, func(n int) (int, string, string) {
		return 200, "", map[int]string{1: "{}", 2: `{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"no"}}`, 3: "not JSON"}[n]
	})
	s := sinkTo(t, logDestination{URL: c.URL + "/v1/logs", Protocol: sinkOTLP})
	if _, err := s.Write([]byte("plain\n\"quoted\" <b> \\ \xff é\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write([]byte("x\n")); err == nil || !strings.HasSuffix(err.Error(), "it takes all but 2 log records of some") {
		t.Error(err)
	}
	if _, err := s.Write([]byte("x\n")); err != nil {
		t.Error(err)
	}
	var read struct {
		ResourceLogs []struct {
			Resource  struct{ Attributes []struct{ Key string } }
			ScopeLogs []struct {
				Scope      struct{ Name string }
				LogRecords []struct {
					ObservedTimeUnixNano string
					Body                 struct{ StringValue string }
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(c.got()[0]), &read); err != nil || len(read.ResourceLogs) != 1 || len(read.ResourceLogs[0].ScopeLogs) != 1 {
		t.Fatal(err, c.got()[0])
	}
	var bodies []string
	for _, r := range read.ResourceLogs[0].ScopeLogs[0].LogRecords {
		bodies = append(bodies, r.Body.StringValue)
		if len(r.ObservedTimeUnixNano) != 19 {
			t.Errorf("the time is %s", r.ObservedTimeUnixNano)
		}
	}
	if want := []string{"plain", "\"quoted\" <b> \\ \ufffd é"}; !slices.Equal(bodies, want) || c.heads[0].Get("Content-Type") != "application/json" {
		t.Errorf("got %q as %s", bodies, c.heads[0].Get("Content-Type"))
	}
}

// While a collector says nothing nobody who logs waits, what waits is bounded, what is
// dropped is counted, and Close has an end.
func TestLogSinkOfASilentCollector(t *testing.T) {
	t.Parallel()
	asked, over := make(chan struct{}), make(chan struct{})
	c := newCollector(t, func(n int) (int, string, string) {
		if n == 1 {
			close(asked)
		}
		<-over
		return 200, "", ""
	})
	defer close(over)
	var told syncBuffer
	lines := observe.NewSlowLines(sinkTo(t, logDestination{URL: c.URL}), slog.New(slog.NewTextHandler(&told, nil)))
	lines.Append([]byte("first"))
	<-asked
	for range 20 {
		lines.Append(make([]byte, 1<<20))
	}
	lines.Close()
	if got := told.String(); !strings.Contains(got, `msg="log lines dropped: their writer did not keep up" lines=21 file=`+c.URL) {
		t.Errorf("got %s", got)
	}
	if n, err := sinkTo(t, logDestination{URL: c.URL}).stopped().Write([]byte("x\n")); n != 0 || !errors.Is(err, os.ErrClosed) {
		t.Errorf("a stopped sink: %d, %v", n, err)
	}
}

func (s *logSink) stopped() *logSink {
	s.Stop()
	return s
}

func TestHeaderFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, tt := range map[string]struct{ text, want string }{
		"no colon":       {"A: b\nsecret-token\n", ":2: is no header such as Authorization: Bearer …"},
		"no name":        {": secret\n", ":1: is no header"},
		"a space":        {"A B: secret\n", ":1: is no header"},
		"a control":      {"A: sec\x00ret\n", ":1: is no header"},
		"the connection": {"Transfer-Encoding: secret\n", ":1: is no header"},
		"too long":       {strings.Repeat("# secret\n", 10_000), " is longer than 16384 bytes"},
	} {
		file := filepath.Join(dir, strings.ReplaceAll(name, " ", "_"))
		if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readHeaders(file); err == nil || !strings.Contains(err.Error(), file+tt.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := readHeaders(filepath.Join(dir, "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestAccessLogCollectors has the access logs of stages go to collectors, by log group and
// by stream of Firehose, each as it wants them.
func TestAccessLogCollectors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "headers"), []byte("Authorization: Bearer 0123456789-secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	plain, otlp := newCollector(t, nil), newCollector(t, nil)
	const stream = "arn:aws:firehose:us-east-1:000000000000:deliverystream/amazon-apigateway-calls"
	p, _, url := launchWith(t, dir, fmt.Sprintf("in-memory: true\naccess-log-destinations:\n  %s: {url: %q, headers: headers}\n  %sotlp: {url: %q, protocol: otlp}\n  %sfile: file\n",
		stream, plain.URL+"/ingest", logGroup, otlp.URL+"/v1/logs", logGroup))
	for api, arn := range map[string]string{"apiplain": stream, "apiotlp": logGroup + "otlp", "apifile": logGroup + "file"} {
		deployAPI(t, url, api, mockAPI)
		logTo(t, url, api, arn)
		storm(t, url+"/_aws/execute-api/"+api+"/prod/", 20, 200)
	}
	eventually(t, func() error {
		file, _ := os.ReadFile(filepath.Join(dir, "file"))
		for name, text := range map[string]string{"plain": strings.Join(plain.got(), ""), "otlp": strings.Join(otlp.got(), ""), "file": string(file)} {
			if n := strings.Count(text, "GET "); n != 20 {
				return fmt.Errorf("%s has %d lines", name, n)
			}
		}
		return nil
	})
	if h := plain.heads[0]; h.Get("Authorization") != "Bearer 0123456789-secret" {
		t.Errorf("got %v", h)
	}
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if text := p.printed(); strings.Contains(text, "0123456789-secret") {
		t.Error("the log has the secret")
	}
}

// What a collector refuses takes no other lines with it, and is counted alone.
func TestLogSinkGoesOn(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", sinkBatch-1) + "\n" // a request
	for name, tt := range map[string]struct {
		protocol string
		answer   func(n int) (int, string, string)
		lost     string
	}{
		"refused": {sinkLines, func(n int) (int, string, string) { return map[bool]int{true: 413, false: 200}[n == 1], "", "" }, "lines=1 "},
		"taken in part": {sinkOTLP, func(n int) (int, string, string) {
			return 200, "", map[bool]string{true: `{"partialSuccess":{"rejectedLogRecords":"2"}}`}[n == 2]
		}, "lines=2 "},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCollector(t, tt.answer)
			var log strings.Builder
			lines := observe.NewSlowLines(newLogSink(logDestination{URL: c.URL, Protocol: tt.protocol}), slog.New(slog.NewTextHandler(&log, nil)))
			_, _ = lines.Write([]byte(long + "one\ntwo\nthree\n" + long + "end\n"))
			lines.Close()
			got := c.got()
			if len(got) != 4 || !strings.Contains(got[1], "three") || !strings.Contains(got[3], "end") {
				t.Errorf("%d requests", len(got))
			}
			if !strings.Contains(log.String(), tt.lost) {
				t.Errorf("the log is %s", log.String())
			}
		})
	}
}
