package integration

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// sluggards is a Dial of hosts of which those whose names begin with "hung" read
// requests and answer none, until they are let go. The others take livelyTime, so
// that calls at once each need a connection of their own.
func sluggards(free <-chan bool) func(context.Context, string, string) (net.Conn, error) {
	return func(_ context.Context, _, addr string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			for r := bufio.NewReader(far); request(r) != ""; {
				if strings.HasPrefix(addr, "hung") {
					<-free
				} else {
					time.Sleep(livelyTime)
				}
				io.WriteString(far, ok)
			}
		}()
		return near, nil
	}
}

const livelyTime = time.Second

// However many calls hang, the calls of other endpoints are served at once, and
// those that have waited are served when the hung ones are through.
func TestHungEndpoints(t *testing.T) {
	tests := map[string]struct {
		bound, hung int
		apis        int    // that the hung endpoints are of, in turn
		api         string // of one more endpoint; those of the hung ones are a0, a1 and so on
		others      int    // calls of it at once that find a connection
		kept        int    // connections that the hung endpoints had before, each
	}{
		"one":                               {bound: 16, hung: 1, apis: 1, api: "b", others: 3},
		"one that had kept all":             {bound: 16, hung: 1, apis: 1, api: "b", others: 3, kept: 4},
		"one of the same API":               {bound: 40, hung: 1, apis: 1, api: "a0", others: 5},
		"three":                             {bound: 40, hung: 3, apis: 1, api: "b", others: 5},
		"of two connections":                {bound: 2, hung: 1, apis: 1, api: "b", others: 1},
		"many that had kept all there":      {bound: 60, hung: 5, apis: 5, api: "b", others: 2, kept: 4},
		"an eighth of the same API":         {bound: 400, hung: 50, apis: 1, api: "a0", others: 1},
		"as many hosts as a client likes":   {bound: 400, hung: 500, apis: 1, api: "b", others: 34},
		"an eighth, of many APIs":           {bound: 400, hung: 50, apis: 50, api: "a0", others: 1},
		"a quarter, for an API without any": {bound: 400, hung: 99, apis: 99, api: "b", others: 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				free := make(chan bool)
				c := NewClient(Options{Dial: sluggards(free), MaxConnections: tt.bound})
				defer c.Close()
				var hung []*Endpoint
				for i := range tt.hung {
					hung = append(hung, endpoint(t, "http", fmt.Sprint("hung", i, ".example"), nil))
				}
				for range tt.hung * tt.kept { // answered, and then not any more
					go func() { free <- true }()
				}
				var wg sync.WaitGroup
				call := func(i int, ep *Endpoint, n int) {
					req := &Request{Method: "GET", Target: "/", API: fmt.Sprint("a", i%tt.apis)}
					for range n {
						wg.Go(func() {
							resp, err := c.Do(req, ep)
							if err == nil {
								resp.Release()
							} else if !errors.Is(err, ErrBusy) {
								t.Error(err)
							}
						})
					}
				}
				for i, ep := range hung {
					call(i, ep, tt.kept)
				}
				wg.Wait()
				for i, ep := range hung { // one after the other, so that the first have all they may
					call(i, ep, min(2*tt.bound, 4+120/(1+i)))
					synctest.Wait()
				}
				begin := time.Now()
				const rounds = 3
				for range rounds {
					callsOf(t, c, tt.api, "live.example", tt.others)
				}
				if took := time.Since(begin); took != rounds*livelyTime {
					t.Errorf("calls of the other endpoint took %v, want %v", took, rounds*livelyTime)
				}
				begin = time.Now()
				close(free)
				wg.Wait()
				if took := time.Since(begin); took != 0 {
					t.Errorf("a free connection was waited for: %v", took)
				}
			})
		})
	}
}

