package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"

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
	log     *slog.Logger
	own     tls.Certificate // in place of files; made when it is first needed
	current atomic.Pointer[shownCertificates]

	// handshake is what the name that a client asks for says of its handshake, at the
	// listener of a VPC endpoint or at another one, for which that is nil. It is set before
	// anybody listens.
	handshake func(name string, at *httpmsg.VPCEndpoint) gateway.Handshake

	// uploaded are those that were uploaded for domain names. It is set before anybody
	// listens; nil is that there are none.
	uploaded *uploadedCertificates

	mu    sync.Mutex
	pairs []certificate
	files map[string]os.FileInfo // as they were when they were read
	wrong string                 // why the last reading failed, as the log was told; "" where it did not
}

// shownCertificates are certificates as they were read once. They never change.
type shownCertificates struct {
	list   []tls.Certificate
	byARN  map[string]*tls.Certificate
	byName map[string][]*tls.Certificate // DNS names in lower case, with wildcards as they are
}

// prepare is a livePart: it reads the files.
func (cs *certificates) prepare(c *config) (func(), error) {
	if c.GatewayTLSListen == "" && !c.TLS && !c.vpcEndpointTLS() {
		return func() {}, nil
	}
	before := look(certificateFiles(c.Certificates))
	list, err := cs.load(c)
	return func() {
		cs.mu.Lock()
		defer cs.mu.Unlock()
		cs.pairs, cs.files, cs.wrong = c.Certificates, before, ""
		cs.current.Store(list)
	}, err
}

// load reads the certificates, or makes one for the root of dev where the configuration
// has none.
func (cs *certificates) load(c *config) (*shownCertificates, error) {
	if len(c.Certificates) > 0 {
		return loadCertificates(c.Certificates)
	}
	if c.GatewayTLSListen != "" {
		return nil, errNoCertificates
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.own.Leaf == nil {
		made, err := makeCertificate(c.Host)
		if err != nil {
			return nil, fmt.Errorf("tls: %w", err)
		}
		cs.own = made
	}
	return newShown([]tls.Certificate{cs.own}), nil
}

// made is the certificate that stands in for files, nil where there are some.
func (cs *certificates) made() *x509.Certificate {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if len(cs.pairs) > 0 {
		return nil
	}
	return cs.own.Leaf
}

// seen is for watch. It is empty while there are no files.
func (cs *certificates) seen() map[string]os.FileInfo {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.files
}

// reload is for watch: files that cannot be read change nothing.
func (cs *certificates) reload(context.Context) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.readAgain()
}

// retry is for watch.
func (cs *certificates) retry(context.Context) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.wrong != "" {
		cs.readAgain()
	}
}

// readAgain is reload. The caller holds cs.mu.
func (cs *certificates) readAgain() {
	cs.files = look(certificateFiles(cs.pairs))
	list, err := loadCertificates(cs.pairs)
	if err != nil {
		if err.Error() != cs.wrong {
			cs.wrong = err.Error()
			cs.log.Error("changed certificates cannot be read: those that were read before stay", "error", err)
		}
		return
	}
	cs.wrong = ""
	cs.current.Store(list)
	cs.log.Info("changed certificates are read again")
}

// has reports whether a certificate goes by an ARN.
func (cs *certificates) has(arn string) bool {
	shown := cs.current.Load()
	return shown != nil && shown.byARN[arn] != nil
}

// get is a tls.Config.GetCertificate for the listener of a VPC endpoint. A client that asks for a custom domain name gets
// the one whose ARN that has, or that was uploaded for it; others get the first that fits the name that they ask
// for, else the first of all.
func (cs *certificates) get(hello *tls.ClientHelloInfo, at *httpmsg.VPCEndpoint) (*tls.Certificate, error) {
	shown := cs.current.Load()
	h := cs.handshake(hello.ServerName, at)
	for _, arn := range h.CertificateARNs {
		if cert := shown.byARN[arn]; cert != nil {
			return cert, nil
		}
	}
	if cert := cs.uploaded.get(h); cert != nil {
		return cert, nil
	}
	return shown.fitting(hello), nil
}

// fitting is the first certificate that fits the name which a client asks for, and that
// the client can use; else the first of all.
func (s *shownCertificates) fitting(hello *tls.ClientHelloInfo) *tls.Certificate {
	name := strings.ToLower(hello.ServerName)
	if name == "" {
		for i := range s.list {
			if hello.SupportsCertificate(&s.list[i]) == nil {
				return &s.list[i]
			}
		}
		return &s.list[0]
	}
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
