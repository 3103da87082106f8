package acm

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
)

// parse reads the certificate, and returns the PEM of those above it as well.
func (cert *certificate) parse() (leaf *x509.Certificate, above string, err error) {
	block, rest := pem.Decode([]byte(cert.Chain))
	if block == nil {
		return nil, "", errors.New("a stored certificate is none")
	}
	leaf, err = x509.ParseCertificate(block.Bytes)
	return leaf, string(rest), err
}

// namesOf are the names that a certificate is for, its domain name first.
func (cert *certificate) namesOf(leaf *x509.Certificate) []string {
	if cert.Names != nil {
		return cert.Names
	}
	names := slices.Clone(leaf.DNSNames)
	for _, ip := range leaf.IPAddresses {
		names = append(names, net.IP(ip).String())
	}
	if cn := leaf.Subject.CommonName; cn != "" && len(names) > 0 && slices.Contains(names, cn) {
		names = append([]string{cn}, slices.DeleteFunc(names, func(name string) bool { return name == cn })...)
	} else if len(names) == 0 && cn != "" {
		names = []string{cn}
	}
	return names
}

// algorithmOf is the kind of a certificate's key, as requests name it.
func algorithmOf(leaf *x509.Certificate) string {
	switch key := leaf.PublicKey.(type) {
	case *rsa.PublicKey:
		return "RSA_" + strconv.Itoa(key.N.BitLen())
	case *ecdsa.PublicKey:
		if key.Params().BitSize == 384 {
			return "EC_secp384r1"
		}
		return "EC_prime256v1"
	}
	return ""
}

// status is whether a certificate's time is over.
func status(leaf *x509.Certificate, now time.Time) string {
	if now.After(leaf.NotAfter) {
		return "EXPIRED"
	}
	return "ISSUED"
}

type describeResponse struct{ Certificate *detail }

// A detail is a certificate in the answer of DescribeCertificate.
type detail struct {
	CertificateARN          string `json:"CertificateArn"`
	DomainName              string
	SubjectAlternativeNames []string
	DomainValidationOptions []validation `json:",omitempty"`
	Serial                  string
	Subject                 string
	Issuer                  string
	CreatedAt               int64
	IssuedAt                int64 `json:",omitempty"`
	ImportedAt              int64 `json:",omitempty"`
	Status                  string
	NotBefore               int64
	NotAfter                int64
	KeyAlgorithm            string
	SignatureAlgorithm      string
	InUseBy                 []string
	Type                    string
	KeyUsages               []usage
	ExtendedKeyUsages       []extendedUsage
	RenewalEligibility      string
	Options                 options
}

type usage struct{ Name string }

type extendedUsage struct{ Name, OID string }

// A validation says how it was made sure that a name may have the certificate: by a record
// of its DNS, which nobody here looks at.
type validation struct {
	DomainName       string
	ValidationDomain string
	ValidationStatus string
	ValidationMethod string
	ValidationEmails []string        `json:",omitempty"`
	ResourceRecord   *resourceRecord `json:",omitempty"`
}

type resourceRecord struct{ Name, Type, Value string }

// validationOf is that of a name. The record follows from account and name, as at AWS, where
// a name and its wildcard share it.
func (cert *certificate) validationOf(name string) validation {
	base := strings.TrimPrefix(name, "*.")
	v := validation{DomainName: name, ValidationDomain: base, ValidationStatus: "SUCCESS", ValidationMethod: cert.Validation}
	if cert.Validation == "EMAIL" {
		for _, who := range []string{"admin", "administrator", "hostmaster", "postmaster", "webmaster"} {
			v.ValidationEmails = append(v.ValidationEmails, who+"@"+base)
		}
		return v
	}
	account, _ := placeOf(cert.ARN)
	hash := func(what string) string {
		sum := sha256.Sum256([]byte(what + "\x00" + account + "\x00" + base))
		return hex.EncodeToString(sum[:16])
	}
	v.ResourceRecord = &resourceRecord{"_" + hash("name") + "." + base + ".", "CNAME", "_" + hash("value") + ".acm-validations.aws."}
	return v
}

func (m *Manager) describe(ctx context.Context, c *operation.Call, in *certificateRequest) (*describeResponse, error) {
	var out *detail
	err := m.read(ctx, c, in.CertificateARN, func(tx *records.Tx, cert *certificate) error {
		leaf, _, err := cert.parse()
		if err != nil {
			return err
		}
		uses, err := m.usesOf(tx, c)
		if err != nil {
			return err
		}
		out = cert.detail(leaf, uses[cert.ARN], c.Now)
		return nil
	})
	return &describeResponse{out}, err
}

