package upstream

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A journal is a log that is read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// refuse stands in for the forms of the services.
func refuse(w http.ResponseWriter, e *wire.Entry, service string) {
	known := e.Err.(*wire.Error)
	e.Status = known.Status
	w.WriteHeader(e.Status)
	_, _ = fmt.Fprintf(w, "%s %s: %s", service, known.Type, known.Message)
}

// front is a server in front of an upstream, with its log.
func front(t *testing.T, o Options) (url string, s *Server, log *journal) {
	return frontWith(t, o, func(*Server) {})
}

// frontWith is front with a Server that is changed before it serves.
func frontWith(t *testing.T, o Options, change func(*Server)) (url string, s *Server, log *journal) {
	t.Helper()
	log = new(journal)
	o.Refuse, o.Trail = refuse, wire.Trail{Log: slog.New(slog.NewTextHandler(log, nil))}
	s = New(o)
	change(s)
	f := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.Serve(w, r, "s3") }))
	t.Cleanup(func() { f.Close(); s.Close() })
	return f.URL, s, log
}

func backend(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	b := httptest.NewServer(h)
	t.Cleanup(b.Close)
	return b.URL
}

// exchange sends a request by the letter and returns the answer, which ends the
// connection.
func exchange(t *testing.T, url, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// What a client sends and what the upstream answers go through as they are, but for the
// headers of the connection.
func TestNothingIsChanged(t *testing.T) {
	t.Parallel()
	var got *http.Request
	at := backend(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = r
		h := w.Header()
		h["x-amzn-RequestId"], h["X-Amz-Meta-Mine"], h["X-Many"], h["Content-Type"], h["Connection"], h["X-Hop"] = []string{"1"}, []string{"2"}, []string{"a", "b"}, nil, []string{"X-Hop"}, []string{"x"}
		w.WriteHeader(418)
		_, _ = w.Write(body)
	})
	url, _, log := front(t, Options{URL: at})
	const target = "/bucket/a%2Fb%20c//%C3%A9;v=1?acl&x=%2f&y=a+b&z=a;b"
	answer := exchange(t, url, "PUT "+target+" HTTP/1.1\r\nHost: bucket.s3.localhost:4566\r\nAuthorization: AWS4 as it came\r\nx-amz-meta-Mine: 1\r\nX-Many: 1\r\nX-Many: 2\r\nX-Forwarded-For: 10.0.0.1\r\n"+
		"Te: gzip\r\nProxy-Authorization: secret\r\nKeep-Alive: 5\r\nX-Hop: x\r\nConnection: close, x-hop\r\nContent-Length: 4\r\n\r\nbody")
	if got.RequestURI != target || got.Host != "bucket.s3.localhost:4566" || got.ContentLength != 4 {
		t.Errorf("got %s of %s, %d bytes", got.RequestURI, got.Host, got.ContentLength)
	}
	names := make([]string, 0, len(got.Header))
	for name := range got.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	if want := "[Authorization Content-Length Via X-Amz-Meta-Mine X-Forwarded-For X-Many]"; fmt.Sprint(names) != want {
		t.Errorf("headers %v, want %s", names, want)
	}
	if h := got.Header; h.Get("Authorization") != "AWS4 as it came" || len(h["X-Many"]) != 2 {
		t.Errorf("headers %v", h)
	}
	head, body, _ := strings.Cut(answer, "\r\n\r\n")
	for _, want := range []string{"HTTP/1.1 418 ", "X-Many: a\r\nX-Many: b\r\n", "X-Amzn-Requestid: 1", "x-amz-meta-mine: 2"} {
		if !strings.Contains(head, want) {
			t.Errorf("no %q in\n%s", want, head)
		}
	}
	if strings.Contains(head, "Content-Type") || strings.Contains(head, "X-Hop") || body != "body" {
		t.Errorf("got %s\n%s", head, body)
	}
	if text := log.String(); !strings.Contains(text, "operation=upstream:s3") || !strings.Contains(text, "status=418") || strings.Contains(text, "AWS4") || strings.Contains(text, "acl") {
		t.Errorf("log:\n%s", text)
	}
}

