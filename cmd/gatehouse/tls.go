package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A certificate names the PEM files of one server certificate: the chain,
// leaf first, and its key.
type certificate struct {
	Cert string
	Key  string
	ARN  string // by which custom domain names have it; "" for none
}

// certificates are those that clients of gateway-tls-listen, and of dev's root under
// TLS, are shown. They are read again when their files change.
type certificates struct {
	fileValue[shownCertificates]
	own *tls.Certificate // in place of files; made when it is first needed, under mu

	// handshake is what the name that a client asks for says of its handshake, at the
	// listener of a VPC endpoint or at another one, for which that is nil. It is set before
	// anybody listens.
	handshake func(name string, at *httpmsg.VPCEndpoint) gateway.Handshake

	// uploaded are those that were uploaded for domain names. It is set before anybody
	// listens; nil is that there are none.
	uploaded *uploadedCertificates

	// acm are those of ACM. It is set before anybody listens; nil is that there are none.
	acm *acmCertificates

	// issued are those that an ACME authority has issued. It is set before anybody
	// listens; nil is that there are none.
	issued *issuedCertificates

	// tickets have the keys of the tickets of sessions. It is set before anybody listens.
	tickets *ticketKeys
}

// shownCertificates are certificates as they were read once. They never change.
type shownCertificates struct {
	list   []tls.Certificate
	byARN  map[string]*tls.Certificate
	byName map[string][]*tls.Certificate // DNS names in lower case, with wildcards as they are
	made   bool                          // for this run, in place of files
}

// prepare is a livePart: it reads the files.
func (cs *certificates) prepare(c *config) (func(), error) {
	if !c.showsCertificates() {
		return func() {}, nil
	}
	pairs := c.Certificates
	switch {
	case len(pairs) > 0:
		return cs.take(certificateFiles(pairs), func() (*shownCertificates, error) { return loadCertificates(pairs) })
	case c.GatewayTLSListen != "" && c.ACME == "":
		return nil, errNoCertificates
	case !c.TLS:
		return cs.take(nil, func() (*shownCertificates, error) { return newShown(nil), nil })
	}
	return cs.take(nil, func() (*shownCertificates, error) { return cs.makeOwn(c.Host) })
}

// makeOwn makes a certificate for the root of dev where the configuration has none.
func (cs *certificates) makeOwn(host string) (*shownCertificates, error) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.own == nil {
		made, err := makeCertificate(host)
		if err != nil {
			return nil, fmt.Errorf("tls: %w", err)
		}
		cs.own = &made
	}
	made := newShown([]tls.Certificate{*cs.own})
	made.made = true
	return made, nil
}

// showsCertificates reports whether there is a listener whose clients are shown them.
func (c *config) showsCertificates() bool {
	return c.GatewayTLSListen != "" || c.TLS || c.vpcEndpointTLS() || c.sharesTLS() || c.ACME != ""
}

// made is the certificate that stands in for files, nil where there are some.
func (cs *certificates) made() *x509.Certificate {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if len(cs.names) > 0 || cs.own == nil {
		return nil
	}
	return cs.own.Leaf
}

// has reports whether a certificate goes by an ARN.
func (cs *certificates) has(arn string) bool {
	shown := cs.current.Load()
	return shown != nil && shown.byARN[arn] != nil || cs.acm.has(arn)
}

// find is the certificate that a client is shown at the listener of a VPC endpoint, or at
// another one, for which at is nil. The first that there is wins: the one whose ARN the
// custom domain name has that it asks for, of the configuration or of ACM, the one that was
// uploaded for that, one whose names fit, the one that an ACME authority has issued for it,
// and then last, or without that the first of all. It is nil for none. One that is made for a run stands in for files
// where there are none at all, which last would be.
func (cs *certificates) find(hello *tls.ClientHelloInfo, at *httpmsg.VPCEndpoint, last *listenerTLS) *tls.Certificate {
	shown := cs.current.Load()
	h := cs.handshake(hello.ServerName, at)
	if cert := shown.ofARN(h); cert != nil {
		return cert
	}
	if cert := cs.acm.get(h); cert != nil {
		return cert
	}
	if cert := cs.uploaded.get(h); cert != nil {
		return cert
	}
	if cert := shown.named(hello); cert != nil && (last == nil || !shown.made) {
		return cert
	}
	if cert := cs.issued.get(h); cert != nil {
		return cert
	}
	if last != nil {
		return last.certificate()
	}
	return shown.first(hello)
}

