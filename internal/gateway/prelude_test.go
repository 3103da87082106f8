package gateway

import (
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

var (
	thisMachine = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	elsewhere   = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
)

const (
	signature2 = "\r\n\r\n\x00\r\nQUIT\n"
	client2    = signature2 + "\x21\x11\x00\x0c\xc0\x00\x02\x07\x0a\x00\x00\x01\x04\xd2\x01\xbb" // 192.0.2.7
	health2    = signature2 + "\x20\x00\x00\x00"
	client1    = "PROXY TCP6 2001:db8::7 2001:db8::1 1234 443\r\n"
)

// TestProxyProtocol sees clients by the addresses that a balancer says in front of their
// requests, if it is trusted.
func TestProxyProtocol(t *testing.T) {
	trusting := openAs(t, Options{TrustedProxies: thisMachine}, Entrance{ProxyProtocol: true}, echo)
	for name, test := range map[string]struct{ header, more, source string }{
		"version 1":                             {client1, "", "2001:db8::7"},
		"version 2":                             {client2, "", "192.0.2.7"},
		"a check of the balancer's own":         {health2, "", "127.0.0.1"},
		"a client that it does not know":        {"PROXY UNKNOWN\r\n", "", "127.0.0.1"},
		"what such a client says of itself":     {"PROXY UNKNOWN\r\n", "X-Forwarded-For: 198.51.100.1\r\n", "127.0.0.1"},
		"what comes by a check says nobody":     {health2, "X-Forwarded-For: 198.51.100.1\r\n", "127.0.0.1"},
		"what the client says of itself":        {client2, "X-Forwarded-For: 198.51.100.1\r\n", "192.0.2.7"},
		"a trusted proxy behind the balancer":   {"PROXY TCP4 127.0.0.9 127.0.0.1 1 2\r\n", "X-Forwarded-For: 198.51.100.1\r\n", "198.51.100.1"},
		"an address of IPv4 in one of IPv6":     {"PROXY TCP6 ::ffff:192.0.2.9 ::1 1 2\r\n", "", "192.0.2.9"},
		"the balancer's, by one that is mapped": {"PROXY TCP6 ::ffff:127.0.0.9 ::1 1 2\r\n", "X-Forwarded-For: 198.51.100.1\r\n", "198.51.100.1"},
	} {
		t.Run(name, func(t *testing.T) {
			p := trusting.dial(t)
			for range 2 { // the header is said once
				p.send(test.header + stageHead("GET", "/dev/x") + test.more + "\r\n")
				resp, body := p.receive("GET")
				if got := see(t, resp, body); got.Source != test.source {
					t.Errorf("the stage sees %s, want %s", got.Source, test.source)
				}
				test.header = ""
			}
		})
	}
	trusting.Trust(elsewhere)
	for name, header := range map[string]string{"version 1": client1, "version 2": client2} {
		resp, body := trusting.call(t, header+stageHead("GET", "/dev/x")+"\r\n")
		if resp.StatusCode != 400 {
			t.Errorf("%s, of a peer that is not trusted: %d %s", name, resp.StatusCode, body)
		}
	}
	resp, body := trusting.call(t, stageHead("GET", "/dev/x")+"\r\n")
	if got := see(t, resp, body); got.Source != "127.0.0.1" {
		t.Errorf("a peer that is not trusted is seen as %s", got.Source)
	}
	without := openAs(t, Options{TrustedProxies: thisMachine}, Entrance{}, echo)
	if resp, body := without.call(t, client1+stageHead("GET", "/dev/x")+"\r\n"); resp.StatusCode != 400 {
		t.Errorf("where nobody speaks the protocol: %d %s", resp.StatusCode, body)
	}
}

// TestUnnamedClient has the clients that a balancer does not name come by no VPC endpoint,
// in whose networks the balancer is.
func TestUnnamedClient(t *testing.T) {
	g := New(Options{VPCEndpoints: []VPCEndpoint{{&httpmsg.VPCEndpoint{ID: "vpce-1", VPC: "vpc-1"}, thisMachine}}})
	for unnamed, want := range map[bool]bool{false: true, true: false} {
		req := &httpmsg.Request{SourceIP: "127.0.0.1", Peer: &httpmsg.Peer{Address: "127.0.0.1", Unnamed: unnamed}}
		if got := g.vpcEndpoint(req) != nil; got != want {
			t.Errorf("unnamed %t: by a VPC endpoint %t", unnamed, got)
		}
	}
}

// TestNoProxyHeader ends the connections of balancers that do not begin with a header, of
// which the log tells once.
func TestNoProxyHeader(t *testing.T) {
	s := openAs(t, Options{TrustedProxies: thisMachine, ReadHeaderTimeout: 100 * time.Millisecond}, Entrance{Name: "here", ProxyProtocol: true}, echo)
	for name, text := range map[string]string{
		"a request":              stageHead("GET", "/dev/x") + "\r\n",
		"TLS":                    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00",
		"half a header":          "PROXY TCP4 192.0.2.7",
		"half of version 2":      client2[:20],
		"an endless line":        "PROXY " + strings.Repeat("x", 1<<10),
		"more than there may be": signature2 + "\x21\x11\xff\xff" + strings.Repeat("x", 1<<10),
		"another command":        signature2 + "\x2f\x11\x00\x0c" + strings.Repeat("x", 12),
		"a name for an address":  "PROXY TCP4 host.example.com 127.0.0.1 1 2\r\n",
		"nothing for a time":     "P",
	} {
		nc, err := s.connect()
		if err != nil {
			t.Fatal(err)
		}
		_ = nc.SetDeadline(time.Now().Add(patience))
		_, _ = io.WriteString(nc, text)
		if answer, err := io.ReadAll(nc); len(answer) > 0 || isTimeout(err) { // a reset tells as well
			t.Errorf("%s: got %q, %v", name, answer, err)
		}
		_ = nc.Close()
	}
	for range 3 { // of a balancer that looks whether somebody listens
		nc, err := s.connect()
		if err != nil {
			t.Fatal(err)
		}
		_ = nc.Close()
	}
	p := s.dial(t)
	p.send(client2 + stageHead("GET", "/dev/x") + "\r\n")
	resp, body := p.receive("GET")
	if got := see(t, resp, body); got.Source != "192.0.2.7" {
		t.Errorf("another connection is seen as %s", got.Source)
	}
	if n := strings.Count(s.log.String(), "does not begin as the PROXY protocol wants it"); n < 1 || n > 2 || !strings.Contains(s.log.String(), "listener=here proxy=127.0.0.1") {
		t.Errorf("the log has %d lines:\n%s", n, s.log)
	}
}

func isTimeout(err error) bool {
	timeout, ok := err.(interface{ Timeout() bool })
	return ok && timeout.Timeout()
}
