package integration

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A backend is a real socket whose connections are played by script. n counts
// connections from 1.
func backend(t testing.TB, script func(n int, nc net.Conn, r *bufio.Reader)) *Endpoint {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 1; ; n++ {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer nc.Close()
				nc.SetDeadline(time.Now().Add(time.Minute))
				script(n, nc, bufio.NewReader(nc))
			})
		}
	})
	t.Cleanup(func() { ln.Close(); wg.Wait() })
	return endpoint(t, "http", ln.Addr().String(), nil)
}

func endpoint(t testing.TB, scheme, authority string, config *tls.Config) *Endpoint {
	t.Helper()
	ep, err := NewEndpoint(scheme, authority, config)
	if err != nil {
		t.Fatal(err)
	}
	return ep
}

func client(t testing.TB, opts Options) *Client {
	t.Helper()
	c := NewClient(opts)
	t.Cleanup(func() {
		c.Close()
		if used := c.opts.Budget.Used(); used != 0 {
			t.Errorf("%d bytes of bodies not given back", used)
		}
	})
	return c
}

// request reads one request as it is on the wire, "" at the end.
func request(r *bufio.Reader) string {
	var got strings.Builder
	length := 0
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return ""
		}
		got.WriteString(line)
		if n, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			fmt.Sscan(n, &length)
		}
		if line == "\r\n" {
			break
		}
	}
	if _, err := io.CopyN(&got, r, int64(length)); err != nil {
		return ""
	}
	return got.String()
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

func TestRequestOnTheWire(t *testing.T) {
	big := strings.Repeat("0123456789", 100_000)
	tests := map[string]struct {
		req  Request
		want string
	}{
		"get": {
			Request{Method: "GET", Target: "/a%2Fb//c?x=1&y", Header: httpmsg.Header{{Name: "x-One", Value: "1"}, {Name: "X-one", Value: ""}, {Name: "Accept", Value: "caf\xe9"}}},
			"GET /a%2Fb//c?x=1&y HTTP/1.1\r\nHost: HOST\r\nx-One: 1\r\nX-one: \r\nAccept: caf\xe9\r\n\r\n",
		},
		"own host":         {Request{Method: "GET", Target: "/", Host: "example.com:81"}, "GET / HTTP/1.1\r\nHost: example.com:81\r\n\r\n"},
		"post":             {Request{Method: "POST", Target: "/", Body: []byte("hello")}, "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\n\r\nhello"},
		"empty post":       {Request{Method: "POST", Target: "/"}, "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\n\r\n"},
		"empty delete":     {Request{Method: "DELETE", Target: "/"}, "DELETE / HTTP/1.1\r\nHost: HOST\r\n\r\n"},
		"get with a body":  {Request{Method: "GET", Target: "/", Body: []byte("x")}, "GET / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\n\r\nx"},
		"body by writev":   {Request{Method: "PUT", Target: "/", Body: []byte(big[:20_000])}, "PUT / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 20000\r\n\r\n" + big[:20_000]},
		"body alongside":   {Request{Method: "PUT", Target: "/", Body: []byte(big)}, "PUT / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1000000\r\n\r\n" + big},
		"asterisk":         {Request{Method: "OPTIONS", Target: "*"}, "OPTIONS * HTTP/1.1\r\nHost: HOST\r\n\r\n"},
		"UTF-8 in target":  {Request{Method: "GET", Target: "/é"}, "GET /é HTTP/1.1\r\nHost: HOST\r\n\r\n"},
		"told to be close": {Request{Method: "GET", Target: "/", Header: httpmsg.Header{{Name: "Connection", Value: "close"}}}, "GET / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got string
			ep := backend(t, func(_ int, nc net.Conn, r *bufio.Reader) {
				got = request(r)
				io.WriteString(nc, ok)
			})
			resp, err := client(t, Options{}).Do(&tt.req, ep)
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.Replace(tt.want, "HOST", ep.Authority(), 1); got != want {
				t.Errorf("sent %.300q\nwant %.300q", got, want)
			}
			resp.Release()
		})
	}
}

