// Package tlspolicy has AWS's security policies as handshakes of crypto/tls: which
// versions, cipher suites and curves a listener takes. Where Go cannot do what AWS
// does, a policy takes less than AWS's and never more; docs/tls.md lists it.
package tlspolicy

import (
	"crypto/tls"
	"errors"
	"slices"
)

// A Policy says which handshakes are taken. It never changes.
type Policy struct {
	Name string // AWS's

	min      uint16        // the lowest version
	suites   []uint16      // of TLS 1.2 and below; nil is Go's choice
	suites13 []uint16      // of TLS 1.3; nil is all
	curves   []tls.CurveID // nil is Go's choice, post-quantum ones included
}

// Default is the policy of what names none and has none by AWS's rules: TLS 1.2 and
// 1.3 with the suites that Go takes by itself, all of them with forward secrecy.
var Default = &Policy{Name: "", min: tls.VersionTLS12}

// Find returns AWS's policy of a name, nil for none.
func Find(name string) *Policy {
	for _, p := range policies {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// All lists the policies in the order of AWS's documentation.
func All() []*Policy { return slices.Clone(policies) }

// errSuite13 ends a handshake of TLS 1.3 whose suite the policy does not have. Go
// cannot be told which suites of TLS 1.3 to take: it chooses ChaCha20 where the client
// prefers it.
var errSuite13 = errors.New("the security policy does not take this cipher suite of TLS 1.3")

// Apply has the handshakes of a configuration be those of the policy. It sets the
// configuration's MinVersion, CipherSuites, CurvePreferences and VerifyConnection.
func (p *Policy) Apply(c *tls.Config) {
	c.MinVersion, c.CipherSuites, c.CurvePreferences = p.min, p.suites, p.curves
	if p.suites13 != nil {
		c.VerifyConnection = func(s tls.ConnectionState) error {
			if !p.Takes(s.Version, s.CipherSuite) {
				return errSuite13
			}
			return nil
		}
	}
}

// Takes reports whether what a handshake has come to is what the policy takes, for a
// connection that was made under another one.
func (p *Policy) Takes(version, suite uint16) bool {
	switch {
	case version < p.min:
		return false
	case version >= tls.VersionTLS13:
		return p.suites13 == nil || slices.Contains(p.suites13, suite)
	}
	return p.suites == nil || slices.Contains(p.suites, suite)
}

// HTTP2 reports whether a handshake with this client comes to a version and a cipher
// suite over which HTTP/2 may be spoken (RFC 9113, 9.2): not below TLS 1.2, and there
// with forward secrecy and authenticated encryption.
func (p *Policy) HTTP2(hello *tls.ClientHelloInfo) bool {
	if slices.Contains(hello.SupportedVersions, tls.VersionTLS13) {
		return true
	}
	if !slices.Contains(hello.SupportedVersions, tls.VersionTLS12) || p.min > tls.VersionTLS12 {
		return false
	}
	return slices.ContainsFunc(hello.CipherSuites, func(id uint16) bool {
		return slices.Contains(aead, id) && (p.suites == nil || slices.Contains(p.suites, id))
	})
}
