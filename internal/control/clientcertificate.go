package control

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// What AWS's certificates are like (seen): RSA, signed with their own key and
// SHA-256, of version 3 without extensions, so no authority's.
const (
	certificateBits = 2048
	certificateLife = 365 * 24 * time.Hour
)

const badClientCertificate = "Invalid client certificate identifier specified"

func errClientCertificate() error { return wire.NotFound(badClientCertificate) }

// A clientCertificate is one as it is stored: as the service shows it, and its
// private key, which no operation shows.
type clientCertificate struct {
	wire.ClientCertificate
	PrivateKey []byte `json:"privateKey"` // PKCS #8
}

func (t *tx) clientCertificate(id string) (*clientCertificate, error) {
	return load[clientCertificate](t, kindClientCertificate, id, errClientCertificate())
}

// GenerateClientCertificate makes a key pair and a certificate, with which
// backends can tell that calls come from this gateway.
func (s *Service) GenerateClientCertificate(ctx context.Context, who *wire.Caller, in *wire.GenerateClientCertificateRequest) (*wire.ClientCertificate, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	from := wire.At(s.now())
	der, key, err := generateCertificate(from.Time()) // takes a while: not within the transaction
	if err != nil {
		return nil, err
	}
	return write(ctx, s, who, "", func(t *tx) (*wire.ClientCertificate, error) {
		if err := t.accountQuota(kindClientCertificate, s.limits.ClientCertificates, "Client Certificates"); err != nil {
			return nil, err
		}
		id, err := t.freshID(kindClientCertificate)
		if err != nil {
			return nil, err
		}
		c := &clientCertificate{
			ClientCertificate: wire.ClientCertificate{
				ClientCertificateID: &id, Description: given(in.Description), PEMEncodedCertificate: new(encodeCertificate(der)),
				CreatedDate: &from, ExpirationDate: new(wire.At(from.Time().Add(certificateLife))), Tags: filled(in.Tags),
			},
			PrivateKey: key,
		}
		return &c.ClientCertificate, t.insertServed(kindClientCertificate, id, c, wire.Conflict("Client Certificate id %s is already in use", id))
	})
}

// servedClientCertificate is what the data plane is told of a certificate.
func (t *tx) servedClientCertificate(c *clientCertificate) *snapshot.ClientCertificate {
	block, _ := pem.Decode([]byte(*c.PEMEncodedCertificate)) // which encodeCertificate wrote
	return &snapshot.ClientCertificate{
		ID: *c.ClientCertificateID, Account: t.who.Account, Region: t.who.Region, Certificate: block.Bytes, PrivateKey: c.PrivateKey,
	}
}

// generateCertificate returns a certificate (DER) with AWS's subject that is
// valid from a time on, and its key (PKCS #8).
func generateCertificate(from time.Time) (der, key []byte, err error) {
	pair, err := rsa.GenerateKey(rand.Reader, certificateBits)
	if err != nil {
		return nil, nil, fmt.Errorf("generate a key: %w", err)
	}
	var serial [8]byte
	rand.Read(serial[:]) // never fails: the runtime aborts instead
	name := pkix.Name{Country: []string{"US"}, Locality: []string{"Seattle"}, CommonName: "ApiGateway"}
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetUint64(binary.BigEndian.Uint64(serial[:]) | 1), // 0 is none
		Subject:      name, Issuer: name, NotBefore: from, NotAfter: from.Add(certificateLife),
		SignatureAlgorithm: x509.SHA256WithRSA,
	}
	if der, err = x509.CreateCertificate(rand.Reader, template, template, &pair.PublicKey, pair); err != nil {
		return nil, nil, fmt.Errorf("sign a certificate: %w", err)
	}
	key, err = x509.MarshalPKCS8PrivateKey(pair)
	return der, key, err
}

// encodeCertificate is a certificate in PEM with AWS's line ends, none behind
// the last line.
func encodeCertificate(der []byte) string {
	lines := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return strings.ReplaceAll(strings.TrimSuffix(lines, "\n"), "\n", "\r\n")
}

// fullCertificate is a certificate with the member tags, which Get and Update
// show of other things of an account (recorded), so here too.
func fullCertificate(c *clientCertificate) *wire.ClientCertificate {
	if c.Tags == nil {
		c.Tags = map[string]string{}
	}
	return &c.ClientCertificate
}

// GetClientCertificate reads one certificate.
func (s *Service) GetClientCertificate(ctx context.Context, who *wire.Caller, in *wire.GetClientCertificateRequest) (*wire.ClientCertificate, error) {
	return read(ctx, s, who, "", func(t *tx) (*wire.ClientCertificate, error) {
		c, err := t.clientCertificate(in.ClientCertificateID)
		if err != nil {
			return nil, err
		}
		return fullCertificate(c), nil
	})
}

// GetClientCertificates lists the caller's certificates.
func (s *Service) GetClientCertificates(ctx context.Context, who *wire.Caller, in *wire.GetClientCertificatesRequest) (*wire.ClientCertificates, error) {
	return read(ctx, s, who, "", func(t *tx) (*wire.ClientCertificates, error) {
		items, position, err := page[wire.ClientCertificate](t, kindClientCertificate, in.Position, in.Limit)
		return &wire.ClientCertificates{Items: items, Position: position}, err
	})
}

// UpdateClientCertificate patches a certificate's description.
func (s *Service) UpdateClientCertificate(ctx context.Context, who *wire.Caller, in *wire.UpdateClientCertificateRequest) (*wire.ClientCertificate, error) {
	return write(ctx, s, who, "", func(t *tx) (*wire.ClientCertificate, error) {
		c, err := t.clientCertificate(in.ClientCertificateID)
		if err != nil {
			return nil, err
		}
		if err := clientCertificatePatch.Apply(t, c, in.PatchOperations); err != nil {
			return nil, err
		}
		if err := t.save(kindClientCertificate, in.ClientCertificateID, c); err != nil {
			return nil, err
		}
		return fullCertificate(c), nil
	})
}

// clientCertificatePatch is every path that UpdateClientCertificate takes.
var clientCertificatePatch = patchTable[clientCertificate]{
	Dialect: patch.Listed,
	Paths: []patchPath[clientCertificate]{
		{At: "/description", Replace: setText(func(c *clientCertificate) **string { return &c.Description })},
	},
}

// DeleteClientCertificate removes a certificate that no stage names, and its
// key. AWS's words are not known; these are those of a usage plan.
func (s *Service) DeleteClientCertificate(ctx context.Context, who *wire.Caller, in *wire.DeleteClientCertificateRequest) (*wire.Empty, error) {
	return writeBrieflyEmpty(ctx, s, who, "", func(t *tx) error {
		id := in.ClientCertificateID
		if err := t.require(kindClientCertificate, id, errClientCertificate()); err != nil {
			return err
		}
		err := t.eachStage(func(t *tx, st *wire.Stage) error {
			if text(st.ClientCertificateID) != id {
				return nil
			}
			return wire.BadRequest("Cannot delete Client Certificate %s because there are API Stages associated with it, including %s:%s", id, t.api, *st.StageName)
		})
		if err != nil {
			return err
		}
		return t.remove(kindClientCertificate, id, errClientCertificate())
	})
}

// setClientCertificate wants a certificate of the account; no value clears it.
func setClientCertificate(t *tx, s *stage, op *patch.Op) error {
	if id := text(op.Value); id != "" {
		if err := t.require(kindClientCertificate, id, wire.BadRequest(badClientCertificate)); err != nil {
			return err
		}
	}
	s.ClientCertificateID = given(op.Value)
	return nil
}