func TestRequestRefused(t *testing.T) {
	tests := map[string]Request{
		"no method":             {Target: "/"},
		"method with a space":   {Method: "GET /x", Target: "/"},
		"CONNECT":               {Method: "CONNECT", Target: "/"},
		"no target":             {Method: "GET"},
		"relative target":       {Method: "GET", Target: "x"},
		"absolute target":       {Method: "GET", Target: "http://x/"},
		"space in target":       {Method: "GET", Target: "/a b"},
		"line in target":        {Method: "GET", Target: "/a\r\nX: y"},
		"fragment":              {Method: "GET", Target: "/a#b"},
		"line in host":          {Method: "GET", Target: "/", Host: "a\r\nX: y"},
		"two hosts":             {Method: "GET", Target: "/", Host: "a,b"},
		"path in host":          {Method: "GET", Target: "/", Host: "a/b"},
		"query in host":         {Method: "GET", Target: "/", Host: "a?b"},
		"userinfo in host":      {Method: "GET", Target: "/", Host: "a@b"},
		"backslash in host":     {Method: "GET", Target: "/", Host: `a\b`},
		"markup in host":        {Method: "GET", Target: "/", Host: `a"><b`},
		"host above ASCII":      {Method: "GET", Target: "/", Host: "\xe9"},
		"empty name":            {Method: "GET", Target: "/", Header: httpmsg.Header{{Name: "", Value: "x"}}},
		"colon in name":         {Method: "GET", Target: "/", Header: httpmsg.Header{{Name: "A:", Value: "x"}}},
		"line in name":          {Method: "GET", Target: "/", Header: httpmsg.Header{{Name: "A\r\nB", Value: "x"}}},
		"line in value":         {Method: "GET", Target: "/", Header: httpmsg.Header{{Name: "A", Value: "x\r\nB: y"}}},
		"LF in value":           {Method: "GET", Target: "/", Header: httpmsg.Header{{Name: "A", Value: "x\nB: y"}}},
		"CR in value":           {Method: "GET", Target: "/", Header: httpmsg.Header{{Name: "A", Value: "x\r"}}},
		"NUL in value":          {Method: "GET", Target: "/", Header: httpmsg.Header{{Name: "A", Value: "x\x00"}}},
		"own Host":              {Method: "GET", Target: "/", Header: httpmsg.Header{{Name: "hOST", Value: "x"}}},
		"own Content-Length":    {Method: "GET", Target: "/", Header: httpmsg.Header{{Name: "content-length", Value: "1"}}},
		"own Transfer-Encoding": {Method: "GET", Target: "/", Header: httpmsg.Header{{Name: "Transfer-encoding", Value: "chunked"}}},
	}
	c := client(t, Options{Dial: func(context.Context, string, string) (net.Conn, error) {
		t.Error("dialled")
		return nil, io.EOF
	}})
	for name, req := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := c.Do(&req, endpoint(t, "http", "127.0.0.1:1", nil)); !errors.Is(err, ErrRequest) {
				t.Errorf("error %v, want ErrRequest", err)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	reset := func(nc net.Conn) { nc.(*net.TCPConn).SetLinger(0) }
	tests := map[string]struct {
		script func(n int, nc net.Conn, r *bufio.Reader)
		req    Request
		want   error
	}{
		"never answers": {func(_ int, nc net.Conn, r *bufio.Reader) { request(r); r.ReadByte() }, Request{Deadline: time.Now().Add(100 * time.Millisecond)}, ErrTimeout},
		"dribbles": {func(_ int, nc net.Conn, r *bufio.Reader) {
			request(r)
			for _, b := range []byte("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("y", 1000)) {
				nc.Write([]byte{b})
				time.Sleep(time.Millisecond)
			}
		}, Request{Deadline: time.Now().Add(200 * time.Millisecond)}, ErrTimeout},
		"stops in the body": {func(_ int, nc net.Conn, r *bufio.Reader) {
			request(r)
			io.WriteString(nc, ok[:len(ok)-1])
			r.ReadByte()
		}, Request{Deadline: time.Now().Add(100 * time.Millisecond)}, ErrTimeout},
		"deadline passed":   {func(_ int, nc net.Conn, r *bufio.Reader) {}, Request{Deadline: time.Now().Add(-time.Second)}, ErrTimeout},
		"closes at once":    {func(_ int, nc net.Conn, r *bufio.Reader) {}, Request{}, ErrNetwork},
		"closes unanswered": {func(_ int, nc net.Conn, r *bufio.Reader) { request(r) }, Request{}, ErrNetwork},
		"resets":            {func(_ int, nc net.Conn, r *bufio.Reader) { request(r); reset(nc) }, Request{}, ErrNetwork},
		"garbage":           {func(_ int, nc net.Conn, r *bufio.Reader) { request(r); io.WriteString(nc, "hello?\r\n\r\n") }, Request{}, ErrNetwork},
		"cut body":          {func(_ int, nc net.Conn, r *bufio.Reader) { request(r); io.WriteString(nc, ok[:len(ok)-1]) }, Request{}, ErrNetwork},
		"speaks first":      {func(_ int, nc net.Conn, r *bufio.Reader) { io.WriteString(nc, "220 smtp ready\r\n"); request(r) }, Request{}, ErrNetwork},
		"long body": {func(_ int, nc net.Conn, r *bufio.Reader) {
			request(r)
			io.WriteString(nc, strings.Replace(ok, "2", "2000", 1))
		}, Request{}, ErrNetwork},
		"body over the size": {func(_ int, nc net.Conn, r *bufio.Reader) {
			request(r)
			io.WriteString(nc, strings.Replace(ok, " 2\r", " 10485761\r", 1))
		}, Request{}, httpmsg.ErrTooLarge},
		"large request cut off": {func(_ int, nc net.Conn, r *bufio.Reader) { r.ReadByte(); reset(nc) },
			Request{Method: "POST", Body: make([]byte, 5<<20)}, ErrNetwork},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.req.Method == "" {
				tt.req.Method = "GET"
			}
			tt.req.Target = "/"
			start := time.Now()
			resp, err := client(t, Options{}).Do(&tt.req, backend(t, tt.script))
			if !errors.Is(err, tt.want) || resp != nil {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if took := time.Since(start); took > DefaultTimeout { // machines are slow, too
				t.Errorf("took %v", took)
			}
			var typed *Error
			if !errors.As(err, &typed) || typed.Err == nil || typed.Op == "" || typed.Endpoint == "" {
				t.Errorf("error %#v tells too little", err)
			}
		})
	}
}

