package acm

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

type listRequest struct {
	CertificateStatuses []string `enum:"PENDING_VALIDATION|ISSUED|INACTIVE|EXPIRED|VALIDATION_TIMED_OUT|REVOKED|FAILED"`
	Includes            *filters
	NextToken           string `min:"1" max:"10000"`
	MaxItems            *int   `min:"1" max:"1000"`
	SortBy              string `enum:"CREATED_AT"`
	SortOrder           string `enum:"ASCENDING|DESCENDING"`
}

type filters struct {
	KeyTypes []string `json:"keyTypes" enum:"RSA_1024|RSA_2048|RSA_3072|RSA_4096|EC_prime256v1|EC_secp384r1|EC_secp521r1"`
}

// defaultKeyTypes are those that are listed where nobody says which (documented).
var defaultKeyTypes = []string{"RSA_1024", "RSA_2048"}

// defaultPage is how long a page is where nothing is said.
const defaultPage = 1000

type listResponse struct {
	NextToken              string `json:",omitempty"`
	CertificateSummaryList []summary
}

// A summary is a certificate in a list.
type summary struct {
	CertificateARN                       string `json:"CertificateArn"`
	DomainName                           string
	SubjectAlternativeNameSummaries      []string
	HasAdditionalSubjectAlternativeNames bool
	Status                               string
	Type                                 string
	KeyAlgorithm                         string
	KeyUsages                            []string
	ExtendedKeyUsages                    []string
	InUse                                bool
	RenewalEligibility                   string
	NotBefore                            int64
	NotAfter                             int64
	CreatedAt                            int64
	IssuedAt                             int64 `json:",omitempty"`
	ImportedAt                           int64 `json:",omitempty"`
}

// list lists certificates in the order of their creation.
func (m *Manager) list(ctx context.Context, c *operation.Call, in *listRequest) (*listResponse, error) {
	if in.SortOrder != "" && in.SortBy == "" {
		return nil, fail("InvalidArgsException", "SortOrder needs SortBy")
	}
	after := 0
	if in.NextToken != "" {
		var err error
		if after, err = strconv.Atoi(in.NextToken); err != nil || after < 0 {
			return nil, fail("InvalidArgsException", "The NextToken is none that was given")
		}
	}
	var all []summary
	err := m.Records.Read(ctx, c.Who.Account, c.Who.Region, func(tx *records.Tx) error {
		uses, err := m.usesOf(tx, c)
		if err != nil {
			return err
		}
		all, err = summaries(tx, c, in, uses)
		return err
	})
	if err != nil {
		return nil, err
	}
	size := defaultPage
	if in.MaxItems != nil {
		size = *in.MaxItems
	}
	after = min(after, len(all))
	out := &listResponse{CertificateSummaryList: all[after:min(after+size, len(all))]}
	if after+size < len(all) {
		out.NextToken = strconv.Itoa(after + size)
	}
	return out, nil
}

// readAtOnce bounds the certificates that are in memory whole for a list, which may have
// 100 KiB each.
const readAtOnce = 50

// namesInList is how many names of a certificate are in a list (documented).
const namesInList = 100

// summaries are those that a request wants, in its order.
func summaries(tx *records.Tx, c *operation.Call, in *listRequest, uses map[string][]string) ([]summary, error) {
	types := defaultKeyTypes
	if in.Includes != nil && len(in.Includes.KeyTypes) > 0 {
		types = in.Includes.KeyTypes
	}
	out := []summary{}
	for after, more := "", true; more; {
		var items []records.Item[certificate]
		var err error
		if items, more, err = certificates.List(tx, "", after, readAtOnce); err != nil {
			return nil, err
		}
		for _, item := range items {
			after = item.ID
			leaf, _, err := item.Record.parse()
			if err != nil {
				return nil, err
			}
			s := item.Record.detail(leaf, uses[item.Record.ARN], c.Now).summary(algorithmOf(leaf))
			if slices.Contains(types, s.KeyAlgorithm) && (len(in.CertificateStatuses) == 0 || slices.Contains(in.CertificateStatuses, s.Status)) {
				out = append(out, s)
			}
		}
	}
	slices.SortFunc(out, func(a, b summary) int {
		return cmp.Or(cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.CertificateARN, b.CertificateARN))
	})
	if in.SortOrder == "DESCENDING" {
		slices.Reverse(out)
	}
	return out, nil
}

func (d *detail) summary(algorithm string) summary {
	s := summary{
		CertificateARN: d.CertificateARN, DomainName: d.DomainName, SubjectAlternativeNameSummaries: d.SubjectAlternativeNames, Status: d.Status, Type: d.Type, KeyAlgorithm: algorithm,
		KeyUsages: []string{}, ExtendedKeyUsages: []string{}, InUse: len(d.InUseBy) > 0, RenewalEligibility: d.RenewalEligibility, NotBefore: d.NotBefore, NotAfter: d.NotAfter,
		CreatedAt: d.CreatedAt, IssuedAt: d.IssuedAt, ImportedAt: d.ImportedAt,
	}
	if len(s.SubjectAlternativeNameSummaries) > namesInList {
		s.SubjectAlternativeNameSummaries, s.HasAdditionalSubjectAlternativeNames = slices.Clone(s.SubjectAlternativeNameSummaries[:namesInList]), true
	}
	for _, u := range d.KeyUsages {
		s.KeyUsages = append(s.KeyUsages, u.Name)
	}
	for _, u := range d.ExtendedKeyUsages {
		s.ExtendedKeyUsages = append(s.ExtendedKeyUsages, u.Name)
	}
	return s
}

// delete deletes a certificate that no domain name uses.
func (m *Manager) delete(ctx context.Context, c *operation.Call, in *certificateRequest) (*operation.Nothing, error) {
	return new(operation.Nothing), m.Records.Write(ctx, c.Who.Account, c.Who.Region, func(tx *records.Tx) error {
		cert, err := find(tx, c, in.CertificateARN)
		if err != nil {
			return err
		}
		uses, err := m.usesOf(tx, c)
		switch {
		case err != nil:
			return err
		case len(uses[cert.ARN]) > 0:
			return fail("ResourceInUseException", "Certificate %s in account %s is in use.", cert.ARN, c.Who.Account)
		}
		if err := cert.forget(tx); err != nil {
			return err
		}
		if err := certificates.Delete(tx, lastPart(cert.ARN)); err != nil {
			return err
		}
		return tx.Retract(snapshot.ServedCertificate, cert.ARN)
	})
}
