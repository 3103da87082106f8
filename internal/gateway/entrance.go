package gateway

import (
	"crypto/tls"
	"net"
	"net/http"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// An Entrance says what a listener is for. The zero Entrance serves all stages
// over plain HTTP/1.1, and nothing else.
type Entrance struct {
	// Name is what httpmsg.Peer calls the listener.
	Name string

	// TLS makes it HTTP/2 and HTTP/1.1 under TLS.
	TLS *tls.Config

	// API and Stage name the one stage that is served, with nothing of it in the
	// URLs; without them all are, by Host or path.
	API, Stage string

	// VPCEndpoint makes the listener that of a VPC endpoint: its callers may name the
	// API in x-apigw-api-id, whatever the Host.
	VPCEndpoint *httpmsg.VPCEndpoint

	// Bases has stages served at the paths of SetBases as well.
	Bases bool

	// Next answers the requests that are for no stage; nil answers 403. It may read
	// the body in its own time, at the pace of all bodies. Once it has, or where there
	// is none, a client that leaves ends the request's context.
	Next http.Handler
	// NoStages leaves all requests to Next.
	NoStages bool
}

// Handler answers the requests that come in by an entrance.
func (g *Gateway) Handler(at Entrance) http.Handler {
	next := at.Next
	if next == nil {
		next = http.HandlerFunc(Nowhere)
	}
	switch {
	case at.NoStages:
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.pass(w, r, next) })
	case at.API != "":
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			path, _ := splitTarget(r.RequestURI)
			g.serve(w, r, connOf(r), location{at.API, at.Stage, path})
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, _ := splitTarget(r.RequestURI)
		named := namedAPI(r.Header)
		found, ours := locate(r.Host, path, named)
		if !ours && at.VPCEndpoint != nil && named != "" {
			found, ours = staged(named, path), true
		}
		if ours {
			g.serve(w, r, connOf(r), found)
			return
		}
		if at.Bases {
			if found, ours := g.based(path); ours {
				g.serve(w, r, connOf(r), found)
				return
			}
		}
		g.pass(w, r, next)
	})
}

// listener makes the connections of ln what the entrance takes.
func (at Entrance) listener(g *Gateway, ln net.Listener) net.Listener {
	l := listener{ln, httpmsg.Peer{Listener: at.Name, VPCEndpoint: at.VPCEndpoint}, g.door}
	if at.TLS != nil {
		return newSecureListener(l, at.TLS, g.opts.ReadHeaderTimeout)
	}
	return &l
}

// Nowhere answers requests for no stage when nobody else does, with 403.
func Nowhere(w http.ResponseWriter, r *http.Request) {
	out := egress{w: w, r: r}
	out.send(forbidden.answer())
}
