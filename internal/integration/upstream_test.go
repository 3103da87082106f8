package integration

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func upstream(t testing.TB, addresses ...string) *Upstream {
	t.Helper()
	u, err := NewUpstream(addresses)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestNewUpstream(t *testing.T) {
	many := strings.Split(strings.Repeat("a:1 ", MaxAddresses), " ")[:MaxAddresses]
	tests := map[string]struct {
		addresses []string
		want      string // error, "" for none
	}{
		"names, IPv4 and IPv6": {[]string{"A.example:80", "127.0.0.1:8080", "[::1]:443"}, ""},
		"as many as may be":    {many, ""},
		"none":                 {nil, "there are no addresses"},
		"too many":             {append(many, "b:1"), "there are more than 64 addresses"},
		"no port":              {[]string{"a:1", "b"}, `address "b": the port is missing`},
		"port 0":               {[]string{"b:0"}, `address "b:0": the port is malformed`},
		"a URL":                {[]string{"http://b:1"}, `address "http://b:1": the host is malformed`},
		"no host":              {[]string{":80"}, `address ":80": the host is malformed`},
		"two in one":           {[]string{"a:1,b:2"}, `address "a:1,b:2": the host is malformed`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := NewUpstream(tt.addresses)
			if got := fmt.Sprint(err); got != tt.want && (err != nil || tt.want != "") {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// member is a backend that answers with its name and the Host that it is
// asked for.
func member(t testing.TB, name string) string {
	return backend(t, func(_ int, nc net.Conn, r *bufio.Reader) {
		for {
			text := request(r)
			if text == "" {
				return
			}
			_, host, _ := strings.Cut(text, "Host: ")
			host, _, _ = strings.Cut(host, "\r\n")
			body := name + " " + host
			fmt.Fprintf(nc, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		}
	}).Authority()
}

// dead is an address at which nobody listens.
func dead(t testing.TB) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	return ln.Addr().String()
}

// tell calls and returns the body, or the error.
func tell(c *Client, ep *Endpoint, method string) string {
	resp, err := c.Do(&Request{Method: method, Target: "/"}, ep)
	if err != nil {
		return err.Error()
	}
	defer resp.Release()
	return string(resp.Body)
}

func TestUpstreamTakesTurns(t *testing.T) {
	ep := endpoint(t, "http", "orders.internal:8080", nil).Via(upstream(t, member(t, "a"), member(t, "b"), member(t, "c")))
	c := client(t, Options{})
	count := map[string]int{}
	for range 30 {
		count[tell(c, ep, "GET")]++
	}
	for _, name := range []string{"a", "b", "c"} {
		if n := count[name+" orders.internal:8080"]; n != 10 {
			t.Errorf("%s served %d of 30 calls: %v", name, n, count)
		}
	}
}

// An address that cannot be connected to costs no call, whatever its method.
func TestUpstreamPassesOver(t *testing.T) {
	ep := endpoint(t, "http", "orders.internal", nil).Via(upstream(t, dead(t), member(t, "b"), dead(t)))
	c := client(t, Options{})
	for _, method := range []string{"GET", "POST", "PATCH", "GET", "POST", "POST"} {
		if got := tell(c, ep, method); got != "b orders.internal" {
			t.Errorf("%s: %s", method, got)
		}
	}
	none := endpoint(t, "http", "orders.internal", nil).Via(upstream(t, dead(t), dead(t)))
	for range 3 {
		_, err := c.Do(&Request{Method: "GET", Target: "/"}, none)
		if !errors.Is(err, ErrNetwork) || !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("all are dead: %v", err)
		}
	}
}

// An address that hangs up on new connections costs a call, and then no other for a while.
func TestUpstreamDistrusts(t *testing.T) {
	var calls atomic.Int32
	hangsUp := backend(t, func(_ int, nc net.Conn, r *bufio.Reader) { request(r); calls.Add(1) }).Authority()
	ep := endpoint(t, "http", "orders.internal", nil).Via(upstream(t, hangsUp, member(t, "b")))
	c := client(t, Options{})
	failed := 0
	for range 10 {
		if got := tell(c, ep, "GET"); got != "b orders.internal" {
			failed++
		}
	}
	if failed != 1 || calls.Load() != 1 {
		t.Errorf("%d calls failed, %d were sent there", failed, calls.Load())
	}
}

// What has been sent stays with the address that it was sent to.
func TestUpstreamSendsOnce(t *testing.T) {
	var sent atomic.Int32
	dies := func(_ int, nc net.Conn, r *bufio.Reader) { request(r); sent.Add(1) }
	u := upstream(t, backend(t, dies).Authority(), backend(t, dies).Authority())
	c := client(t, Options{})
	_, err := c.Do(&Request{Method: "GET", Target: "/"}, endpoint(t, "http", "x", nil).Via(u))
	if !errors.Is(err, ErrNetwork) || sent.Load() != 1 {
		t.Errorf("sent %d times, error %v", sent.Load(), err)
	}
}

// A kept connection that turned out dead is replaced by one to any address.
func TestUpstreamReplacesDeadConnections(t *testing.T) {
	var gone atomic.Bool
	first := backend(t, func(_ int, nc net.Conn, r *bufio.Reader) {
		for text := request(r); text != "" && !gone.Load(); text = request(r) {
			io.WriteString(nc, ok)
		}
	})
	ep := endpoint(t, "http", "x", nil).Via(upstream(t, first.Authority(), member(t, "b")))
	c := client(t, Options{})
	for range 4 {
		tell(c, ep, "GET")
	}
	gone.Store(true)
	if got := tell(c, ep, "GET"); got != "b x" {
		t.Errorf("got %q", got)
	}
}

// What killed one connection to an address most likely killed all of them, and
// none to the others.
func TestUpstreamDropsDeadConnections(t *testing.T) {
	var arrived sync.WaitGroup
	arrived.Add(3)
	first := backend(t, func(_ int, nc net.Conn, r *bufio.Reader) {
		request(r)
		arrived.Done()
		arrived.Wait() // three calls at a time need three connections
		io.WriteString(nc, ok)
		request(r)
	})
	second := member(t, "b")
	c := client(t, Options{})
	here := endpoint(t, "http", "x", nil)
	one, both := here.Via(upstream(t, first.Authority())), here.Via(upstream(t, first.Authority(), second))
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() { tell(c, one, "GET") })
	}
	wg.Wait()
	if got := tell(c, both, "GET"); got != "b x" {
		t.Errorf("got %q", got)
	}
	idle := map[string]int{}
	for key, lane := range c.pool.lanes {
		idle[key.addr] = lane.idle
	}
	if idle[first.Authority()] != 0 || idle[second] != 1 {
		t.Errorf("unused connections: %v", idle)
	}
}

// An address that does not answer is left alone for a while, and does not take
// the time that the others need.
func TestUpstreamRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		dialled := map[string]int{}
		mute := true
		live := new(pipes)
		c := NewClient(Options{ConnectTimeout: 10 * time.Second, MaxIdlePerHost: -1, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			mu.Lock()
			dialled[address]++
			wait := mute && address == "a:1"
			mu.Unlock()
			if wait {
				<-ctx.Done()
				return nil, &net.OpError{Op: "dial", Err: ctx.Err()}
			}
			return live.dial(ctx, network, address)
		}})
		defer c.Close()
		ep := endpoint(t, "http", "x", nil).Via(upstream(t, "a:1", "b:1"))
		do := func(took time.Duration) {
			t.Helper()
			begin := time.Now()
			resp, err := c.Do(&Request{Method: "POST", Target: "/", Deadline: begin.Add(4 * time.Second)}, ep)
			if err != nil {
				t.Fatal(err)
			}
			resp.Release()
			if got := time.Since(begin); got != took {
				t.Errorf("took %v, want %v", got, took)
			}
		}
		do(2 * time.Second) // a's half of the time
		for range 5 {
			do(0)
		}
		if dialled["a:1"] != 1 || dialled["b:1"] != 6 {
			t.Errorf("dialled %v", dialled)
		}
		mu.Lock()
		mute = false
		mu.Unlock()
		time.Sleep(restTime)
		for range 4 {
			do(0)
		}
		if dialled["a:1"] != 3 || dialled["b:1"] != 8 {
			t.Errorf("after a rest: dialled %v", dialled)
		}
		synctest.Wait()
	})
}

