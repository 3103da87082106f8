package gateway

import (
	"crypto/tls"
	"net/http"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// shookHands notes what the handshake of a connection has come to.
func shookHands(p *httpmsg.Peer, state *tls.ConnectionState) {
	p.TLSVersion, p.CipherSuite, p.ServerName = state.Version, state.CipherSuite, state.ServerName
	for _, c := range state.PeerCertificates {
		p.Certificates = append(p.Certificates, c.Raw)
	}
}

// peerOf returns who is at the other end of a request's connection.
func peerOf(r *http.Request, nc *conn) *httpmsg.Peer {
	if g := guestBehind(r, nc); g != nil {
		return &g.peer
	}
	p := &httpmsg.Peer{Address: withoutPort(r.RemoteAddr)} // the request came by no listener of ours
	if r.TLS != nil {
		shookHands(p, r.TLS)
	}
	return p
}
