package acm

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"

	"github.com/gatehouse-gw/gatehouse/internal/keypair"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
)

type importRequest struct {
	CertificateARN   string `json:"CertificateArn" min:"20" max:"2048"`
	Certificate      []byte `required:"" min:"1" max:"32768"`
	PrivateKey       []byte `required:"" min:"1" max:"5120"`
	CertificateChain []byte `min:"1" max:"2097152"`
	Tags             []tag  `min:"1" max:"50"`
}

func onImported(c *operation.Call, in *importRequest) []operation.Permission {
	if in.CertificateARN == "" {
		return c.On("*")
	}
	return c.On(in.CertificateARN)
}

// An arnResponse names a certificate.
type arnResponse struct {
	CertificateARN string `json:"CertificateArn"`
}

// newID makes the last part of an ARN.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (m *Manager) importCertificate(ctx context.Context, c *operation.Call, in *importRequest) (*arnResponse, error) {
	if m.Secrets == nil {
		return nil, errNoSecrets()
	}
	if in.CertificateARN != "" && in.Tags != nil {
		return nil, invalid("Tagging is not permitted on re-import.")
	}
	if bytes.Count(in.Certificate, []byte("-----BEGIN CERTIFICATE")) > 1 {
		return nil, invalid("The certificate field contains more than one certificate. You can specify only one certificate in this field.")
	}
	pair, err := keypair.Check(keypair.Upload{Body: string(in.Certificate), Key: string(in.PrivateKey), Chain: string(in.CertificateChain)}, "", c.Now)
	if err != nil {
		return nil, invalid("%s", err.Error())
	}
	take := func(cert *certificate) {
		cert.Chain, cert.Fingerprint, cert.Imported = pair.Chain, pair.Fingerprint, c.Now.Unix()
		cert.Key = m.Secrets.Seal(pair.Key, cert.about())
	}
	if in.CertificateARN != "" {
		return &arnResponse{in.CertificateARN}, m.change(ctx, c, in.CertificateARN, func(cert *certificate) error {
			if cert.Issued != 0 {
				return invalid("The certificate %s was not imported, and so no other can be imported for it.", cert.ARN)
			}
			take(cert)
			return nil
		})
	}
	cert := &certificate{ARN: c.ARN("acm", "certificate/"+newID()), Created: c.Now.Unix()}
	if cert.Tags, err = tagged(nil, in.Tags); err != nil {
		return nil, err
	}
	take(cert)
	return &arnResponse{cert.ARN}, m.Records.Write(ctx, c.Who.Account, c.Who.Region, func(tx *records.Tx) error {
		if err := full(tx); err != nil {
			return err
		}
		return save(tx, cert)
	})
}
