package integration

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// Backends that stop in the midst of their answers do not keep the memory that those
// of others need.
func TestSlowBackendsMakeRoom(t *testing.T) {
	const size = 300_000
	answer := "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + strings.Repeat("x", size)
	budget := httpmsg.NewBudget(4 << 20)
	c := client(t, Options{Budget: budget})
	halt := make(chan bool)
	slow := backend(t, func(_ int, nc net.Conn, r *bufio.Reader) {
		request(r)
		io.WriteString(nc, answer[:size*9/10])
		<-halt
	})
	quick := backend(t, func(_ int, nc net.Conn, r *bufio.Reader) {
		for request(r) != "" {
			io.WriteString(nc, answer)
		}
	})
	get := func(ep *Endpoint) error {
		resp, err := c.Do(&Request{Method: "GET", Target: "/", Deadline: time.Now().Add(time.Minute)}, ep)
		if err == nil {
			if len(resp.Body) != size {
				t.Errorf("%d bytes of %d", len(resp.Body), size)
			}
			resp.Release()
		}
		return err
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	cut := 0
	for range 30 {
		wg.Go(func() {
			err := get(slow)
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, ErrTimeout) {
				cut++
			}
		})
	}
	for used := int64(-1); used != budget.Used() || used == 0; time.Sleep(100 * time.Millisecond) {
		used = budget.Used()
	}
	for range 3 {
		if err := get(quick); err != nil {
			t.Error("a quick backend's answer:", err)
		}
	}
	close(halt)
	wg.Wait()
	if cut == 0 {
		t.Error("none of the slow was cut off")
	}
	if used := budget.Used(); used != 0 {
		t.Errorf("%d bytes are not given back", used)
	}
}
