package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A flapping backend fails in every way, some of the time, and at times is not
// there at all. It answers what it was asked.
type flapping struct {
	url     string
	address string

	mu    sync.Mutex
	ln    net.Listener // nil while it is down
	conns map[net.Conn]bool
	posts map[string]int // how often each POST came
}

func newFlapping(t *testing.T) *flapping {
	t.Helper()
	b := &flapping{conns: make(map[net.Conn]bool), posts: make(map[string]int)}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.address = ln.Addr().String()
	b.url = "http://" + b.address
	b.start(ln)
	t.Cleanup(b.stop)
	return b
}

func (b *flapping) start(ln net.Listener) {
	b.mu.Lock()
	b.ln = ln
	b.mu.Unlock()
	go func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			b.mu.Lock()
			b.conns[nc] = true
			b.mu.Unlock()
			go b.serve(nc)
		}
	}()
}

// stop ends the backend with all its connections.
func (b *flapping) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = b.ln.Close()
	for nc := range b.conns {
		_ = nc.Close()
	}
}

// flap takes the backend down for a moment, again and again.
func (b *flapping) flap(ended <-chan bool) {
	for {
		select {
		case <-ended:
			return
		case <-time.After(300 * time.Millisecond):
		}
		b.stop()
		time.Sleep(20 * time.Millisecond)
		for {
			ln, err := net.Listen("tcp", b.address)
			if err == nil {
				b.start(ln)
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}

func (b *flapping) serve(nc net.Conn) {
	defer func() {
		_ = nc.Close()
		b.mu.Lock()
		delete(b.conns, nc)
		b.mu.Unlock()
	}()
	for r := bufio.NewReader(nc); ; {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		if !b.answer(nc, r, req, string(body)) {
			return
		}
	}
}

// answer answers one request, or does not. It reports whether the connection
// stays.
func (b *flapping) answer(nc net.Conn, r *bufio.Reader, req *http.Request, body string) bool {
	number, id, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	if req.Method == "POST" {
		b.mu.Lock()
		b.posts[id]++
		b.mu.Unlock()
	} else {
		body = number // a GET has none
	}
	header, _ := strconv.Atoi(req.Header.Get("X-D"))
	text := fmt.Sprintf(`{"uri": %s, "header": %d, "body": %s, "id": "%s"}`, number, header, body, id)
	ok := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
	keep := false
	switch n := rand.IntN(100); {
	case n < 90:
		keep = true
	case n < 93:
		ok, keep = "HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops", true
	case n < 95:
		ok = "" // closes
	case n < 96:
		_, _ = r.Peek(1) // hangs until the gateway gives up
		return false
	case n < 97:
		ok = ok[:len(ok)-10] // closes halfway
	case n < 98:
		ok = "what is no HTTP\r\n\r\n"
	default: // dies between two requests
	}
	_, err := io.WriteString(nc, ok)
	return keep && err == nil
}

// twice fails if a POST came more than once.
func (b *flapping) twice(t *testing.T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, n := range b.posts {
		if n > 1 {
			t.Errorf("POST %s came %d times", id, n)
		}
	}
}