func TestDialFailures(t *testing.T) {
	tests := map[string]struct {
		err  error
		want error
	}{
		"refused":       {&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, ErrNetwork},
		"unresolvable":  {&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}, ErrAddress},
		"DNS time out":  {&net.OpError{Op: "dial", Err: &net.DNSError{Err: "i/o timeout", IsTimeout: true}}, ErrTimeout},
		"bad address":   {&net.OpError{Op: "dial", Err: &net.AddrError{Err: "bad"}}, ErrAddress},
		"time out":      {context.DeadlineExceeded, ErrTimeout},
		"anything else": {errors.New("odd"), ErrNetwork},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := client(t, Options{Dial: func(context.Context, string, string) (net.Conn, error) { return nil, tt.err }})
			_, err := c.Do(&Request{Method: "GET", Target: "/"}, endpoint(t, "http", "example.com", nil))
			if !errors.Is(err, tt.want) || !errors.Is(err, tt.err) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	_, err = client(t, Options{}).Do(&Request{Method: "GET", Target: "/"}, endpoint(t, "http", ln.Addr().String(), nil))
	if !errors.Is(err, ErrNetwork) || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("error %v, want ErrNetwork and connection refused", err)
	}
}

func TestBudgetExhausted(t *testing.T) {
	ep := backend(t, func(_ int, nc net.Conn, r *bufio.Reader) {
		for request(r) != "" {
			io.WriteString(nc, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"+strings.Repeat("x", 5000))
		}
	})
	c := client(t, Options{Budget: httpmsg.NewBudget(10 << 10)})
	req := &Request{Method: "GET", Target: "/"}
	first, err := c.Do(req, ep)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(req, ep); !errors.Is(err, httpmsg.ErrBudget) {
		t.Errorf("error %v, want ErrBudget", err)
	}
	first.Release()
	third, err := c.Do(req, ep)
	if err != nil {
		t.Fatalf("after a release: %v", err)
	}
	third.Release()
}

// A panic in the middle of an exchange gives the connection's place back.
func TestPanicReleasesTheConnection(t *testing.T) {
	c := client(t, Options{MaxConnections: 1, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go io.Copy(io.Discard, theirs)
		return panickyConn{ours}, nil
	}})
	ep, err := NewEndpoint("http", "backend", nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			_, err := c.Do(&Request{Method: "GET", Target: "/", Deadline: time.Now().Add(5 * time.Second)}, ep)
			t.Error(err)
		}()
	}
}

