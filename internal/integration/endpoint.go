package integration

import (
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// An Endpoint is where requests go: scheme, host and port, with the TLS
// settings. Make it once per URI; it never changes and many goroutines may use
// it. Endpoints of the same scheme, address and *tls.Config share connections.
type Endpoint struct {
	authority string // the Host header: host, and the port if it is not the scheme's
	name      string // host alone, for TLS
	key       poolKey
	lane      *atomic.Pointer[lane]  // of key, as it was found last; nil in it for none
	upstream  *Upstream              // whose addresses are connected to instead of key's; nil for none
	keys      []poolKey              // one for each address of upstream
	lanes     []atomic.Pointer[lane] // of keys
}

// A poolKey says which connections are interchangeable.
type poolKey struct {
	addr   string // host:port to dial
	name   string // for TLS, when it is not addr's host
	secure bool
	tls    *tls.Config
}

var (
	errScheme = errors.New("the scheme is not http or https")
	errHost   = errors.New("the host is malformed")
	errPort   = errors.New("the port is malformed")
)

// NewEndpoint makes the endpoint of scheme "http" or "https" and an authority
// such as "example.com:8080". config is nil for the public certificate
// authorities; it must not be changed afterwards, and endpoints that are to
// share connections share its pointer. A malformed address is ErrAddress.
func NewEndpoint(scheme, authority string, config *tls.Config) (*Endpoint, error) {
	ep, err := newEndpoint(strings.ToLower(scheme), strings.ToLower(authority), config)
	if err != nil {
		return nil, &Error{Kind: ErrAddress, Op: "parse", Endpoint: strconv.Quote(authority), Err: err}
	}
	return ep, nil
}

// ParseURL splits an absolute http or https URL into its endpoint and the
// request target, path and query as they stand ("/" when there is none). A
// fragment is dropped.
func ParseURL(url string, config *tls.Config) (ep *Endpoint, target string, err error) {
	scheme, rest, _ := strings.Cut(url, "://")
	rest, _, _ = strings.Cut(rest, "#")
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	ep, err = NewEndpoint(scheme, rest[:end], config)
	if target = rest[end:]; target == "" || target[0] != '/' {
		target = "/" + target
	}
	return ep, target, err
}

// Authority returns the Host header that requests carry by default.
func (ep *Endpoint) Authority() string { return ep.authority }

// URL returns the scheme and the authority that requests name, such as
// https://example.com:8443, also where connections go to an upstream's addresses.
func (ep *Endpoint) URL() string {
	if ep.key.secure {
		return "https://" + ep.authority
	}
	return "http://" + ep.authority
}

func newEndpoint(scheme, authority string, config *tls.Config) (*Endpoint, error) {
	standard := "80"
	switch scheme {
	case "http":
		config = nil
	case "https":
		standard = "443"
	default:
		return nil, errScheme
	}
	host, port, err := splitAuthority(authority)
	if err != nil {
		return nil, err
	}
	ep := &Endpoint{authority: authority, name: host, lane: new(atomic.Pointer[lane])}
	if port == "" || port == standard {
		port = standard
		ep.authority = host
		if strings.Contains(host, ":") {
			ep.authority = "[" + host + "]"
		}
	}
	ep.key = poolKey{addr: net.JoinHostPort(host, port), secure: scheme == "https", tls: config}
	return ep, nil
}

// splitAuthority parts host and port; the host of "[::1]:80" is "::1".
func splitAuthority(authority string) (host, port string, err error) {
	host = authority
	colon := strings.LastIndexByte(authority, ':')
	if colon > strings.LastIndexByte(authority, ']') {
		host, port = authority[:colon], authority[colon+1:]
		if n, _ := strconv.ParseUint(port, 10, 16); n == 0 || strconv.FormatUint(n, 10) != port {
			return "", "", errPort
		}
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		if !ok || net.ParseIP(inner) == nil || !strings.Contains(inner, ":") {
			return "", "", errHost
		}
		return inner, port, nil
	}
	if !httpmsg.ValidHostname(host) {
		return "", "", errHost
	}
	return host, port, nil
}
