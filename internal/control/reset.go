package control

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Reset deletes every API of every account on the server. It is for tests:
// AWS has nothing like it.
func (s *Service) Reset(ctx context.Context) error {
	var owners []store.Row
	err := s.store.Read(ctx, func(t *store.Tx) (err error) {
		owners, err = t.List("", "", string(kindAPIOwner), "", "", 0)
		return err
	})
	if err != nil {
		return err
	}
	for _, row := range owners {
		var owner apiOwner
		if err := json.Unmarshal(row.Doc, &owner); err != nil {
			return err
		}
		who := &wire.Caller{Account: owner.Account, Region: owner.Region}
		_, err := s.DeleteRestAPI(ctx, who, &wire.DeleteRestAPIRequest{RestAPIID: row.ID})
		var gone *wire.Error
		if err != nil && !errors.As(err, &gone) { // somebody else deleted it: as well
			return err
		}
	}
	return nil
}
