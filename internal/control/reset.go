package control

import (
	"context"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Reset forgets every API of every account, VPC links and client certificates,
// and ends their service. What accounts have set stays. It is for tests: one
// call, however much there is.
func (s *Service) Reset(ctx context.Context) error {
	_, err := write(ctx, s, &wire.Caller{}, "", func(t *tx) (*wire.Empty, error) {
		owners, err := t.List("", "", string(kindAPIOwner), "", "", 0)
		if err != nil {
			return nil, err
		}
		for _, row := range owners {
			if err := t.forget(row); err != nil {
				return nil, err
			}
		}
		tenants, err := t.ListIDs("", "", string(kindTenant), "", "")
		if err != nil {
			return nil, err
		}
		for _, tenant := range tenants {
			if err := t.forgetTenant(tenant); err != nil {
				return nil, err
			}
		}
		return &wire.Empty{}, nil
	})
	return err
}

// forget removes the API that a row of kindAPIOwner names.
func (t *tx) forget(row store.Row) error {
	owner, err := decode[apiOwner](kindAPIOwner, row.ID, row.Doc)
	if err != nil {
		return err
	}
	of := t.of(row.ID)
	of.who = &wire.Caller{Account: owner.Account, Region: owner.Region}
	return of.removeAPI()
}

// noteTenant notes that the caller's account has something in the region beside
// its APIs.
func (t *tx) noteTenant() error {
	return t.Put(store.Key{Kind: string(kindTenant), ID: t.who.Account + "/" + t.who.Region}, []byte("{}"))
}

// forgetTenant removes what an account has in a region beside its APIs.
func (t *tx) forgetTenant(id string) error {
	of := t.of("")
	account, region, _ := strings.Cut(id, "/")
	of.who = &wire.Caller{Account: account, Region: region}
	for k, served := range accountKinds {
		ids, err := of.ids(k, "")
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := t.Retract(served, snapshot.OfAccount(account, region, id)); err != nil {
				return err
			}
		}
		if err := of.removeAll(k, ""); err != nil {
			return err
		}
	}
	return t.Delete(store.Key{Kind: string(kindTenant), ID: id})
}
