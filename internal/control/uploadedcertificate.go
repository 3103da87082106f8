package control

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/keypair"
	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Certificates that are uploaded with their private keys (certificateBody,
// certificatePrivateKey, certificateChain). They stand for each endpoint of a domain name
// that names none by its ARN. No operation answers them.

// An uploadedCertificate is one as it is stored, beside its domain name.
type uploadedCertificate struct {
	Chain       string `json:"chain"` // PEM, the server's own first
	Key         string `json:"key"`   // sealed; PKCS #8
	Fingerprint string `json:"fingerprint"`
}

// sealedKeys are the keys of kindSealedWith.
func sealedKeys(c *uploadedCertificate) []string { return []string{secrets.KeyOf(c.Key)} }

// servedCertificate is what the data plane is told of an uploaded certificate.
func (t *tx) servedCertificate(key string, c *uploadedCertificate) *snapshot.DomainCertificate {
	return &snapshot.DomainCertificate{Account: t.who.Account, Region: t.who.Region, Domain: key, Chain: c.Chain, Key: c.Key, Fingerprint: c.Fingerprint}
}

// uploadOf is what a call to create a domain name uploads, nil for nothing.
func uploadOf(in *wire.CreateDomainNameRequest) *keypair.Upload {
	if in.CertificateBody == nil && in.CertificatePrivateKey == nil && in.CertificateChain == nil {
		return nil
	}
	return &keypair.Upload{Body: text(in.CertificateBody), Key: text(in.CertificatePrivateKey), Chain: text(in.CertificateChain)}
}

// uploadPath is a path whose value is part of an upload.
func uploadPath(at string, part func(*keypair.Upload) *string) patchPath[wire.DomainName] {
	return patchPath[wire.DomainName]{At: at, Replace: func(t *tx, _ *wire.DomainName, op *patch.Op) error {
		if t.upload == nil {
			t.upload = new(keypair.Upload)
		}
		*part(t.upload) = text(op.Value)
		return nil
	}}
}

// errNoSecrets says of no member what it holds: one is a private key.
func errNoSecrets() error {
	return wire.BadRequest("This server takes no certificateBody, certificatePrivateKey and certificateChain, since it is started without --secrets-key-file, whose key encrypts private keys: name a certificate with certificateArn or regionalCertificateArn")
}

// keepUpload stores what the call uploads for a domain name, and forgets what was uploaded
// when all its endpoints name certificates by their ARNs. named is whether this call names
// one.
func (t *tx) keepUpload(d *wire.DomainName, named bool) error {
	switch {
	case t.upload == nil:
		if needsUpload(d) {
			return nil
		}
		return t.remove(kindDomainCertificate, keyOfDomain(d), nil)
	case t.svc.secrets == nil:
		return errNoSecrets()
	case named:
		return wire.BadRequest("A certificate is either named by its ARN or uploaded, and not both")
	}
	pair, err := keypair.Check(*t.upload, *d.DomainName, t.now.Time())
	if err != nil {
		return wire.BadRequest("%s", err.Error())
	}
	if isPrivate(d.EndpointConfiguration) && pair.RSABits > 2048 {
		return wire.BadRequest("Only RSA certificates with a 2048-bit key length and ECDSA certificates with 256-bit and 384-bit key lengths are supported for private custom domain names")
	}
	for _, e := range domainEndpoints(d) {
		*e.certificate = nil
	}
	d.CertificateUploadDate = &t.now
	c := &uploadedCertificate{Chain: pair.Chain, Fingerprint: pair.Fingerprint}
	served := t.servedCertificate(keyOfDomain(d), c)
	c.Key = t.svc.secrets.Seal(pair.Key, served.About())
	return t.saveCertificate(keyOfDomain(d), c)
}

func (t *tx) saveCertificate(key string, c *uploadedCertificate) error {
	if err := t.save(kindDomainCertificate, key, c); err != nil {
		return err
	}
	return t.publish(kindDomainCertificate, key, t.servedCertificate(key, c))
}

// needsUpload reports whether a domain name has an endpoint that names no certificate.
func needsUpload(d *wire.DomainName) bool {
	return slices.ContainsFunc(domainEndpoints(d), func(e domainEndpoint) bool {
		return text(*e.certificate) == "" && slices.Contains(d.EndpointConfiguration.Types, e.kind)
	})
}

// namesCertificate reports whether a patch names a certificate by its ARN.
func namesCertificate(ops []wire.PatchOperation) bool {
	return slices.ContainsFunc(ops, func(op wire.PatchOperation) bool {
		return (text(op.Path) == "/certificateArn" || text(op.Path) == "/regionalCertificateArn") && text(op.Value) != ""
	})
}

// uploads reports whether a domain name has an uploaded certificate, or gets one now.
func (t *tx) uploads(key string) (bool, error) {
	if t.upload != nil {
		return true, nil
	}
	return t.exists(kindDomainCertificate, key)
}

// certificateAgain makes the row of an uploaded certificate again.
func (t *tx) certificateAgain(key string) (any, error) {
	c, err := load[uploadedCertificate](t, kindDomainCertificate, key, store.ErrNotFound)
	if err != nil {
		return nil, err
	}
	return t.servedCertificate(key, c), nil
}

// uploaded reads the certificate that was uploaded for a domain name, nil for none.
func (t *tx) uploaded(key string) (*uploadedCertificate, error) {
	return load[uploadedCertificate](t, kindDomainCertificate, key, nil)
}

// UseSecrets makes sure that all secrets of the store can be opened, and seals those again
// that were sealed under another key than the one that seals now, so that the other one can
// be taken away. It is to be called before the service is used; an error says which key is
// missing.
func (s *Service) UseSecrets(ctx context.Context) error {
	var old []entry
	if _, err := read(ctx, s, &wire.Caller{}, "", func(t *tx) (_ *struct{}, err error) {
		old, err = t.sealedUnderOthers()
		return nil, err
	}); err != nil {
		return err
	}
	for len(old) > 0 {
		some := old[:min(len(old), 100)]
		old = old[len(some):]
		if _, err := writeEmpty(ctx, s, &wire.Caller{}, "", func(t *tx) error { return t.sealAgain(some) }); err != nil {
			return err
		}
	}
	return nil
}

// sealedUnderOthers lists what was sealed under another key than the one that seals now.
func (t *tx) sealedUnderOthers() ([]entry, error) {
	rows, err := t.rowsWith(kindSealedWith, "")
	if err != nil {
		return nil, err
	}
	entries, err := decodeRows[entry](t, kindSealedWith, rows)
	if err != nil {
		return nil, err
	}
	var old []entry
	for i, e := range entries {
		switch id, _, _ := strings.Cut(rows[i].ID, keyEnd); {
		case t.svc.secrets == nil:
			return nil, fmt.Errorf("private keys of certificates are stored under the key %s: start with --secrets-key-file", id)
		case !t.svc.secrets.Has(id):
			return nil, fmt.Errorf("private keys of certificates are stored under the key %s, which --secrets-key-file does not have", id)
		case id != t.svc.secrets.Current():
			old = append(old, e)
		}
	}
	return old, nil
}

// sealAgain seals what was sealed under another key.
func (t *tx) sealAgain(list []entry) error {
	for _, e := range list {
		of := t.as(e.Account, e.Region)
		c, err := of.uploaded(e.ID)
		if err != nil || c == nil {
			return err
		}
		about := of.servedCertificate(e.ID, c).About()
		key, err := t.svc.secrets.Open(c.Key, about)
		if err != nil {
			return fmt.Errorf("the private key of %s: %w", e.ID, err)
		}
		c.Key = t.svc.secrets.Seal(key, about)
		if err := of.saveCertificate(e.ID, c); err != nil {
			return err
		}
	}
	return nil
}
