package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/observe"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// streamed is a resource /x whose answers are streamed from a URI, for 15 minutes at
// the most, changed by edit.
func streamed(uri string, edit func(*snapshot.Method)) snapshot.Resource {
	m := snapshot.Method{
		HTTPMethod: "ANY", AuthorizationType: "NONE",
		Integration: snapshot.Integration{
			Type: "HTTP_PROXY", HTTPMethod: "ANY", URI: uri, PassthroughBehavior: "WHEN_NO_MATCH", TimeoutMillis: 900_000, ResponseTransferMode: "STREAM",
		},
	}
	if edit != nil {
		edit(&m)
	}
	return snapshot.Resource{ID: "r1", Path: "/x", Methods: []snapshot.Method{m}}
}

// A memoryBackend answers calls over connections in memory, in synthetic time.
type memoryBackend struct {
	client  *integration.Client
	serving sync.WaitGroup
}

// inMemory makes a backend that serves each connection by a handler.
func inMemory(serve func(net.Conn)) *memoryBackend {
	p := &memoryBackend{}
	p.client = integration.NewClient(integration.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		p.serving.Go(func() { serve(theirs) })
		return ours, nil
	}})
	return p
}

// close ends the client, and waits for the backend.
func (p *memoryBackend) close() {
	p.client.Close()
	p.serving.Wait()
}

// readRequest reads the head of a request, and no body.
func readRequest(c net.Conn) {
	var head []byte
	for b := make([]byte, 1); !bytes.HasSuffix(head, []byte("\r\n\r\n")); head = append(head, b...) {
		if _, err := c.Read(b); err != nil {
			return
		}
	}
}

const chunkedHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

func chunk(text string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(text), text) }

// A timed end is how a stream ended, and when.
type timedEnd struct {
	text string
	err  error
	at   time.Duration // since the call
	log  string        // the access log's line
}

const streamFormat = `$context.status $context.integration.responseTransferMode $context.integration.status $context.integration.timeToAllHeaders $context.integration.timeToFirstContent $context.integration.latency [$context.integration.error]`

// timed calls a stage whose backend serves connections by a handler, and reads the
// answer to its end.
func timed(d *snapshot.Deployment, rate *StreamRate, serve func(net.Conn)) timedEnd {
	p := inMemory(serve)
	defer p.close()
	var out bytes.Buffer
	lines := observe.NewLines(&out, slog.New(slog.DiscardHandler))
	d.ID, d.APIID = "d1", "abc"
	st := Bind(&snapshot.Stage{APIID: "abc", Name: "prod", AccessLog: &snapshot.AccessLog{DestinationARN: "arn:x", Format: streamFormat}}, Compile(d),
		&Services{Client: p.client, StreamRate: rate, AccessLog: func(string) *observe.Lines { return lines }})
	start := time.Now()
	resp := st.Serve(parseRequest("GET /x"))
	end := timedEnd{text: string(resp.Body)}
	if resp.Stream != nil {
		text, err := io.ReadAll(resp.Stream)
		end.text, end.err = string(text), err
		_ = resp.Stream.Close()
	}
	end.at = time.Since(start)
	deliver(resp)
	lines.Close()
	end.log = strings.TrimSuffix(out.String(), "\n")
	return end
}

