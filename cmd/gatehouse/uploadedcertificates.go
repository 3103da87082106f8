package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// secrets reads the keys under which secrets are kept, nil for none. In memory they are
// kept under a key of this process.
func (c *config) secrets() (*secrets.Keyring, error) {
	switch {
	case c.SecretsKeyFile != "":
		text, err := os.ReadFile(c.SecretsKeyFile)
		if err != nil {
			return nil, fmt.Errorf("secrets-key-file: %s: %w", c.SecretsKeyFile, reason(err))
		}
		ring, err := secrets.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("secrets-key-file: %s: %w", c.SecretsKeyFile, err)
		}
		return ring, nil
	case c.InMemory:
		return secrets.New(), nil
	}
	return nil, nil
}

// uploadedCertificates has the certificates that were uploaded for domain names.
type uploadedCertificates struct {
	readyCertificates
	read func(ctx context.Context, row string) (*snapshot.DomainCertificate, error) // of the store
	keys *secrets.Keyring
}

// get returns the certificate of a handshake, nil where there is none that can be shown.
func (u *uploadedCertificates) get(h gateway.Handshake) *tls.Certificate {
	if u == nil || h.Uploaded == "" {
		return nil
	}
	return u.ready(h.Row+" "+h.Uploaded, func(ctx context.Context) (*tls.Certificate, error) { return u.load(ctx, h) })
}

// load reads the certificate of a handshake from the store. With errReplaced there is one,
// too.
func (u *uploadedCertificates) load(ctx context.Context, h gateway.Handshake) (*tls.Certificate, error) {
	c, err := u.read(ctx, h.Row)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, errors.New("it is gone")
	}
	out, err := openCertificate(u.keys, c.Chain, c.Key, c.About())
	if err == nil && c.Fingerprint != h.Uploaded {
		err = errReplaced
	}
	return out, err
}

// openCertificate makes a certificate ready whose key was sealed.
func openCertificate(keys *secrets.Keyring, chain, sealed, about string) (*tls.Certificate, error) {
	key, err := keys.Open(sealed, about)
	if err != nil {
		return nil, fmt.Errorf("its private key: %w", err)
	}
	out := new(tls.Certificate)
	for block, rest := pem.Decode([]byte(chain)); block != nil; block, rest = pem.Decode(rest) {
		out.Certificate = append(out.Certificate, block.Bytes)
	}
	if out.PrivateKey, err = x509.ParsePKCS8PrivateKey(key); err != nil || len(out.Certificate) == 0 {
		return nil, errors.New("it is no certificate with a private key")
	}
	return out, nil // without Leaf, which handshakes do not need, and which is most of the memory
}
