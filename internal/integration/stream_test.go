package integration

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

const streamedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

// streamCall calls ep for a stream, without a bound on time that a test would reach.
func streamCall(t *testing.T, c *Client, ep *Endpoint, req *Request) *httpmsg.Response {
	t.Helper()
	if req.Method == "" {
		req.Method = "GET"
	}
	req.Target, req.Deadline = "/", time.Now().Add(time.Hour)
	if req.Stream == nil {
		req.Stream = &Streaming{Idle: time.Minute}
	}
	resp, err := c.Do(req, ep)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// places is how many calls have a place among a client's connections.
func places(c *Client) int64 { return c.pool.slots.calls.Load() }

// Each piece comes when the backend sends it, the connection serves another call
// behind the end, and the call has its place until then.
func TestStream(t *testing.T) {
	next := make(chan string)
	ep := backend(t, func(n int, nc net.Conn, r *bufio.Reader) {
		for request(r) != "" {
			_, _ = io.WriteString(nc, streamedHead)
			for text := range next {
				_, _ = fmt.Fprintf(nc, "%x\r\n%s\r\n", len(text), text)
				if text == "" {
					break
				}
			}
		}
		if n > 1 {
			t.Error("a second connection was opened")
		}
	})
	c := client(t, Options{MaxConnections: 4})
	for range 3 {
		resp := streamCall(t, c, ep, &Request{})
		buf := make([]byte, 100)
		for _, text := range []string{"one", "two", "three"} {
			next <- text
			if n, err := resp.Stream.Read(buf); string(buf[:n]) != text || err != nil {
				t.Fatalf("got %q, %v, want %q", buf[:n], err, text)
			}
		}
		if places(c) != 1 {
			t.Error("the call has no place")
		}
		next <- ""
		if n, err := resp.Stream.Read(buf); n != 0 || err != io.EOF {
			t.Errorf("%d bytes, %v at the end", n, err)
		}
		if err := errors.Join(resp.Stream.Close(), resp.Stream.Close()); err != nil || places(c) != 0 {
			t.Errorf("%v, %d places are taken", err, places(c))
		}
		resp.Release()
	}
}

// Small chunks that have come together are read together, whatever is between them, and
// what is wrong behind them comes behind them.
func TestStreamTogether(t *testing.T) {
	tests := map[string]struct {
		chunks, text string
		reads        int // at the most, the end included
		err          error
	}{
		"bytes":            {strings.Repeat("1\r\nx\r\n", 1000) + "0\r\n\r\n", strings.Repeat("x", 1000), 3, io.EOF},
		"more than fits":   {strings.Repeat("1\r\nx\r\n", 9000) + "0\r\n\r\n", strings.Repeat("x", 9000), 100, io.EOF},
		"extensions":       {strings.Repeat("1;a\r\nx\r\n", 100) + "0;a\r\n\r\n", strings.Repeat("x", 100), 3, io.EOF},
		"leading zeros":    {strings.Repeat("0001\r\nx\r\n", 100) + "000\r\nA: b\r\n\r\n", strings.Repeat("x", 100), 3, io.EOF},
		"no size":          {"1\r\nx\r\n1\r\ny\r\n;\r\nz\r\n", "xy", 3, errChunk},
		"no end of a line": {"1\r\nx\r\n1\r\nyz\r\n0\r\n\r\n", "xy", 3, errChunk},
		"bad extension":    {"1\r\nx\r\n1\x01\r\ny\r\n0\r\n\r\n", "x", 3, errChunk},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ep := backend(t, func(_ int, nc net.Conn, r *bufio.Reader) {
				request(r)
				_, _ = io.WriteString(nc, streamedHead+tt.chunks)
				_, _ = r.ReadByte()
			})
			resp := streamCall(t, client(t, Options{}), ep, &Request{})
			defer resp.Release()
			defer resp.Stream.Close()
			got, reads, err := "", 0, error(nil)
			for buf := make([]byte, 16<<10); err == nil; reads++ {
				var n int
				n, err = resp.Stream.Read(buf)
				got += string(buf[:n])
			}
			if got != tt.text || !errors.Is(err, tt.err) || reads > tt.reads {
				t.Errorf("%d bytes in %d reads, %v; want %d in %d, %v", len(got), reads, err, len(tt.text), tt.reads, tt.err)
			}
		})
	}
}