// How long streams may take, and what their access log says, in synthetic time.
func TestStreamTimes(t *testing.T) {
	// slow answers with so many pieces of "data", one behind each pause.
	slow := func(pause time.Duration, pieces int, tail string) func(net.Conn) {
		return func(c net.Conn) {
			defer c.Close()
			readRequest(c)
			time.Sleep(100 * time.Millisecond)
			_, _ = io.WriteString(c, chunkedHead)
			for range pieces {
				time.Sleep(pause)
				if _, err := io.WriteString(c, chunk("data")); err != nil {
					return
				}
			}
			if tail != "" {
				_, _ = io.WriteString(c, tail)
			}
			_, _ = io.Copy(io.Discard, c)
		}
	}
	// breaking answers with one piece and a text behind it, and closes.
	breaking := func(tail string) func(net.Conn) {
		return func(c net.Conn) {
			defer c.Close()
			readRequest(c)
			time.Sleep(100 * time.Millisecond)
			_, _ = io.WriteString(c, chunkedHead+chunk("data")+tail)
		}
	}
	const timeout = "Execution failed due to a timeout error"
	tests := map[string]struct {
		endpoint string
		timeout  int
		serve    func(net.Conn)
		pieces   int
		err      error
		at       time.Duration
		log      string
	}{
		"longer than 29 s":        {"REGIONAL", 900_000, slow(4*time.Minute, 3, "0\r\n\r\n"), 3, nil, 12*time.Minute + 100*time.Millisecond, "200 STREAMED 200 100 240100 720100 [-]"},
		"15 minutes are the most": {"REGIONAL", 900_000, slow(4*time.Minute, 9, ""), 3, integration.ErrTimeout, 15 * time.Minute, "200 STREAMED 200 100 240100 900000 [" + timeout + "]"},
		"its own timeout":         {"REGIONAL", 40_000, slow(15*time.Second, 9, ""), 2, integration.ErrTimeout, 40 * time.Second, "200 STREAMED 200 100 15100 40000 [" + timeout + "]"},
		"silent for 5 minutes":    {"REGIONAL", 900_000, slow(time.Minute, 1, ""), 1, integration.ErrTimeout, 6*time.Minute + 100*time.Millisecond, "200 STREAMED 200 100 60100 360100 [" + timeout + "]"},
		"silent for 30 s, EDGE":   {"EDGE", 900_000, slow(29*time.Second, 2, ""), 2, integration.ErrTimeout, 88*time.Second + 100*time.Millisecond, "200 STREAMED 200 100 29100 88100 [" + timeout + "]"},
		"silent before the head":  {"EDGE", 900_000, func(c net.Conn) { readRequest(c); _, _ = io.Copy(io.Discard, c) }, 0, nil, 30 * time.Second, "504 STREAMED - - - 30000 [" + timeout + "]"},
		"it fails in the middle":  {"REGIONAL", 900_000, breaking(""), 1, integration.ErrNetwork, 100 * time.Millisecond, "200 STREAMED 200 100 100 100 [Execution failed due to a network error communicating with endpoint: unexpected EOF]"},
		"its framing is malformed": {"REGIONAL", 900_000, breaking("nope\r\n"), 1, integration.ErrNetwork, 100 * time.Millisecond,
			"200 STREAMED 200 100 100 100 [Execution failed due to a network error communicating with endpoint: the response is not well-formed HTTP/1.1: chunked body]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := streamed("http://backend.test/", func(m *snapshot.Method) { m.Integration.TimeoutMillis = tt.timeout })
				got := timed(&snapshot.Deployment{EndpointType: tt.endpoint, Resources: []snapshot.Resource{r}}, nil, tt.serve)
				if tt.pieces > 0 && got.text != strings.Repeat("data", tt.pieces) || !errors.Is(got.err, tt.err) || tt.err == nil && got.err != nil {
					t.Errorf("got %q, %v", got.text, got.err)
				}
				if got.at != tt.at || got.log != tt.log {
					t.Errorf("after %v: %s\nwant  %v: %s", got.at, got.log, tt.at, tt.log)
				}
			})
		})
	}
}

// AWS slows a stream down to 2 MB a second beyond its first 10 MB.
func TestStreamRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 16 << 20
		rate := AWSStreamRate()
		d := &snapshot.Deployment{Resources: []snapshot.Resource{streamed("http://backend.test/", nil)}}
		got := timed(d, &rate, func(c net.Conn) {
			defer c.Close()
			readRequest(c)
			_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size)
			_, _ = c.Write(make([]byte, size))
		})
		// The last piece need not be waited for.
		if most := 3 * time.Second; got.err != nil || len(got.text) != size || got.at > most || got.at < most-100*time.Millisecond {
			t.Errorf("%d bytes in %v, %v", len(got.text), got.at, got.err)
		}
	})
}

// A client that leaves ends the call of its backend, at once and without a failure
// that anybody is told of.
func TestStreamClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan time.Duration, 1)
		start := time.Now()
		p := inMemory(func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, chunkedHead+chunk("data"))
			_, _ = io.Copy(io.Discard, c)
			ended <- time.Since(start)
		})
		defer p.close()
		var log bytes.Buffer
		d := &snapshot.Deployment{ID: "d1", APIID: "abc", Resources: []snapshot.Resource{streamed("http://backend.test/", nil)}}
		st := Bind(&snapshot.Stage{APIID: "abc", Name: "prod"}, Compile(d), &Services{Client: p.client, Log: slog.New(slog.NewTextHandler(&log, nil))})
		req := parseRequest("GET /x")
		ctx, leave := context.WithCancel(t.Context())
		req.Watcher = watcher{ctx}
		resp := st.Serve(req)
		time.AfterFunc(time.Minute, leave)
		if text, err := io.ReadAll(resp.Stream); string(text) != "data" || !errors.Is(err, integration.ErrGone) {
			t.Errorf("got %q, %v", text, err)
		}
		_ = resp.Stream.Close()
		deliver(resp)
		if at := <-ended; at != time.Minute || log.Len() > 0 {
			t.Errorf("the call ended after %v, and was logged: %s", at, &log)
		}
	})
}

// A watcher is an httpmsg.ClientWatcher.
type watcher struct{ ctx context.Context }

func (w watcher) WatchClient() context.Context { return w.ctx }

