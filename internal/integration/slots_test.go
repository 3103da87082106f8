package integration

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// slowly is a Dial whose backends take a second for each answer.
type slowly struct {
	opened atomic.Int32
	now    atomic.Int32 // open
	most   atomic.Int32
}

func (s *slowly) dial(context.Context, string, string) (net.Conn, error) {
	s.opened.Add(1)
	if now := s.now.Add(1); now > s.most.Load() {
		s.most.Store(now)
	}
	near, far := net.Pipe()
	go func() {
		for r := bufio.NewReader(far); request(r) != ""; {
			time.Sleep(time.Second)
			io.WriteString(far, ok)
		}
		far.Close()
	}()
	return counted{near, &s.now}, nil
}

// A counted connection is one less when it is closed.
type counted struct {
	net.Conn
	now *atomic.Int32
}

func (c counted) Close() error {
	c.now.Add(-1)
	return c.Conn.Close()
}

// Calls beyond the bound wait their turn and take over the connections that the
// calls before them are through with.
func TestMaxConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s slowly
		c := NewClient(Options{Dial: s.dial, MaxConnections: 12}) // a quarter of them for one endpoint
		defer c.Close()
		ep := endpoint(t, "http", "a.example", nil)
		var mu sync.Mutex
		var order []int
		var wg sync.WaitGroup
		for i := range 12 {
			wg.Go(func() {
				resp, err := c.Do(&Request{Method: "POST", Target: "/"}, ep)
				if err != nil {
					t.Error(i, err)
					return
				}
				resp.Release()
				mu.Lock()
				order = append(order, i/3)
				mu.Unlock()
			})
			synctest.Wait()
		}
		begin := time.Now()
		wg.Wait()
		if took := time.Since(begin); took != 4*time.Second {
			t.Errorf("12 calls of a second took %v on 3 connections", took)
		}
		if !slices.IsSorted(order) {
			t.Errorf("calls ended in the order %v", order)
		}
		if s.opened.Load() != 3 || s.most.Load() != 3 {
			t.Errorf("%d connections opened, %d at once", s.opened.Load(), s.most.Load())
		}
	})
}

// A connection that nobody uses makes room for one to another backend, whether
// it fell idle before or while others wait.
func TestMaxConnectionsOfManyBackends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s slowly
		c := NewClient(Options{Dial: s.dial, MaxConnections: 6})
		defer c.Close()
		for i := range 4 {
			calls(t, c, fmt.Sprint(i, ".example"), 2)
		}
		var wg sync.WaitGroup
		for i := range 20 {
			ep := endpoint(t, "http", fmt.Sprint(i%5, ".example"), nil)
			wg.Go(func() {
				resp, err := c.Do(&Request{Method: "GET", Target: "/"}, ep)
				if err != nil {
					t.Error(err)
					return
				}
				resp.Release()
			})
		}
		wg.Wait()
		if most := s.most.Load(); most > 6 {
			t.Errorf("%d connections at once", most)
		}
		if s := &c.pool.slots; s.open.Load() > 6 || s.calls.Load() != 0 || len(s.queue) != 0 || s.growing.Len() != 0 || s.waiting.Load() != 0 {
			t.Errorf("%d open, %d calls, %d waiting", s.open.Load(), s.calls.Load(), s.waiting.Load())
		}
	})
}

// A call does not wait longer than connecting may take, nor than it has time.
func TestMaxConnectionsGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan bool)
		c := NewClient(Options{MaxConnections: 1, ConnectTimeout: 5 * time.Second, Dial: func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go func() {
				r := bufio.NewReader(far)
				request(r)
				<-hold
				io.WriteString(far, ok)
				far.Close()
			}()
			return near, nil
		}})
		defer c.Close()
		ep := endpoint(t, "http", "a.example", nil)
		many := ep.Via(upstream(t, "b:1", "c:1"))
		done := make(chan error)
		go func() {
			resp, err := c.Do(&Request{Method: "GET", Target: "/"}, ep)
			if err == nil {
				resp.Release()
			}
			done <- err
		}()
		synctest.Wait()
		for name, tt := range map[string]struct {
			ep   *Endpoint
			time time.Duration
			took time.Duration
		}{
			"time to connect":    {ep, time.Minute, 5 * time.Second},
			"deadline":           {ep, time.Second, time.Second},
			"one of two servers": {many, time.Minute, 5 * time.Second},
		} {
			begin := time.Now()
			_, err := c.Do(&Request{Method: "GET", Target: "/", Deadline: begin.Add(tt.time)}, tt.ep)
			if took := time.Since(begin); !errors.Is(err, ErrBusy) || took != tt.took {
				t.Errorf("%s: %v after %v", name, err, took)
			}
		}
		close(hold)
		if err := <-done; err != nil {
			t.Error(err)
		}
		calls(t, c, "b.example", 1) // its place is free again
	})
}

// What cannot be connected to gives its place back.
func TestMaxConnectionsOfDeadBackends(t *testing.T) {
	c := client(t, Options{MaxConnections: 1, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no route")
	}})
	for range 3 {
		if _, err := c.Do(&Request{Method: "GET", Target: "/"}, endpoint(t, "http", "a.example", nil)); !errors.Is(err, ErrNetwork) {
			t.Error(err)
		}
	}
	secure := client(t, Options{MaxConnections: 1})
	mute := backend(t, func(_ int, nc net.Conn, _ *bufio.Reader) { nc.Close() })
	for range 3 {
		_, err := secure.Do(&Request{Method: "GET", Target: "/"}, endpoint(t, "https", mute.Authority(), nil))
		if !errors.Is(err, ErrNetwork) {
			t.Error(err)
		}
	}
}
