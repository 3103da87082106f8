package feed

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// Certificate reads the certificate that was uploaded for a domain name, by the id of its
// row. One that there is not is store.ErrNotFound.
func (ds Deployments) Certificate(ctx context.Context, id string) (*snapshot.DomainCertificate, error) {
	row, err := ds.Store.Served(ctx, snapshot.ServedDomainCertificate, id)
	if err != nil {
		return nil, err
	}
	return read(ctx, row, ds.Rebuild, func(c *snapshot.DomainCertificate) string {
		return snapshot.OfAccount(c.Account, c.Region, c.Domain)
	})
}