// What becomes of a backend's response, with a body and without one.
func TestStreamAnswers(t *testing.T) {
	tests := map[string]struct {
		request, response string
		want              string // as show prints it
		stream            string // "" for none
		length            int64
	}{
		"chunked": {"GET /x", "HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\nConnection: close\r\nKeep-Alive: timeout=5\r\nDate: d\r\nServer: s\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("one ") + chunk("two") + "0\r\n\r\n",
			"201\nContent-Type: text/plain\nx-amzn-Remapped-Connection: close\nx-amzn-Remapped-Keep-Alive: timeout=5\nx-amzn-Remapped-Date: d\nx-amzn-Remapped-Server: s\n\n", "one two", -1},
		"of a known length": {"GET /x", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\none two",
			"200\nContent-Type: text/plain\nx-amzn-Remapped-Content-Length: 7\n\n", "one two", 7},
		"to the end of the connection": {"GET /x", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\none two", "200\nContent-Type: text/plain\n\n", "one two", -1},
		"a failure of the backend's":   {"GET /x", "HTTP/1.1 500 No\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nno!", "500\nContent-Type: text/plain\nx-amzn-Remapped-Content-Length: 3\n\n", "no!", 3},
		"compressed":                   {"GET /x\nAccept-Encoding: gzip", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nzzz", "200\nContent-Type: text/plain\nContent-Encoding: gzip\nx-amzn-Remapped-Content-Length: 3\n\n", "zzz", 3},
		"long enough to be compressed": {"GET /x\nAccept-Encoding: gzip", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc", "200\nContent-Type: text/plain\nx-amzn-Remapped-Content-Length: 3\n\n", "abc", 3},
		"HEAD":                         {"HEAD /x\nAccept-Encoding: gzip", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 700\r\n\r\n", "200\nContent-Type: text/plain\nx-amzn-Remapped-Content-Length: 700\n\n", "", 700},
		"204":                          {"GET /x", "HTTP/1.1 204 No\r\nContent-Type: text/plain\r\n\r\n", "204\nContent-Type: text/plain\n\n", "", 0},
		"empty":                        {"GET /x", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n", "200\nContent-Type: text/plain\nx-amzn-Remapped-Content-Length: 0\n\n", "", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRigOf(t, &snapshot.Deployment{ID: "d1", APIID: "abc", MinimumCompressionSize: new(int32(0)), Resources: []snapshot.Resource{streamed(canned(t, tt.response), nil)}})
			resp := r.call(tt.request)
			defer resp.Release()
			stream := ""
			if resp.Stream != nil {
				text, err := io.ReadAll(resp.Stream)
				if stream = string(text); err != nil {
					t.Error(err)
				}
				_ = resp.Stream.Close()
			}
			if got := show(resp); got != tt.want || stream != tt.stream || resp.Length != tt.length || (resp.Stream == nil) != (tt.stream == "") {
				t.Errorf("got:\n%s%q, %d\nwant:\n%s%q, %d", got, stream, resp.Length, tt.want, tt.stream, tt.length)
			}
		})
	}
}

// Without the mode an answer is buffered though the backend streams.
func TestBufferedStream(t *testing.T) {
	backend := canned(t, chunkedHead+chunk("one ")+chunk("two")+"0\r\n\r\n")
	for _, mode := range []string{"", "BUFFERED"} {
		r := newRig(t, streamed(backend, func(m *snapshot.Method) { m.Integration.ResponseTransferMode = mode }))
		resp := r.call("GET /x")
		if resp.Stream != nil || string(resp.Body) != "one two" {
			t.Errorf("%q: %q", mode, resp.Body)
		}
		resp.Release()
	}
}

// A method that streams is not cached, whatever its stage says.
func TestStreamIsNotCached(t *testing.T) {
	r := newRig(t, streamed("http://backend.test/", func(m *snapshot.Method) { m.HTTPMethod = "GET" }))
	settings := *r.stage.settings
	settings.Cache = new(snapshot.Cache)
	settings.MethodSettings = map[string]snapshot.MethodSetting{"*/*": {CachingEnabled: true}}
	if st := Bind(&settings, r.stage.program, r.stage.services); st.cached != nil {
		t.Error("it is")
	}
}

// A stream holds nothing of its request, and its connection serves the next call.
func TestStreamLetsGo(t *testing.T) {
	connections := make(chan struct{}, 10)
	srv := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(w, "first")
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, "last")
		}),
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				connections <- struct{}{}
			}
		},
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { srv.Close() })
	r := newRig(t, streamed("http://"+l.Addr().String(), nil))
	for range 3 {
		resp := r.call("POST /x\n\nbody")
		if resp.KeepsRequest || r.stage.requests.Used() != 0 {
			t.Errorf("the request is held: %d bytes", r.stage.requests.Used())
		}
		if text, err := io.ReadAll(resp.Stream); string(text) != "firstlast" || err != nil {
			t.Errorf("got %q, %v", text, err)
		}
		_ = resp.Stream.Close()
		deliver(resp)
	}
	if n := len(connections); n != 1 {
		t.Errorf("%d connections", n)
	}
	if used := r.stage.answers.Used(); used != 0 {
		t.Errorf("%d bytes of the answers' budget are used", used)
	}
}

