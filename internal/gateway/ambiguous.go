package gateway

import (
	"net/http"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// ambiguous reports whether a request that net/http takes could be read
// differently behind us, as the one or the other of two requests: it has a
// fragment, which some cut off, or a host that is no name; over HTTP/2, where no
// scanner goes ahead, a target in absolute form or with a space, a length beside
// another or that is no number, a Host beside another authority.
func ambiguous(r *http.Request) bool {
	if strings.IndexByte(r.RequestURI, '#') >= 0 || !httpmsg.ValidHost(r.Host) {
		return true
	}
	if r.ProtoMajor < 2 {
		return false
	}
	if r.RequestURI[0] != '/' && r.RequestURI != "*" || strings.IndexByte(r.RequestURI, ' ') >= 0 {
		return true
	}
	if lengths := r.Header["Content-Length"]; len(lengths) > 0 {
		if _, ok := httpmsg.ParseLength(lengths[0]); !ok || len(lengths) > 1 {
			return true
		}
	}
	hosts := r.Header["Host"]
	return len(hosts) > 1 || len(hosts) == 1 && hosts[0] != r.Host
}
