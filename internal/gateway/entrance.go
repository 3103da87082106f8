package gateway

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"

	"github.com/gatehouse-gw/gatehouse/internal/http1"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// An Entrance says what a listener is for. The zero Entrance serves all stages
// over plain HTTP/1.1, and nothing else.
type Entrance struct {
	// Name is what httpmsg.Peer calls the listener.
	Name string

	// TLS makes it HTTP/1.1 under TLS, and HTTP/2 where the handshake says so (ALPN).
	TLS *tls.Config

	// ProxyProtocol has the connections of trusted proxies (Options.TrustedProxies) begin
	// with a header of the PROXY protocol, which says who the client is. One without ends.
	ProxyProtocol bool

	// Challenge has the text that answers a certificate authority which asks for a path,
	// before anything else does; false for other paths. Nil is that none asks.
	Challenge func(path string) (text string, ok bool)

	// HTTPSPort has requests for stages answered with a redirect to their Host at this
	// port, under TLS, unless a trusted proxy sends them; 0 serves them.
	HTTPSPort int

	// API and Stage name the one stage that is served, with nothing of it in the
	// URLs; without them all are, by Host or path.
	API, Stage string

	// VPCEndpoint makes the listener that of a VPC endpoint: its callers may name the
	// API in x-apigw-api-id, whatever the Host.
	VPCEndpoint *httpmsg.VPCEndpoint

	// Bases has stages served at the paths of SetBases as well.
	Bases bool

	// OwnHost reports whether Next goes by a Host, so that no custom domain name takes its
	// requests; nil is that it goes by none of its own.
	OwnHost func(host string) bool

	// Next answers the requests that are for no stage; nil answers 403. It may read
	// the body in its own time, at the pace of all bodies. Once it has, or where there
	// is none, a client that leaves ends the request's context.
	Next http.Handler
	// OverTLS reports whether the requests for a path that Next answers have to come again
	// under TLS as those for stages have; nil for none.
	OverTLS func(path string) bool
	// NoStages leaves all requests to Next.
	NoStages bool
}

// Handler answers the requests that come in by an entrance and that net/http has read, as
// it does those of HTTP/2.
func (g *Gateway) Handler(at Entrance) http.Handler {
	return g.handler(g.entrance(at))
}

// handler is what net/http calls.
func (g *Gateway) handler(answer func(*arrival)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := streamed(w, r)
		defer func() {
			if fault := recover(); fault != nil {
				g.tellFault(fault, a.host)
				panic(http.ErrAbortHandler) // net/http has nothing to say any more
			}
		}()
		if hasManyLines(r.Header) {
			out := egress{from: &a, timeout: silence}
			out.send(g.door.refuses(tooLong).answer())
			return
		}
		answer(&a)
	})
}

// hasManyLines reports whether a header has more lines than http1 takes. Over HTTP/2 a byte
// may stand for a line.
func hasManyLines(h http.Header) bool {
	lines := 0
	for _, values := range h {
		lines += len(values)
	}
	return lines > http1.MaxLines
}

// tellFault has the log say why a handler has ended, unless it broke off an answer.
func (g *Gateway) tellFault(fault any, host string) {
	if fault != nil && fault != http.ErrAbortHandler {
		g.opts.Log.LogAttrs(context.Background(), slog.LevelError, "a handler failed", slog.String("host", host), slog.Any("panic", fault), slog.String("stack", string(debug.Stack())))
	}
}