// What cannot be streamed fails, as what a newer or an older server published.
func TestStreamOfOtherTypes(t *testing.T) {
	r := newRig(t, mock(func(m *snapshot.Method) { m.Integration.ResponseTransferMode = "STREAM" }))
	resp := r.call("GET /x")
	defer resp.Release()
	if resp.Status != 500 || resp.Stream != nil {
		t.Errorf("status %d", resp.Status)
	}
	if p := Compile(r.deployment).Problems(); len(p) != 1 || p[0].Field != transferField {
		t.Errorf("problems: %v", p)
	}
}

// A test of a method that streams: what came within 35 s, or more than 1 MB.
func TestStreamInvoke(t *testing.T) {
	quiet := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	tests := map[string]struct {
		serve  func(net.Conn)
		status int
		body   func(string) bool
		at     time.Duration
	}{
		"complete": {func(c net.Conn) {
			readRequest(c)
			time.Sleep(20 * time.Second)
			_, _ = io.WriteString(c, chunkedHead+chunk("data"))
			time.Sleep(10 * time.Second)
			_, _ = io.WriteString(c, chunk("data")+"0\r\n\r\n")
			quiet(c)
		}, 200, func(body string) bool { return body == "datadata" }, 30 * time.Second},
		"35 s": {func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, chunkedHead+chunk("data")); quiet(c) }, 200,
			func(body string) bool { return body == "data" }, 35 * time.Second},
		"no head in 35 s": {func(c net.Conn) { readRequest(c); quiet(c) }, 0, func(body string) bool { return body == "" }, 35 * time.Second},
		"more than 1 MB": {func(c net.Conn) {
			defer c.Close()
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
			for _, err := c.Write(make([]byte, 1<<16)); err == nil; _, err = c.Write(make([]byte, 1<<16)) {
			}
		}, 200, func(body string) bool { return len(body) > 1<<20 && len(body) < 2<<20 }, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := inMemory(tt.serve)
				defer p.close()
				d := &snapshot.Deployment{ID: "d1", APIID: "abc", EndpointType: "REGIONAL", Resources: []snapshot.Resource{streamed("http://backend.test/", nil)}}
				start := time.Now()
				r := Invoke(t.Context(), d, parseRequest("GET /x"), &Test{}, &Services{Client: p.client})
				if at := time.Since(start); r.Status != tt.status || !tt.body(string(r.Body)) || at != tt.at || r.Trace.ExecutionLog() != "" {
					t.Errorf("status %d, %d bytes after %v, log %q", r.Status, len(r.Body), at, r.Trace.ExecutionLog())
				}
			})
		})
	}
}

var _ httpmsg.ClientWatcher = watcher{}

// The trace of a streamed call is handed on when the stream has ended, and says how
// much came, and why it broke off.
func TestStreamTrace(t *testing.T) {
	for response, want := range map[string]string{
		chunkedHead + chunk("half") + chunk("half") + "0\r\n\r\n": "*trace.ResponseEvent 8 *trace.CompleteEvent",
		chunkedHead + chunk("half"):                               "*trace.ResponseEvent *trace.FailureEvent 4 *trace.CompleteEvent",
	} {
		r := newRig(t, streamed(canned(t, response), nil))
		var traces []*trace.Trace
		services := *r.stage.services
		services.Trace = func(tr *trace.Trace) { traces = append(traces, tr) }
		resp := Bind(r.stage.settings, r.stage.program, &services).Serve(parseRequest("GET /x"))
		_, _ = io.ReadAll(resp.Stream)
		_ = resp.Stream.Close()
		if len(traces) > 0 {
			t.Error("the trace was handed on before the end")
		}
		deliver(resp)
		if len(traces) != 1 {
			t.Fatalf("%d traces", len(traces))
		}
		got := ""
		for _, e := range traces[0].Events {
			if s, ok := e.Data.(*trace.StreamedEvent); ok {
				got += fmt.Sprintf("%d ", s.Bytes)
			} else if _, ok := e.Data.(*trace.ResponseEvent); ok || got != "" {
				got += fmt.Sprintf("%T ", e.Data)
			}
		}
		if strings.TrimSpace(got) != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if text := traces[0].Text(trace.TextOptions{}); !strings.Contains(text, " bytes in ") {
			t.Errorf("the text does not say what was streamed:\n%s", text)
		}
	}
}
