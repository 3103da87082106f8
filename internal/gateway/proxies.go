package gateway

import (
	"net/netip"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// proxies are the addresses whose X-Forwarded-For is believed.
type proxies struct{ trusted []netip.Prefix }

// identify sets req's SourceIP: the peer, or when that is a trusted proxy the
// last address of X-Forwarded-For that is not one. A trusted peer's
// X-Forwarded-Proto decides the scheme. A balancer of TCP writes neither.
func (p *proxies) identify(req *httpmsg.Request) {
	req.SourceIP = req.Peer.Address
	if len(p.trusted) == 0 || req.Peer.Unnamed {
		return
	}
	addr, err := netip.ParseAddr(req.SourceIP)
	if err != nil || !p.trust(addr) {
		return
	}
	if scheme, _ := req.Header.Last("X-Forwarded-Proto"); scheme == "http" || scheme == "https" {
		req.Scheme = scheme
	}
	for i := len(req.Header) - 1; i >= 0; i-- {
		if !httpmsg.EqualFold(req.Header[i].Name, "X-Forwarded-For") {
			continue
		}
		for list := req.Header[i].Value; list != ""; {
			var item string
			list, item = cutLast(list)
			addr, ok := forwardedAddr(item)
			if !ok {
				return // nobody vouches for what stands before it
			}
			req.SourceIP = addr.String()
			if !p.trust(addr) {
				return
			}
		}
	}
}

func (p *proxies) trust(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, prefix := range p.trusted {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// cutLast parts a comma-separated list before its last item.
func cutLast(list string) (before, item string) {
	if at := strings.LastIndexByte(list, ','); at >= 0 {
		return list[:at], list[at+1:]
	}
	return "", list
}

// forwardedAddr reads one item of X-Forwarded-For: an address, perhaps with
// the port that some proxies add.
func forwardedAddr(item string) (netip.Addr, bool) {
	item = httpmsg.TrimValue(item)
	addr, err := netip.ParseAddr(item)
	if err != nil {
		addr, err = netip.ParseAddr(withoutPort(item))
	}
	return addr.Unmap().WithZone(""), err == nil
}

// withoutPort cuts the port off "1.2.3.4:5" and "[::1]:5".
func withoutPort(hostport string) string {
	host := hostport
	if at := strings.LastIndexByte(hostport, ':'); at >= 0 {
		host = hostport[:at]
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		return strings.TrimSuffix(inner, "]")
	}
	return host
}
