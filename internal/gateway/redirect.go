package gateway

import (
	"net/http"
	"net/netip"
	"strconv"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// redirects reports whether a request for a stage has to come again under TLS: it came
// without, at an entrance that wants it, and by no proxy that is trusted to have ended
// that.
func (g *Gateway) redirects(at *Entrance, a *arrival) bool {
	if at.HTTPSPort == 0 {
		return false
	}
	addr, err := netip.ParseAddr(a.peer().Address)
	return err != nil || !g.proxies.Load().trust(addr)
}

// toHTTPS answers with where the request has to come again: at the same Host and target,
// at a port. Method and body stay (308). A Host that is no name is 403.
func (g *Gateway) toHTTPS(port int) http.Handler {
	suffix := ""
	if port != 443 {
		suffix = ":" + strconv.Itoa(port)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := hostName(nil, r.Host)
		if len(name) == 0 {
			g.Nowhere(w, r)
			return
		}
		path, query := splitTarget(r.RequestURI)
		if query != "" {
			path += "?" + query
		}
		moved := &refusal{status: http.StatusPermanentRedirect, errorType: "MovedPermanentlyException", message: "Permanent Redirect"}
		resp := moved.answer()
		resp.Header = append(resp.Header, httpmsg.Field{Name: "Location", Value: "https://" + string(name) + suffix + path})
		a := streamed(w, r)
		out := egress{from: &a}
		out.send(resp)
	})
}