// ofARN is the certificate whose ARN a custom domain name has, nil for none.
func (s *shownCertificates) ofARN(h gateway.Handshake) *tls.Certificate {
	for _, arn := range h.CertificateARNs {
		if cert := s.byARN[arn]; cert != nil {
			return cert
		}
	}
	return nil
}

// covers reports whether a certificate is for a name in lower case.
func (s *shownCertificates) covers(name string) bool {
	_, parent, _ := strings.Cut(name, ".")
	return len(s.byName[name])+len(s.byName["*."+parent]) > 0
}

// named is the first certificate for the name that a client asks for that the client can
// use, nil for none.
func (s *shownCertificates) named(hello *tls.ClientHelloInfo) *tls.Certificate {
	name := strings.ToLower(hello.ServerName)
	_, parent, _ := strings.Cut(name, ".")
	exact, wild := s.byName[name], s.byName["*."+parent]
	if len(exact) == 1 && len(wild) == 0 {
		return exact[0] // a client that cannot use it can use no other for this name
	}
	for _, candidates := range [...][]*tls.Certificate{exact, wild} {
		for _, c := range candidates {
			if hello.SupportsCertificate(c) == nil {
				return c
			}
		}
	}
	return nil
}

// first is for names that no certificate is for, and for clients that ask for none, who
// get the first that they can use.
func (s *shownCertificates) first(hello *tls.ClientHelloInfo) *tls.Certificate {
	if len(s.list) == 0 {
		return nil
	}
	if hello.ServerName == "" {
		for i := range s.list {
			if hello.SupportsCertificate(&s.list[i]) == nil {
				return &s.list[i]
			}
		}
	}
	return &s.list[0]
}

// newShown makes the indexes of certificates. Those that are for no DNS name are found
// by ARN, or are the first.
func newShown(list []tls.Certificate) *shownCertificates {
	out := &shownCertificates{list: list, byARN: make(map[string]*tls.Certificate), byName: make(map[string][]*tls.Certificate)}
	for i := range list {
		if list[i].Leaf == nil {
			continue
		}
		for _, name := range list[i].Leaf.DNSNames {
			name = strings.ToLower(name)
			out.byName[name] = append(out.byName[name], &list[i])
		}
	}
	return out
}

func loadCertificates(pairs []certificate) (*shownCertificates, error) {
	list := make([]tls.Certificate, len(pairs))
	for i, pair := range pairs {
		cert, err := pair.load()
		if err != nil {
			return nil, fmt.Errorf("certificates[%d]%w", i, err)
		}
		list[i] = cert
	}
	out := newShown(list)
	for i, pair := range pairs {
		if pair.ARN != "" {
			out.byARN[pair.ARN] = &list[i]
		}
	}
	return out, nil
}

func certificateFiles(pairs []certificate) []string {
	var names []string
	for _, pair := range pairs {
		names = append(names, pair.Cert, pair.Key)
	}
	return names
}

// load reads the two files. Its errors say which is at fault, and go behind the name
// of the pair.
func (pair certificate) load() (tls.Certificate, error) {
	var none tls.Certificate
	chain, err := readPEM(pair.Cert, "CERTIFICATE", "certificate")
	if err != nil {
		return none, fmt.Errorf(".cert: %w", err)
	}
	key, err := readPEM(pair.Key, "PRIVATE KEY", "private key")
	if err != nil {
		return none, fmt.Errorf(".key: %w", err)
	}
	out, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return none, fmt.Errorf(": %s and %s are no pair: %s", pair.Cert, pair.Key, strings.TrimPrefix(err.Error(), "tls: "))
	}
	return out, nil
}

// loadGiven is load for files that settings name which begin with a prefix: listen-cert
// and listen-key, or --cert and --key.
func (pair certificate) loadGiven(prefix string) (tls.Certificate, error) {
	out, err := pair.load()
	if err == nil {
		return out, nil
	}
	if text, ofOne := strings.CutPrefix(err.Error(), "."); ofOne {
		return out, errors.New(prefix + text)
	}
	return out, fmt.Errorf("%scert%w", prefix, err)
}

// readPEM reads a file that has to hold a block of a type.
func readPEM(name, blockType, what string) ([]byte, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, reason(err))
	}
	for rest := content; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, fmt.Errorf("%s holds no %s in PEM form", name, what)
		}
		if strings.HasSuffix(block.Type, blockType) {
			return content, nil
		}
	}
}
