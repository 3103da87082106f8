package acm

import (
	"cmp"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// How long certificates are valid that are issued, and how long before their end they are
// issued again (documented of ACM: 13 months and 60 days). One whose authority ends earlier
// is issued again after half of its time, so that it is not at each look.
const (
	validFor    = 395 * 24 * time.Hour
	renewBefore = 60 * 24 * time.Hour
)

type requestRequest struct {
	DomainName              string             `required:"" min:"1" max:"253" pattern:"(\\*\\.)?([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"`
	ValidationMethod        string             `enum:"EMAIL|DNS"`
	SubjectAlternativeNames []string           `min:"1" max:"100" pattern:"(\\*\\.)?([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"`
	IdempotencyToken        string             `min:"1" max:"32" pattern:"\\w+"`
	DomainValidationOptions []validationOption `min:"1" max:"100"`
	Options                 *options
	Tags                    []tag  `min:"1" max:"50"`
	KeyAlgorithm            string `enum:"RSA_2048|RSA_3072|RSA_4096|EC_prime256v1|EC_secp384r1"`
}

// A validationOption says where mails go that ask whether a name may have a certificate.
// Nobody is asked.
type validationOption struct {
	DomainName       string `required:""`
	ValidationDomain string `required:""`
}

type options struct {
	CertificateTransparencyLoggingPreference string `json:",omitempty" enum:"ENABLED|DISABLED"`
	Export                                   string `json:",omitempty" enum:"DISABLED"`
}

// A token is the record of a request that was made under one.
type token struct {
	ARN     string   `json:"arn"`
	Names   []string `json:"names"`
	Created int64    `json:"created"` // in seconds since 1970
}

// tokens are those of an account in a region.
var tokens = records.Kind[token]{Name: "acmtoken"}

// tokenFor is how long a token stands for its request (documented).
const tokenFor = time.Hour

// maxNames is how many names a certificate may be for (documented: 10, which can be raised
// to 100).
const maxNames = 100

// names are those of a request, the domain name first, each once.
func (r *requestRequest) names() []string {
	out := []string{strings.ToLower(r.DomainName)}
	for _, name := range r.SubjectAlternativeNames {
		if name = strings.ToLower(name); !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

func (m *Manager) request(ctx context.Context, c *operation.Call, in *requestRequest) (*arnResponse, error) {
	switch {
	case m.Secrets == nil:
		return nil, errNoSecrets()
	case m.Issue == nil:
		return nil, invalid("This server has no authority that issues certificates")
	}
	cert := &certificate{
		ARN: c.ARN("acm", "certificate/"+newID()), Created: c.Now.Unix(), Names: in.names(), Algorithm: in.KeyAlgorithm,
		Validation: in.ValidationMethod, Transparency: "ENABLED", Token: in.IdempotencyToken,
	}
	if len(cert.Names) > maxNames {
		return nil, fail("LimitExceededException", "Cannot exceed quota for domain names of a certificate: %d", maxNames)
	}
	if cert.Algorithm == "" {
		cert.Algorithm = "RSA_2048"
	}
	if cert.Validation == "" {
		cert.Validation = "EMAIL"
	}
	if in.Options != nil && in.Options.CertificateTransparencyLoggingPreference != "" {
		cert.Transparency = in.Options.CertificateTransparencyLoggingPreference
	}
	var err error
	if cert.Tags, err = tagged(nil, in.Tags); err != nil {
		return nil, err
	}
	var known string
	err = m.Records.Read(ctx, c.Who.Account, c.Who.Region, func(tx *records.Tx) error {
		if known, err = cert.asked(tx); known != "" || err != nil {
			return err
		}
		return full(tx) // before a key is made, which takes long
	})
	if known != "" || err != nil {
		return &arnResponse{known}, err
	}
	if err := m.issue(ctx, cert, c.Now); err != nil {
		return nil, err
	}
	arn := cert.ARN
	err = m.Records.Write(ctx, c.Who.Account, c.Who.Region, func(tx *records.Tx) error {
		known, err := cert.asked(tx) // and issued meanwhile
		if arn = cmp.Or(known, cert.ARN); known != "" || err != nil {
			return err
		}
		if err := full(tx); err != nil {
			return err
		}
		if cert.Token != "" {
			if err := tokens.Put(tx, cert.Token, &token{cert.ARN, cert.Names, cert.Created}); err != nil {
				return err
			}
		}
		return save(tx, cert)
	})
	return &arnResponse{arn}, err
}

// asked returns the certificate that the same request was given lately, "" for none.
func (cert *certificate) asked(tx *records.Tx) (arn string, err error) {
	if cert.Token == "" {
		return "", nil
	}
	t, err := tokens.Get(tx, cert.Token)
	if err != nil || t == nil || cert.Created-t.Created > int64(tokenFor/time.Second) || !slices.Equal(t.Names, cert.Names) {
		return "", err
	}
	there, err := certificates.Get(tx, lastPart(t.ARN))
	if err != nil || there == nil {
		return "", err
	}
	return t.ARN, nil
}

// forget forgets the request of a certificate that is deleted.
func (cert *certificate) forget(tx *records.Tx) error {
	if cert.Token == "" {
		return nil
	}
	t, err := tokens.Get(tx, cert.Token)
	if err != nil || t == nil || t.ARN != cert.ARN { // or another request has the token since
		return err
	}
	return tokens.Delete(tx, cert.Token)
}

// issue has the authority issue a certificate, with a new key.
func (m *Manager) issue(ctx context.Context, cert *certificate, now time.Time) error {
	key, err := m.makeKey(ctx, cert.Algorithm)
	if err != nil {
		return err
	}
	chain, err := m.Issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: commonName(cert.Names[0])}, DNSNames: cert.Names, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(validFor),
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, key.Public())
	if err != nil {
		return fmt.Errorf("issue a certificate: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	cert.Chain = ""
	for _, link := range chain {
		cert.Chain += string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: link}))
	}
	sum := sha256.Sum256([]byte(cert.Chain))
	cert.Fingerprint, cert.Issued = hex.EncodeToString(sum[:]), now.Unix()
	cert.Key = m.Secrets.Seal(der, cert.about())
	return nil
}

