package control

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Reset forgets every API of every account, and ends their service. What
// accounts have set stays. It is for tests: one call, however much there is.
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
