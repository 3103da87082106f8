package control

import (
	"context"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Reset forgets every API of every account and what accounts have beside them,
// and ends the service of all of it. What the table of kinds says stays, such as
// the settings of accounts, stays. It is for tests: one call, however much there
// is.
func (s *Service) Reset(ctx context.Context) error {
	_, err := writeBriefly(ctx, s, &wire.Caller{}, "", func(t *tx) (*wire.Empty, error) {
		owners, err := t.apiOwners()
		if err != nil {
			return nil, err
		}
		for _, o := range owners {
			if err := t.as(o.Account, o.Region).of(o.ID).removeAPI(); err != nil {
				return nil, err
			}
		}
		tenants, err := t.ids(kindTenant, "")
		if err != nil {
			return nil, err
		}
		for _, tenant := range tenants {
			if err := t.resetTenant(tenant); err != nil {
				return nil, err
			}
		}
		return &wire.Empty{}, nil
	})
	return err
}

// resetTenant removes what an account whose APIs are gone has in a region.
func (t *tx) resetTenant(tenant string) error {
	account, region, _ := strings.Cut(tenant, "/")
	of, stays := t.as(account, region), false
	for _, k := range t.svc.kinds.tops(ofAccount) {
		if k.stays {
			ids, err := of.ids(k.kind, "")
			if err != nil {
				return err
			}
			stays = stays || len(ids) > 0
			continue
		}
		if err := of.removeAll(k.kind, ""); err != nil {
			return err
		}
	}
	if stays {
		return nil
	}
	return t.Delete(t.key(kindTenant, tenant))
}