// entrance answers the requests that come in by an entrance.
func (g *Gateway) entrance(at Entrance) func(*arrival) {
	next := at.Next
	if next == nil {
		next = http.HandlerFunc(g.Nowhere)
	}
	secure := g.toHTTPS(at.HTTPSPort)
	switch {
	case at.NoStages:
		return func(a *arrival) { g.pass(a, next) }
	case at.API != "":
		return func(a *arrival) {
			path, _ := splitTarget(a.target)
			if fresh, _ := g.fresh(a); !fresh {
				g.pass(a, http.HandlerFunc(g.stale))
				return
			}
			g.serve(a, location{at.API, at.Stage, path}, nil)
		}
	}
	return at.challenged(g, func(a *arrival) {
		found, via, ours := g.find(&at, a)
		if ours {
			fresh, waited := g.fresh(a)
			if !fresh {
				g.pass(a, http.HandlerFunc(g.stale))
				return
			}
			if waited {
				found, via, ours = g.find(&at, a)
			}
		}
		switch {
		case !ours && !at.overTLS(a):
			g.pass(a, next)
		case g.redirects(&at, a):
			g.pass(a, secure)
		case !ours:
			g.pass(a, next)
		default:
			g.serve(a, found, via)
		}
	})
}

// fresh reports whether a request may be served by what is known here, see Options.Fresh.
func (g *Gateway) fresh(a *arrival) (fresh, waited bool) {
	if g.opts.Fresh == nil {
		return true, false
	}
	return g.opts.Fresh(a.context(), a.received)
}

// stale refuses a request that may not be.
func (g *Gateway) stale(w http.ResponseWriter, r *http.Request) {
	resp := g.door.refuses(stale).answer()
	resp.Header = append(resp.Header, httpmsg.Field{Name: "Retry-After", Value: "1"})
	a := streamed(w, r)
	out := egress{from: &a}
	out.send(resp)
}

// overTLS reports whether a request for no stage has to come under TLS all the same.
func (at *Entrance) overTLS(a *arrival) bool {
	if at.OverTLS == nil {
		return false
	}
	path, _ := splitTarget(a.target)
	return at.OverTLS(path)
}

// challenged has a certificate authority answered before others.
func (at Entrance) challenged(g *Gateway, next func(*arrival)) func(*arrival) {
	if at.Challenge == nil {
		return next
	}
	return func(a *arrival) {
		path, _ := splitTarget(a.target)
		text, ok := at.Challenge(path)
		if !ok {
			next(a)
			return
		}
		g.pass(a, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, text) // the authority has gone: it asks again
		}))
	}
}

// find returns which stage a request is for at an entrance that serves many, and by
// which base path mapping or routing rule. The hosts of APIs come first, then those of others, then
// paths: a host says the least that others could have meant otherwise.
func (g *Gateway) find(at *Entrance, a *arrival) (found location, via *mapping, ours bool) {
	path, _ := splitTarget(a.target)
	named := namedAPI(a)
	if found, ours = locateHost(a.host, path, named); ours {
		return found, nil, true
	}
	if d := g.domainOf(at, a); d != nil && (at.OwnHost == nil || !at.OwnHost(a.host)) {
		found, via = d.locate(a, path, g.opts.MaxHeader)
		return found, via, true
	}
	if found, ours = locatePath(path); ours {
		return found, nil, true
	}
	if at.VPCEndpoint != nil && named != "" {
		return staged(named, path), nil, true
	}
	if at.Bases {
		found, ours = g.based(path)
	}
	return found, nil, ours
}

// listener takes the connections of ln as far as the entrance says. own has those of
// HTTP/1, each on a goroutine of its own, and net/http the others.
func (at Entrance) listener(g *Gateway, ln net.Listener, own func(*talk)) net.Listener {
	var from *proxied
	if at.ProxyProtocol {
		from = &proxied{trusts: func(addr netip.Addr) bool { return g.proxies.Load().trust(addr) }, log: g.opts.Log, name: at.Name}
	}
	l := &preludeListener{
		Listener: ln, door: g.door, log: g.opts.Log, peer: httpmsg.Peer{Listener: at.Name, VPCEndpoint: at.VPCEndpoint},
		proxied: from, timeout: g.opts.ReadHeaderTimeout, own: own,
	}
	l.start(at.TLS)
	return l
}
