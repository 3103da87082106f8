package gateway

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// pipes is a listener of connections in memory.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	close  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case nc := <-p.conns:
		return nc, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.close.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() *duplex {
	ourWrites, theirReads := net.Pipe()
	ourReads, theirWrites := net.Pipe()
	p.conns <- &duplex{Conn: theirReads, writes: theirWrites}
	return &duplex{Conn: ourReads, writes: ourWrites}
}

// A duplex is an end of a connection in memory of which one direction can be closed.
type duplex struct {
	net.Conn // reads
	writes   net.Conn
}

func (d *duplex) Write(b []byte) (int, error)        { return d.writes.Write(b) }
func (d *duplex) SetWriteDeadline(t time.Time) error { return d.writes.SetWriteDeadline(t) }
func (d *duplex) SetDeadline(t time.Time) error {
	return errors.Join(d.SetReadDeadline(t), d.SetWriteDeadline(t))
}

func (d *duplex) CloseWrite() error { return d.writes.Close() }
func (d *duplex) Close() error      { return errors.Join(d.writes.Close(), d.Conn.Close()) }

// digest tells requests apart by what matters of them. The end of the path is
// apart, since a stage does not see a whole one.
func digest(method, target string, body []byte) (text, end string) {
	path, query := splitTarget(target)
	return fmt.Sprintf("%q %q %q", method, query, body), strconv.Quote(path[strings.LastIndexByte(path, '/'):])
}

// newStreamSite answers each request, to a stage or not, with its digest.
func newStreamSite(t testing.TB) *pipes {
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(400)
			return
		}
		text, end := digest(r.Method, r.RequestURI, body)
		w.Header().Set("X-Digest", text)
		w.Header().Set("X-End", end)
	})
	s := prepare(t, Options{ReadHeaderTimeout: time.Second, ReadTimeout: time.Second, IdleTimeout: time.Second, MaxConnections: -1}, func(_ *stubServer, req *httpmsg.Request) *httpmsg.Response {
		if err := req.ReadBody(); err != nil {
			return refuseBody(err)
		}
		text, end := digest(req.Method, req.Path+"?"+req.Query, req.Body)
		return &httpmsg.Response{Status: 200, Header: httpmsg.Header{{Name: "X-Digest", Value: text}, {Name: "X-End", Value: end}}, Body: make([]byte, len(req.Body))}
	})
	ln := newPipes()
	go func() { s.served <- s.Serve(ln, Entrance{Next: next}) }()
	return ln
}

// A script is a connection in memory whose client has sent in, and nothing behind it.
type script struct {
	in   []byte
	step int // the most that a read returns; 0 is all

	closed chan struct{}
	mu     sync.Mutex
	out    bytes.Buffer
	ended  bool
}

func newScript(in []byte, step int) *script {
	return &script{in: in, step: step, closed: make(chan struct{})}
}

func (c *script) Read(p []byte) (int, error) {
	if len(c.in) == 0 {
		return 0, io.EOF
	}
	n := len(p)
	if c.step > 0 {
		n = min(n, c.step)
	}
	n = copy(p[:n], c.in)
	c.in = c.in[n:]
	return n, nil
}

func (c *script) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.Write(p)
}

func (c *script) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.ended = true
		close(c.closed)
	}
	return nil
}

func (c *script) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *script) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c *script) SetDeadline(time.Time) error      { return nil }
func (c *script) SetReadDeadline(time.Time) error  { return nil }
func (c *script) SetWriteDeadline(time.Time) error { return nil }

// converse has a site answer what a client sends in pieces, and returns all of it.
func (p *pipes) converse(t testing.TB, in []byte, step int) []byte {
	c := newScript(in, step)
	p.conns <- c
	select {
	case <-c.closed:
	case <-time.After(patience):
		t.Fatalf("%q is not answered to the end", in)
	}
	return c.out.Bytes()
}

// A wanted request is what net/http reads of a stream at one place.
type wanted struct {
	method, digest, end string
	last                bool // nothing is read behind it
}

// reference reads a stream with net/http alone. cut is the method of a request whose body
// does not come to its end, "" for none.
func reference(in []byte) (out []wanted, cut string) {
	r := bufio.NewReader(bytes.NewReader(in))
	for {
		for { // empty lines between requests
			head, _ := r.Peek(2)
			if string(head) != "\r\n" {
				break
			}
			_, _ = r.Discard(2)
		}
		req, err := http.ReadRequest(r)
		if err != nil {
			return out, ""
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return out, req.Method
		}
		text, end := digest(req.Method, req.RequestURI, body)
		out = append(out, wanted{req.Method, text, end, req.Close})
		if req.Close {
			return out, ""
		}
	}
}

// trailers is what net/http refuses where it names lines of framing. Trailers are dropped here.
var trailers = regexp.MustCompile(`(?i)\ntrailer:`)

