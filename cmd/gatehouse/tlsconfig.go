package main

import (
	"crypto/tls"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/tlspolicy"
)

// A handshakeKind is what the configurations of handshakes differ in.
type handshakeKind struct {
	policy *tlspolicy.Policy
	mutual bool // the client has to show a certificate
	http2  bool // it may be spoken
}

// config is that of a listener whose clients are shown the certificates, a VPC endpoint's
// or another one, for which at is nil: each handshake is as the name that its client asks for wants it. last has the certificate for
// names that no other is for; nil is that this is the first of all. Tickets that resume sessions are
// sealed with keys that change every day and are kept for a week: those of ticketKeys, else of crypto/tls.
func (cs *certificates) config(at *httpmsg.VPCEndpoint, last *listenerTLS) *tls.Config {
	get := func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return cs.find(hello, at, last), nil }
	kinds := make(map[handshakeKind]*tls.Config)
	for _, policy := range append(tlspolicy.All(), tlspolicy.Default) {
		for _, kind := range []handshakeKind{{policy, false, false}, {policy, false, true}, {policy, true, false}, {policy, true, true}} {
			c := &tls.Config{GetCertificate: get, NextProtos: []string{"http/1.1"}}
			if kind.http2 {
				c.NextProtos = []string{"h2", "http/1.1"}
			}
			if kind.mutual {
				c.ClientAuth = tls.RequireAnyClientCert // which one is taken, the domain name says
			}
			policy.Apply(c)
			kinds[kind] = c
		}
	}
	listener := &tls.Config{
		MinVersion: tls.VersionTLS10, // that a policy takes; each of kinds has its own
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if challenge := cs.issued.handshake(hello); challenge != nil {
				return challenge, nil
			}
			h := cs.handshake(hello.ServerName, at)
			return kinds[handshakeKind{h.Policy, h.ClientCertificate, h.Policy.HTTP2(hello)}], nil
		},
	}
	name := "stages"
	if at != nil {
		name = "VPC endpoint " + at.ID
	}
	cs.tickets.seal(name, listener)
	return listener
}
