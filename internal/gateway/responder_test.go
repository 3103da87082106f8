package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// A reader of a request's body that outlives the handler, as a client's transport may,
// reads nothing of what follows the request.
func TestBodyIsTakenBack(t *testing.T) {
	read := make(chan error, 1)
	for name, tt := range map[string]struct {
		before, after string
		panics        bool
	}{
		"a reader that waits":     {"half", "-and-6GET /second HTTP/1.1\r\nHost: localhost\r\n\r\n", false},
		"a reader that has begun": {"", "0123456789GET /second HTTP/1.1\r\nHost: localhost\r\n\r\n", false},
		"a handler that panics":   {"half", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := openAs(t, Options{}, Entrance{Next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/second" {
					_, _ = io.WriteString(w, "second")
					return
				}
				begun := make(chan bool)
				go func() {
					_, _ = io.ReadFull(r.Body, make([]byte, len(tt.before)))
					close(begun)
					_, err := io.ReadAll(r.Body)
					read <- err
				}()
				<-begun
				if tt.panics {
					panic(http.ErrAbortHandler)
				}
				_, _ = io.WriteString(w, "first")
			})}, echo)
			p := s.dial(t)
			p.send("POST /first HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n" + tt.before)
			if !tt.panics {
				if resp, body := p.receive("POST"); resp.StatusCode != 200 || body != "first" {
					t.Fatalf("status %d %q", resp.StatusCode, body)
				}
			}
			if err := <-read; err == nil {
				t.Error("the body was read to an end")
			}
			_, _ = io.WriteString(p, tt.after)
			rest, err := io.ReadAll(p.r)
			if text := string(rest); text != "" && !strings.Contains(text, "second") {
				t.Errorf("then %q, %v", text, err)
			}
		})
	}
}

// An answer that begins while others read the body is one, whole, behind whatever the
// client was told before.
func TestAnswerBesideBody(t *testing.T) {
	s := openAs(t, Options{}, Entrance{Next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		go func() { _, _ = io.ReadAll(r.Body) }()
		w.WriteHeader(http.StatusEarlyHints)
		_, _ = io.WriteString(w, "answer")
	})}, echo)
	for range 50 {
		p := s.dial(t)
		p.send("POST /x HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n")
		all, err := io.ReadAll(p.r)
		const told, hints = "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n"
		if got := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(string(all), told), hints), told); err != nil || !strings.HasPrefix(got, "HTTP/1.1 200 OK\r\n") || !strings.HasSuffix(got, "\r\n\r\nanswer") {
			t.Fatalf("got %q, %v", all, err)
		}
		p.Close()
	}
}