// A backend whose stream nobody reads has to wait, and learns when it is closed.
func TestStreamHoldsBack(t *testing.T) {
	var sent atomic.Int64
	ended := make(chan error, 1)
	ep := backend(t, func(_ int, nc net.Conn, r *bufio.Reader) {
		request(r)
		_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\r\n\r\n")
		for piece := make([]byte, 64<<10); ; {
			n, err := nc.Write(piece)
			if sent.Add(int64(n)); err != nil {
				ended <- err
				return
			}
		}
	})
	c := client(t, Options{MaxConnections: 4})
	resp := streamCall(t, c, ep, &Request{})
	for before := int64(-1); sent.Load() != before; time.Sleep(200 * time.Millisecond) {
		before = sent.Load()
	}
	if most := int64(64 << 20); sent.Load() > most { // what the two sockets hold
		t.Errorf("the backend sent %d bytes to nobody", sent.Load())
	}
	_ = resp.Stream.Close()
	if err := <-ended; err == nil || places(c) != 0 {
		t.Errorf("%v, %d places are taken", err, places(c))
	}
	if n, err := resp.Stream.Read(make([]byte, 1)); n != 0 || !errors.Is(err, errLeft) {
		t.Errorf("read behind the end: %d, %v", n, err)
	}
	resp.Release()
}

