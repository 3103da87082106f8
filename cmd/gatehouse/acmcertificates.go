package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/acm"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// acmCertificates has the certificates of ACM, as they were published. It is the feed's
// Certificates, safe for concurrent use.
type acmCertificates struct {
	readyCertificates
	keys    *secrets.Keyring
	changed func() // after each change; set before the feed runs

	known sync.Map // *snapshot.Certificate by ARN
}

// Set implements feed.Certificates.
func (a *acmCertificates) Set(arn string, c *snapshot.Certificate) {
	if before, ok := a.known.Load(arn); ok {
		a.drop(arn + " " + before.(*snapshot.Certificate).Fingerprint)
	}
	if c == nil {
		a.known.Delete(arn)
	} else {
		a.known.Store(arn, c)
	}
	a.changed()
}

// has reports whether there is a certificate of an ARN.
func (a *acmCertificates) has(arn string) bool {
	if a == nil {
		return false
	}
	_, ok := a.known.Load(arn)
	return ok
}

// find is the first certificate that is known of those that a custom domain name has by
// their ARNs, nil for none. They are those of its own account, as at AWS: who may make
// domain names would otherwise pass for whom another account has a certificate of.
func (a *acmCertificates) find(h gateway.Handshake) *snapshot.Certificate {
	if a == nil {
		return nil
	}
	account, _, _ := strings.Cut(h.Row, "/")
	for _, arn := range h.CertificateARNs {
		if c, ok := a.known.Load(arn); ok && policy.AccountOf(arn) == account {
			return c.(*snapshot.Certificate)
		}
	}
	return nil
}

// get returns the certificate of a handshake, nil where there is none that can be shown.
func (a *acmCertificates) get(h gateway.Handshake) *tls.Certificate {
	c := a.find(h)
	if c == nil {
		return nil
	}
	return a.ready(c.ARN+" "+c.Fingerprint, func(context.Context) (*tls.Certificate, error) {
		return openCertificate(a.keys, c.Chain, c.Key, c.About())
	})
}

// A localAuthority is that of gatehouse ca, opened or made when it is first asked.
type localAuthority struct {
	dir string // "" keeps it in memory
	log *slog.Logger

	mu sync.Mutex
	ca *issuer
}

// newLocalAuthority makes the authority of a server, beside its data.
func newLocalAuthority(c *config, log *slog.Logger) *localAuthority {
	if c.InMemory {
		return &localAuthority{log: log}
	}
	return &localAuthority{dir: filepath.Join(c.DataDir, "ca"), log: log}
}

// open returns the authority.
func (l *localAuthority) open() (*issuer, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ca != nil {
		return l.ca, nil
	}
	var err error
	if l.dir == "" {
		l.ca, err = makeAuthority(time.Now())
		return l.ca, err
	}
	if err = makeDirectory(l.dir); err != nil {
		return nil, err
	}
	ca, made, err := openAuthority(l.dir)
	if err != nil {
		return nil, err
	}
	if made {
		l.log.Info("a new authority issues the certificates that ACM is asked for: clients trust its ca.pem", "directory", l.dir)
	}
	l.ca = ca
	return ca, nil
}

// issue is acm.Options.Issue. What it signs ends with the authority.
func (l *localAuthority) issue(template *x509.Certificate, public any) ([][]byte, error) {
	ca, err := l.open()
	if err != nil {
		return nil, err
	}
	if template.NotAfter.After(ca.cert.NotAfter) {
		template.NotAfter = ca.cert.NotAfter
	}
	if !template.NotAfter.After(time.Now()) {
		return nil, fmt.Errorf("the authority in %s has expired: move it away and start again, and a new one is made", l.dir)
	}
	der, err := ca.sign(template, public)
	if err != nil {
		return nil, err
	}
	return [][]byte{der, ca.cert.Raw}, nil
}

// renewEvery is how often certificates are looked through whose time may be nearly over.
const renewEvery = time.Hour

// renewCertificates has ACM's certificates issued again in time, until ctx ends.
// Of several processes one does so.
func renewCertificates(ctx context.Context, m *acm.Manager, leads func() bool, log *slog.Logger) {
	for {
		if !leads() {
			// the one that does is at it
		} else if n, err := m.Renew(ctx, time.Now()); err != nil && ctx.Err() == nil {
			log.Error("certificates of ACM are not renewed", "error", err)
		} else if n > 0 {
			log.Info("certificates of ACM were renewed", "number", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(renewEvery):
		}
	}
}

// useSecrets makes sure that the private keys of the store can be opened.
func (p *controlPlane) useSecrets(ctx context.Context) error {
	if err := p.control.UseSecrets(ctx); err != nil {
		return err
	}
	if err := p.acm.UseSecrets(ctx); err != nil {
		return fmt.Errorf("ACM: %w", err)
	}
	return nil
}
