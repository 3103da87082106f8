package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/pipeline"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// A feed carries what the store publishes to the gateway and to what its stages
// call, in order of revision, and tells who waits how far they are.
type feed struct {
	store    *store.Store
	gateway  *gateway.Gateway
	backends *pipeline.Backends
	log      *slog.Logger

	mu      sync.Mutex
	applied store.Revision
	moved   chan struct{} // closed and replaced when applied grows
}

func newFeed(st *store.Store, log *slog.Logger) *feed {
	return &feed{store: st, log: log, moved: make(chan struct{})}
}

// batch bounds how many changes are read at once.
const batch = 500

// catchUp applies all that is published so far.
func (f *feed) catchUp(ctx context.Context) error {
	for {
		changes, err := f.store.Changes(ctx, f.position(), batch, control.ServedDeployment)
		if err != nil {
			return fmt.Errorf("read what is to be served: %w", err)
		}
		for _, c := range changes {
			if err := f.apply(c); err != nil {
				// One row that cannot be read must not stop the others.
				f.log.Error("published row not applied", "kind", c.Kind, "id", c.ID, "error", err)
			}
		}
		if len(changes) > 0 {
			f.advance(changes[len(changes)-1].Revision)
		}
		if len(changes) < batch {
			return nil
		}
	}
}

// run applies changes as they are published, until ctx ends.
func (f *feed) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.store.Watch(f.position()):
		}
		if err := f.catchUp(ctx); err != nil {
			if ctx.Err() == nil {
				f.log.Error("the gateway does not follow the store", "error", err)
			}
			return
		}
	}
}

// apply hands one change to the gateway.
func (f *feed) apply(c store.Served) error {
	api, name, _ := strings.Cut(c.ID, "/")
	switch {
	case c.Kind == control.ServedStage && c.Deleted:
		f.gateway.Apply(gateway.Change{APIID: api, Name: name})
	case c.Kind == control.ServedStage:
		st := new(snapshot.Stage)
		if err := json.Unmarshal(c.Data, st); err != nil {
			return err
		}
		f.gateway.Apply(gateway.Change{APIID: api, Name: name, Stage: st})
	case c.Kind == control.ServedVPCLink:
		l, err := current[snapshot.VPCLink](c)
		if err != nil {
			return err
		}
		f.backends.SetVPCLink(c.ID, l)
	case c.Kind == control.ServedClientCertificate:
		cert, err := current[snapshot.ClientCertificate](c)
		if err != nil {
			return err
		}
		return f.backends.SetClientCertificate(c.ID, cert)
	}
	return nil
}

// current reads what is served now, nil when it is gone.
func current[T any](c store.Served) (*T, error) {
	if c.Deleted {
		return nil, nil
	}
	v := new(T)
	return v, json.Unmarshal(c.Data, v)
}

func (f *feed) position() store.Revision {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.applied
}

func (f *feed) advance(to store.Revision) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.applied = to
	close(f.moved)
	f.moved = make(chan struct{})
}

// wait returns when the gateway serves everything up to a revision.
func (f *feed) wait(ctx context.Context, rev store.Revision) error {
	for {
		f.mu.Lock()
		applied, moved := f.applied, f.moved
		f.mu.Unlock()
		if applied >= rev {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Deployment reads a published deployment; it is the gateway's source.
func (f *feed) Deployment(ctx context.Context, api, id string) (*snapshot.Deployment, error) {
	row, err := f.store.Served(ctx, control.ServedDeployment, control.ServedID(api, id))
	if err != nil {
		return nil, err
	}
	d := new(snapshot.Deployment)
	if err := json.Unmarshal(row.Data, d); err != nil {
		return nil, fmt.Errorf("deployment %s of API %s: %w", id, api, err)
	}
	return d, nil
}