// A path that begins with two slashes stays one.
func TestPathOfSlashes(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{"": "//a/b%20c?d", "/base/": "/base//a/b%20c?d"} {
		got := ""
		at := backend(t, func(_ http.ResponseWriter, r *http.Request) { got = r.RequestURI })
		url, _, _ := front(t, Options{URL: at + base})
		exchange(t, url, "GET //a/b%20c?d HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// A target with a space, which HTTP/2 lets through, would end early in a line of HTTP/1.
func TestSpaceInTarget(t *testing.T) {
	t.Parallel()
	at := backend(t, func(http.ResponseWriter, *http.Request) { t.Error("it came through") })
	s := New(Options{URL: at, Refuse: refuse, Trail: wire.Trail{Log: slog.New(slog.DiscardHandler)}})
	f := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.Serve(w, r, "s3") }))
	f.EnableHTTP2 = true
	f.StartTLS()
	defer f.Close()
	for _, target := range []string{"/a HTTP/1.0", "/a?b c"} {
		resp, err := f.Client().Do(&http.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "https", Host: f.Listener.Addr().String(), Opaque: target}})
		if err != nil {
			t.Fatal(err)
		}
		answer, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest || resp.ProtoMajor != 2 || !strings.HasPrefix(string(answer), "s3 InvalidRequest") {
			t.Errorf("%s: %s %s %s", target, resp.Proto, resp.Status, answer)
		}
	}
}

