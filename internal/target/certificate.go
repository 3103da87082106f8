package target

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"maps"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A clientCertificate is what handshakes need of one: their settings, with and
// without verifying the server. Connections are shared by the calls that have the
// same pointer to settings, so each is made once.
type clientCertificate struct {
	verified, insecure *tls.Config
	expires            time.Time
}

// SetClientCertificate says what a certificate is now; nil says that it is gone.
// One that cannot be parsed changes nothing; the error does not show the key.
func (b *Backends) SetClientCertificate(key string, c *snapshot.ClientCertificate) error {
	var parsed *clientCertificate
	if c != nil {
		var err error
		if parsed, err = parseClientCertificate(c); err != nil {
			return err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	next := maps.Clone(*b.certificates.Load())
	if delete(next, key); parsed != nil {
		next[key] = parsed
	}
	b.certificates.Store(&next)
	return nil
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
	return &clientCertificate{verified: config(false), insecure: config(true), expires: leaf.NotAfter}, nil
}

// Certificate returns when the client certificate that a stage names expires. One
// that is not there is a *Refusal. The stage is to name one.
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
		return nil, &Refusal{"clientCertificateId", "client certificate " + id + " does not exist"}
	}
	return c, nil
}

// insecureTLS is shared, so that endpoints under it share connections. It is
// never written to.
var insecureTLS = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // tlsConfig.insecureSkipVerification asks for it

// tlsConfig returns the settings of a stage's handshakes with HTTPS backends, nil
// for the usual ones. A certificate that the stage names and that is not there
// closes all backends: they count on it.
func (b *Backends) tlsConfig(stage *snapshot.Stage, insecure bool) (*tls.Config, error) {
	if stage.ClientCertificateID == "" {
		if insecure {
			return insecureTLS, nil
		}
		return nil, nil
	}
	c, err := b.certificate(stage)
	switch {
	case err != nil:
		return nil, err
	case insecure:
		return c.insecure, nil
	}
	return c.verified, nil
}
