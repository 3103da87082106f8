// Package truststore has the certificates to which those of clients must lead: mutual
// TLS by AWS's rules.
package truststore

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Bounds of a truststore. AWS's are not documented.
const (
	MaxSize         = 1 << 20 // bytes of its text
	MaxCertificates = 1000
	// MaxOfSubject is how many certificates of one subject can be issuers: a signature is
	// verified for each, since any of them may have signed what names that subject.
	MaxOfSubject = 20
)

// maxChain is how many certificates a chain may have, the client's and the root's
// included (documented).
const maxChain = 4

// The shortest RSA key that is taken, in bits (documented), the longest, as in
// crypto/tls, and its largest exponent, which is everybody's: what a signature costs to
// verify grows with the square of the one and the length of the other, and a client may
// ask for a hundred.
const (
	minRSA      = 2048
	maxRSA      = 8192
	maxExponent = 65537
)

// A Store is a truststore. It never changes.
type Store struct {
	roots, between *x509.CertPool
	alone          map[string]bool // roots, in DER, that are no issuers: they are taken when a client shows them
}

// Parse reads a truststore: certificates in PEM form, of which the roots are signed
// with their own keys. It leaves those out that AWS's rules do not take, and says in
// warnings which, and which are not valid now; the words are ours. An error is that
// nothing of it can be used.
func Parse(text []byte, now time.Time) (s *Store, warnings []string, err error) {
	if len(text) > MaxSize {
		return nil, nil, fmt.Errorf("it is larger than %d bytes", MaxSize)
	}
	s = &Store{roots: x509.NewCertPool(), between: x509.NewCertPool()}
	taken, n, of := 0, 0, make(map[string]int)
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if n++; n > MaxCertificates {
			return nil, nil, fmt.Errorf("it has more than %d certificates", MaxCertificates)
		}
		cert, fault := usable(block)
		if fault != "" {
			warnings = append(warnings, fault)
			continue
		}
		switch {
		case now.After(cert.NotAfter):
			warnings = append(warnings, fmt.Sprintf("The certificate with subject %s has expired on %s", name(cert), cert.NotAfter.UTC().Format(time.DateOnly)))
		case now.Before(cert.NotBefore):
			warnings = append(warnings, fmt.Sprintf("The certificate with subject %s is not valid before %s", name(cert), cert.NotBefore.UTC().Format(time.DateOnly)))
		}
		taken++
		if of[string(cert.RawSubject)]++; of[string(cert.RawSubject)] > MaxOfSubject {
			warnings = append(warnings, fmt.Sprintf("The certificate with subject %s is not used as an issuer: there are %d of that subject before it", name(cert), MaxOfSubject))
			s.addAlone(cert)
			continue
		}
		if selfIssued(cert) {
			s.roots.AddCert(cert)
		} else {
			s.between.AddCert(cert)
		}
	}
	if taken == 0 {
		return nil, warnings, errors.New("it has no certificate that can be used")
	}
	return s, warnings, nil
}

// addAlone adds a certificate that is no issuer. Only a root is of any use then.
func (s *Store) addAlone(cert *x509.Certificate) {
	if !selfIssued(cert) {
		return
	}
	if s.alone == nil {
		s.alone = make(map[string]bool)
	}
	s.alone[string(cert.Raw)] = true
}

// usable reads one block of a truststore, or says what is wrong with it.
func usable(block *pem.Block) (_ *x509.Certificate, fault string) {
	if block.Type != "CERTIFICATE" {
		return nil, fmt.Sprintf("A block of type %.40q is no certificate", block.Type)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, "A certificate cannot be read"
	}
	if err := checkAlgorithms(cert); err != nil {
		return nil, fmt.Sprintf("The certificate with subject %s is not used: %v", name(cert), err)
	}
	return cert, ""
}

// name is how warnings call a certificate.
func name(cert *x509.Certificate) string { return fmt.Sprintf("%.200q", dn(cert.RawSubject)) }

func selfIssued(cert *x509.Certificate) bool { return bytes.Equal(cert.RawSubject, cert.RawIssuer) }

// The algorithms that are taken: SHA-256 or stronger.
var signatures = []x509.SignatureAlgorithm{
	x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA, x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS,
	x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512,
}

var (
	errSignature = errors.New("Client cert using an insecure Signature Algorithm") //nolint:staticcheck // AWS's words
	errKey       = errors.New("its key is neither RSA of 2048 to 8192 bits, with an exponent of 65537 at the most, nor ECDSA on P-256 or P-384")
)

// checkAlgorithms wants the algorithms that AWS takes (documented).
func checkAlgorithms(cert *x509.Certificate) error {
	if !slices.Contains(signatures, cert.SignatureAlgorithm) {
		return errSignature
	}
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits >= minRSA && bits <= maxRSA && key.E <= maxExponent {
			return nil
		}
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() || key.Curve == elliptic.P384() {
			return nil
		}
	}
	return errKey
}

// Why a client's certificate is refused. The first two are AWS's words (documented),
// which its execution logs have.
var (
	ErrNoIssuer   = errors.New("Could not find issuer for certificate") //nolint:staticcheck // AWS's words
	ErrSelfSigned = errors.New("self signed certificate")
	ErrTime       = errors.New("the certificate, or one of those above it, is not valid now")
	ErrChain      = errors.New("the chain has more than four certificates")
	ErrUnreadable = errors.New("the certificate cannot be read")
)

// Verify reports whether a client's certificate, in DER, leads to a root of the store,
// all certificates between which are in the store, too: what else the client has sent
// does not count, as at AWS. It returns the certificate, and until when that holds.
// Whether it was revoked, and for which uses it was issued, is not looked at, as it is
// not by AWS.
func (s *Store) Verify(der []byte, now time.Time) (cert *x509.Certificate, until time.Time, err error) {
	if cert, err = x509.ParseCertificate(der); err != nil {
		return nil, until, ErrUnreadable
	}
	if err := checkAlgorithms(cert); err != nil {
		return nil, until, err
	}
	if s.alone[string(der)] {
		if now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
			return nil, until, ErrTime
		}
		return cert, cert.NotAfter, nil
	}
	chains, err := cert.Verify(x509.VerifyOptions{
		Roots: s.roots, Intermediates: s.between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return nil, until, reason(cert, err, now)
	}
	for _, chain := range chains {
		if len(chain) <= maxChain {
			return cert, end(chain), nil
		}
	}
	return nil, until, ErrChain
}

// end is when the first certificate of a chain expires.
func end(chain []*x509.Certificate) time.Time {
	until := chain[0].NotAfter
	for _, c := range chain[1:] {
		if c.NotAfter.Before(until) {
			until = c.NotAfter
		}
	}
	return until
}

// reason words an error of a verification.
func reason(cert *x509.Certificate, err error, now time.Time) error {
	invalid, ok := errors.AsType[x509.CertificateInvalidError](err)
	switch {
	case ok && invalid.Reason == x509.Expired, now.After(cert.NotAfter), now.Before(cert.NotBefore):
		return ErrTime
	case ok && invalid.Reason == x509.TooManyIntermediates:
		return ErrChain
	case selfIssued(cert):
		return ErrSelfSigned
	}
	return ErrNoIssuer
}
