package control

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Deployment returns the published form of a deployment, whoever's it is, or
// store.ErrNotFound. A row that an older version of this program published is
// not read: its form is built again from what the deployment froze. A row of a
// newer version is an error.
func (s *Service) Deployment(ctx context.Context, api, id string) (*snapshot.Deployment, error) {
	row, err := s.store.Served(ctx, ServedDeployment, ServedID(api, id))
	if err != nil {
		return nil, err
	}
	d := new(snapshot.Deployment)
	broken := json.Unmarshal(row.Data, d)
	if broken == nil && d.Format == snapshot.Format {
		return d, nil
	}
	var form struct { // which every form has, whatever became of the rest
		Format int `json:"format"`
	}
	if err := json.Unmarshal(row.Data, &form); err != nil {
		return nil, fmt.Errorf("deployment %s of API %s: %w", id, api, err)
	}
	switch {
	case form.Format == snapshot.Format:
		return nil, fmt.Errorf("deployment %s of API %s: %w", id, api, broken)
	case form.Format > snapshot.Format:
		return nil, fmt.Errorf("deployment %s of API %s has format %d: %w", id, api, form.Format, store.ErrNewer)
	}
	return s.rebuild(ctx, api, id)
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
