package integration

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A zone is a resolver whose records a test sets.
type zone struct {
	mu      sync.Mutex
	records map[string][]netip.Addr
	down    error
	asked   int
	slow    chan struct{} // closed when answers may go out; nil for at once
}

func (z *zone) set(host string, ips ...string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.records == nil {
		z.records = make(map[string][]netip.Addr)
	}
	z.records[host] = nil
	for _, ip := range ips {
		z.records[host] = append(z.records[host], netip.MustParseAddr(ip))
	}
}

func (z *zone) fail(err error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.down = err
}

func (z *zone) questions() int {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.asked
}

func (z *zone) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	z.mu.Lock()
	z.asked++
	slow := z.slow
	z.mu.Unlock()
	if slow != nil {
		select {
		case <-slow:
		case <-ctx.Done():
			return nil, &net.DNSError{Err: ctx.Err().Error(), Name: host, IsTimeout: true}
		}
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.records[host], z.down
}

// A network is a Dial whose backends are in memory and answer with their own
// address. Those in dead refuse, those in mute never answer a SYN.
type network struct {
	mu         sync.Mutex
	dead, mute map[string]bool
	dialled    map[string]int
	open       atomic.Int32
}

func newNetwork() *network {
	return &network{dead: map[string]bool{}, mute: map[string]bool{}, dialled: map[string]int{}}
}

func (nw *network) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	nw.mu.Lock()
	dead, mute := nw.dead[addr], nw.mute[addr]
	nw.dialled[addr]++
	nw.mu.Unlock()
	if mute {
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: ctx.Err()}
	}
	if dead {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	}
	nw.open.Add(1)
	near, far := net.Pipe()
	go func() {
		defer nw.open.Add(-1)
		defer far.Close()
		for r := bufio.NewReader(far); request(r) != ""; {
			fmt.Fprintf(far, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(addr), addr)
		}
	}()
	return near, nil
}

// A backend that moves in the DNS is followed within renewAfter under traffic
// that never lets its connections rest, and its old connections are closed.
func TestMovedBackend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z, nw := new(zone), newNetwork()
		z.set("a.example", "192.0.2.1")
		c := NewClient(Options{Dial: nw.dial, Lookup: z.lookup})
		defer c.Close()
		ep := endpoint(t, "http", "a.example", nil)
		every := func(d time.Duration, until func(answer string) bool) time.Duration {
			t.Helper()
			for begin := time.Now(); ; time.Sleep(d) {
				if since := time.Since(begin); until(tell(c, ep, "GET")) || since > time.Hour {
					return since
				}
			}
		}
		calls := 0
		every(100*time.Millisecond, func(answer string) bool {
			if answer != "192.0.2.1:80" {
				t.Fatal(answer)
			}
			calls++
			return calls == 5000
		})
		if nw.dialled["192.0.2.1:80"] != 1 {
			t.Errorf("%d connections where the DNS did not change, want 1", nw.dialled["192.0.2.1:80"])
		}
		if n := z.questions(); n > 5000/300+1 {
			t.Errorf("%d look-ups in 500 s", n)
		}
		z.set("a.example", "192.0.2.2")
		if took := every(100*time.Millisecond, func(answer string) bool { return answer == "192.0.2.2:80" }); took > renewAfter {
			t.Errorf("followed after %v", took)
		}
		synctest.Wait()
		if n := nw.open.Load(); n != 1 {
			t.Errorf("%d connections are open, want 1", n)
		}
	})
}

// A connection that was idle when its backend moved is not used either, though
// nobody called meanwhile.
func TestMovedWhileIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z, nw := new(zone), newNetwork()
		z.set("a.example", "192.0.2.1")
		c := NewClient(Options{Dial: nw.dial, Lookup: z.lookup})
		defer c.Close()
		ep := endpoint(t, "http", "a.example", nil)
		tell(c, ep, "GET")
		time.Sleep(10 * time.Second)
		z.set("a.example", "192.0.2.2")
		time.Sleep(renewAfter)
		if got := tell(c, ep, "GET"); got != "192.0.2.2:80" {
			t.Errorf("answered by %s", got)
		}
	})
}

// A name that is not used any more is asked for no more, and forgotten.
func TestForgottenName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z, nw := new(zone), newNetwork()
		z.set("a.example", "192.0.2.1")
		c := NewClient(Options{Dial: nw.dial, Lookup: z.lookup})
		defer c.Close()
		tell(c, endpoint(t, "http", "a.example", nil), "GET")
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := z.questions(); n > 4 || len(c.names.known) != 0 {
			t.Errorf("%d look-ups, %d names known", n, len(c.names.known))
		}
	})
}