// A proxy is told where the upstream is, whatever the caller's Host is.
func TestProxy(t *testing.T) {
	t.Parallel()
	got := ""
	proxy, err := url.Parse(backend(t, func(_ http.ResponseWriter, r *http.Request) { got = r.RequestURI }))
	if err != nil {
		t.Fatal(err)
	}
	at, _, _ := frontWith(t, Options{URL: "http://emulator.invalid:5000/base"}, func(s *Server) { s.transport.Proxy = http.ProxyURL(proxy) })
	for path, want := range map[string]string{"/b/a%20k?x=%2f": "/b/a%20k?x=%2f", "//k": "//k"} {
		exchange(t, at, "GET "+path+" HTTP/1.1\r\nHost: 192.0.2.1\r\nConnection: close\r\n\r\n")
		if want = "http://emulator.invalid:5000/base" + want; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// Bodies are on their way while they are made, in both directions.
func TestStreams(t *testing.T) {
	t.Parallel()
	begun, more := make(chan string), make(chan struct{})
	at := backend(t, func(w http.ResponseWriter, r *http.Request) {
		line, _ := bufio.NewReader(r.Body).ReadString('\n')
		begun <- line
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "one\n")
		_ = http.NewResponseController(w).Flush()
		<-more
		_, _ = io.WriteString(w, "two\n")
	})
	url, _, _ := front(t, Options{URL: at})
	sent, body := io.Pipe()
	go func() {
		_, _ = io.WriteString(body, "first\n")
		if got := <-begun; got != "first\n" {
			t.Errorf("the upstream has %q", got)
		}
		_ = body.Close()
	}()
	resp, err := http.Post(url, "", sent)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	r := bufio.NewReader(resp.Body)
	if line, err := r.ReadString('\n'); line != "one\n" {
		t.Fatal(line, err)
	}
	close(more)
	if rest, err := io.ReadAll(r); string(rest) != "two\n" {
		t.Errorf("%q, %v", rest, err)
	}
}

// A large object is in memory piece by piece, going and coming.
func TestLargeBodies(t *testing.T) {
	const size = 20 << 20
	at := backend(t, func(w http.ResponseWriter, r *http.Request) {
		if n, err := io.Copy(io.Discard, r.Body); n != size {
			t.Errorf("%d bytes came: %v", n, err)
		}
		_, _ = io.CopyN(w, zeros{}, size)
	})
	url, _, _ := front(t, Options{URL: at})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	resp, err := http.Post(url, "", io.LimitReader(zeros{}, size))
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	runtime.ReadMemStats(&after)
	if made := after.TotalAlloc - before.TotalAlloc; n != size || err != nil || made > size/4 {
		t.Errorf("%d bytes, %v; %d bytes of memory were made", n, err, made)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// What keeps a call from its answer is told in the form of its service.
func TestRefusals(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(nil)
	closed.Close()
	stuck := make(chan struct{})
	t.Cleanup(func() { close(stuck) })
	silent := backend(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-stuck:
		case <-r.Context().Done():
		}
	})
	switches := backend(t, func(w http.ResponseWriter, _ *http.Request) {
		nc, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = nc.Close() }()
		_, _ = io.WriteString(nc, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
	})
	hangsUp := backend(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	for name, tt := range map[string]struct {
		url    string
		full   bool
		header string
		status string
		want   string
	}{
		"nobody there":  {url: closed.URL, status: "502", want: "s3 BadGateway: The upstream 127.0.0.1:"},
		"no such name":  {url: "http://nowhere.invalid", status: "502", want: "has a name that leads nowhere"},
		"hangs up":      {url: hangsUp, status: "502", want: "has closed the connection without an answer"},
		"switches":      {url: switches, status: "502", want: "speaks another protocol"},
		"says nothing":  {url: silent, status: "504", want: "has not answered in time"},
		"too many":      {url: hangsUp, full: true, status: "503", want: "256 calls for the upstream are on their way already"},
		"no TLS":        {url: strings.Replace(hangsUp, "http:", "https:", 1), status: "502", want: "cannot be believed"},
		"not signed":    {url: "http://{service}.127.0.0.1.nip.invalid", status: "403", want: "this one does not say"},
		"service of an": {url: "http://{service}.invalid", header: "Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/x@evil.example#/aws4_request, SignedHeaders=host, Signature=0\r\n", status: "403", want: "does not say"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, _, _ := frontWith(t, Options{URL: tt.url}, func(s *Server) {
				if tt.url == silent {
					s.silence = time.Millisecond
				}
				for tt.full && len(s.places) < maxCalls {
					s.places <- struct{}{}
				}
			})
			answer := exchange(t, url, "GET / HTTP/1.1\r\nHost: h\r\n"+tt.header+"Connection: close\r\n\r\n")
			if !strings.HasPrefix(answer, "HTTP/1.1 "+tt.status) || !strings.Contains(answer, tt.want) {
				t.Errorf("got %s", answer)
			}
		})
	}
}

// An answer that breaks off is no whole answer.
func TestBrokenAnswer(t *testing.T) {
	t.Parallel()
	at := backend(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "begun")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	url, s, log := front(t, Options{URL: at})
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if got, err := io.ReadAll(resp.Body); string(got) != "begun" || err == nil {
		t.Errorf("got %q, %v", got, err)
	}
	if !strings.Contains(log.String(), "error=BrokenOff") || len(s.places) != 0 {
		t.Errorf("%d places are taken; log:\n%s", len(s.places), log.String())
	}
}

// Calls that come back are not sent again.
func TestLoop(t *testing.T) {
	t.Parallel()
	var s *Server
	f := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.Serve(w, r, "s3") }))
	defer f.Close()
	s = New(Options{URL: f.URL, Refuse: refuse, Trail: wire.Trail{Log: slog.New(slog.DiscardHandler)}})
	resp, err := http.Get(f.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if got, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusLoopDetected || !strings.HasPrefix(string(got), "s3 LoopDetected") {
		t.Errorf("%s %s", resp.Status, got)
	}
}

// A client that leaves ends its call.
func TestClientLeaves(t *testing.T) {
	t.Parallel()
	came, left := make(chan struct{}), make(chan struct{})
	at := backend(t, func(_ http.ResponseWriter, r *http.Request) {
		close(came)
		<-r.Context().Done()
		close(left)
	})
	url, _, _ := front(t, Options{URL: at})
	ctx, leave := context.WithCancel(context.Background())
	go func() { <-came; leave() }()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if resp, err := http.DefaultClient.Do(req); err == nil {
		_ = resp.Body.Close()
		t.Error("got an answer")
	}
	<-left
}
