package integration

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// An explosive connection panics where it is told to.
type explosive struct {
	net.Conn
	at      string
	writing chan bool // closed when no write is under way any more
}

func (e explosive) explode(at string) {
	if e.at == at {
		panic("ouch")
	}
}

func (e explosive) SetDeadline(t time.Time) error {
	e.explode("deadline")
	return e.Conn.SetDeadline(t)
}

func (e explosive) Read(p []byte) (int, error) {
	if e.at == "read" {
		time.Sleep(10 * time.Millisecond) // while the request is being written
	}
	e.explode("read")
	return e.Conn.Read(p)
}

func (e explosive) Write(p []byte) (int, error) {
	e.explode("write")
	n, err := e.Conn.Write(p)
	if len(p) > bothWays {
		time.Sleep(10 * time.Millisecond) // with the body still in its hands
		close(e.writing)
	}
	return n, err
}

// An explosive cache panics in a handshake.
type explosiveCache struct{ tls.ClientSessionCache }

func (explosiveCache) Get(string) (*tls.ClientSessionState, bool) { panic("ouch") }

// A panic, wherever it comes, keeps neither the place of its call nor a count of a
// connection, and nobody uses the caller's body behind it.
func TestPanicsGiveBack(t *testing.T) {
	large := make([]byte, 1<<20)
	tests := map[string]struct {
		at     string
		scheme string
		config *tls.Config
		body   []byte
		fails  bool // with an error
	}{
		"dial":              {at: "dial"},
		"deadline":          {at: "deadline"},
		"handshake":         {scheme: "https", config: &tls.Config{ClientSessionCache: explosiveCache{}}},
		"write":             {at: "write"},
		"write, large body": {at: "write", body: large, fails: true},
		"read":              {at: "read"},
		"read, large body":  {at: "read", body: large},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			writing := make(chan bool)
			far := backend(t, func(_ int, nc net.Conn, r *bufio.Reader) { _, _ = io.Copy(io.Discard, r) })
			c := client(t, Options{MaxConnections: 8, Dial: func(_ context.Context, network, _ string) (net.Conn, error) {
				e := explosive{at: tt.at, writing: writing}
				e.explode("dial")
				nc, err := net.Dial(network, far.Authority())
				e.Conn = nc
				return e, err
			}})
			scheme := "http"
			if tt.scheme != "" {
				scheme = tt.scheme
			}
			deadline := time.Now().Add(time.Minute)
			if tt.fails { // the backend gives no answer to wait for
				deadline = time.Now().Add(2 * time.Second)
			}
			err := func() (err error) {
				defer func() {
					if fault := recover(); (fault == nil) != tt.fails {
						t.Errorf("panic: %v", fault)
					}
				}()
				_, err = c.Do(&Request{Method: "POST", Target: "/", Body: tt.body, Deadline: deadline}, endpoint(t, scheme, "a.example", tt.config))
				return err
			}()
			if tt.fails && err == nil {
				t.Error("no error")
			}
			if tt.at == "read" && tt.body != nil {
				select {
				case <-writing:
				default:
					t.Error("the body is still being written")
				}
			}
			s := &c.pool.slots
			if s.calls.Load() != 0 || s.open.Load() != 0 {
				t.Errorf("%d calls, %d connections are counted", s.calls.Load(), s.open.Load())
			}
		})
	}
}

// A bursting connection panics when it has written a long piece, of which nobody is told.
type bursting struct{ net.Conn }

func (b bursting) Write(p []byte) (int, error) {
	n, err := b.Conn.Write(p)
	if len(p) > bothWays {
		panic("ouch")
	}
	return n, err
}

// Nobody knows how much of a request has gone out where its writer fails: it is not sent
// again.
func TestPanicIsNotSentAgain(t *testing.T) {
	var sent atomic.Int32
	ep := backend(t, func(n int, nc net.Conn, r *bufio.Reader) {
		if n == 1 {
			request(r)
			io.WriteString(nc, ok)
			r.Peek(1)
			sent.Add(1)
			request(r)
			return
		}
		sent.Add(1)
		request(r)
		io.WriteString(nc, ok)
	})
	c := client(t, Options{Dial: func(_ context.Context, network, address string) (net.Conn, error) {
		nc, err := net.Dial(network, address)
		return bursting{nc}, err
	}})
	for i, body := range [][]byte{nil, make([]byte, 1<<20)} {
		resp, err := c.Do(&Request{Method: "POST", Target: "/", Body: body}, ep)
		if err == nil {
			resp.Release()
		}
		if (err != nil) != (i == 1) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if n := sent.Load(); n != 1 {
		t.Errorf("sent %d times", n)
	}
}
