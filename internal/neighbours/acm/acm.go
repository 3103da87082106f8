// Package acm is what tools ask of ACM: certificates that are imported with their keys, or
// that the server's own authority issues, and which custom domain names have by their ARNs.
// Private keys are stored sealed and told nobody.
package acm

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/awsjson"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Target is what stands before the dot in X-Amz-Target.
const Target = "CertificateManager"

// Options are what the service needs of the server.
type Options struct {
	Records *records.Records

	// Secrets seals private keys. Nil takes none.
	Secrets *secrets.Keyring

	// Issue has an authority sign a certificate: it makes the serial number, and returns
	// the certificate and those above it, in DER. Nil issues none.
	Issue func(template *x509.Certificate, public any) ([][]byte, error)

	// Uses returns the ARNs of those who use an account's certificates, by the
	// certificates' ARNs. Nil is that nobody does.
	Uses func(tx *store.Tx, account string) (map[string][]string, error)
}

// A Manager keeps certificates. It is safe for concurrent use.
type Manager struct {
	Options

	making chan struct{} // has room for one: who makes a key is in it
	newKey func(algorithm string) (crypto.Signer, error)
}

// New makes a manager.
func New(o Options) *Manager { return &Manager{o, make(chan struct{}, 1), newKey} }

// Service makes the service of the manager.
func (m *Manager) Service() *operation.Service {
	return &operation.Service{
		Name:     "acm",
		Protocol: &awsjson.Protocol{Target: Target, Called: "ACM"},
		Operations: map[string]operation.Operation{
			"ImportCertificate":         operation.Of(onImported, m.importCertificate),
			"RequestCertificate":        operation.Of(onAll[*requestRequest], m.request),
			"DescribeCertificate":       operation.Of(onOne[*certificateRequest], m.describe),
			"GetCertificate":            operation.Of(onOne[*certificateRequest], m.get),
			"ListCertificates":          operation.Of(onAll[*listRequest], m.list),
			"DeleteCertificate":         operation.Of(onOne[*certificateRequest], m.delete),
			"AddTagsToCertificate":      operation.Of(onOne[*tagsRequest], m.addTags),
			"RemoveTagsFromCertificate": operation.Of(onOne[*tagsRequest], m.removeTags),
			"ListTagsForCertificate":    operation.Of(onOne[*certificateRequest], m.listTags),
		},
	}
}

// A certificate is the record of one, under the last part of its ARN.
type certificate struct {
	ARN         string `json:"arn"`
	Created     int64  `json:"created"` // in seconds since 1970, as all times
	Issued      int64  `json:"issued,omitempty"`
	Imported    int64  `json:"imported,omitempty"`
	Chain       string `json:"chain"` // PEM, the certificate first
	Key         string `json:"key"`   // PKCS #8, sealed
	Fingerprint string `json:"fingerprint"`
	Tags        []tag  `json:"tags,omitempty"`

	// Of one that is issued.
	Names        []string `json:"names,omitempty"` // the first is its domain name
	Algorithm    string   `json:"algorithm,omitempty"`
	Validation   string   `json:"validation,omitempty"`
	Transparency string   `json:"transparency,omitempty"`
	Token        string   `json:"token,omitempty"` // under which it was requested
}

// certificates are those of an account in a region.
var certificates = records.Kind[certificate]{Name: "acmcertificate"}

// mostCertificates is how many an account may have in a region (documented).
const mostCertificates = 2500

// A certificateRequest names a certificate.
type certificateRequest struct {
	CertificateARN string `json:"CertificateArn" required:"" min:"20" max:"2048" pattern:"arn:[\\w+=/,.@-]+:acm:[\\w+=/,.@-]*:[0-9]+:[\\w+=,.@-]+(/[\\w+=,.@-]+)*"`
}

func (r *certificateRequest) certificateARN() string { return r.CertificateARN }

// onOne needs the permission that has the operation's name, on the certificate that a
// request names.
func onOne[In interface{ certificateARN() string }](c *operation.Call, in In) []operation.Permission {
	return c.On(in.certificateARN())
}

// onAll needs it on no certificate of its own.
func onAll[In any](c *operation.Call, _ In) []operation.Permission { return c.On("*") }

