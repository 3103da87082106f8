package integration

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
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

// That a client leaves while its connection is being opened says nothing of the
// address: it is not passed over afterwards for one that cannot be reached.
func TestGoneWhileConnecting(t *testing.T) {
	for name, via := range map[string]bool{"an upstream's address": true, "a name's address": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var slow atomic.Bool
				live := new(pipes)
				c := NewClient(Options{
					MaxIdlePerHost: -1,
					Lookup: func(context.Context, string) ([]netip.Addr, error) {
						return []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")}, nil
					},
					Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
						if address == "10.0.0.1:80" || slow.Load() {
							<-ctx.Done()
							return nil, &net.OpError{Op: "dial", Err: ctx.Err()}
						}
						return live.dial(ctx, network, address)
					},
				})
				defer c.Close()
				ep := endpoint(t, "http", "x.example", nil)
				if via {
					ep = ep.Via(upstream(t, "10.0.0.1:80", "10.0.0.2:80"))
				}
				do := func(client context.Context) error {
					resp, err := c.Do(&Request{Method: "POST", Target: "/", Client: client}, ep)
					if err == nil {
						resp.Release()
					}
					return err
				}
				if err := do(nil); err != nil { // from here on the first address rests
					t.Fatal(err)
				}
				slow.Store(true)
				ctx, leave := context.WithCancel(t.Context())
				time.AfterFunc(100*time.Millisecond, leave)
				if err := do(ctx); !errors.Is(err, ErrGone) {
					t.Fatal(err)
				}
				slow.Store(false)
				for range 2 { // whosever turn it is
					begun := time.Now()
					if err := do(nil); err != nil || time.Since(begun) != 0 {
						t.Errorf("the next call: error %v, after %v", err, time.Since(begun))
					}
				}
			})
		})
	}
}
