package gateway

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// What is no request is answered in AWS's form.
func TestMalformed(t *testing.T) {
	s := openAs(t, Options{}, Entrance{Next: http.NotFoundHandler()}, echo)
	tests := map[string]string{
		"duplicate Host":         "GET /dev/x HTTP/1.1\r\nHost: abc123.execute-api.localhost\r\nHost: other\r\n\r\n",
		"no Host":                "GET /dev/x HTTP/1.1\r\n\r\n",
		"bad Host":               "GET /dev/x HTTP/1.1\r\nHost: a b\r\n\r\n",
		"bad escape":             stageHead("GET", "/dev/%zz") + "\r\n",
		"control byte":           stageHead("GET", "/dev/\x01") + "\r\n",
		"space in the target":    stageHead("GET", "/dev/a b") + "\r\n",
		"bad method":             stageHead("G@T", "/dev") + "\r\n",
		"space before the colon": stageHead("GET", "/dev") + "A : b\r\n\r\n",
		"no colon":               stageHead("GET", "/dev") + "A\r\n\r\n",
		"control in a value":     stageHead("GET", "/dev") + "A: \x00\r\n\r\n",
		"lengths differ":         stageHead("POST", "/dev") + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"signed length":          stageHead("POST", "/dev") + "Content-Length: +1\r\n\r\na",
		"not HTTP":               "hello there\r\n\r\n",
	}
	for name, request := range tests {
		t.Run(name, func(t *testing.T) {
			p := s.dial(t)
			p.send(request)
			resp, body := p.receive("GET")
			expectError(t, resp, body, 400, "BadRequestException", badBody)
			if rest, err := io.ReadAll(p.r); len(rest) > 0 || err != nil {
				t.Errorf("behind the answer: %q, %v", rest, err)
			}
		})
	}
	resp, body := s.call(t, stageHead("POST", "/dev")+"Transfer-Encoding: gzip\r\n\r\n")
	expectError(t, resp, body, 501, "BadRequestException", `{"message":"Not Implemented"}`)
	resp, body = s.call(t, "GET /dev HTTP/3.0\r\nHost: abc123.execute-api.localhost\r\n\r\n")
	expectError(t, resp, body, 505, "BadRequestException", `{"message":"HTTP Version Not Supported"}`)
	resp, body = s.call(t, "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if resp.StatusCode != 404 || body != "404 page not found\n" {
		t.Errorf("a handler's own plain error became %d %q", resp.StatusCode, body)
	}
}

