package gateway

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
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
	s := prepare(t, Options{ReadHeaderTimeout: time.Second, ReadTimeout: time.Second, IdleTimeout: time.Second}, func(_ *stubServer, req *httpmsg.Request) *httpmsg.Response {
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

// A wanted request is what net/http reads of a stream at one place.
type wanted struct {
	method, digest, end string
	last                bool // nothing is read behind it
}

// reference reads what the scanner lets pass of a stream with net/http alone.
func reference(in []byte) (out []wanted) {
	n, _ := new(scanner).scan(in)
	r := bufio.NewReader(bytes.NewReader(in[:n]))
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
			return out
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return out
		}
		text, end := digest(req.Method, req.RequestURI, body)
		out = append(out, wanted{req.Method, text, end, req.Close})
		if req.Close {
			return out
		}
	}
}

// FuzzStream sends a stream over a connection of a whole gateway: each answer is
// to the request that net/http reads at its place of what the scanner lets pass,
// or it is a refusal, and there are no more answers than requests.
func FuzzStream(f *testing.F) {
	const stage = "Host: abc123.execute-api.localhost\r\n"
	for _, seed := range []string{
		"GET /dev/ HTTP/1.1\r\n" + stage + "\r\nPOST /dev/x?y HTTP/1.1\r\n" + stage + "Content-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /dev/x HTTP/1.1\r\n" + stage + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n00b\r\n0123456789a\r\n0\r\nT: u\r\n\r\nHEAD /dev/y HTTP/1.1\r\n" + stage + "Connection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n",
		"PUT /dev/x HTTP/1.1\r\n" + stage + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\nxGET /dev/#z HTTP/1.1\r\n" + stage + "\r\nGET /dev/ HTTP/1.0\r\n" + stage + "\r\n",
		"POST /dev/ HTTP/1.1\r\n" + stage + "Content-Length: 2\r\n\r\nhi\r\n\r\nGET /dev/2 HTTP/1.1\r\n" + stage + "\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhiPOST /dev/ HTTP/1.1\r\n" + stage + "Expect: x\r\n\r\n",
		"POST /nope HTTP/1.1\r\n" + stage + "Content-Length: 30\r\n\r\nGET /dev/smuggled HTTP/1.1\r\n\r\nGET /dev/ HTTP/1.1\r\n" + stage + "\r\n",
	} {
		f.Add([]byte(seed), uint16(7))
		f.Add([]byte(seed), uint16(4096))
	}
	ln := newStreamSite(f)
	f.Fuzz(func(t *testing.T, in []byte, step uint16) {
		nc := ln.dial()
		defer nc.Close()
		_ = nc.SetDeadline(time.Now().Add(patience))
		written := make(chan bool)
		go func() {
			defer close(written)
			for rest := in; len(rest) > 0; {
				n, err := nc.Write(rest[:min(len(rest), 1+int(step))])
				if rest = rest[n:]; err != nil {
					return
				}
			}
		}()
		r := bufio.NewReader(nc)
		for i, want := range reference(in) {
			resp, err := response(r, want.method)
			if err != nil {
				var timeout net.Error
				if errors.As(err, &timeout) && timeout.Timeout() {
					t.Fatalf("request %d of %q got no answer", i, in)
				}
				return // closed without a word, as net/http does at times
			}
			got, end := resp.Header.Get("X-Digest"), resp.Header.Get("X-End")
			if got == "" && resp.StatusCode < 400 || got != "" && (got != want.digest || end != want.end && end != `"/"`) {
				t.Fatalf("request %d of %q is %s at %s, and the answer to %s at %s", i, in, want.digest, want.end, got, end)
			}
			if resp.Close || want.last {
				break
			}
		}
		select {
		case <-written:
		case <-time.After(10 * time.Millisecond): // it does not read on
		}
		_ = nc.CloseWrite() // so that it closes behind its last answer, and nobody waits for more
		if resp, err := response(r, "GET"); err == nil && resp.Header.Get("X-Digest") != "" {
			t.Fatalf("%q: one answer more, to %s", in, resp.Header.Get("X-Digest"))
		}
	})
}

// response reads an answer that is no interim one, and its body.
func response(r *bufio.Reader, method string) (*http.Response, error) {
	for {
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
	got := reference([]byte("GET /a HTTP/1.1\r\nHost: a\r\n\r\nPOST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nxGET /c HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx"))
	var all []string
	for _, w := range got {
		all = append(all, w.digest, w.end)
	}
	if text := strings.Join(all, ", "); text != `"GET" "" "", "/a", "POST" "" "x", "/b"` {
		t.Error(text)
	}
}