type panickyConn struct{ net.Conn }

func (panickyConn) Read([]byte) (int, error) { panic("ouch") }

// A backend that answers while the request is still coming must not be waited
// for by a client that waits for it.
func TestBothWays(t *testing.T) {
	ep := backend(t, func(_ int, nc net.Conn, r *bufio.Reader) {
		for {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			fmt.Fprintf(nc, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", req.ContentLength)
			io.CopyBuffer(struct{ io.Writer }{nc}, struct{ io.Reader }{req.Body}, make([]byte, 4096))
		}
	})
	body := make([]byte, httpmsg.MaxBody)
	for i := range body {
		body[i] = byte(i * 7 >> 3)
	}
	c := client(t, Options{})
	for range 3 {
		resp, err := c.Do(&Request{Method: "POST", Target: "/", Body: body}, ep)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(resp.Body, body) {
			t.Fatal("echo differs")
		}
		resp.Release()
	}
}

// An answer that comes before the body is read is the answer.
func TestEarlyAnswer(t *testing.T) {
	done := make(chan bool)
	ep := backend(t, func(_ int, nc net.Conn, r *bufio.Reader) {
		r.ReadByte()
		io.WriteString(nc, "HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno")
		<-done // closing before would reset the connection, and the answer might go with it
	})
	resp, err := client(t, Options{}).Do(&Request{Method: "POST", Target: "/", Body: make([]byte, httpmsg.MaxBody)}, ep)
	close(done)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Status != 413 || string(resp.Body) != "no" {
		t.Errorf("got %d %q", resp.Status, resp.Body)
	}
	resp.Release()
}

func TestRelease(t *testing.T) {
	ep := backend(t, func(_ int, nc net.Conn, r *bufio.Reader) {
		for request(r) != "" {
			io.WriteString(nc, ok)
		}
	})
	c := client(t, Options{})
	resp, err := c.Do(&Request{Method: "GET", Target: "/"}, ep)
	if err != nil {
		t.Fatal(err)
	}
	if c.opts.Budget.Used() == 0 {
		t.Error("a body costs nothing")
	}
	resp.Release()
	resp.Release()
	if used := c.opts.Budget.Used(); used != 0 {
		t.Errorf("%d bytes after release", used)
	}
	if resp.Status != 0 || resp.Header != nil || resp.Body != nil {
		t.Errorf("%+v is there after release", resp)
	}
}

func TestHTTPS(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %d", r.TLS.ServerName, len(r.TLS.PeerCertificates))
	})
	srv := newTLSServer(t, handler)
	roots := &tls.Config{RootCAs: srv.roots, ServerName: "example.com"}
	cert := &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{srv.cert}}
	tests := map[string]struct {
		config *tls.Config
		body   string
		err    error
	}{
		"unknown authority":   {nil, "", ErrNetwork},
		"known authority":     {roots, "example.com 0", nil},
		"not verified":        {&tls.Config{InsecureSkipVerify: true}, " 0", nil},
		"client certificate":  {cert, " 1", nil},
		"certificate's names": {&tls.Config{RootCAs: srv.roots, ServerName: "other.org"}, "", ErrNetwork},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ep := endpoint(t, "https", srv.addr, tt.config)
			c := client(t, Options{})
			for range 2 {
				resp, err := c.Do(&Request{Method: "GET", Target: "/"}, ep)
				if !errors.Is(err, tt.err) {
					t.Fatalf("error %v, want %v", err, tt.err)
				}
				if err == nil {
					if string(resp.Body) != tt.body {
						t.Errorf("body %q, want %q", resp.Body, tt.body)
					}
					resp.Release()
				}
			}
		})
	}
	t.Run("plain where TLS is spoken", func(t *testing.T) {
		resp, err := client(t, Options{}).Do(&Request{Method: "GET", Target: "/"}, endpoint(t, "http", srv.addr, nil))
		if err != nil || resp.Status != 400 { // net/http's own answer
			t.Fatal(resp, err)
		}
		resp.Release()
	})
	t.Run("TLS where plain is spoken", func(t *testing.T) {
		plain := backend(t, func(_ int, nc net.Conn, r *bufio.Reader) { io.WriteString(nc, "hello\r\n\r\n"); r.ReadByte() })
		_, err := client(t, Options{}).Do(&Request{Method: "GET", Target: "/"}, endpoint(t, "https", plain.Authority(), nil))
		if !errors.Is(err, ErrNetwork) {
			t.Errorf("error %v, want ErrNetwork", err)
		}
	})
	t.Run("handshake never ends", func(t *testing.T) {
		deaf := backend(t, func(_ int, nc net.Conn, r *bufio.Reader) { io.Copy(io.Discard, r) })
		_, err := client(t, Options{}).Do(&Request{Method: "GET", Target: "/", Deadline: time.Now().Add(100 * time.Millisecond)}, endpoint(t, "https", deaf.Authority(), nil))
		if !errors.Is(err, ErrTimeout) {
			t.Errorf("error %v, want ErrTimeout", err)
		}
	})
	t.Run("large body", func(t *testing.T) {
		echo := newTLSServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }))
		body := bytes.Repeat([]byte("x"), 3<<20)
		resp, err := client(t, Options{}).Do(&Request{Method: "POST", Target: "/", Body: body}, endpoint(t, "https", echo.addr, &tls.Config{InsecureSkipVerify: true}))
		if err != nil || !bytes.Equal(resp.Body, body) {
			t.Fatal(err)
		}
		resp.Release()
	})
}

