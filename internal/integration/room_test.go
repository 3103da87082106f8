package integration

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// A sticky connection takes a second to close, as one under TLS may.
type sticky struct{ net.Conn }

func (s sticky) Close() error {
	time.Sleep(time.Second)
	return s.Conn.Close()
}

// What is being closed makes room at once, however many there are.
func TestRoomWhileConnectionsClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewClient(Options{MaxConnections: 9, Dial: func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go func() {
				for r := bufio.NewReader(far); request(r) != ""; {
					time.Sleep(time.Millisecond)
					io.WriteString(far, ok)
				}
				far.Close()
			}()
			return sticky{near}, nil
		}})
		calls(t, c, "a.example", 4)
		calls(t, c, "b.example", 3)
		calls(t, c, "c.example", 2)
		go c.Close()
		synctest.Wait()
		begin := time.Now()
		if resp, err := c.Do(&Request{Method: "GET", Target: "/"}, endpoint(t, "http", "d.example", nil)); err != nil {
			t.Error(err)
		} else {
			resp.Release()
		}
		if took := time.Since(begin); took > 2*time.Second { // its own connection is closed behind it
			t.Errorf("a call waited for %v", took)
		}
		time.Sleep(time.Minute)
		if open := c.pool.slots.open.Load(); open != 0 {
			t.Errorf("%d connections are counted", open)
		}
	})
}

// Whoever finds no room waits for some, as long as connecting may take and not at
// work.
func TestNoRoomForAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pipes
		c := NewClient(Options{Dial: p.dial, MaxConnections: 8, ConnectTimeout: 5 * time.Second})
		defer c.Close()
		ep := endpoint(t, "http", "a.example", nil)
		for range 8 {
			c.pool.slots.count()
		}
		begin := time.Now()
		if _, err := c.Do(&Request{Method: "GET", Target: "/"}, ep); !errors.Is(err, ErrBusy) || time.Since(begin) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		errs := make(chan error)
		for range 2 {
			go func() {
				resp, err := c.Do(&Request{Method: "GET", Target: "/"}, ep)
				if err == nil {
					resp.Release()
				}
				errs <- err
			}()
		}
		time.Sleep(time.Second)
		begin = time.Now()
		for range 8 {
			c.pool.slots.uncount()
		}
		for range 2 {
			if err := <-errs; err != nil || time.Since(begin) != 0 {
				t.Errorf("%v after %v", err, time.Since(begin))
			}
		}
	})
}
