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
)

// A certificate names the PEM files of one server certificate: the chain,
// leaf first, and its key.
type certificate struct {
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
}

// certificates are those that clients of gateway-tls-listen, and of dev's root under
// TLS, are shown. They are read again when their files change.
type certificates struct {
	log     *slog.Logger
	own     tls.Certificate // in place of files; made when it is first needed
	current atomic.Pointer[[]tls.Certificate]

	mu    sync.Mutex
	pairs []certificate
	files map[string]os.FileInfo // as they were when they were read
	wrong string                 // why the last reading failed, as the log was told; "" where it did not
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
		cs.current.Store(&list)
	}, err
}

// load reads the certificates, or makes one for the root of dev where the configuration
// has none.
func (cs *certificates) load(c *config) ([]tls.Certificate, error) {
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
	return []tls.Certificate{cs.own}, nil
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

// config is that of a listener whose clients are shown them.
func (cs *certificates) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: cs.get}
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
	cs.current.Store(&list)
	cs.log.Info("changed certificates are read again")
}

// get is a tls.Config.GetCertificate. A client gets the first that fits the name
// it asks for, else the first of all.
func (cs *certificates) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	list := *cs.current.Load()
	for i := range list {
		if hello.SupportsCertificate(&list[i]) == nil {
			return &list[i], nil
		}
	}
	return &list[0], nil
}

func loadCertificates(pairs []certificate) ([]tls.Certificate, error) {
	var list []tls.Certificate
	for i, pair := range pairs {
		cert, err := pair.load()
		if err != nil {
			return nil, fmt.Errorf("certificates[%d]%w", i, err)
		}
		list = append(list, cert)
	}
	return list, nil
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