func TestConcurrently(t *testing.T) {
	var conns atomic.Int32
	ep := backend(t, func(_ int, nc net.Conn, r *bufio.Reader) {
		conns.Add(1)
		for {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			body, _ := io.ReadAll(req.Body)
			fmt.Fprintf(nc, "HTTP/1.1 200 OK\r\nX-Target: %s\r\nContent-Length: %d\r\n\r\n%s", req.RequestURI, len(body), body)
		}
	})
	c := client(t, Options{MaxIdlePerHost: 4})
	var wg sync.WaitGroup
	for id := range 16 {
		wg.Go(func() {
			for i := range 50 {
				target := fmt.Sprintf("/%d/%d", id, i)
				body := bytes.Repeat([]byte(target), 1+i*i)
				resp, err := c.Do(&Request{Method: "PUT", Target: target, Body: body}, ep)
				if err != nil {
					t.Error(err)
					return
				}
				if resp.Header.Get("x-target") != target || !bytes.Equal(resp.Body, body) {
					t.Errorf("%s got the answer to %s", target, resp.Header.Get("x-target"))
				}
				resp.Release()
			}
		})
	}
	wg.Wait()
	if n := c.idle(); n > 4 {
		t.Errorf("%d idle connections kept, want at most 4", n)
	}
}
