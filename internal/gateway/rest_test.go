package gateway

import (
	"context"
	"crypto/tls"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// serveResting serves a site whose connections rest as soon as they are idle.
func serveResting(t testing.TB, opts Options, at Entrance) *site {
	t.Helper()
	ln, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := prepare(t, opts, fixed)
	s.restAfter, s.addr = time.Millisecond, ln.Addr().String()
	go func() { s.served <- s.Serve(ln, at) }()
	return s
}

// rested waits until a connection rests.
func rested(t *testing.T) {
	t.Helper()
	stacks := make([]byte, 1<<20)
	eventually(t, func() bool {
		return strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "awaitInput")
	})
}

// A connection that rests goes on as one that does not: with its next request, at its
// client's end and at its idle timeout.
func TestRest(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no connection rests there")
	}
	for name, at := range map[string]Entrance{"plain": {}, "TLS": {TLS: certified()}} {
		begin := func(t *testing.T, s *site) *peer {
			p := s.dial(t)
			if at.TLS != nil {
				nc := tls.Client(p.Conn, &tls.Config{InsecureSkipVerify: true})
				p.Conn = nc
				p.r.Reset(nc)
			}
			return p
		}
		call := func(t *testing.T, p *peer) {
			p.send(stageHead("GET", "/dev") + "\r\n")
			if resp, _ := p.receive("GET"); resp.StatusCode != 200 {
				t.Fatal(resp.StatusCode)
			}
			rested(t)
		}
		t.Run(name, func(t *testing.T) {
			s := serveResting(t, Options{}, at)
			p := begin(t, s)
			for range 3 {
				call(t, p)
			}
			p.send("GET /dev HTT") // in pieces
			p.send(strings.TrimPrefix(stageHead("GET", "/dev"), "GET /dev HTT") + "\r\n")
			p.receive("GET")
			rested(t)
			p.Close()
			eventually(t, func() bool { n, _, _ := s.Connections(); return n == 0 })
			call(t, begin(t, s)) // and rests when the site ends
		})
		t.Run(name+", too long", func(t *testing.T) {
			s := serveResting(t, Options{IdleTimeout: 100 * time.Millisecond}, at)
			p := begin(t, s)
			call(t, p)
			if rest, err := io.ReadAll(p.r); err != nil || len(rest) > 0 {
				t.Errorf("%q, %v", rest, err)
			}
		})
	}
}

// Clients whose requests are under way when the server stops have their answers, however
// many there are.
func TestShutdownOfMany(t *testing.T) {
	busy := 2000
	if files := OpenFiles(); files > 0 {
		busy = min(busy, files/4)
	}
	var arrived sync.WaitGroup
	arrived.Add(busy)
	let := make(chan bool)
	s := open(t, Options{MaxConnections: -1}, func(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
		arrived.Done()
		<-let
		return fixed(s, req)
	})
	var peers []*peer
	for range busy {
		p := s.dial(t)
		p.send(stageHead("GET", "/dev") + "\r\n")
		peers = append(peers, p)
	}
	arrived.Wait()
	done := make(chan error)
	go func() { done <- s.Shutdown(context.Background()) }()
	eventually(t, s.door.closing.Load)
	close(let)
	for _, p := range peers {
		if resp, body := p.receive("GET"); resp.StatusCode != 200 || !resp.Close || body != `{"hello":"you"}` {
			t.Fatalf("status %d, closes %t, %q", resp.StatusCode, resp.Close, body)
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
