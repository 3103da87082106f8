package gateway

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// ambiguous reports whether a request that has arrived could be read
// differently behind us, as the one or the other of two requests: it has a
// fragment, which some cut off, or a host that is no name; over HTTP/2, which
// http1 has not read, a target in absolute form or with a space, a length beside
// another or that is no number, a Host beside another authority.
func ambiguous(a *arrival) bool {
	if strings.IndexByte(a.target, '#') >= 0 || !httpmsg.ValidHost(a.host) {
		return true
	}
	if a.stream == nil {
		return false
	}
	if a.target[0] != '/' && a.target != "*" || strings.IndexByte(a.target, ' ') >= 0 {
		return true
	}
	if lengths := a.stream.r.Header["Content-Length"]; len(lengths) > 0 {
		if _, ok := httpmsg.ParseLength(lengths[0]); !ok || len(lengths) > 1 {
			return true
		}
	}
	hosts := a.stream.r.Header["Host"]
	return len(hosts) > 1 || len(hosts) == 1 && hosts[0] != a.host
}