// What a resolver that fails knew before goes on to be used, for its time.
func TestResolverFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z, nw := new(zone), newNetwork()
		z.set("a.example", "192.0.2.1")
		c := NewClient(Options{Dial: nw.dial, Lookup: z.lookup, Lifetime: 10 * time.Minute})
		defer c.Close()
		ep := endpoint(t, "http", "a.example", nil)
		tell(c, ep, "GET")
		z.fail(&net.DNSError{Err: "server misbehaving", Name: "a.example"})
		for range 10 {
			time.Sleep(50 * time.Second)
			if got := tell(c, ep, "GET"); got != "192.0.2.1:80" {
				t.Fatal(got)
			}
		}
		if n := nw.dialled["192.0.2.1:80"]; n != 1 {
			t.Errorf("%d connections, want 1", n)
		}
		time.Sleep(10 * time.Minute)
		_, err := c.Do(&Request{Method: "GET", Target: "/"}, ep)
		if !errors.Is(err, ErrAddress) || !strings.HasSuffix(err.Error(), "dial a.example:80: dial tcp: lookup a.example: server misbehaving") {
			t.Errorf("a name that could not be looked up for long: %v", err)
		}
		z.fail(nil)
		if got := tell(c, ep, "GET"); got != "192.0.2.1:80" {
			t.Errorf("the resolver is back: %s", got)
		}
	})
}

// Calls that need a name at once share one look-up, which holds up nobody who
// knows better, and their own time bounds their wait.
func TestSlowResolver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z, nw := &zone{slow: make(chan struct{})}, newNetwork()
		z.set("a.example", "192.0.2.1")
		c := NewClient(Options{Dial: nw.dial, Lookup: z.lookup})
		defer c.Close()
		ep := endpoint(t, "http", "a.example", nil)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if got := tell(c, ep, "GET"); got != "192.0.2.1:80" {
					t.Error(got)
				}
			})
		}
		wg.Go(func() {
			begin := time.Now()
			_, err := c.Do(&Request{Method: "GET", Target: "/", Deadline: begin.Add(time.Second)}, ep)
			if !errors.Is(err, ErrTimeout) || time.Since(begin) != time.Second {
				t.Errorf("after %v: %v", time.Since(begin), err)
			}
		})
		if got := tell(c, endpoint(t, "http", "192.0.2.9", nil), "GET"); got != "192.0.2.9:80" {
			t.Errorf("an address in place of a name: %s", got)
		}
		time.Sleep(5 * time.Second)
		close(z.slow)
		wg.Wait()
		if n := z.questions(); n != 1 {
			t.Errorf("%d look-ups, want 1", n)
		}
	})
}

// All addresses of a name are used, those of the family that the resolver
// prefers; one that cannot be reached costs no call, and rests.
func TestAddressesOfAName(t *testing.T) {
	tests := map[string]struct {
		records    []string
		dead, mute []string
		want       map[string]int // calls of 12 by who answered
		within     time.Duration
	}{
		"in turn":                 {records: []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}, want: map[string]int{"192.0.2.1:80": 4, "192.0.2.2:80": 4, "192.0.2.3:80": 4}},
		"one named twice":         {records: []string{"192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"}, want: map[string]int{"192.0.2.1:80": 6, "192.0.2.2:80": 6}},
		"the preferred family":    {records: []string{"2001:db8::1", "2001:db8::2", "192.0.2.1"}, want: map[string]int{"[2001:db8::1]:80": 6, "[2001:db8::2]:80": 6}},
		"the other family":        {records: []string{"2001:db8::1", "192.0.2.1"}, dead: []string{"[2001:db8::1]:80"}, want: map[string]int{"192.0.2.1:80": 12}},
		"one refuses":             {records: []string{"192.0.2.1", "192.0.2.2"}, dead: []string{"192.0.2.1:80"}, want: map[string]int{"192.0.2.2:80": 12}},
		"one does not answer":     {records: []string{"192.0.2.1", "192.0.2.2"}, mute: []string{"192.0.2.1:80"}, want: map[string]int{"192.0.2.2:80": 12}, within: attemptTime},
		"only one answers":        {records: []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}, mute: []string{"192.0.2.1:80", "192.0.2.2:80"}, want: map[string]int{"192.0.2.3:80": 12}, within: 2 * attemptTime},
		"none answers, in a time": {records: []string{"192.0.2.1", "192.0.2.2"}, mute: []string{"192.0.2.1:80", "192.0.2.2:80"}, want: map[string]int{"": 12}, within: 12 * 3 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				z, nw := new(zone), newNetwork()
				z.set("a.example", tt.records...)
				for _, addr := range tt.dead {
					nw.dead[addr] = true
				}
				for _, addr := range tt.mute {
					nw.mute[addr] = true
				}
				c := NewClient(Options{Dial: nw.dial, Lookup: z.lookup, MaxIdlePerHost: -1, ConnectTimeout: 3 * time.Second})
				defer c.Close()
				ep := endpoint(t, "http", "a.example", nil)
				got := map[string]int{}
				begin := time.Now()
				for range 12 {
					resp, err := c.Do(&Request{Method: "POST", Target: "/"}, ep)
					if err != nil {
						got[""]++
						continue
					}
					got[string(resp.Body)]++
					resp.Release()
				}
				if fmt.Sprint(got) != fmt.Sprint(tt.want) {
					t.Errorf("answered by %v, want %v", got, tt.want)
				}
				if took := time.Since(begin); took > tt.within {
					t.Errorf("took %v", took)
				}
				synctest.Wait()
			})
		})
	}
}