// commonName is the name of a subject, which has 64 characters at most.
func commonName(name string) string {
	const longest = 64
	if len(name) > longest {
		return ""
	}
	return name
}

// makeKey makes a key when no other is made: one of RSA takes a processor seconds, and
// requests come many at once.
func (m *Manager) makeKey(ctx context.Context, algorithm string) (crypto.Signer, error) {
	select {
	case m.making <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-m.making }()
	return m.newKey(algorithm)
}

func newKey(algorithm string) (crypto.Signer, error) {
	switch algorithm {
	case "EC_prime256v1":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "EC_secp384r1":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "RSA_3072":
		return rsa.GenerateKey(rand.Reader, 3072)
	case "RSA_4096":
		return rsa.GenerateKey(rand.Reader, 4096)
	}
	return rsa.GenerateKey(rand.Reader, 2048)
}

// Renew issues the certificates again whose time is nearly over, and returns how many. One
// that cannot be issued keeps none of the others from it.
func (m *Manager) Renew(ctx context.Context, now time.Time) (renewed int, err error) {
	if m.Secrets == nil || m.Issue == nil {
		return 0, nil
	}
	rows, err := m.Records.Served(ctx, snapshot.ServedCertificate)
	if err != nil {
		return 0, err
	}
	failed := 0
	for arn, data := range rows {
		var served snapshot.Certificate
		if err := json.Unmarshal(data, &served); err != nil || served.Renew == 0 || now.Unix() < served.Renew {
			continue
		}
		switch why := m.renew(ctx, arn, now); {
		case why == nil:
			renewed++
		case ctx.Err() != nil:
			return renewed, ctx.Err()
		default:
			failed++
			err = fmt.Errorf("issue %s again: %w", arn, why)
		}
	}
	if failed > 1 {
		err = fmt.Errorf("%w, and so it is with %d others", err, failed-1)
	}
	return renewed, err
}

func (m *Manager) renew(ctx context.Context, arn string, now time.Time) error {
	account, region := placeOf(arn)
	var cert *certificate
	err := m.Records.Read(ctx, account, region, func(tx *records.Tx) (err error) {
		cert, err = certificates.Get(tx, lastPart(arn))
		return err
	})
	if err != nil || cert == nil {
		return err
	}
	if err := m.issue(ctx, cert, now); err != nil {
		return err
	}
	return m.Records.Write(ctx, account, region, func(tx *records.Tx) error {
		there, err := certificates.Get(tx, lastPart(arn))
		if err != nil || there == nil { // it was deleted meanwhile
			return err
		}
		cert.Tags = there.Tags
		return save(tx, cert)
	})
}