// A backend may send its stream while it reads a large request.
func TestStreamBothWays(t *testing.T) {
	ep := backend(t, func(_ int, nc net.Conn, r *bufio.Reader) {
		for {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			_, _ = fmt.Fprintf(nc, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", req.ContentLength)
			_, _ = io.CopyBuffer(struct{ io.Writer }{nc}, struct{ io.Reader }{req.Body}, make([]byte, 4096))
		}
	})
	body := bytes.Repeat([]byte("0123456789abcde"), httpmsg.MaxBody/15)
	c := client(t, Options{MaxConnections: 4})
	for range 3 {
		resp := streamCall(t, c, ep, &Request{Method: "POST", Body: body})
		if s := resp.Stream.(*Stream); s.Length() != int64(len(body)) || s.Sent() {
			t.Errorf("length %d, sent %t", s.Length(), s.Sent())
		}
		if got, err := io.ReadAll(resp.Stream); !bytes.Equal(got, body) || err != nil {
			t.Errorf("the echo differs: %d bytes, %v", len(got), err)
		}
		_ = resp.Stream.Close()
		resp.Release()
	}
	resp := streamCall(t, c, ep, &Request{Method: "POST", Body: body})
	_ = resp.Stream.Close() // in the midst of the request
	resp.Release()
	if places(c) != 0 {
		t.Errorf("%d places are taken", places(c))
	}
}

// Responses without a body, and those of another status, come whole.
func TestStreamWhole(t *testing.T) {
	tests := map[string]struct {
		method, response string
		only             int
		body             string
		streams          bool
	}{
		"no content":      {"GET", "HTTP/1.1 204 No\r\n\r\n", 0, "", false},
		"HEAD":            {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 0, "", false},
		"length 0":        {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0, "", false},
		"any status":      {"GET", "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno", 0, "no", true},
		"another status":  {"GET", "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno", 200, "no", false},
		"that status":     {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes", 200, "yes", true},
		"behind a 1xx":    {"GET", "HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\nyes", 0, "yes", true},
		"of HTTP/1.0":     {"GET", "HTTP/1.0 200 OK\r\n\r\nyes", 0, "yes", true},
		"empty chunked":   {"GET", streamedHead + "0\r\n\r\n", 0, "", true},
		"with a trailer":  {"GET", streamedHead + "3\r\nyes\r\n0\r\nX-Sum: 1\r\n\r\n", 0, "yes", true},
		"with extensions": {"GET", streamedHead + "3;a=b\r\nyes\r\n0\r\n\r\n", 0, "yes", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ep := backend(t, func(_ int, nc net.Conn, r *bufio.Reader) {
				request(r)
				_, _ = io.WriteString(nc, tt.response)
			})
			c := client(t, Options{MaxConnections: 4})
			resp := streamCall(t, c, ep, &Request{Method: tt.method, Stream: &Streaming{Idle: time.Minute, Status: tt.only}})
			body := resp.Body
			if streams := resp.Stream != nil; streams != tt.streams {
				t.Fatalf("streamed: %t", streams)
			} else if streams {
				var err error
				if body, err = io.ReadAll(resp.Stream); err != nil {
					t.Error(err)
				}
				_ = resp.Stream.Close()
			}
			if string(body) != tt.body || places(c) != 0 {
				t.Errorf("got %q, %d places are taken", body, places(c))
			}
			resp.Release()
		})
	}
}

// What ends a stream early is told from its proper end, and its connection is not
// used again.
func TestStreamFailures(t *testing.T) {
	tests := map[string]struct {
		sends string        // behind the head, before the backend falls silent
		then  time.Duration // when it closes; 0 for never
		idle  time.Duration
		leave time.Duration // when the client goes; 0 for never
		want  error
		at    time.Duration
	}{
		"a silence":                    {"3\r\nyes\r\n", 0, 10 * time.Second, 0, ErrTimeout, 10 * time.Second},
		"a silence within the framing": {"3\r\nyes\r\n12", 0, 10 * time.Second, 0, ErrTimeout, 10 * time.Second},
		"the deadline":                 {"3\r\nyes\r\n", 0, 24 * time.Hour, 0, ErrTimeout, time.Hour},
		"no last chunk":                {"3\r\nyes\r\n", time.Second, time.Minute, 0, ErrNetwork, time.Second},
		"half a chunk":                 {"3\r\nye", time.Second, time.Minute, 0, ErrNetwork, time.Second},
		"malformed":                    {"3\r\nyesno\r\n", 0, time.Minute, 0, ErrNetwork, 0},
		"the client leaves":            {"3\r\nyes\r\n", 0, time.Minute, 7 * time.Second, ErrGone, 7 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				closed := make(chan struct{})
				c := client(t, Options{MaxConnections: 4, Dial: func(context.Context, string, string) (net.Conn, error) {
					ours, theirs := net.Pipe()
					go func() {
						defer close(closed)
						request(bufio.NewReader(theirs))
						_, _ = io.WriteString(theirs, streamedHead+tt.sends)
						if tt.then > 0 {
							time.AfterFunc(tt.then, func() { theirs.Close() })
						}
						_, _ = io.Copy(io.Discard, theirs)
					}()
					return ours, nil
				}})
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				if tt.leave > 0 {
					time.AfterFunc(tt.leave, leave)
				}
				start := time.Now()
				resp := streamCall(t, c, endpoint(t, "http", "backend.test", nil), &Request{Client: ctx, Stream: &Streaming{Idle: tt.idle}})
				got, err := io.ReadAll(resp.Stream)
				if at := time.Since(start); !errors.Is(err, tt.want) || at != tt.at || len(got) < 2 {
					t.Errorf("got %q, %v after %v, want %v after %v", got, err, at, tt.want, tt.at)
				}
				_ = resp.Stream.Close()
				<-closed
				if resp.Release(); places(c) != 0 || c.pool.idle.Load() != 0 {
					t.Errorf("%d places are taken, %d connections are kept", places(c), c.pool.idle.Load())
				}
			})
		})
	}
}
