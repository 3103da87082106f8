package integration

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// Backends that stop in the midst of their answers do not keep the memory that those
// of others need.
func TestSlowBackendsMakeRoom(t *testing.T) {
	const size = 300_000
	answer := "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + strings.Repeat("x", size)
	synctest.Test(t, func(t *testing.T) {
		budget := httpmsg.NewBudget(4 << 20)
		halt := make(chan bool)
		c := NewClient(Options{Budget: budget, Dial: func(_ context.Context, _, addr string) (net.Conn, error) {
			near, far := net.Pipe()
			go func() {
				defer far.Close()
				for r := bufio.NewReader(far); request(r) != ""; {
					if strings.HasPrefix(addr, "slow") {
						io.WriteString(far, answer[:size*9/10])
						<-halt
						return
					}
					io.WriteString(far, answer)
				}
			}()
			return near, nil
		}})
		defer c.Close()
		get := func(host string) error {
			resp, err := c.Do(&Request{Method: "GET", Target: "/", Deadline: time.Now().Add(time.Minute)}, endpoint(t, "http", host, nil))
			if err == nil {
				if len(resp.Body) != size {
					t.Errorf("%d bytes of %d", len(resp.Body), size)
				}
				resp.Release()
			}
			return err
		}
		var wg sync.WaitGroup
		var cut atomic.Int32
		for range 30 {
			// One after the other: of those that begin at one moment, each may hold half of
			// what it needs and wait for the other half until all of them give up.
			time.Sleep(time.Millisecond)
			wg.Go(func() {
				if err := get("slow.example"); errors.Is(err, ErrTimeout) {
					cut.Add(1)
				}
			})
		}
		time.Sleep(10 * time.Second) // those for which there is no memory are through with waiting
		if free := budget.Limit() - budget.Used(); free > 1<<20 {
			t.Errorf("%d bytes are free beside slow answers", free)
		}
		for range 3 {
			if err := get("quick.example"); err != nil {
				t.Error("a quick backend's answer:", err)
			}
		}
		close(halt)
		wg.Wait()
		if cut.Load() == 0 {
			t.Error("none of the slow was cut off")
		}
		if used := budget.Used(); used != 0 {
			t.Errorf("%d bytes are not given back", used)
		}
	})
}
