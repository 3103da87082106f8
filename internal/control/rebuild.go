package control

import (
	"context"
	"fmt"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Rebuilder returns what makes a published row again, of the documents of
// whoever's it is: for one that an older version of this program has published. It
// returns the row's data, or store.ErrNotFound where there is nothing to make it
// of.
func Rebuilder(st *store.Store) func(ctx context.Context, kind, id string) ([]byte, error) {
	return New(Options{Store: st}).rebuild
}

func (s *Service) rebuild(ctx context.Context, served, id string) ([]byte, error) {
	k := s.kinds.servedAs(served)
	if k == nil {
		return nil, fmt.Errorf("nothing is served as %q", served)
	}
	form, err := read(ctx, s, &wire.Caller{}, "", func(t *tx) (*any, error) {
		t, doc, err := t.servedBy(k, id)
		if err != nil {
			return nil, err
		}
		form, err := k.served.again(t, doc)
		return &form, err
	})
	if err != nil {
		return nil, err
	}
	return snapshot.Encode(served, *form)
}

// servedBy is the inverse of servedID: the transaction about whose document is
// served under an id, and the document's id.
func (t *tx) servedBy(k *kindInfo, id string) (*tx, string, error) {
	first, rest, _ := strings.Cut(id, "/")
	if k.scope == ofAPI {
		owner, err := load[entry](t, kindAPIOwner, first, store.ErrNotFound)
		if err != nil {
			return nil, "", err
		}
		return t.as(owner.Account, owner.Region).of(first), rest, nil
	}
	region, doc, _ := strings.Cut(rest, "/")
	return t.as(first, region), doc, nil
}

// deploymentAgain freezes again what a deployment froze when it was made.
func (t *tx) deploymentAgain(id string) (any, error) {
	d, err := load[wire.Deployment](t, kindDeployment, id, store.ErrNotFound)
	if err != nil {
		return nil, err
	}
	src, err := load[source](t, kindDeploymentSource, id, store.ErrNotFound)
	if err != nil {
		return nil, err
	}
	return t.freeze(d, src), nil
}