// What a handler gets is what net/http documents of a ResponseWriter.
func TestResponder(t *testing.T) {
	tests := map[string]struct {
		method string
		next   func(t *testing.T, w http.ResponseWriter)
		want   string // DATE stands for the line
	}{
		"nothing": {"GET", func(*testing.T, http.ResponseWriter) {}, "HTTP/1.1 200 OK\r\nDATE\r\nContent-Length: 0\r\n\r\n"},
		"a short body": {"GET", func(_ *testing.T, w http.ResponseWriter) { _, _ = io.WriteString(w, "{}") },
			"HTTP/1.1 200 OK\r\nDATE\r\nContent-Length: 2\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}"},
		"a header in order": {"GET", func(_ *testing.T, w http.ResponseWriter) {
			w.Header().Set("X-B", "1")
			w.Header()["x-a"] = []string{"2", "a\r\nb"}
			w.Header().Set("Content-Type", "x/y")
			w.WriteHeader(201)
			w.Header().Set("X-Late", "1")
			w.WriteHeader(500)
		}, "HTTP/1.1 201 Created\r\nContent-Type: x/y\r\nX-B: 1\r\nx-a: 2\r\nx-a: a  b\r\nDATE\r\nContent-Length: 0\r\n\r\n"},
		"pieces": {"GET", func(t *testing.T, w http.ResponseWriter) {
			_, _ = io.WriteString(w, "a")
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			_, _ = io.WriteString(w, "bc")
		}, "HTTP/1.1 200 OK\r\nDATE\r\nContent-Type: text/plain; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"},
		"HEAD": {"HEAD", func(_ *testing.T, w http.ResponseWriter) { _, _ = io.WriteString(w, "abc") },
			"HTTP/1.1 200 OK\r\nDATE\r\nContent-Length: 3\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"},
		"no content": {"GET", func(t *testing.T, w http.ResponseWriter) {
			w.WriteHeader(204)
			if _, err := io.WriteString(w, "x"); !errors.Is(err, http.ErrBodyNotAllowed) {
				t.Error(err)
			}
		}, "HTTP/1.1 204 No Content\r\nDATE\r\n\r\n"},
		"not modified": {"GET", func(_ *testing.T, w http.ResponseWriter) {
			w.Header().Set("Content-Length", "5")
			w.Header().Set("ETag", "x")
			w.WriteHeader(304)
		}, "HTTP/1.1 304 Not Modified\r\nEtag: x\r\nDATE\r\n\r\n"},
		"too much": {"GET", func(t *testing.T, w http.ResponseWriter) {
			w.Header().Set("Content-Length", "2")
			w.Header().Set("Content-Type", "x/y")
			if _, err := io.WriteString(w, "abc"); !errors.Is(err, http.ErrContentLength) {
				t.Error(err)
			}
			_, _ = io.WriteString(w, "ab")
		}, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: x/y\r\nDATE\r\n\r\nab"},
		"early hints": {"GET", func(_ *testing.T, w http.ResponseWriter) {
			w.Header().Set("Link", "</x>")
			w.WriteHeader(103)
			w.Header().Del("Link")
		}, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nDATE\r\nContent-Length: 0\r\n\r\n"},
		"another protocol": {"GET", func(t *testing.T, w http.ResponseWriter) {
			defer func() {
				if recover() == nil {
					t.Error("it was switched to")
				}
			}()
			w.WriteHeader(101)
		}, "HTTP/1.1 200 OK\r\nDATE\r\nContent-Length: 0\r\n\r\n"},
		"asks to close": {"GET", func(_ *testing.T, w http.ResponseWriter) { w.Header().Set("Connection", "close") },
			"HTTP/1.1 200 OK\r\nDATE\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := openAs(t, Options{}, Entrance{Next: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { tt.next(t, w) })}, echo)
			p := s.dial(t)
			p.send(tt.method + " / HTTP/1.1\r\nHost: localhost\r\n\r\n")
			_ = p.Conn.(*net.TCPConn).CloseWrite()
			all, _ := io.ReadAll(p.r)
			got := string(all)
			if at := strings.Index(got, "Date: "); at >= 0 {
				got = got[:at] + "DATE" + got[at+len("Date: ")+len(http.TimeFormat):]
			}
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// A handler that panics ends its connection, and no other.
func TestPanickingHandler(t *testing.T) {
	s := openAs(t, Options{}, Entrance{Next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/abort" {
			panic(http.ErrAbortHandler)
		}
		panic("of a test")
	})}, echo)
	for _, path := range []string{"/abort", "/x"} {
		p := s.dial(t)
		p.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
		if all, err := io.ReadAll(p.r); len(all) > 0 || err != nil {
			t.Errorf("got %q, %v", all, err)
		}
		if log := s.log.String(); strings.Contains(log, "of a test") != (path == "/x") {
			t.Errorf("%s: log %q", path, log)
		}
		p.Close()
	}
	if resp, body := s.call(t, stageHead("GET", "/dev")+"\r\n"); resp.StatusCode != 200 {
		t.Errorf("status %d %s", resp.StatusCode, body)
	}
}

// An answer that begins while the server stops says that its connection ends.
func TestHandlerAtShutdown(t *testing.T) {
	started, let := make(chan bool), make(chan bool)
	s := openAs(t, Options{}, Entrance{Next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started <- true
		<-let
		_, _ = io.WriteString(w, "answer")
	})}, echo)
	p := s.dial(t)
	p.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	<-started
	done := make(chan error)
	go func() { done <- s.Shutdown(context.Background()) }()
	eventually(t, s.door.closing.Load)
	let <- true
	if resp, body := p.receive("GET"); body != "answer" || !resp.Close {
		t.Errorf("got %q, closes: %t", body, resp.Close)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