func fail(code, format string, args ...any) error {
	return &wire.Error{Status: http.StatusBadRequest, Type: code, Message: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) error { return fail("ValidationException", format, args...) }

// errNoSecrets says what a server needs that keeps private keys.
func errNoSecrets() error {
	return invalid("This server keeps no certificates of ACM, since it is started without --secrets-key-file, whose key encrypts private keys")
}

// idOf is the id of the certificate of an ARN, which is to be one of who calls.
func idOf(c *operation.Call, arn string) (string, error) {
	id, ok := strings.CutPrefix(arn, c.ARN("acm", "certificate/"))
	if !ok {
		return "", notFound(arn)
	}
	return id, nil
}

func notFound(arn string) error {
	return fail("ResourceNotFoundException", "Could not find certificate %s.", arn)
}

// find returns the certificate of an ARN.
func find(tx *records.Tx, c *operation.Call, arn string) (*certificate, error) {
	id, err := idOf(c, arn)
	if err != nil {
		return nil, err
	}
	cert, err := certificates.Get(tx, id)
	if err == nil && cert == nil {
		err = notFound(arn)
	}
	return cert, err
}

// read shows fn the certificate of an ARN.
func (m *Manager) read(ctx context.Context, c *operation.Call, arn string, fn func(*records.Tx, *certificate) error) error {
	return m.Records.Read(ctx, c.Who.Account, c.Who.Region, func(tx *records.Tx) error {
		cert, err := find(tx, c, arn)
		if err != nil {
			return err
		}
		return fn(tx, cert)
	})
}

// change changes the certificate of an ARN.
func (m *Manager) change(ctx context.Context, c *operation.Call, arn string, fn func(*certificate) error) error {
	return m.Records.Write(ctx, c.Who.Account, c.Who.Region, func(tx *records.Tx) error {
		cert, err := find(tx, c, arn)
		if err != nil {
			return err
		}
		if err := fn(cert); err != nil {
			return err
		}
		return save(tx, cert)
	})
}

// save writes a certificate, and publishes it to who shows it.
func save(tx *records.Tx, cert *certificate) error {
	if err := certificates.Put(tx, lastPart(cert.ARN), cert); err != nil {
		return err
	}
	served, err := cert.served()
	if err != nil {
		return err
	}
	return tx.Publish(snapshot.ServedCertificate, cert.ARN, served)
}

func lastPart(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// served is what the data plane is told of a certificate.
func (cert *certificate) served() (*snapshot.Certificate, error) {
	out := &snapshot.Certificate{ARN: cert.ARN, Fingerprint: cert.Fingerprint, Chain: cert.Chain, Key: cert.Key}
	if cert.Issued == 0 {
		return out, nil
	}
	leaf, _, err := cert.parse()
	if err != nil {
		return nil, err
	}
	life := leaf.NotAfter.Sub(time.Unix(cert.Issued, 0))
	out.Renew = leaf.NotAfter.Add(-min(renewBefore, life/2)).Unix()
	return out, nil
}

// about is what the sealed key of a certificate is about.
func (cert *certificate) about() string {
	return (&snapshot.Certificate{ARN: cert.ARN, Fingerprint: cert.Fingerprint}).About()
}

// full refuses one more certificate than there may be.
func full(tx *records.Tx) error {
	n, err := certificates.Count(tx, "")
	if err == nil && n >= mostCertificates {
		err = fail("LimitExceededException", "Cannot exceed quota for ACM certificates: %d", mostCertificates)
	}
	return err
}

// UseSecrets makes sure that all keys of certificates can be opened, and seals those again
// that were sealed under another key than the one that seals now. It is to be called before
// the service is used; an error says which key is missing.
func (m *Manager) UseSecrets(ctx context.Context) error {
	rows, err := m.Records.Served(ctx, snapshot.ServedCertificate)
	if err != nil {
		return err
	}
	for arn := range rows {
		account, region := placeOf(arn)
		err := m.Records.Write(ctx, account, region, func(tx *records.Tx) error {
			cert, err := certificates.Get(tx, lastPart(arn))
			if err != nil || cert == nil {
				return err
			}
			return m.sealAgain(tx, cert)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *Manager) sealAgain(tx *records.Tx, cert *certificate) error {
	switch id := secrets.KeyOf(cert.Key); {
	case m.Secrets == nil:
		return fmt.Errorf("private keys of certificates are stored under the key %s: start with --secrets-key-file", id)
	case !m.Secrets.Has(id):
		return fmt.Errorf("private keys of certificates are stored under the key %s, which --secrets-key-file does not have", id)
	case id == m.Secrets.Current():
		return nil
	}
	key, err := m.Secrets.Open(cert.Key, cert.about())
	if err != nil {
		return fmt.Errorf("the private key of %s: %w", cert.ARN, err)
	}
	cert.Key = m.Secrets.Seal(key, cert.about())
	return save(tx, cert)
}

// placeOf is the account and the region of an ARN.
func placeOf(arn string) (account, region string) {
	const parts = 6
	p := strings.SplitN(arn, ":", parts)
	if len(p) < parts {
		return "", ""
	}
	return p[4], p[3]
}

// seconds is a time in an answer: a number, as the protocol has it.
func seconds(at time.Time) int64 { return at.Unix() }