// Who sends too slowly is answered, if something of a request has come, and cut off.
func TestSlowClients(t *testing.T) {
	control := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		fmt.Fprint(w, errors.Is(err, os.ErrDeadlineExceeded))
	})
	short := Options{ReadHeaderTimeout: 100 * time.Millisecond, ReadTimeout: 200 * time.Millisecond}
	client := func(name string, opts Options, act func(t *testing.T, s *site, p *peer)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openPiped(t, opts, Entrance{Next: control}, echo)
				act(t, s, s.dial(t))
				if log := s.log.String(); log != "" {
					t.Errorf("clients' doing logged as ours: %s", log)
				}
			})
		})
	}
	for name, sent := range map[string]string{
		"a byte":                   "G",
		"half a request line":      "GET /dev HTT",
		"a request line":           "GET /dev HTTP/1.1\r\n",
		"half a header line":       stageHead("GET", "/dev") + "X-A: b",
		"header lines without end": stageHead("GET", "/dev"),
	} {
		client(name, short, func(t *testing.T, _ *site, p *peer) {
			p.send(sent)
			resp, body := p.receive("GET")
			expectError(t, resp, body, 408, "RequestTimeoutException", `{"message":"Request Timeout"}`)
			if rest, err := io.ReadAll(p.r); err != nil || len(rest) > 0 || !resp.Close {
				t.Errorf("behind the answer: %q, %v", rest, err)
			}
		})
		client(name+" behind an answer", short, func(t *testing.T, _ *site, p *peer) {
			p.send(stageHead("GET", "/dev") + "\r\n")
			first, text := p.receive("GET")
			see(t, first, text)
			p.send(sent)
			resp, body := p.receive("GET")
			expectError(t, resp, body, 408, "RequestTimeoutException", `{"message":"Request Timeout"}`)
		})
	}
	client("no head", short, func(t *testing.T, _ *site, p *peer) {
		if rest, err := io.ReadAll(p.r); err != nil || len(rest) > 0 {
			t.Errorf("who sent nothing got %q, %v", rest, err)
		}
	})
	client("body", short, func(t *testing.T, _ *site, p *peer) {
		p.send(stageHead("POST", "/dev") + "Content-Length: 10\r\n\r\nabc")
		resp, body := p.receive("POST")
		expectError(t, resp, body, 408, "RequestTimeoutException", `{"message":"Request Timeout"}`)
		if !resp.Close {
			t.Error("connection kept")
		}
	})
	for name, sent := range map[string]string{
		"a chunk's size": "5", "a chunk's extension": "5;a", "a chunk": "5\r\nab", "the end of a chunk": "2\r\nab\r", "a trailer": "0\r\nA: b", "the end of a trailer": "0\r\nA: b\r\n",
	} {
		client(name, short, func(t *testing.T, s *site, p *peer) {
			p.send(stageHead("POST", "/dev") + "Transfer-Encoding: chunked\r\n\r\n" + sent)
			resp, body := p.receive("POST")
			expectError(t, resp, body, 408, "RequestTimeoutException", `{"message":"Request Timeout"}`)
			if rest, err := io.ReadAll(p.r); err != nil || len(rest) > 0 || !resp.Close {
				t.Errorf("behind the answer: %q, %v", rest, err)
			}
		})
	}
	client("body of another handler's", short, func(t *testing.T, _ *site, p *peer) {
		p.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc")
		if _, body := p.receive("POST"); body != "true" {
			t.Error("its reader was not stopped")
		}
	})
	client("slow and steady body", Options{ReadTimeout: time.Second}, func(t *testing.T, _ *site, p *peer) {
		p.send(stageHead("POST", "/dev") + "Content-Length: 6000\r\n\r\n")
		for range 30 { // for longer than a piece may take, at four times its pace
			time.Sleep(50 * time.Millisecond)
			p.send(strings.Repeat("x", 200))
		}
		resp, body := p.receive("POST")
		if got := see(t, resp, body); got.Body != "6000 bytes" {
			t.Errorf("stage got body %q", got.Body)
		}
	})
	client("idle", Options{IdleTimeout: 150 * time.Millisecond}, func(t *testing.T, _ *site, p *peer) {
		p.send(stageHead("GET", "/dev") + "\r\n")
		resp, body := p.receive("GET")
		see(t, resp, body)
		start := time.Now()
		if rest, err := io.ReadAll(p.r); err != nil || len(rest) > 0 || time.Since(start) != 150*time.Millisecond {
			t.Errorf("got %q, %v after %v", rest, err, time.Since(start))
		}
	})
	client("gone", short, func(t *testing.T, s *site, p *peer) {
		p.send(stageHead("POST", "/dev") + "Content-Length: 10\r\n\r\nabc")
		synctest.Wait()
		p.Close()
		s.settle(t)
	})
}

func TestPipelining(t *testing.T) {
	s := open(t, Options{}, echo)
	p := s.dial(t)
	var all strings.Builder
	for i := range 50 {
		fmt.Fprintf(&all, "%sContent-Length: %d\r\n\r\n%s", stageHead("POST", fmt.Sprintf("/dev/%d", i)), i, strings.Repeat("b", i))
	}
	p.send(all.String())
	for i := range 50 {
		resp, body := p.receive("POST")
		if got := see(t, resp, body); got.Path != fmt.Sprintf("/%d", i) || len(got.Body) != i {
			t.Fatalf("answer %d is to %s with %d bytes", i, got.Path, len(got.Body))
		}
	}
}

