package gateway

import (
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/tlspolicy"
)

// A Handshake is what the name that a client asks for in its handshake (SNI) says of
// that. It never changes.
type Handshake struct {
	// Domain is the public custom domain name that the name is of, which may have a
	// wildcard; "" for none.
	Domain string
	// Policy is which handshakes are taken.
	Policy *tlspolicy.Policy
	// CertificateARNs are of the certificates that a custom domain name has; none for
	// other names.
	CertificateARNs []string
	// ClientCertificate wants the client to show a certificate, as names with mutual TLS
	// do. Which ones they take is decided by each call.
	ClientCertificate bool
	// Uploaded is the fingerprint of the certificate that was uploaded for it, in the row
	// of the id Row; "" for none.
	Uploaded, Row string
}

// Handshake returns what holds of a handshake for a name, which may be empty, at the
// listener of a VPC endpoint or at another one, for which at is nil. Private domain names
// are known at the listeners of the VPC endpoints that reach them; at others the first of
// those of one name counts, where no public one is like it. It costs no memory.
func (g *Gateway) Handshake(name string, at *httpmsg.VPCEndpoint) Handshake {
	if d := g.domains.ofHandshake(name, at); d != nil {
		return d.handshake()
	}
	if api, _, ok := httpmsg.SplitStageHost(name); ok && api != "" {
		return Handshake{Policy: g.policyOf(api)}
	}
	return Handshake{Policy: tlspolicy.Default}
}

// handshake is what a domain name says.
func (d *domain) handshake() Handshake {
	return Handshake{Domain: d.name, Policy: d.policy, CertificateARNs: d.arns, ClientCertificate: d.trust != nil, Uploaded: d.uploaded, Row: d.id}
}

// Domains calls fn with what each public custom domain name says of handshakes that ask
// for it, in any order.
func (g *Gateway) Domains(fn func(Handshake)) {
	index := g.domains.index.Load()
	if index == nil {
		return
	}
	for _, d := range index.names {
		fn(d.handshake())
	}
}

// The policies that AWS gives APIs for which nobody chose one.
var (
	defaultOfAPIs        = tlspolicy.Find("TLS_1_0")
	defaultOfPrivateAPIs = tlspolicy.Find("TLS_1_2")
)

// policyOf is the policy of the handshakes for an API's own host names, which is the
// same for all of its stages.
func (g *Gateway) policyOf(api string) *tlspolicy.Policy {
	for _, e := range g.index.stagesOf(api) {
		switch {
		case e.stage == nil: // nobody knows what it says; its requests are answered 500
			return tlspolicy.Default
		case e.policy != nil:
			return e.policy
		case !g.opts.AWSPolicies:
			return tlspolicy.Default
		case e.stage.EndpointType == "PRIVATE":
			return defaultOfPrivateAPIs
		}
		return defaultOfAPIs
	}
	return tlspolicy.Default
}

// takes reports whether a policy takes the handshake of a peer's connection, as any
// takes one without TLS: somebody in front of the gateway has ended that. A nil policy
// takes all.
func takes(p *tlspolicy.Policy, peer *httpmsg.Peer) bool {
	return p == nil || peer.TLSVersion == 0 || p.Takes(peer.TLSVersion, peer.CipherSuite)
}