// A backend that moved and left nobody behind is found at once, and a dead one
// does not make every call ask.
func TestRefusedAddressIsLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z, nw := new(zone), newNetwork()
		z.set("a.example", "192.0.2.1")
		c := NewClient(Options{Dial: nw.dial, Lookup: z.lookup, MaxIdlePerHost: -1})
		defer c.Close()
		ep := endpoint(t, "http", "a.example", nil)
		tell(c, ep, "POST")
		time.Sleep(renewEvery)
		nw.mu.Lock()
		nw.dead["192.0.2.1:80"] = true
		nw.mu.Unlock()
		z.set("a.example", "192.0.2.2")
		if got := tell(c, ep, "POST"); got != "192.0.2.2:80" {
			t.Errorf("answered by %s", got)
		}
		nw.mu.Lock()
		nw.dead["192.0.2.2:80"] = true
		nw.mu.Unlock()
		before := z.questions()
		for range 100 {
			tell(c, ep, "POST")
			time.Sleep(20 * time.Millisecond)
		}
		if n := z.questions() - before; n > 2 {
			t.Errorf("%d look-ups in two seconds", n)
		}
		synctest.Wait()
	})
}

// A client that chooses hosts cannot make the gateway remember them all: what
// is over the bound is looked up for each connection.
func TestNamesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z, nw := new(zone), newNetwork()
		c := NewClient(Options{Dial: nw.dial, Lookup: z.lookup, MaxIdle: 3})
		defer c.Close()
		for i := range 10 {
			host := fmt.Sprintf("h%d.example", i)
			z.set(host, "192.0.2.1")
			ep := endpoint(t, "http", host, nil)
			for range 2 {
				if got := tell(c, ep, "GET"); got != "192.0.2.1:80" {
					t.Error(got)
				}
			}
		}
		synctest.Wait()
		if n := len(c.names.known); n != 3 {
			t.Errorf("%d names known, want 3", n)
		}
		tell(c, endpoint(t, "http", "unknown.example", nil), "GET")
		synctest.Wait()
		if n := z.questions(); n != 3+2*7+1 {
			t.Errorf("%d look-ups, want one for a known name and one a call for others", n)
		}
	})
}

// Two machines of one name: both are used, the one that stays when the other
// goes, and the one that took its place.
func TestMovedBackendOverSockets(t *testing.T) {
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(first.Addr().String())
	second, err := net.Listen("tcp", "127.0.0.2:"+port)
	if err != nil {
		first.Close()
		t.Skip("this system has no 127.0.0.2: " + err.Error())
	}
	var wg sync.WaitGroup
	for _, ln := range []net.Listener{first, second} {
		answer := "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" + ln.Addr().(*net.TCPAddr).IP.String()
		wg.Go(func() {
			for {
				nc, err := ln.Accept()
				if err != nil {
					return
				}
				wg.Go(func() {
					defer nc.Close()
					for r := bufio.NewReader(nc); request(r) != ""; {
						io.WriteString(nc, answer)
					}
				})
			}
		})
	}
	z := new(zone)
	z.set("pets.internal", "127.0.0.1", "127.0.0.2")
	c := NewClient(Options{Lookup: z.lookup})
	ep := endpoint(t, "http", "pets.internal:"+port, nil)
	got := map[string]int{}
	for range 4 {
		c.pool.drop(c.pool.lane(&ep.key))
		got[tell(c, ep, "GET")]++
	}
	if got["127.0.0.1"] != 2 || got["127.0.0.2"] != 2 {
		t.Errorf("answered by %v", got)
	}
	for _, ip := range []string{"127.0.0.1", "127.0.0.2"} {
		z.set("pets.internal", ip)
		n, _ := c.names.find(t.Context(), "pets.internal")
		n.again() // the time is up
		n.names.mu.Lock()
		l := n.looking
		n.names.mu.Unlock()
		if l != nil {
			<-l.done
		}
		for range 3 {
			if got := tell(c, ep, "POST"); got != ip {
				t.Errorf("answered by %s, want %s", got, ip)
			}
		}
	}
	c.Close()
	first.Close()
	second.Close()
	wg.Wait()
}