func TestShutdown(t *testing.T) {
	started, let := make(chan bool), make(chan bool)
	s := open(t, Options{}, func(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
		if req.Path == "/busy" {
			started <- true
			<-let
		}
		return echo(s, req)
	})
	idle, busy := s.dial(t), s.dial(t)
	idle.send(stageHead("GET", "/dev") + "\r\n")
	idle.receive("GET")
	busy.send(stageHead("GET", "/dev/busy") + "\r\n")
	<-started
	done := make(chan error)
	go func() { done <- s.Shutdown(context.Background()) }()
	if rest, err := io.ReadAll(idle.r); err != nil || len(rest) > 0 { // closed at once
		t.Errorf("idle connection got %q, %v", rest, err)
	}
	if nc, err := net.Dial("tcp", s.addr); err == nil {
		nc.Close()
		t.Error("still listening")
	}
	select {
	case <-done:
		t.Fatal("did not wait for the request under way")
	case <-time.After(50 * time.Millisecond):
	}
	let <- true
	resp, body := busy.receive("GET")
	if got := see(t, resp, body); got.Path != "/busy" {
		t.Errorf("answer %+v", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	ln, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(ln, Entrance{}); err != nil { // a listener that comes too late
		t.Error(err)
	}
	if _, err := ln.Accept(); err == nil {
		t.Error("listener left open")
	}
}

func TestShutdownGivesUp(t *testing.T) {
	started, let := make(chan bool), make(chan bool)
	s := open(t, Options{}, func(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
		started <- true
		<-let
		return echo(s, req)
	})
	p := s.dial(t)
	p.send(stageHead("GET", "/dev") + "\r\n")
	<-started
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if rest, _ := io.ReadAll(p.r); len(rest) > 0 {
		t.Errorf("got %q", rest)
	}
	close(let)
	s.settle(t)
}

// Who comes in time, by a handshake that takes long, has as much time for a request as any
// other client while the server stops.
func TestShutdownBehindHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openPiped(t, Options{}, Entrance{TLS: certified()}, echo)
		p := s.dial(t)
		synctest.Wait() // the connection has been taken
		done := make(chan error, 1)
		go func() { done <- s.Shutdown(context.Background()) }()
		time.Sleep(time.Second)
		p = p.secure()
		_, _ = p.Write(nil)       // which shakes hands
		time.Sleep(lingering / 2) // until the request comes
		p.send(stageHead("GET", "/dev/x") + "\r\n")
		if resp, body := p.receive("GET"); see(t, resp, body).Path != "/x" || !resp.Close {
			t.Errorf("%d %s", resp.StatusCode, body)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// A request over HTTP/1 is waited for also where all listeners are under TLS, and net/http
// knows of no connection that is left.
func TestShutdownUnderTLS(t *testing.T) {
	for name, end := range map[string]time.Duration{"answered": time.Hour, "cut off": 4 * farewell} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				let := make(chan bool)
				s := openPiped(t, Options{}, Entrance{TLS: certified()}, func(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
					<-let
					return echo(s, req)
				})
				defer close(let)
				p := s.dial(t)
				p = p.secure()
				p.send(stageHead("GET", "/dev/x") + "\r\n")
				synctest.Wait()
				ctx, cancel := context.WithTimeout(t.Context(), end)
				defer cancel()
				done := make(chan error, 1)
				go func() { done <- s.Shutdown(ctx) }()
				time.Sleep(5 * farewell)
				if end < time.Hour {
					var cut *CutOffError
					if err := <-done; !errors.As(err, &cut) || cut.Connections != 1 {
						t.Errorf("error %v", err)
					}
					return
				}
				select {
				case err := <-done:
					t.Fatalf("did not wait for the request under way: %v", err)
				default:
				}
				let <- true
				if resp, body := p.receive("GET"); see(t, resp, body).Path != "/x" || !resp.Close {
					t.Errorf("%d %s", resp.StatusCode, body)
				}
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// When the time is over, connections of both HTTPs are cut off.
func TestShutdownCutsOffBoth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := make(chan bool)
		s := openPipedTLS(t, Options{}, certified(), func(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
			<-let
			return echo(s, req)
		})
		failed := make(chan error, 1)
		tr := s.http2(t)
		go func() {
			req, _ := http.NewRequest("GET", s.url+"/dev/x", nil)
			req.Host = "abc123.execute-api.localhost"
			_, err := tr.RoundTrip(req)
			failed <- err
		}()
		p := s.site.dial(t).secure()
		p.send(stageHead("GET", "/dev/x") + "\r\n")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 4*farewell)
		defer cancel()
		var cut *CutOffError
		if err := s.Shutdown(ctx); !errors.As(err, &cut) {
			t.Errorf("error %v", err)
		}
		if err := <-failed; err == nil {
			t.Error("HTTP/2 was answered")
		}
		if rest, err := io.ReadAll(p.r); len(rest) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("over HTTP/1 %q, %v", rest, err)
		}
		close(let)
	})
}

// A told connection tells when its owner closes it.
type told struct {
	net.Conn
	closed chan struct{}
}

func (c *told) Close() error {
	close(c.closed)
	return c.Conn.Close()
}

