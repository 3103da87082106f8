package gateway

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// refusing answers without a look at the body.
func refusing(*stubServer, *httpmsg.Request) *httpmsg.Response {
	return (&refusal{status: 429, errorType: "TooManyRequestsException", message: "Too Many Requests"}).answer()
}

// A client that sends its whole body before it looks for an answer reads the one
// that was given without the body, whoever gave it.
func TestEarlyAnswers(t *testing.T) {
	plain := open(t, Options{}, refusing)
	secure := openTLS(t, Options{}, refusing).site
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusForbidden) })
	shared := openAs(t, Options{}, Entrance{Next: next}, refusing)
	whole := openAs(t, Options{}, Entrance{API: "abc123", Stage: "dev"}, refusing)
	alone := openAs(t, Options{}, Entrance{Next: next, NoStages: true}, refusing)

	const size = 9 << 20
	const unknown = "POST /nope HTTP/1.1\r\nHost: abc123.execute-api.localhost\r\n"
	length := fmt.Sprintf("Content-Length: %d\r\n\r\n%s", size, strings.Repeat("x", size))
	chunks := fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", size, strings.Repeat("x", size))
	tests := map[string]struct {
		site   *site
		send   string
		status int
	}{
		"unknown stage":               {plain, unknown + length, 403},
		"unknown stage, chunks":       {plain, unknown + chunks, 403},
		"unknown stage, HTTP/1.0":     {plain, strings.Replace(unknown, "1.1", "1.0", 1) + length, 403},
		"unknown stage, asks to go":   {plain, unknown + "Expect: 100-continue\r\n" + length, 403},
		"unknown stage, TLS":          {secure, unknown + length, 403},
		"a stage that refuses":        {plain, stageHead("POST", "/dev") + length, 429},
		"a stage that refuses, TLS":   {secure, stageHead("POST", "/dev") + chunks, 429},
		"a stage's own listener":      {whole, stageHead("POST", "/x") + length, 429},
		"an ambiguous request":        {plain, stageHead("POST", "/dev/x#y") + length, 400},
		"a URL that is too long":      {plain, stageHead("POST", "/dev/"+strings.Repeat("u", 11_000)) + length, 413},
		"a header that is too long":   {plain, stageHead("POST", "/dev") + "A: " + strings.Repeat("x", 200_000) + "\r\n" + length, 413},
		"another handler":             {shared, "POST / HTTP/1.1\r\nHost: localhost\r\n" + length, 403},
		"another handler alone":       {alone, stageHead("POST", "/dev") + length, 403},
		"another handler, chunks":     {shared, "POST / HTTP/1.1\r\nHost: localhost\r\n" + chunks, 403},
		"another handler, none there": {plain, "POST / HTTP/1.1\r\nHost: localhost\r\n" + length, 403},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for range 10 {
				p := tt.site.dial(t)
				if tt.site == secure {
					p = p.secure()
				}
				if _, err := io.WriteString(p, tt.send); err != nil {
					t.Fatal("while sending:", err)
				}
				resp, _ := p.receive("POST")
				if resp.StatusCode != tt.status || !resp.Close {
					t.Fatalf("status %d, want %d; closes: %t", resp.StatusCode, tt.status, resp.Close)
				}
				if rest, err := io.ReadAll(p.r); err != nil || len(rest) > 0 {
					t.Fatalf("then %q, %v", rest, err)
				}
				p.Close()
			}
		})
	}
}

// secure is the peer under TLS and HTTP/1.
func (p *peer) secure() *peer {
	nc := tls.Client(p.Conn, &tls.Config{InsecureSkipVerify: true})
	out := *p
	out.Conn = nc
	out.r.Reset(nc)
	return &out
}

// A small body is read behind the answer, whoever gives it, and the connection serves
// the next request.
func TestEarlyAnswerKeepsConnections(t *testing.T) {
	const local = "POST / HTTP/1.1\r\nHost: localhost\r\n"
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusForbidden) })
	silent := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {})
	plain := open(t, Options{}, refusing)
	for name, tt := range map[string]struct {
		site *site
		head string
	}{
		"unknown stage":               {plain, stageHead("POST", "/nope")},
		"a stage that refuses":        {plain, stageHead("POST", "/dev")},
		"another handler":             {openAs(t, Options{}, Entrance{Next: next}, refusing), local},
		"another handler alone":       {openAs(t, Options{}, Entrance{Next: next, NoStages: true}, refusing), local},
		"another handler, none there": {plain, local},
		"over HTTP/1.0":               {plain, strings.Replace(stageHead("POST", "/dev"), "1.1", "1.0", 1) + "Connection: keep-alive\r\n"},
		"an answer that is empty":     {openAs(t, Options{}, Entrance{Next: silent}, refusing), local},
	} {
		t.Run(name, func(t *testing.T) {
			p := tt.site.dial(t)
			for range 2 {
				for _, size := range []int{1, 5_000, 200_000} {
					p.send(tt.head + fmt.Sprintf("Content-Length: %d\r\n\r\n", size))
					p.SetReadDeadline(time.Now().Add(10 * time.Second))
					if resp, _ := p.receive("POST"); resp.Close { // before any of it is sent
						t.Fatalf("%d bytes: status %d, and it closes", size, resp.StatusCode)
					}
					p.send(strings.Repeat("x", size))
				}
			}
		})
	}
}

