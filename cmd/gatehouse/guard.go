package main

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A guard keeps web pages out of a control plane that asks for no credentials.
// Any page that a browser on this machine shows can send requests to a
// loopback address: those carry an Origin or a Sec-Fetch-Site, or, after DNS
// rebinding, a Host that is not ours. SDKs, the aws CLI and curl send neither.
//
// net/http's CrossOriginProtection does not take its place. That lets every GET
// pass, so that the page of a rebound name could read definitions; it believes a
// Sec-Fetch-Site of same-origin under any Host; and it answers no preflights.
type guard struct {
	origins []string // what --allow-origin lets in, "*" for all
	hosts   []string // names, beside this machine's, that the server goes by
	anyHost bool     // it goes by any: it is meant for others than this machine
}

// guests is the guard that stands now; its settings may change while the server
// runs.
type guests struct{ current atomic.Pointer[guard] }

func newGuests(c *config) *guests {
	gs := new(guests)
	commit, _ := gs.prepare(c)
	commit()
	return gs
}

// prepare is a livePart; it never fails.
func (gs *guests) prepare(c *config) (func(), error) {
	next := &guard{origins: c.AllowOrigin, hosts: c.AllowHost, anyHost: c.AllowUnauthenticated}
	return func() { gs.current.Store(next) }, nil
}

// ownHost reports whether a Host is one by which the server itself is called. Where
// both planes share a port, no custom domain name may take it.
func (gs *guests) ownHost(host string) bool { return gs.current.Load().knownHost(host) }

// guard puts the guard before a handler.
func (gs *guests) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { gs.current.Load().serve(w, r, next) })
}

// named lets requests pass that name the server as it is called, whoever sends them. It is
// for pages that other sites may lead to.
func (gs *guests) named(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g := gs.current.Load(); !g.anyHost && !g.knownHost(r.Host) {
			forbidHost(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func forbidHost(w http.ResponseWriter, r *http.Request) {
	forbid(w, "Host "+quoted(r.Host)+" is not a name of this server; start it with --allow-host to make it one")
}

// serve refuses what a foreign page sent and passes the rest on.
func (g *guard) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	origin := r.Header.Get("Origin")
	switch {
	case !g.anyHost && !g.knownHost(r.Host):
		forbidHost(w, r)
		return
	case origin != "" && !g.allows(origin, r.Host):
		forbid(w, "Origin "+quoted(origin)+" may not call this server; start it with --allow-origin to let it")
		return
	case origin == "" && crossSite(r.Header.Get("Sec-Fetch-Site")):
		forbid(w, "a web page of another site may not call this server")
		return
	}
	if origin != "" {
		allowCORS(w.Header(), origin)
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			preflight(w, r)
			return
		}
	}
	next.ServeHTTP(w, r)
}

// crossSite reports whether a browser says that another site's page asks.
// "none" is the person at the address bar.
func crossSite(fetchSite string) bool {
	return fetchSite == "cross-site" || fetchSite == "same-site"
}

// allows lets in our own pages and the configured origins. A page is our own
// only under a name that is known: under a rebound one it is another's.
func (g *guard) allows(origin, host string) bool {
	if u, err := url.Parse(origin); err == nil && u.Host == host && host != "" && g.knownHost(host) {
		return true
	}
	return slices.Contains(g.origins, "*") || slices.ContainsFunc(g.origins, func(o string) bool { return strings.EqualFold(o, origin) })
}

// knownHost takes addresses, which rebinding cannot forge, localhost and the
// names under it, and the configured names. Several emulators use a public
// name that resolves to this machine, which clients may have in their
// configuration.
func (g *guard) knownHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil || host == "" {
		return true
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") ||
		host == "localhost.localstack.cloud" || strings.HasSuffix(host, ".localhost.localstack.cloud") ||
		isAWSName(host) || slices.ContainsFunc(g.hosts, func(name string) bool { return strings.EqualFold(name, host) })
}

// isAWSName takes the service's own names, which reach this server only when
// the operator points them here.
func isAWSName(host string) bool {
	return strings.HasPrefix(host, "apigateway.") && (strings.HasSuffix(host, ".amazonaws.com") || strings.HasSuffix(host, ".amazonaws.com.cn"))
}

func allowCORS(h http.Header, origin string) {
	h.Set("Access-Control-Allow-Origin", origin)
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Expose-Headers", "x-amzn-RequestId, x-amzn-ErrorType")
}

func preflight(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		w.Header().Set("Access-Control-Allow-Headers", asked)
	}
	w.WriteHeader(http.StatusNoContent)
}

// forbid answers as the control plane does, in its spelling of header names.
func forbid(w http.ResponseWriter, message string) {
	h := w.Header()
	h["x-amzn-ErrorType"] = []string{"ForbiddenException"}
	h["x-amzn-RequestId"] = []string{httpmsg.NewRequestID()}
	writeJSON(w, http.StatusForbidden, map[string]string{"message": message})
}

// quoted shortens what a stranger sent for an error text.
func quoted(s string) string {
	if len(s) > 100 {
		s = s[:100]
	}
	return `"` + strings.ToValidUTF8(s, "") + `"`
}