// Connections of HTTP/2 are told to go while a request over HTTP/1 is under way:
// else their clients would go on until both are cut off.
func TestShutdownTellsHTTP2(t *testing.T) {
	certs := httptest.NewTLSServer(http.NotFoundHandler())
	certs.Close()
	ln, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started, let := make(chan bool), make(chan bool)
	s := prepare(t, Options{}, func(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
		if req.Path == "/busy" {
			started <- true
			<-let
		}
		return echo(s, req)
	})
	go func() { s.served <- s.Serve(ln, Entrance{TLS: &tls.Config{Certificates: certs.TLS.Certificates}}) }()
	closed := make(chan struct{})
	clients := map[bool]*http.Transport{}
	for _, h2 := range []bool{true, false} {
		clients[h2] = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: h2}
		defer clients[h2].CloseIdleConnections()
	}
	clients[true].DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := new(net.Dialer).DialContext(ctx, network, address)
		return &told{nc, closed}, err
	}
	tlsCall(t, clients[true], "https://"+ln.Addr().String(), 1, true)
	busy := make(chan error)
	go func() {
		req, _ := http.NewRequest("GET", "https://"+ln.Addr().String()+"/dev/busy", nil)
		req.Host = "abc123.execute-api.localhost"
		resp, err := clients[false].RoundTrip(req)
		if err == nil {
			err = resp.Body.Close()
		}
		busy <- err
	}()
	<-started
	done := make(chan error)
	go func() { done <- s.Shutdown(context.Background()) }()
	select {
	case <-closed:
	case <-time.After(patience):
		t.Error("the connection of HTTP/2 stays")
	}
	let <- true
	if err := <-busy; err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestTLS(t *testing.T) {
	certs := httptest.NewTLSServer(http.NotFoundHandler())
	certs.Close()
	config := &tls.Config{Certificates: certs.TLS.Certificates}
	ln, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := prepare(t, Options{}, echo)
	go func() { s.served <- s.Serve(ln, Entrance{TLS: config}) }()
	for _, h2 := range []bool{true, false} {
		t.Run(fmt.Sprint("HTTP/2 ", h2), func(t *testing.T) {
			tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: h2}
			defer tr.CloseIdleConnections()
			var wg sync.WaitGroup
			for i := range 10 {
				wg.Go(func() { tlsCall(t, tr, "https://"+ln.Addr().String(), i, h2) })
			}
			wg.Wait()
		})
	}
}

func tlsCall(t *testing.T, tr *http.Transport, base string, i int, h2 bool) {
	body := strings.Repeat("x", 1+i*50_000)
	req, err := http.NewRequest("POST", fmt.Sprintf("%s/dev/%d?q", base, i), strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return
	}
	req.Host = "abc123.execute-api.localhost"
	req.Header["X-MiXeD"] = []string{"1", "2"}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	got := see(t, resp, string(text))
	header := strings.Join(got.Header, "|")
	proto, name := "HTTP/1.1", "X-MiXeD"
	if h2 {
		proto, name = "HTTP/2.0", "x-mixed"
	}
	if got.Proto != proto || got.Scheme != "https" || got.Path != fmt.Sprint("/", i) || i > 0 && got.Body != fmt.Sprintf("%d bytes", len(body)) ||
		!strings.Contains(header, name+": 1|"+name+": 2") {
		t.Errorf("stage got %+v", got)
	}
}

// Many clients at once, each of which must get the answers to its own requests.
func TestConcurrently(t *testing.T) {
	s := open(t, Options{}, func(_ *stubServer, req *httpmsg.Request) *httpmsg.Response {
		if err := req.ReadBody(); err != nil {
			t.Error(err)
		}
		return &httpmsg.Response{Status: 200, Header: httpmsg.Header{{Name: "x-path", Value: req.Path}}, Body: bytes.Clone(req.Body)}
	})
	var wg sync.WaitGroup
	for id := range 16 {
		p := s.dial(t)
		wg.Go(func() {
			for i := range 50 {
				path, body := fmt.Sprintf("/%d/%d", id, i), strings.Repeat(fmt.Sprint(id), 1+i*i)
				fmt.Fprintf(p, "%sContent-Length: %d\r\n\r\n%s", stageHead("POST", "/dev"+path), len(body), body)
				resp, err := http.ReadResponse(p.r, nil)
				if err != nil {
					t.Error(err)
					return
				}
				got, err := io.ReadAll(resp.Body)
				if err != nil || resp.Header.Get("X-Path") != path || string(got) != body {
					t.Errorf("%s got the answer to %s, %v", path, resp.Header.Get("X-Path"), err)
					return
				}
			}
		})
	}
	wg.Wait()
}
