package integration

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestReuse(t *testing.T) {
	answerAll := func(answer string) func(int, net.Conn, *bufio.Reader) {
		return func(_ int, nc net.Conn, r *bufio.Reader) {
			for request(r) != "" {
				io.WriteString(nc, answer)
			}
		}
	}
	tests := map[string]struct {
		script func(n int, nc net.Conn, r *bufio.Reader)
		method string
		conns  int32 // for three calls
	}{
		"kept":              {answerAll(ok), "GET", 1},
		"kept, POST":        {answerAll(ok), "POST", 1},
		"kept after 204":    {answerAll("HTTP/1.1 204 x\r\n\r\n"), "GET", 1},
		"kept after HEAD":   {answerAll("HTTP/1.1 200 x\r\nContent-Length: 100\r\n\r\n"), "HEAD", 1},
		"kept when chunked": {answerAll("HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), "GET", 1},
		"Connection: close": {answerAll(strings.Replace(ok, "OK\r\n", "OK\r\nConnection: close\r\n", 1)), "GET", 3},
		"HTTP/1.0":          {answerAll(strings.Replace(ok, "1.1", "1.0", 1)), "GET", 3},
		"more than it said": {answerAll(ok + "x"), "GET", 3},
		"closed unsaid": {func(_ int, nc net.Conn, r *bufio.Reader) {
			request(r)
			io.WriteString(nc, ok)
		}, "POST", 3},
		"half closed": {func(_ int, nc net.Conn, r *bufio.Reader) { // as Apache ends connections
			request(r)
			io.WriteString(nc, ok)
			nc.(*net.TCPConn).CloseWrite()
			r.ReadByte()
		}, "GET", 3},
		"body after HEAD": {func(_ int, nc net.Conn, r *bufio.Reader) {
			for request(r) != "" {
				io.WriteString(nc, ok[:len(ok)-2])
				time.Sleep(5 * time.Millisecond)
				io.WriteString(nc, "ok")
			}
		}, "HEAD", 3},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var conns atomic.Int32
			ep := backend(t, func(n int, nc net.Conn, r *bufio.Reader) { conns.Add(1); tt.script(n, nc, r) })
			c := client(t, Options{})
			for range 3 {
				resp, err := c.Do(&Request{Method: tt.method, Target: "/"}, ep)
				if err != nil {
					t.Fatal(err)
				}
				resp.Release()
				for end := time.Now().Add(time.Minute); tt.conns > 1 && idleIsSilent(c) && time.Now().Before(end); {
					time.Sleep(time.Millisecond) // until what makes it useless has come
				}
			}
			if got := conns.Load(); got != tt.conns {
				t.Errorf("%d connections, want %d", got, tt.conns)
			}
		})
	}
}

// idleIsSilent reports whether a connection is idle of which nothing has come.
func idleIsSilent(c *Client) bool {
	for _, l := range c.pool.lanes {
		if l.newest != nil {
			return l.newest.isSilent()
		}
	}
	return false
}

// What is sent again, and what never is, whichever way the request is written.
func TestSentAgain(t *testing.T) {
	for way, body := range map[string]int{"with its head": 0, "beside its head": joinBody + 1, "while the answer is read": bothWays + 1} {
		t.Run(way, func(t *testing.T) { sentAgain(t, make([]byte, body)) })
	}
}

func sentAgain(t *testing.T, body []byte) {
	die := func(nc net.Conn, r *bufio.Reader) { request(r) }
	partly := func(nc net.Conn, r *bufio.Reader) { request(r); io.WriteString(nc, "HTTP/1.1 2") }
	stall := func(nc net.Conn, r *bufio.Reader) { request(r); r.ReadByte() }
	live := func(nc net.Conn, r *bufio.Reader) { request(r); io.WriteString(nc, ok) }
	tests := map[string]struct {
		method string
		kept   func(nc net.Conn, r *bufio.Reader) // what a kept connection does with the second call
		next   func(nc net.Conn, r *bufio.Reader) // what a new connection does
		sent   int32                              // how often the second call is seen
		err    error
	}{
		"GET":                      {"GET", die, live, 2, nil},
		"PUT":                      {"PUT", die, live, 2, nil},
		"DELETE":                   {"DELETE", die, live, 2, nil},
		"POST":                     {"POST", die, live, 1, ErrNetwork},
		"PATCH":                    {"PATCH", die, live, 1, ErrNetwork},
		"an unknown method":        {"PURGE", die, live, 1, ErrNetwork},
		"not after part of answer": {"GET", partly, live, 1, ErrNetwork},
		"not after a time out":     {"GET", stall, live, 1, ErrTimeout},
		"once only":                {"GET", die, die, 2, ErrNetwork},
	}
	for name, tt := range tests {
		if tt.err == ErrTimeout && len(body) > 0 {
			continue // it takes a second
		}
		t.Run(name, func(t *testing.T) {
			var sent atomic.Int32
			ep := backend(t, func(n int, nc net.Conn, r *bufio.Reader) {
				if n == 1 {
					live(nc, r)
					r.Peek(1)
					sent.Add(1)
					tt.kept(nc, r)
					return
				}
				sent.Add(1)
				tt.next(nc, r)
			})
			c := client(t, Options{})
			resp, err := c.Do(&Request{Method: "GET", Target: "/"}, ep)
			if err != nil {
				t.Fatal(err)
			}
			resp.Release()
			patience := time.Minute
			if tt.err == ErrTimeout {
				patience = time.Second
			}
			resp, err = c.Do(&Request{Method: tt.method, Target: "/", Body: body, Deadline: time.Now().Add(patience)}, ep)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if err == nil {
				resp.Release()
			}
			if got := sent.Load(); got != tt.sent {
				t.Errorf("sent %d times, want %d", got, tt.sent)
			}
		})
	}
}

