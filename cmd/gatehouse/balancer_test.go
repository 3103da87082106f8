//go:build unix

package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

// A balancer passes connections on, in turns, to nodes that say that they are ready. It
// knows nothing of what goes over them, and tries no connection twice.
type balancer struct {
	net.Listener
	mu    sync.Mutex
	nodes []*testNode
	ready []*testNode
	turn  int
}

// newBalancer starts a balancer, which asks whether nodes are ready until the test ends.
func newBalancer(t *testing.T, nodes ...*testNode) *balancer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &balancer{Listener: ln, nodes: nodes, ready: nodes}
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	t.Cleanup(func() { cancel(); _ = ln.Close(); done.Wait() })
	done.Go(func() {
		for ctx.Err() == nil {
			b.look(ctx)
			time.Sleep(20 * time.Millisecond)
		}
	})
	done.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go b.pass(c)
		}
	})
	return b
}

func (b *balancer) replace(old, by *testNode) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, n := range b.nodes {
		if n == old {
			b.nodes[i] = by
		}
	}
}

func (b *balancer) look(ctx context.Context) {
	b.mu.Lock()
	all := append([]*testNode(nil), b.nodes...)
	b.mu.Unlock()
	var ready []*testNode
	for _, n := range all {
		req, _ := http.NewRequestWithContext(ctx, "GET", n.health+"/_gatehouse/ready", nil)
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err == nil && resp.StatusCode == 200 {
			ready = append(ready, n)
		}
		if err == nil {
			_ = resp.Body.Close()
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ready = ready
}

func (b *balancer) pass(client net.Conn) {
	defer client.Close()
	b.mu.Lock()
	b.turn++
	var to *testNode
	if len(b.ready) > 0 {
		to = b.ready[b.turn%len(b.ready)]
	}
	b.mu.Unlock()
	if to == nil {
		return
	}
	server, err := net.Dial("tcp", strings.TrimPrefix(to.stages, "http://"))
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(client, server)
}

// rollingRestart restarts one node after the other under load, through a balancer: no
// request fails.
func rollingRestart(t *testing.T, nodes []*testNode, launch func(i int) *testNode) {
	b := newBalancer(t, append([]*testNode(nil), nodes...)...)
	var stop atomic.Bool
	var requests, failures atomic.Int64
	var clients sync.WaitGroup
	url := "http://" + b.Addr().String() + "/_aws/execute-api/a/prod/"
	for i := range 4 {
		transport := &http.Transport{DisableKeepAlives: i%2 == 0}
		clients.Go(func() {
			defer transport.CloseIdleConnections()
			for !stop.Load() {
				resp, err := (&http.Client{Transport: transport}).Get(url)
				requests.Add(1)
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
				}
				if (err != nil || resp.StatusCode != 200) && failures.Add(1) < 5 {
					t.Errorf("a request fails: %v, %v", resp, err)
				}
			}
		})
	}
	for turn := range len(nodes) * soak.Factor() {
		i := turn % len(nodes)
		n := nodes[i]
		time.Sleep(100 * time.Millisecond) // of load
		if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		select {
		case <-n.done:
		case <-time.After(patience):
			t.Fatal("a node does not stop")
		}
		nodes[i] = launch(i)
		b.replace(n, nodes[i])
		becomes(t, "the balancer uses the node again", func() bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			return len(b.ready) == len(nodes)
		})
	}
	stop.Store(true)
	clients.Wait()
	t.Logf("%d restarts, %d requests, %d failed", len(nodes)*soak.Factor(), requests.Load(), failures.Load())
}