// One endpoint alone has a quarter of the connections, and calls beyond that fail
// after the time to connect.
func TestShareOfOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan bool)
		c := NewClient(Options{Dial: sluggards(free), MaxConnections: 20})
		defer c.Close()
		ep := endpoint(t, "http", "hung.example", nil)
		var wg sync.WaitGroup
		var mu sync.Mutex
		busy := 0
		for range 20 {
			wg.Go(func() {
				resp, err := c.Do(&Request{Method: "GET", Target: "/"}, ep)
				switch {
				case err == nil:
					resp.Release()
				case errors.Is(err, ErrBusy):
					mu.Lock()
					busy++
					mu.Unlock()
				default:
					t.Error(err)
				}
			})
		}
		time.Sleep(10*time.Second + time.Millisecond)
		close(free)
		wg.Wait()
		if busy != 15 {
			t.Errorf("%d calls found no connection, want all but 5", busy)
		}
		time.Sleep(3 * time.Minute) // more than connections are kept
		synctest.Wait()
		if lanes, apis := len(c.pool.lanes), len(c.pool.apis.table); lanes != 0 || apis != 0 {
			t.Errorf("%d endpoints and %d APIs are known when all calls are through, also those that waited in vain", lanes, apis)
		}
	})
}

// Calls are quick that end soon after they began, as many as there are under way.
func TestPace(t *testing.T) {
	type period struct {
		asked   time.Duration // after the period's begin
		ended   int           // calls in it
		held    time.Duration // by each of them
		late    int           // more calls that ended in it, which had hung
		running int           // calls, when it was asked
	}
	const half = paceTime + paceTime/2
	tests := map[string]struct {
		periods []period
		quick   bool // in the end
	}{
		"all end at once":                   {[]period{{half, 40, time.Millisecond, 0, 20}}, true},
		"just as many as have to":           {[]period{{paceTime, 5, soon, 0, 20}}, true},
		"one fewer":                         {[]period{{paceTime, 4, soon, 0, 20}}, false},
		"none end":                          {[]period{{half, 0, 0, 0, 20}}, false},
		"none end and none is under way":    {[]period{{half, 0, 0, 0, 0}}, false},
		"hung calls end together":           {[]period{{half, 0, 0, 28, 3}}, false},
		"hung calls end, and none is left":  {[]period{{half, 0, 0, 28, 0}}, false},
		"a quick one among them":            {[]period{{half, 1, time.Millisecond, 28, 0}}, false},
		"a call that hung among quick ones": {[]period{{half, 40, time.Millisecond, 1, 20}}, true},
		"nobody asked for long":             {[]period{{2 * paceTime, 40, time.Millisecond, 0, 1}}, false},
		"the next period has not ended":     {[]period{{half, 40, time.Millisecond, 0, 20}, {paceTime - 1, 0, 0, 0, 40}}, true},
		"ends of the period before":         {[]period{{half, 40, time.Millisecond, 0, 20}, {half, 0, 0, 0, 20}}, false},
		"they hung before":                  {[]period{{half, 0, 0, 40, 20}, {half, 40, time.Millisecond, 0, 20}}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var p pace
			now := time.Now()
			if p.isQuick(0, now) {
				t.Error("quick before any call has ended")
			}
			quick := false
			for _, per := range tt.periods {
				now = now.Add(per.asked)
				for range per.ended {
					p.end(per.held)
				}
				for range per.late {
					p.end(soon + 1)
				}
				quick = p.isQuick(per.running, now)
			}
			if quick != tt.quick {
				t.Errorf("quick is %v, want %v", quick, tt.quick)
			}
		})
	}
}

// A place that comes free after a call was refused it, and before that call waits,
// is the call's.
func TestPlaceFreedBeforeWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewClient(Options{MaxConnections: 1})
		defer c.Close()
		key := &poolKey{addr: "a.example:80"}
		first, _, placed := c.pool.enter(key, nil, "a", false)
		if !placed {
			t.Fatal("no place for the first call")
		}
		second, _, placed := c.pool.enter(key, nil, "a", false)
		if placed {
			t.Fatal("a place for two calls")
		}
		c.pool.leave(first)
		begin := time.Now()
		if err := c.pool.slots.wait(second, begin.Add(time.Hour), nil); err != nil || !time.Now().Equal(begin) {
			t.Errorf("waited for %v, %v", time.Since(begin), err)
		}
		c.pool.leave(second)
	})
}
