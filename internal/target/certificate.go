package target

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A clientCertificate is what handshakes need of one: their settings, with and
// without verifying the server. Connections are shared by the calls that have the
// same pointer to settings, so each is made once.
type clientCertificate struct {
	source             snapshot.ClientCertificate
	verified, insecure *tls.Config
	expires            time.Time
	withdrawn          atomic.Bool // it is gone, or another has taken its place
}

// SetClientCertificate says what a certificate is now; nil says that it is gone. One
// that cannot be parsed is gone, too; the error does not show the key.
func (b *Backends) SetClientCertificate(key string, c *snapshot.ClientCertificate) (err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	old := (*b.certificates.Load())[key]
	if old != nil && c != nil && old.is(c) {
		return nil
	}
	var parsed *clientCertificate
	if c != nil {
		parsed, err = parseClientCertificate(c)
	}
	next := maps.Clone(*b.certificates.Load())
	if delete(next, key); parsed != nil {
		next[key] = parsed
	}
	b.certificates.Store(&next)
	if old != nil {
		old.withdrawn.Store(true)
	}
	return err
}

// is reports whether a certificate was made of c.
func (c *clientCertificate) is(from *snapshot.ClientCertificate) bool {
	return bytes.Equal(c.source.Certificate, from.Certificate) && bytes.Equal(c.source.PrivateKey, from.PrivateKey)
}

// parseClientCertificate makes the settings of handshakes. The certificate is
// shown to every server that asks for one, whichever authorities the server
// names: it is signed by itself, which hardly any server has in its list.
func parseClientCertificate(c *snapshot.ClientCertificate) (*clientCertificate, error) {
	leaf, err := x509.ParseCertificate(c.Certificate)
	if err != nil {
		return nil, fmt.Errorf("client certificate: %w", err)
	}
	key, err := x509.ParsePKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("key of a client certificate: %w", err)
	}
	pair := &tls.Certificate{Certificate: [][]byte{c.Certificate}, PrivateKey: key, Leaf: leaf}
	config := func(insecure bool) *tls.Config {
		return &tls.Config{
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return pair, nil },
			ClientSessionCache:   tls.NewLRUClientSessionCache(64),
			InsecureSkipVerify:   insecure, //nolint:gosec // tlsConfig.insecureSkipVerification asks for it
		}
	}
	return &clientCertificate{source: *c, verified: config(false), insecure: config(true), expires: leaf.NotAfter}, nil
}

// Certificate returns when the client certificate that a stage names expires. One
// that is not there is a *ConfigError. The stage is to name one.
func (b *Backends) Certificate(stage *snapshot.Stage) (expires time.Time, err error) {
	c, err := b.certificate(stage)
	if err != nil {
		return time.Time{}, err
	}
	return c.expires, nil
}

func (b *Backends) certificate(stage *snapshot.Stage) (*clientCertificate, error) {
	id := stage.ClientCertificateID
	var c *clientCertificate
	if b != nil {
		c = (*b.certificates.Load())[snapshot.OfAccount(stage.Account, stage.Region, id)]
	}
	if c == nil {
		return nil, noCertificate(id)
	}
	return c, nil
}

func noCertificate(id string) *ConfigError {
	return &ConfigError{"clientCertificateId", "client certificate " + id + " does not exist"}
}

// insecureTLS is shared, so that endpoints under it share connections. It is
// never written to.
var insecureTLS = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // tlsConfig.insecureSkipVerification asks for it

// handshake returns the settings of a stage's handshakes with HTTPS backends, nil
// for the usual ones, and the certificate that they show, nil for none. A
// certificate that the stage names and that is not there closes all backends: they
// count on it.
func (b *Backends) handshake(stage *snapshot.Stage, insecure bool) (*tls.Config, *clientCertificate, error) {
	if stage.ClientCertificateID == "" {
		if insecure {
			return insecureTLS, nil, nil
		}
		return nil, nil, nil
	}
	c, err := b.certificate(stage)
	switch {
	case err != nil:
		return nil, nil, err
	case insecure:
		return c.insecure, c, nil
	}
	return c.verified, c, nil
}
