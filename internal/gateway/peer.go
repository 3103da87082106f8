package gateway

import (
	"crypto/tls"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// shookHands notes what the handshake of a connection has come to.
func shookHands(p *httpmsg.Peer, state *tls.ConnectionState) {
	p.TLSVersion, p.CipherSuite, p.ServerName = state.Version, state.CipherSuite, state.ServerName
	for _, c := range state.PeerCertificates {
		p.Certificates = append(p.Certificates, c.Raw)
	}
}