// usesOf are the uses of the certificates of who calls.
func (m *Manager) usesOf(tx *records.Tx, c *operation.Call) (map[string][]string, error) {
	if m.Uses == nil {
		return nil, nil
	}
	return m.Uses(tx.Tx, c.Who.Account)
}

func (cert *certificate) detail(leaf *x509.Certificate, uses []string, now time.Time) *detail {
	names := cert.namesOf(leaf)
	out := &detail{
		CertificateARN: cert.ARN, SubjectAlternativeNames: names, Serial: serial(leaf), Subject: distinguished(leaf.Subject.String()), Issuer: cmp.Or(leaf.Issuer.CommonName, leaf.Issuer.String()),
		CreatedAt: cert.Created, IssuedAt: cert.Issued, ImportedAt: cert.Imported, Status: status(leaf, now), NotBefore: seconds(leaf.NotBefore), NotAfter: seconds(leaf.NotAfter),
		KeyAlgorithm: strings.Replace(algorithmOf(leaf), "RSA_", "RSA-", 1), SignatureAlgorithm: signatureOf(leaf),
		InUseBy: uses, Type: "IMPORTED", RenewalEligibility: "INELIGIBLE", KeyUsages: usagesOf(leaf), ExtendedKeyUsages: extendedOf(leaf),
		Options: options{CertificateTransparencyLoggingPreference: cmp.Or(cert.Transparency, "DISABLED"), Export: "DISABLED"},
	}
	if len(names) > 0 {
		out.DomainName = names[0]
	}
	if out.InUseBy == nil {
		out.InUseBy = []string{}
	}
	if cert.Issued == 0 {
		return out
	}
	out.Type = "AMAZON_ISSUED"
	if len(uses) > 0 {
		out.RenewalEligibility = "ELIGIBLE"
	}
	for _, name := range names {
		out.DomainValidationOptions = append(out.DomainValidationOptions, cert.validationOf(name))
	}
	return out
}

// signatureOf is how a certificate is signed, such as SHA256WITHRSA.
func signatureOf(leaf *x509.Certificate) string {
	name := leaf.SignatureAlgorithm.String()
	if hash, ok := strings.CutPrefix(name, "ECDSA-"); ok {
		return hash + "WITHECDSA"
	}
	return strings.Replace(name, "-", "WITH", 1)
}

// serial is a serial number as ACM writes it: bytes in hexadecimal with colons.
func serial(leaf *x509.Certificate) string {
	var parts []string
	for _, b := range leaf.SerialNumber.Bytes() {
		parts = append(parts, fmt.Sprintf("%02x", b))
	}
	return strings.Join(parts, ":")
}

// distinguished is a name of a certificate as ACM writes it.
func distinguished(name string) string { return strings.ReplaceAll(name, ",", ", ") }

// keyUsages are the names of what keys may do, in the order of their bits.
var keyUsages = []string{
	"DIGITAL_SIGNATURE", "NON_REPUDIATION", "KEY_ENCIPHERMENT", "DATA_ENCIPHERMENT", "KEY_AGREEMENT", "CERTIFICATE_SIGNING", "CRL_SIGNING", "ENCIPHER_ONLY", "DECIPHER_ONLY",
}

func usagesOf(leaf *x509.Certificate) []usage {
	out := []usage{}
	for i, name := range keyUsages {
		if leaf.KeyUsage&(1<<i) != 0 {
			out = append(out, usage{name})
		}
	}
	return out
}

func extendedOf(leaf *x509.Certificate) []extendedUsage {
	out := []extendedUsage{}
	for _, u := range leaf.ExtKeyUsage {
		switch u {
		case x509.ExtKeyUsageServerAuth:
			out = append(out, extendedUsage{"TLS_WEB_SERVER_AUTHENTICATION", "1.3.6.1.5.5.7.3.1"})
		case x509.ExtKeyUsageClientAuth:
			out = append(out, extendedUsage{"TLS_WEB_CLIENT_AUTHENTICATION", "1.3.6.1.5.5.7.3.2"})
		}
	}
	return out
}

type getResponse struct {
	Certificate      string
	CertificateChain string `json:",omitempty"`
}

func (m *Manager) get(ctx context.Context, c *operation.Call, in *certificateRequest) (*getResponse, error) {
	out := new(getResponse)
	err := m.read(ctx, c, in.CertificateARN, func(_ *records.Tx, cert *certificate) error {
		_, above, err := cert.parse()
		if err != nil {
			return err
		}
		*out = getResponse{strings.TrimSuffix(cert.Chain, above), above}
		return nil
	})
	return out, err
}