// Members under TLS have the certificate of the URI's host, and connections are
// not shared between hosts, nor between settings.
func TestUpstreamTLS(t *testing.T) {
	var conns atomic.Int32
	srv := newTLSServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %d", r.TLS.ServerName, r.Host, len(r.TLS.PeerCertificates))
	}))
	dial := new(net.Dialer)
	c := client(t, Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		conns.Add(1)
		return dial.DialContext(ctx, network, address)
	}})
	u := upstream(t, dead(t), srv.addr)
	plain := &tls.Config{RootCAs: srv.roots}
	certified := &tls.Config{RootCAs: srv.roots, Certificates: []tls.Certificate{srv.cert}}
	for _, tt := range []struct {
		host   string
		config *tls.Config
		want   string
	}{
		{"example.com", plain, "example.com example.com 0"},
		{"example.com:9000", plain, "example.com example.com:9000 0"},
		{"a.example.com", plain, "a.example.com a.example.com 0"},
		{"example.com", certified, "example.com example.com 1"},
	} {
		ep := endpoint(t, "https", tt.host, tt.config).Via(u)
		for range 2 {
			if got := tell(c, ep, "GET"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		}
	}
	if _, err := c.Do(&Request{Method: "GET", Target: "/"}, endpoint(t, "https", "other.org", plain).Via(u)); !errors.Is(err, ErrNetwork) {
		t.Errorf("a certificate of another host: %v", err)
	}
	if n := conns.Load(); n > 8 {
		t.Errorf("%d connections were tried", n)
	}
}

func TestUpstreamConcurrently(t *testing.T) {
	ep := endpoint(t, "http", "x", nil).Via(upstream(t, member(t, "a"), dead(t), member(t, "b")))
	c := client(t, Options{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if got := tell(c, ep, "POST"); got != "a x" && got != "b x" {
					t.Error(got)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkDoVia(b *testing.B) {
	const answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"hello\":\"you\"}"
	c := NewClient(Options{})
	defer c.Close()
	ep := endpoint(b, "http", "orders.internal", nil).Via(upstream(b, canned(b, answer), canned(b, answer), canned(b, answer)))
	benchmarkDo(b, c, &Request{Method: "GET", Target: "/"}, ep, 15)
}