// FuzzStream sends a stream over a connection of a whole gateway, in pieces of any size:
// each answer is to the request that net/http reads at its place, or it is a refusal, and
// there are no more answers than requests. The pieces change nothing.
func FuzzStream(f *testing.F) {
	const stage, none = "Host: abc123.execute-api.localhost\r\n", "Host: a\r\n"
	for _, seed := range []string{
		"GET /dev/ HTTP/1.1\r\n" + stage + "A: b\r\na:  c \r\n\r\nPOST /dev/x?y HTTP/1.1\r\n" + stage + "Content-Length: 3\r\n\r\nabcGET /x HTTP/1.1\r\n" + none + "B: c\r\n\r\n",
		"POST /dev/x HTTP/1.1\r\n" + stage + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n00b\r\n0123456789a\r\n0\r\nT: u\r\n\r\nHEAD /dev/y HTTP/1.1\r\n" + stage + "Connection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n",
		"PUT /dev/x HTTP/1.1\r\n" + stage + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\nxGET /dev/#z HTTP/1.1\r\n" + stage + "\r\nGET /dev/ HTTP/1.0\r\n" + stage + "\r\n",
		"POST /dev/ HTTP/1.1\r\n" + stage + "Content-Length: 2\r\n\r\nhi\r\n\r\nGET /dev/2 HTTP/1.1\r\n" + stage + "\r\n",
		"POST / HTTP/1.1\r\n" + none + "Content-Length: 2\r\n\r\nhiPOST /dev/ HTTP/1.1\r\n" + stage + "Expect: x\r\n\r\n",
		"POST /nope HTTP/1.1\r\n" + stage + "Content-Length: 30\r\n\r\nGET /dev/smuggled HTTP/1.1\r\n\r\nGET /dev/ HTTP/1.1\r\n" + stage + "\r\n",
		"HEAD /nope HTTP/1.1\r\n" + stage + "Content-Length: 3\r\n\r\nab",
		"POST /x HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nabHEAD /y HTTP/1.0\r\n\r\n", "GET http://abc123.execute-api.localhost/dev/%41%zz HTTP/1.1\r\n" + stage + "\r\n",
		"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n" + none + "\r\n", "GET / HTTP/1.1\n", "GET /dev HTTP/1.1\r\n" + stage + "X: \x00\r\n\r\n", "OPTIONS * HTTP/1.1\r\n" + none + "\r\nPATCH / HTTP/2.0\r\n\r\n",
		"POST / HTTP/1.1\r\n" + none + "Transfer-Encoding: chunked\r\n\r\nz\r\n",
	} {
		f.Add([]byte(seed), uint16(0))
		f.Add([]byte(seed), uint16(7))
	}
	ln := newStreamSite(f)
	f.Fuzz(func(t *testing.T, in []byte, step uint16) {
		if trailers.Match(in) {
			return
		}
		want, cut := reference(in)
		whole := answered(t, in, ln.converse(t, in, 0), want, cut)
		if pieces := answered(t, in, ln.converse(t, in, 1+int(step)), want, cut); pieces != whole {
			t.Fatalf("%q is answered %s, and in pieces %s", in, whole, pieces)
		}
	})
}

// answered holds what came back to what was wanted, and says which statuses those are.
func answered(t *testing.T, in, out []byte, want []wanted, cut string) (statuses string) {
	r := bufio.NewReader(bytes.NewReader(out))
	for i := 0; ; i++ {
		method := http.MethodGet
		if i < len(want) {
			method = want[i].method
		} else if i == len(want) && cut != "" { // it may be answered before its body
			method = cut
		}
		resp, err := response(r, method)
		if err != nil {
			if err != io.EOF {
				t.Fatalf("answer %d to %q: %v in %q", i, in, err, out)
			}
			return statuses
		}
		statuses += fmt.Sprint(resp.StatusCode, " ")
		got, end := resp.Header.Get("X-Digest"), resp.Header.Get("X-End")
		switch {
		case got == "" && resp.StatusCode < 400, got != "" && i >= len(want):
			t.Fatalf("answer %d to %q is to %s, and net/http reads %d requests", i, in, got, len(want))
		case got != "" && (got != want[i].digest || end != want[i].end && end != `"/"`):
			t.Fatalf("request %d of %q is %s at %s, and the answer to %s at %s", i, in, want[i].digest, want[i].end, got, end)
		}
		if resp.Close {
			rest, _ := io.ReadAll(r)
			if method == http.MethodHead && got == "" && int64(len(rest)) == resp.ContentLength { // what is no request has no method
				rest = nil
			}
			if len(rest) > 0 {
				t.Fatalf("%q is answered behind the last answer: %q", in, out)
			}
			return statuses
		}
		if i < len(want) && want[i].last && got != "" {
			t.Fatalf("%q is not answered as the last request: %q", in, out)
		}
	}
}

// response reads an answer that is no interim one, and its body.
func response(r *bufio.Reader, method string) (*http.Response, error) {
	for {
		if _, err := r.Peek(1); err != nil {
			return nil, err
		}
		resp, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil {
			return nil, err
		}
		if resp.StatusCode >= 200 {
			_, err = io.Copy(io.Discard, resp.Body)
			return resp, err
		}
	}
}

// TestStreamReference is the fuzz target's own idea of a stream.
func TestStreamReference(t *testing.T) {
	got, cut := reference([]byte("GET /a HTTP/1.1\r\nHost: a\r\n\r\nPOST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nxGET /c HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"))
	if cut != "" {
		t.Error(cut)
	}
	var all []string
	for _, w := range got {
		all = append(all, w.digest, w.end)
	}
	if text := strings.Join(all, ", "); text != `"GET" "" "", "/a", "POST" "" "x", "/b"` {
		t.Error(text)
	}
}
