package gateway

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

type handle = func(*stubServer, *httpmsg.Request) *httpmsg.Response

// A seen request is what a stage got, as the stub stage answers it.
type seen struct {
	API, Stage                                             string
	Method, Path, Query, Host, Scheme, Proto, Source, Body string
	Header                                                 []string
}

func echo(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
	if err := req.ReadBody(); err != nil {
		return refuseBody(err)
	}
	got := seen{
		API: s.stage.APIID, Stage: s.stage.Name, Method: req.Method, Path: req.Path, Query: req.Query, Host: req.Host,
		Scheme: req.Scheme, Proto: req.Proto, Source: req.SourceIP, Body: string(req.Body),
	}
	if len(got.Body) > 100 {
		got.Body = fmt.Sprintf("%d bytes", len(got.Body))
	}
	for _, f := range req.Header {
		got.Header = append(got.Header, f.Name+": "+f.Value)
	}
	body, _ := json.Marshal(got)
	return &httpmsg.Response{Status: 200, Header: httpmsg.Header{{Name: "x-amzn-RequestId", Value: "1"}, {Name: "Content-Type", Value: "application/json"}}, Body: body}
}

// refuseBody is what a stage answers when it cannot have a body.
func refuseBody(err error) *httpmsg.Response {
	switch {
	case errors.Is(err, httpmsg.ErrTooLarge):
		return tooLong.answer()
	case errors.Is(err, httpmsg.ErrBudget):
		return (&refusal{status: 503, errorType: "ServiceUnavailableException", message: "Service Unavailable"}).answer()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return (&refusal{status: 408, errorType: "RequestTimeoutException", message: "Request Timeout"}).answer()
	}
	return badRequest.answer()
}

// patience is how long tests wait for what comes at once unless something hangs.
const patience = time.Minute

// A site is a gateway on a socket with the stages abc123/dev and abc123/Prod.
type site struct {
	*Gateway
	addr   string
	pipes  *pipes // where the socket is in memory, instead of addr
	budget *httpmsg.Budget
	log    *lockedBuffer
	served chan error
}

func open(t testing.TB, opts Options, h handle) *site {
	t.Helper()
	return openAs(t, opts, Entrance{}, h)
}

// openAs is a site whose socket is an entrance of another kind.
func openAs(t testing.TB, opts Options, at Entrance, h handle) *site {
	t.Helper()
	ln, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := prepare(t, opts, h)
	s.addr = ln.Addr().String()
	go func() { s.served <- s.Serve(ln, at) }()
	return s
}

// openPiped is a site for a bubble of synctest: its socket is in memory, so that time
// passes only while nobody has anything to do.
func openPiped(t testing.TB, opts Options, at Entrance, h handle) *site {
	t.Helper()
	s := prepare(t, opts, h)
	s.pipes, s.addr = newPipes(), "piped"
	go func() { s.served <- s.Serve(s.pipes, at) }()
	return s
}

// prepare makes a site that listens nowhere yet.
func prepare(t testing.TB, opts Options, h handle) *site {
	if opts.Budget == nil {
		opts.Budget = httpmsg.NewBudget(0)
	}
	s := &site{budget: opts.Budget, log: new(lockedBuffer), served: make(chan error, 1)}
	if opts.Log == nil {
		opts.Log = slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	opts.Source = new(source)
	opts.Compile = func(d *snapshot.Deployment) (Program, error) { return &stubProgram{d: d, handle: h, size: 1}, nil }
	s.Gateway = New(opts)
	s.Apply(stage("abc123", "dev", "d"), stage("abc123", "Prod", "d"))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := <-s.served; err != nil {
			t.Error(err)
		}
		if n := s.budget.Used(); n != 0 {
			t.Errorf("%d bytes of bodies not given back", n)
		}
	})
	return s
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// A peer is one connection to a site.
type peer struct {
	net.Conn
	r *bufio.Reader
	t testing.TB
}

func (s *site) dial(t testing.TB) *peer {
	t.Helper()
	nc, err := s.connect()
	if err != nil {
		t.Fatal(err)
	}
	nc.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { nc.Close() })
	return &peer{nc, bufio.NewReader(nc), t}
}

func (s *site) connect() (net.Conn, error) {
	if s.pipes != nil {
		return s.pipes.dial(), nil
	}
	return net.Dial("tcp", s.addr)
}

func (p *peer) send(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p, text); err != nil {
		p.t.Fatal(err)
	}
}

// receive reads one answer to a request of that method. Its Body has been read
// into the string.
func (p *peer) receive(method string) (*http.Response, string) {
	p.t.Helper()
	resp, err := http.ReadResponse(p.r, &http.Request{Method: method})
	if err != nil {
		p.t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp, string(body)
}

// call sends one request and reads the answer.
func (s *site) call(t testing.TB, text string) (*http.Response, string) {
	t.Helper()
	p := s.dial(t)
	p.send(text)
	return p.receive(text[:strings.IndexByte(text, ' ')])
}

// stageHead is the head of a request to a stage, open for more lines.
func stageHead(method, target string) string {
	return method + " " + target + " HTTP/1.1\r\nHost: abc123.execute-api.localhost\r\n"
}

func see(t testing.TB, resp *http.Response, body string) (got seen) {
	t.Helper()
	if resp.StatusCode != 200 {
		t.Fatalf("status %d: %s", resp.StatusCode, body)
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	return got
}

// expectError checks an answer of the front door.
func expectError(t testing.TB, resp *http.Response, body string, status int, errorType, want string) {
	t.Helper()
	if resp.StatusCode != status || body != want || resp.Header.Get("x-amzn-ErrorType") != errorType ||
		resp.Header.Get("Content-Type") != "application/json" || len(resp.Header.Get("x-amzn-RequestId")) != 36 ||
		len(resp.Header.Get("x-amz-apigw-id")) != 16 || resp.Header.Get("Date") == "" {
		t.Errorf("got %d %v %q, want %d %s %q", resp.StatusCode, resp.Header, body, status, errorType, want)
	}
}

const (
	forbiddenBody = `{"message":"Forbidden"}`
	tooLongBody   = `{"message":"Request Too Long"}`
	badBody       = `{"message":"Bad Request"}`
	internalBody  = `{"message": "Internal server error"}`
)
