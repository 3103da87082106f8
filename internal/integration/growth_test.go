package integration

import (
	"bufio"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// paced is a Dial whose backends take so long for each answer, and counts the calls
// under way.
type paced struct {
	takes atomic.Int64 // a time.Duration
	mu    sync.Mutex
	now   map[string]int
}

func (p *paced) dial(_ context.Context, _, addr string) (net.Conn, error) {
	near, far := net.Pipe()
	left := make(chan struct{})
	go func() {
		defer far.Close()
		for r := bufio.NewReader(far); request(r) != ""; {
			p.count(addr, 1)
			select {
			case <-time.After(time.Duration(p.takes.Load())):
			case <-left: // the call is given up, and no more under way
			}
			p.count(addr, -1)
			io.WriteString(far, ok)
		}
	}()
	return leaving{near, sync.OnceFunc(func() { close(left) })}, nil
}

// A leaving connection tells when it is closed.
type leaving struct {
	net.Conn
	tell func()
}

func (l leaving) Close() error {
	l.tell()
	return l.Conn.Close()
}

func (p *paced) count(addr string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now[addr] += n
}

func (p *paced) of(addr string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now[addr+":80"]
}

// crowd calls a host from as many callers, each again and again, until stop is
// closed.
func crowd(t *testing.T, c *Client, wg *sync.WaitGroup, stop <-chan bool, api, host string, callers int) {
	ep := endpoint(t, "http", host, nil)
	for i := range callers {
		wg.Go(func() {
			time.Sleep(time.Duration(i) * time.Millisecond) // so that calls do not end in step
			for {
				select {
				case <-stop:
					return
				default:
				}
				resp, err := c.Do(&Request{Method: "GET", Target: "/", API: api}, ep)
				if err != nil {
					continue
				}
				resp.Release()
			}
		})
	}
}

// An endpoint whose calls end quickly has half of the places while others leave
// them, gives the others what is theirs as soon as they want it, and has no more
// than its part when its calls take long. Newcomers find a place at any time.
func TestShareGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &paced{now: map[string]int{}}
		p.takes.Store(int64(200 * time.Millisecond))
		c := NewClient(Options{Dial: p.dial, MaxConnections: 80})
		var wg sync.WaitGroup
		stop := make(chan bool)
		look := func(host string) []int { // over the time of a call
			looks := make([]int, 200)
			for i := range looks {
				time.Sleep(time.Duration(p.takes.Load()) / time.Duration(len(looks)))
				looks[i] = p.of(host)
			}
			slices.Sort(looks)
			return looks
		}
		check := func(when, host string, looks []int, least, most int) {
			t.Helper()
			if first, last := looks[0], looks[len(looks)-1]; first < least || last > most {
				t.Errorf("%s: %s has %d to %d calls under way, want %d to %d", when, host, first, last, least, most)
			}
		}
		usually := func(when, host string, looks []int, least, most int) {
			t.Helper()
			if got := looks[len(looks)/2]; got < least || got > most {
				t.Errorf("%s: %s usually has %d calls under way, want %d to %d", when, host, got, least, most)
			}
		}
		newcomer := func(host string) {
			t.Helper()
			begin := time.Now()
			callsOf(t, c, host, host, 1)
			if took := time.Since(begin); took > time.Duration(p.takes.Load()) {
				t.Errorf("a newcomer waited: %v", took)
			}
		}

		crowd(t, c, &wg, stop, "a", "a.example", 100)
		time.Sleep(150*time.Millisecond + time.Millisecond/4) // no call ends in a quarter of a millisecond
		check("before its pace is known", "a.example", look("a.example"), 20, 20)
		time.Sleep(5 * time.Second)
		check("alone", "a.example", look("a.example"), 40, 40)
		newcomer("n.example")

		time.Sleep(time.Millisecond / 4)
		crowd(t, c, &wg, stop, "b", "b.example", 12)
		time.Sleep(2*time.Second + time.Millisecond/4)
		// A place that a call gives back may go to either, so that b has fewer until the
		// next is free; of 7 it is sure, even beside one that has half of all.
		looks := look("a.example")
		check("beside another", "a.example", looks, 20, 40)
		usually("beside another", "a.example", looks, 20, 28)
		looks = look("b.example")
		check("who wants less than its part", "b.example", looks, 7, 12)
		usually("who wants less than its part", "b.example", looks, 12, 12)

		p.takes.Store(int64(20 * time.Second))
		time.Sleep(time.Minute)
		check("when calls take long", "a.example", look("a.example"), 10, 20)
		check("beside calls that take long", "b.example", look("b.example"), 12, 12)
		newcomer("m.example")

		p.takes.Store(0)
		close(stop)
		wg.Wait()
		c.Close()
		time.Sleep(time.Minute) // until the backends have learnt of it
		if s := &c.pool.slots; s.calls.Load() != 0 || len(s.queue) != 0 || s.growing.Len() != 0 || s.waiting.Load() != 0 {
			t.Errorf("%d calls, %d APIs and %d shares wait", s.calls.Load(), len(s.queue), s.growing.Len())
		}
	})
}

// Who needs least comes first, of equals who has waited longest, in whatever order
// needs change.
func TestQueue(t *testing.T) {
	var q queue[*share]
	shares := make([]*share, 50)
	for i := range shares {
		shares[i] = new(share)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for turn := range uint64(5000) {
		sh := shares[random.IntN(len(shares))]
		settle(&q, sh, random.IntN(4) > 0, random.Int64N(5), turn)
		if random.IntN(5) == 0 && len(q) > 0 {
			served(&q, q[0], turn)
		}
		for _, sh := range shares {
			switch at := sh.place(); {
			case at.taken && q[at.index] != sh:
				t.Fatal("a seat does not know where it is")
			case at.taken && q.Less(at.index, 0):
				t.Fatal("the first is not the one that needs least")
			}
		}
	}
}
