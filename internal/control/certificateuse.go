package control

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// CertificateUses returns the ARNs of the custom domain names of an account, in all its
// regions, by the ARNs of the certificates that they name, as a transaction sees them.
func (s *Service) CertificateUses(st *store.Tx, account string) (map[string][]string, error) {
	t := s.tx(st, new(wire.Caller), "")
	tenants, err := t.ids(kindTenant, account+"/")
	if err != nil {
		return nil, err
	}
	out := make(map[string][]string)
	for _, tenant := range tenants {
		of := t.as(account, strings.TrimPrefix(tenant, account+"/"))
		rows, err := of.rowsWith(kindDomainName, "")
		if err != nil {
			return nil, err
		}
		names, err := decodeRows[wire.DomainName](of, kindDomainName, rows)
		if err != nil {
			return nil, err
		}
		for i := range names {
			d := &names[i]
			for _, arn := range []*string{d.CertificateARN, d.RegionalCertificateARN, d.OwnershipVerificationCertificateARN} {
				if text(arn) != "" {
					out[*arn] = append(out[*arn], of.domainARN(d))
				}
			}
		}
	}
	return out, nil
}
