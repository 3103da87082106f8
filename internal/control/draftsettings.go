package control

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// DraftSettings are what a deployment made now would freeze of each API as a whole, by the
// APIs' ids: of its endpoint, and of who may call it. Resources and the rest are left out.
func (s *Service) DraftSettings(ctx context.Context) (map[string]*snapshot.Deployment, error) {
	places, err := s.places(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[string]*snapshot.Deployment)
	for _, p := range places {
		if p.API == "" {
			continue
		}
		draft, err := read(ctx, s, &wire.Caller{Account: p.Account, Region: p.Region}, p.API, (*tx).draftSettings)
		if err != nil {
			return nil, err
		}
		if draft.APIID != "" {
			out[p.API] = draft
		}
	}
	return out, nil
}

// draftSettings freezes the settings of the API; one that was deleted meanwhile has none.
func (t *tx) draftSettings() (*snapshot.Deployment, error) {
	draft := new(snapshot.Deployment)
	if exists, err := t.exists(kindRestAPI, t.api); err != nil || !exists {
		return draft, err
	}
	api, err := t.restAPI()
	if err != nil {
		return nil, err
	}
	freezeSettings(&source{RestAPI: api.RestAPI}, draft)
	draft.APIID = t.api
	return draft, nil
}
