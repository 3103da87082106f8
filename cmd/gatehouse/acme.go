package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"golang.org/x/crypto/acme"

	"github.com/gatehouse-gw/gatehouse/internal/acmecert"
	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/secrets"
)

func checkACME(c *config) error {
	if c.ACME == "" {
		return nil
	}
	u, err := url.Parse(c.ACME)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("%q is no URL of a directory such as %s", brief(c.ACME), acme.LetsEncryptURL)
	}
	return nil
}

func checkACMEContact(c *config) error {
	if c.ACMEContact == "" {
		return nil
	}
	if a, err := mail.ParseAddress(c.ACMEContact); err != nil || a.Address != c.ACMEContact {
		return fmt.Errorf("%q is no mail address such as ops@example.com", brief(c.ACMEContact))
	}
	return nil
}

// checkACMEKeys refuses an ACME authority whose terms nobody has accepted, and one whose
// certificates' private keys could not be kept.
func (c *config) checkACMEKeys(in command) error {
	switch {
	case c.ACME == "" || in != inServe:
		return nil
	case !c.ACMEAcceptTerms && c.role().Controls():
		return fmt.Errorf("%s: needs acme-accept-terms: its directory links to the authority's terms of service", c.called("acme"))
	case c.SecretsKeyFile == "" && !c.InMemory:
		return fmt.Errorf("%s: needs secrets-key-file, whose key encrypts the private keys of certificates", c.called("acme"))
	}
	return nil
}

// What bounds the exchange with an ACME authority.
const (
	acmeTime   = 30 * time.Second // for one request
	acmeAnswer = 1 << 20          // bytes
	acmeTries  = 3                // of a request that failed on its way
)

// acmeClient is the client of the authority that the configuration names.
func (c *config) acmeClient() (*acme.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if c.ACMECA != "" {
		pool, err := readAuthorities(c.ACMECA)
		if err != nil {
			return nil, fmt.Errorf("acme-ca: %s: %w", c.ACMECA, err)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	return &acme.Client{
		DirectoryURL: c.ACME, UserAgent: "gatehouse", HTTPClient: &http.Client{Transport: boundedAnswers{transport}, Timeout: acmeTime},
		RetryBackoff: func(n int, _ *http.Request, resp *http.Response) time.Duration {
			if n >= acmeTries || resp.StatusCode == http.StatusTooManyRequests {
				return -1
			}
			return time.Duration(n) * time.Second
		},
	}, nil
}

// boundedAnswers has a transport's answers end after acmeAnswer bytes.
type boundedAnswers struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b boundedAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, acmeAnswer), resp.Body}
	}
	return resp, err
}

// issuedCertificates has the certificates that an ACME authority has issued.
type issuedCertificates struct {
	readyCertificates
	issuer *acmecert.Issuer
}

// newIssued makes what issues certificates for the domain names of a data plane, nil
// where the configuration names no authority. changed tells of changes of these.
func (c *config) newIssued(data *dataPlane, others *cluster, keys *secrets.Keyring, shown *certificates) (*issuedCertificates, error) {
	if c.ACME == "" {
		return nil, nil
	}
	if keys == nil {
		return nil, errors.New("acme: there is no key that encrypts private keys")
	}
	client, err := c.acmeClient()
	if err != nil {
		return nil, err
	}
	var contact []string
	if c.ACMEContact != "" {
		contact = []string{"mailto:" + c.ACMEContact}
	}
	log := shown.log.With("authority", c.ACME)
	out := &issuedCertificates{readyCertificates: readyCertificates{log: log}}
	out.issuer = acmecert.New(acmecert.Options{
		Client: client, Contact: contact, HTTP: !c.sharesTLS(), Store: data.store, Keys: keys, Log: log,
		Names: func() []string { return shown.wanting(data.gateway) }, Changed: data.domainsChanged, Issued: out.drop,
		Shared: others != nil, Told: others.told, Leads: others.leader(),
	})
	data.issuedRows.give(out.issuer)
	return out, nil
}

// get returns the certificate of a handshake, nil where there is none that can be shown.
func (ic *issuedCertificates) get(h gateway.Handshake) *tls.Certificate {
	if ic == nil || !issuable(h.Domain) {
		return nil
	}
	return ic.ready(h.Domain, func(ctx context.Context) (*tls.Certificate, error) { return ic.issuer.Certificate(ctx, h.Domain) })
}

// issuable reports whether an authority can see that a domain name leads here, which it
// cannot of one with a wildcard.
func issuable(domain string) bool { return domain != "" && !strings.HasPrefix(domain, "*") }

// wanting are the domain names that have no certificate but what an authority issues.
func (cs *certificates) wanting(g *gateway.Gateway) (names []string) {
	shown := cs.current.Load()
	g.Domains(func(h gateway.Handshake) {
		if issuable(h.Domain) && h.Uploaded == "" && shown.ofARN(h) == nil && cs.acm.find(h) == nil && !shown.covers(h.Domain) {
			names = append(names, h.Domain)
		}
	})
	return names
}

// challenge has the text that answers an authority that asks for a path.
func (ic *issuedCertificates) challenge() func(path string) (string, bool) {
	if ic == nil {
		return nil
	}
	return ic.issuer.Token
}

// handshake is that of an authority which asks for nothing but a challenge's certificate,
// nil for any other.
func (ic *issuedCertificates) handshake(hello *tls.ClientHelloInfo) *tls.Config {
	if ic == nil || len(hello.SupportedProtos) != 1 || hello.SupportedProtos[0] != acmecert.Protocol {
		return nil
	}
	out := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{acmecert.Protocol}}
	if cert := ic.issuer.Challenges.Certificate(hello.ServerName); cert != nil {
		out.Certificates = []tls.Certificate{*cert}
	}
	return out
}

// run has certificates issued until ctx ends.
func (ic *issuedCertificates) run(ctx context.Context) {
	if ic != nil {
		ic.issuer.Run(ctx)
	}
}

// has reports whether the domain name of a key has a certificate of the authority.
func (ic *issuedCertificates) has(domain string) bool { return ic != nil && ic.issuer.Has(domain) }

// findings are the domain names whose certificates could not be had.
func (ic *issuedCertificates) findings() (out []finding) {
	if ic == nil {
		return nil
	}
	for _, f := range ic.issuer.Failures() {
		what := "it has no certificate of the ACME authority"
		if !f.Until.IsZero() {
			what = "its certificate, of the ACME authority, is not renewed and expires at " + f.Until.UTC().Format(time.RFC3339)
		}
		out = append(out, finding{Domain: f.Name, Field: "certificate", Text: what + ", which is tried again at " + f.Next.UTC().Format(time.RFC3339) + ": " + f.Error})
	}
	return out
}
