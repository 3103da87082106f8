package control

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Rebuilder returns what makes a published deployment again, of what it froze when
// it was made and whoever's it is: for one that an older version of this program has
// published. A deployment that there is not is store.ErrNotFound.
func Rebuilder(st *store.Store) func(ctx context.Context, api, id string) (*snapshot.Deployment, error) {
	return New(Options{Store: st}).rebuild
}

// rebuild freezes again what a deployment froze when it was made.
func (s *Service) rebuild(ctx context.Context, api, id string) (*snapshot.Deployment, error) {
	return read(ctx, s, &wire.Caller{}, api, func(t *tx) (*snapshot.Deployment, error) {
		owner, err := load[entry](t, kindAPIOwner, api, store.ErrNotFound)
		if err != nil {
			return nil, err
		}
		t = t.as(owner.Account, owner.Region).of(api)
		d, err := load[wire.Deployment](t, kindDeployment, id, store.ErrNotFound)
		if err != nil {
			return nil, err
		}
		src, err := load[source](t, kindDeploymentSource, id, store.ErrNotFound)
		if err != nil {
			return nil, err
		}
		return t.freeze(d, src), nil
	})
}
