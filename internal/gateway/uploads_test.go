package gateway

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// However many bodies of whatever sizes are begun and not ended, others' bodies of
// any size get through: those that come slowly make room for them.
func TestUploadsMakeRoom(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		limit   int64
		clients int
		sent    []int         // by each of the clients in turn
		drip    time.Duration // between the bytes that follow
	}{
		"mixed sizes":               {16 << 20, 300, []int{1, 1_000, 16_000, 17_000, 60_000, 250_000, 1_000_000}, 0},
		"a byte beyond each buffer": {16 << 20, 79, []int{1, 16<<10 + 1, 64<<10 + 1, 256<<10 + 1}, 0},
		"half of 10 MB":             {64 << 20, 79, []int{4<<20 + 1}, 0},
		"a large budget":            {128 << 20, 300, []int{256<<10 + 1, 1<<20 + 1, 1, 17_000}, 0},
		"some bytes now and then":   {16 << 20, 300, []int{1, 1_000, 16_000, 17_000, 60_000, 250_000}, 50 * time.Millisecond},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				budget := httpmsg.NewBudget(tt.limit)
				s := openPiped(t, Options{Budget: budget, MaxConnections: 1000}, Entrance{}, echo)
				var begun []<-chan bool
				for i := range tt.clients {
					begun = append(begun, begin(t, s, tt.sent[i%len(tt.sent)], tt.drip))
				}
				for _, all := range begun { // those that still come may be steady, and have rights
					<-all
				}
				settle(budget)
				for _, size := range []int{1, 1_000, 30_000, 300_000, 3_000_000, httpmsg.MaxBody} {
					if int64(size) > tt.limit/2 { // such bodies leave an eighth to others, and need their buffer twice
						continue
					}
					begin := time.Now()
					if status := s.post(t, strings.NewReader(strings.Repeat("x", size)), size); status != 200 {
						t.Errorf("%d bytes: status %d after %v", size, status, time.Since(begin))
					}
				}
			})
		})
	}
}

// A body that is announced costs nothing before its first byte has come.
func TestUploadAnnounced(t *testing.T) {
	budget := httpmsg.NewBudget(1 << 20)
	s := openTLS(t, Options{Budget: budget}, echo)
	plain := s.site.dial(t).secure()
	plain.send(stageHead("POST", "/dev") + "Content-Length: 500000\r\n\r\n")
	r, w := io.Pipe()
	defer w.Close()
	begun := make(chan bool)
	tr := s.http2(t)
	go func() {
		req, _ := http.NewRequest("POST", s.url+"/dev", r)
		req.Host, req.ContentLength = "abc123.execute-api.localhost", 500_000
		close(begun)
		_, _ = tr.RoundTrip(req)
	}()
	<-begun
	time.Sleep(100 * time.Millisecond)
	if n := budget.Used(); n != 0 {
		t.Errorf("%d bytes are borrowed", n)
	}
	_, _ = w.Write([]byte("x"))
	eventually(t, func() bool { return budget.Used() == 16<<10 })
}

// Bodies that come steadily, one that began before 300 others and one that begins
// behind them, are not cut off for them.
func TestSteadyUploadUnderAttack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openPiped(t, Options{Budget: httpmsg.NewBudget(64 << 20), MaxConnections: 1000}, Entrance{}, echo)
		done := make(chan int)
		steadily := func() {
			const size = httpmsg.MaxBody
			r, w := io.Pipe()
			var sending sync.WaitGroup
			sending.Go(func() {
				piece := make([]byte, size/100)
				for sent := 0; sent < size; sent += len(piece) {
					_, _ = w.Write(piece[:min(len(piece), size-sent)])
					time.Sleep(60 * time.Millisecond)
				}
				_ = w.Close()
			})
			status := s.post(t, r, size)
			sending.Wait()
			done <- status
		}
		go steadily()
		time.Sleep(2 * time.Second)
		sizes := []int{1, 16_000, 17_000, 60_000, 250_000, 1_000_000}
		for i := range 300 {
			begin(t, s, sizes[i%len(sizes)], 0)
		}
		time.Sleep(3 * time.Second)
		go steadily()
		for range 2 {
			if status := <-done; status != 200 {
				t.Errorf("status %d", status)
			}
		}
	})
}

