package integration

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A client that goes ends its call, whatever that waits for; the call's place is
// free then, and its connection serves no other.
func TestGone(t *testing.T) {
	tests := map[string]struct {
		host string
		body int  // bytes to send
		kept bool // there is a connection from before
		full bool // there is no place
	}{
		"waiting for an answer":                     {host: "hung.example"},
		"waiting for an answer on a kept one":       {host: "hung.example", kept: true},
		"sending a body that nobody reads":          {host: "hung.example", body: 1 << 20},
		"waiting for a connection to be open":       {host: "far.example"},
		"waiting for a place":                       {host: "live.example", full: true},
		"waiting for a handshake":                   {host: "mute.example"},
		"gone before the call, on a new connection": {host: "live.example"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				free := make(chan bool)
				lazy := sluggards(free)
				c := NewClient(Options{MaxConnections: 1, Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
					if strings.HasPrefix(addr, "far") {
						<-ctx.Done()
						return nil, ctx.Err()
					}
					return lazy(ctx, network, addr)
				}})
				defer c.Close()
				scheme := "http"
				if tt.host == "mute.example" {
					scheme, tt.host = "https", "hung.example"
				}
				ep := endpoint(t, scheme, tt.host, nil)
				if tt.kept {
					go func() { free <- true }()
					calls(t, c, tt.host, 1)
				}
				if tt.full {
					go func() {
						if resp, err := c.Do(&Request{Method: "GET", Target: "/"}, endpoint(t, "http", "hung.example", nil)); err == nil {
							resp.Release()
						}
					}()
					synctest.Wait()
				}
				ctx, leave := context.WithCancel(t.Context())
				if tt.host == "live.example" && !tt.full {
					leave()
				} else {
					time.AfterFunc(time.Second, leave)
				}
				begin := time.Now()
				_, err := c.Do(&Request{Method: "GET", Target: "/", Body: make([]byte, tt.body), Client: ctx}, ep)
				if took := time.Since(begin); !errors.Is(err, ErrGone) || took > time.Second {
					t.Errorf("%v after %v", err, took)
				}
				close(free)
				synctest.Wait()
				if n := c.pool.slots.calls.Load(); n != 0 {
					t.Errorf("%d calls are counted", n)
				}
				calls(t, c, "live.example", 1)
			})
		})
	}
}

// A client that goes when it has its answer ends nothing, and one that stays
// leaves its connection for the next call.
func TestGoneBehindTheAnswer(t *testing.T) {
	var conns int
	ep := backend(t, func(n int, nc net.Conn, r *bufio.Reader) {
		conns = n
		for request(r) != "" {
			io.WriteString(nc, ok)
		}
	})
	c := client(t, Options{})
	first := -1
	for range 3 {
		ctx, leave := context.WithCancel(t.Context())
		resp, err := c.Do(&Request{Method: "GET", Target: "/", Client: ctx}, ep)
		leave()
		if err != nil {
			t.Fatal(err)
		}
		resp.Release()
		if first < 0 {
			first = conns
		}
	}
	if conns != first {
		t.Errorf("%d connections more", conns-first)
	}
}