// An answer whose length is not known before it ends is not held back either: its
// connection ends with it.
func TestLongEarlyAnswer(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	s := openAs(t, Options{}, Entrance{Next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, long) })}, refusing)
	p := s.dial(t)
	p.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf")
	p.SetReadDeadline(time.Now().Add(10 * time.Second))
	if resp, body := p.receive("POST"); resp.StatusCode != 200 || body != long || !resp.Close {
		t.Errorf("status %d, %d bytes; closes: %t", resp.StatusCode, len(body), resp.Close)
	}
}

// An early answer that its handler flushes goes out with the handler's status.
func TestFlushedEarlyAnswer(t *testing.T) {
	done := make(chan bool)
	s := openAs(t, Options{}, Entrance{Next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "short")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-done
	})}, refusing)
	p := s.dial(t)
	p.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf")
	resp, err := http.ReadResponse(p.r, nil)
	close(done)
	if err != nil || resp.StatusCode != http.StatusTeapot {
		t.Fatalf("got %v, %v", resp, err)
	}
	if text, err := io.ReadAll(resp.Body); string(text) != "short" || err != nil {
		t.Errorf("got %q, %v", text, err)
	}
}

// Who waits to be told to go on is told the answer.
func TestEarlyAnswerToExpectations(t *testing.T) {
	s := open(t, Options{}, refusing)
	for _, target := range []string{"/nope", "/dev"} {
		p := s.dial(t)
		p.send(stageHead("POST", target) + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
		if resp, _ := p.receive("POST"); resp.StatusCode < 400 || !resp.Close {
			t.Errorf("%s: status %d, closes: %t", target, resp.StatusCode, resp.Close)
		}
		if rest, err := io.ReadAll(p.r); err != nil || len(rest) > 0 {
			t.Errorf("%s: then %q, %v", target, rest, err)
		}
	}
}

// A client that is still sending when the server stops reads its answer, and holds the
// stop up no longer than one that is idle.
func TestEarlyAnswerAtShutdown(t *testing.T) {
	started, let := make(chan bool), make(chan bool)
	s := open(t, Options{}, func(*stubServer, *httpmsg.Request) *httpmsg.Response {
		started <- true
		<-let
		return refusing(nil, nil)
	})
	p := s.dial(t)
	p.send(stageHead("POST", "/dev") + "Content-Length: 1000000\r\n\r\n" + strings.Repeat("x", 64<<10)) // the rest never comes
	<-started
	done := make(chan error)
	go func() { done <- s.Shutdown(context.Background()) }()
	eventually(t, s.door.closing.Load)
	let <- true
	if resp, _ := p.receive("POST"); resp.StatusCode != 429 || !resp.Close {
		t.Errorf("status %d, closes: %t", resp.StatusCode, resp.Close)
	}
	if rest, err := io.ReadAll(p.r); err != nil || len(rest) > 0 {
		t.Errorf("then %q, %v", rest, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Clients that go on sending behind their answers hold no connection that another
// wants, and end on their own.
func TestLingeringHoldsNobodyUp(t *testing.T) {
	const room = 10
	s := open(t, Options{MaxConnections: room}, refusing)
	var wg sync.WaitGroup
	for range room {
		p := s.dial(t)
		p.send(stageHead("POST", "/dev") + "Content-Length: 9000000\r\n\r\n")
		p.receive("POST")
		wg.Go(func() { p.trickle("x", 10*time.Millisecond) })
	}
	begin := time.Now()
	for range room {
		resp, _ := s.call(t, stageHead("GET", "/dev")+"\r\n")
		if resp.StatusCode != 429 {
			t.Fatal(resp.StatusCode)
		}
	}
	if took := time.Since(begin); took > lingerTime/2 { // without shedding they wait for all of it
		t.Errorf("others waited %v", took)
	}
	for _, nc := range s.guests() {
		nc.Close()
	}
	wg.Wait()
}

// What is taken in of a client behind its answer is bounded in bytes and in time.
func TestLingerIsBounded(t *testing.T) {
	tests := map[string]struct {
		at   func(int) (int, time.Duration)
		took time.Duration
		sent int
	}{
		"endless": {func(int) (int, time.Duration) { return 32 << 10, 0 }, 0, lingerBytes},
		"slow":    {func(int) (int, time.Duration) { return 32 << 10, 4 * time.Second }, lingerTime, 7 * 32 << 10},
		"silent":  {func(int) (int, time.Duration) { return 1, time.Hour }, silence, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &line{size: 1 << 30, at: tt.at}
				g := &guest{gone: make(chan struct{}), Conn: lineConn{line: l}, door: newDoor(new(Options))}
				begin := time.Now()
				(&talk{nc: g, guest: g}).linger()
				if took := time.Since(begin); took != tt.took || l.sent != tt.sent {
					t.Errorf("%d bytes were taken in for %v", l.sent, took)
				}
			})
		})
	}
}

// A lineConn is the connection that a line comes by.
type lineConn struct {
	net.Conn
	line *line
}

func (c lineConn) Read(p []byte) (int, error)        { return c.line.Read(p) }
func (c lineConn) SetReadDeadline(t time.Time) error { return c.line.SetReadDeadline(t) }

// guests are the connections to the site.
func (s *site) guests() (out []net.Conn) {
	s.door.mu.Lock()
	defer s.door.mu.Unlock()
	for g := range s.door.guests {
		out = append(out, g)
	}
	return out
}