// Whoever is cut off is told so, over each version of HTTP.
func TestCutOffUpload(t *testing.T) {
	budget := httpmsg.NewBudget(1 << 20)
	plain := open(t, Options{Budget: budget}, echo)
	secure := openTLS(t, Options{Budget: budget}, echo)
	for name, p := range map[string]*peer{"HTTP/1.1": plain.dial(t), "TLS": secure.site.dial(t).secure()} {
		t.Run(name, func(t *testing.T) {
			p.send(stageHead("POST", "/dev") + fmt.Sprintf("Content-Length: 500000\r\n\r\n%s", strings.Repeat("x", 400_000)))
			hold(t, budget)
			if status := plain.post(t, strings.NewReader(strings.Repeat("x", 500_000)), 500_000); status != 200 {
				t.Errorf("the other: status %d", status)
			}
			if resp, _ := p.receive("POST"); resp.StatusCode != 408 || !resp.Close {
				t.Errorf("status %d, closes: %t", resp.StatusCode, resp.Close)
			}
		})
	}
	t.Run("HTTP/2", func(t *testing.T) {
		r, w := io.Pipe()
		defer w.Close()
		go w.Write(make([]byte, 400_000))
		status := make(chan int)
		go func() {
			req, _ := http.NewRequest("POST", secure.url+"/dev", r)
			req.Host, req.ContentLength = "abc123.execute-api.localhost", 500_000
			resp, err := (&http.Client{Transport: secure.http2(t)}).Do(req)
			if err != nil {
				t.Error(err)
				close(status)
				return
			}
			resp.Body.Close()
			status <- resp.StatusCode
		}()
		hold(t, budget)
		if status := plain.post(t, strings.NewReader(strings.Repeat("x", 500_000)), 500_000); status != 200 {
			t.Errorf("the other: status %d", status)
		}
		if got := <-status; got != 408 {
			t.Errorf("status %d", got)
		}
	})
}

// Who is cut off as the last byte comes is told that the connection ends, too.
func TestCutOffAtTheEnd(t *testing.T) {
	s := open(t, Options{}, func(_ *stubServer, req *httpmsg.Request) *httpmsg.Response {
		c := req.Unread.(*call)
		if err := req.ReadBody(); err != nil {
			t.Error(err)
		}
		c.body.Interrupt()
		return refuseBody(os.ErrDeadlineExceeded)
	})
	if resp, _ := s.call(t, stageHead("POST", "/dev")+"Content-Length: 1\r\n\r\nx"); resp.StatusCode != 408 || !resp.Close {
		t.Errorf("status %d, closes: %t", resp.StatusCode, resp.Close)
	}
}

// hold waits until 400,000 bytes hold their buffer.
func hold(t *testing.T, budget *httpmsg.Budget) {
	t.Helper()
	eventually(t, func() bool { return budget.Used() == 512<<10 })
}

// begin begins a body of 10 MB, sends so much of it and then nothing, or a few
// bytes now and then. What it returns is closed when that much has been taken.
func begin(t *testing.T, s *site, sent int, drip time.Duration) <-chan bool {
	t.Helper()
	all := make(chan bool)
	nc, err := s.connect()
	if err != nil {
		t.Fatal(err)
	}
	var sending sync.WaitGroup
	t.Cleanup(func() { nc.Close(); sending.Wait() })
	sending.Go(func() {
		_, _ = io.WriteString(nc, stageHead("POST", "/dev")+"Content-Length: 10485760\r\n\r\n")
		_, err := nc.Write(make([]byte, sent))
		close(all)
		for drip > 0 && err == nil {
			time.Sleep(drip)
			_, err = nc.Write(make([]byte, 60))
		}
	})
	return all
}

// settle waits until what has been begun is in place: a budget that does not change
// for a while has no body that is still coming fast.
func settle(budget *httpmsg.Budget) {
	const while = 300 * time.Millisecond
	used, since := budget.Used(), time.Now()
	for time.Since(since) < while {
		time.Sleep(10 * time.Millisecond)
		if now := budget.Used(); now != used {
			used, since = now, time.Now()
		}
	}
}

// post sends a body over a connection of its own.
func (s *site) post(t *testing.T, body io.Reader, size int) (status int) {
	t.Helper()
	req, _ := http.NewRequest("POST", "http://"+s.addr+"/dev", struct{ io.Reader }{body})
	req.Host, req.ContentLength, req.Close = "abc123.execute-api.localhost", int64(size), true
	tr := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return s.connect() }}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}
