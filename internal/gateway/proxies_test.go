package gateway

import (
	"net/netip"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

func TestIdentify(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	xff := func(lines ...string) (h httpmsg.Header) {
		for _, l := range lines {
			h.Add("X-Forwarded-For", l)
		}
		return h
	}
	tests := map[string]struct {
		peer    string
		trusted []netip.Prefix
		header  httpmsg.Header
		ip      string
		scheme  string
	}{
		"peer":                         {"192.0.2.1:5000", nil, nil, "192.0.2.1", "http"},
		"peer on IPv6":                 {"[2001:db8::1]:5000", nil, nil, "2001:db8::1", "http"},
		"nobody trusted":               {"10.0.0.1:1", nil, xff("192.0.2.9"), "10.0.0.1", "http"},
		"peer not trusted":             {"192.0.2.1:1", trusted, xff("192.0.2.9"), "192.0.2.1", "http"},
		"trusted, no header":           {"10.0.0.1:1", trusted, nil, "10.0.0.1", "http"},
		"trusted":                      {"10.0.0.1:1", trusted, xff("192.0.2.9"), "192.0.2.9", "http"},
		"right to left":                {"10.0.0.1:1", trusted, xff("1.1.1.1, 192.0.2.9, 10.2.3.4"), "192.0.2.9", "http"},
		"several lines":                {"10.0.0.1:1", trusted, xff("1.1.1.1", "192.0.2.9", "10.2.3.4,10.2.3.5"), "192.0.2.9", "http"},
		"all trusted":                  {"10.0.0.1:1", trusted, xff("10.9.9.9, 10.2.3.4"), "10.9.9.9", "http"},
		"nonsense stops it":            {"10.0.0.1:1", trusted, xff("192.0.2.9, unknown, 10.2.3.4"), "10.2.3.4", "http"},
		"nonsense at once":             {"10.0.0.1:1", trusted, xff("192.0.2.9, "), "10.0.0.1", "http"},
		"with ports":                   {"10.0.0.1:1", trusted, xff("192.0.2.9:4711, 10.2.3.4:80"), "192.0.2.9", "http"},
		"IPv6":                         {"[fd00::1]:1", trusted, xff("2001:db8::7"), "2001:db8::7", "http"},
		"IPv6 with port":               {"[fd00::1]:1", trusted, xff("[2001:db8::7]:99"), "2001:db8::7", "http"},
		"IPv4 in IPv6":                 {"[::ffff:10.0.0.1]:1", trusted, xff("::ffff:192.0.2.9"), "192.0.2.9", "http"},
		"zone":                         {"[fd00::1%eth0]:1", trusted, xff("192.0.2.9"), "192.0.2.9", "http"},
		"scheme":                       {"10.0.0.1:1", trusted, httpmsg.Header{{Name: "X-Forwarded-Proto", Value: "https"}}, "10.0.0.1", "https"},
		"scheme of a peer not trusted": {"192.0.2.1:1", trusted, httpmsg.Header{{Name: "X-Forwarded-Proto", Value: "https"}}, "192.0.2.1", "http"},
		"unknown scheme":               {"10.0.0.1:1", trusted, httpmsg.Header{{Name: "X-Forwarded-Proto", Value: "gopher"}}, "10.0.0.1", "http"},
		"spelling":                     {"10.0.0.1:1", trusted, httpmsg.Header{{Name: "x-forwarded-for", Value: "192.0.2.9"}}, "192.0.2.9", "http"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			req := &httpmsg.Request{Peer: &httpmsg.Peer{Address: withoutPort(tt.peer)}, Header: tt.header, Scheme: "http"}
			(&proxies{trusted: tt.trusted}).identify(req)
			if req.SourceIP != tt.ip || req.Scheme != tt.scheme {
				t.Errorf("%s %s, want %s %s", req.SourceIP, req.Scheme, tt.ip, tt.scheme)
			}
		})
	}
}

func FuzzIdentify(f *testing.F) {
	f.Add("10.0.0.1:1", "1.1.1.1, [::1]:2,10.0.0.2")
	f.Fuzz(func(t *testing.T, peer, list string) {
		req := &httpmsg.Request{Peer: &httpmsg.Peer{Address: withoutPort(peer)}, Header: httpmsg.Header{{Name: "X-Forwarded-For", Value: list}}}
		(&proxies{trusted: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}}).identify(req)
		if _, err := netip.ParseAddr(req.SourceIP); err != nil && req.SourceIP != withoutPort(peer) {
			t.Errorf("source %q", req.SourceIP)
		}
	})
}