// pipes is a Dial whose connections are in memory, for tests of time.
type pipes struct {
	opened, closed atomic.Int32
}

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	p.opened.Add(1)
	near, far := net.Pipe()
	go func() {
		defer p.closed.Add(1)
		for r := bufio.NewReader(far); request(r) != ""; {
			io.WriteString(far, ok)
		}
		far.Close()
	}()
	return near, nil
}

// calls makes n calls that are under way at the same time.
func calls(t *testing.T, c *Client, host string, n int) {
	t.Helper()
	callsOf(t, c, "", host, n)
}

// callsOf is calls for an API.
func callsOf(t *testing.T, c *Client, api, host string, n int) {
	t.Helper()
	errs := make(chan error, n)
	ep := endpoint(t, "http", host, nil)
	for range n {
		go func() {
			resp, err := c.Do(&Request{Method: "GET", Target: "/", API: api}, ep)
			if err == nil {
				resp.Release()
			}
			errs <- err
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	synctest.Wait()
}

func TestIdleTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pipes
		c := NewClient(Options{Dial: p.dial, IdleTimeout: 40 * time.Second})
		for range 10 { // used every 30 s it stays
			calls(t, c, "a.example", 1)
			time.Sleep(30 * time.Second)
		}
		if n := p.opened.Load(); n != 1 {
			t.Errorf("%d connections opened, want 1", n)
		}
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if n := p.closed.Load(); n != 1 || len(c.pool.lanes) != 0 {
			t.Errorf("%d closed and %d hosts known after the idle time, want 1 and 0", n, len(c.pool.lanes))
		}
		calls(t, c, "a.example", 1)
		c.Close()
		synctest.Wait()
		if opened, closed := p.opened.Load(), p.closed.Load(); opened != 2 || closed != 2 {
			t.Errorf("%d opened and %d closed after Close, want 2 and 2", opened, closed)
		}
		calls(t, c, "a.example", 1) // still works, and keeps nothing
		if opened, closed := p.opened.Load(), p.closed.Load(); opened != 3 || closed != 3 {
			t.Errorf("%d opened and %d closed by a call after Close, want 3 and 3", opened, closed)
		}
	})
}

func TestLifetime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pipes
		c := NewClient(Options{Dial: p.dial, Lifetime: time.Minute})
		for range 5 {
			calls(t, c, "a.example", 1)
			time.Sleep(25 * time.Second)
		}
		if n := p.opened.Load(); n != 2 {
			t.Errorf("%d connections opened in two lifetimes, want 2", n)
		}
		c.Close()
	})
}

func (c *Client) idle() int { return int(c.pool.idle.Load()) }

func TestIdleBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pipes
		c := NewClient(Options{Dial: p.dial, MaxIdlePerHost: 3, MaxIdle: 5})
		check := func(want int) {
			t.Helper()
			if idle := int(p.opened.Load() - p.closed.Load()); idle != want || c.idle() != want {
				t.Errorf("%d connections open and %d idle, want %d", idle, c.idle(), want)
			}
			sum := 0
			for _, host := range c.pool.lanes {
				sum += host.idle
			}
			if sum != want {
				t.Errorf("hosts hold %d, want %d", sum, want)
			}
		}
		calls(t, c, "a.example", 10)
		check(min(3, int(p.opened.Load())))
		calls(t, c, "b.example", 10)
		calls(t, c, "c.example", 10)
		check(c.idle())
		if c.idle() > 5 {
			t.Errorf("%d idle in all, want at most 5", c.idle())
		}
		opened := p.opened.Load()
		calls(t, c, "c.example", 1) // the newest endpoint kept its connections
		if p.opened.Load() != opened {
			t.Error("a new connection for an endpoint that has idle ones")
		}
		c.Close()
	})
}
