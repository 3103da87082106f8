package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/target"
)

// A feed carries what the store publishes to the gateway and to what its stages
// call, in order of revision, and tells who waits how far they are.
type feed struct {
	store    published
	gateway  *gateway.Gateway
	backends *target.Backends
	limits   *limit.Registry
	log      *slog.Logger

	serving bool // changes of stages have their programs loaded first

	started bool                // all that was served once has been applied
	known   map[served]struct{} // what has been applied and is not gone

	mu       sync.Mutex
	applied  store.Revision
	backlogs map[string]*backlog // by API
	moved    chan struct{}       // closed and replaced when applied grows or a backlog shrinks
}

// served names what the store has published.
type served struct{ kind, id string }

// published is what the feed reads of the store.
type published interface {
	AllServed(ctx context.Context, bare ...string) ([]store.Served, store.Revision, error)
	Changes(ctx context.Context, after store.Revision, limit int, bare ...string) ([]store.Served, error)
	Watch(after store.Revision) <-chan struct{}
}

func newFeed(st published, log *slog.Logger) *feed {
	return &feed{
		store: st, limits: limit.NewRegistry(), log: log,
		known: make(map[served]struct{}), backlogs: make(map[string]*backlog), moved: make(chan struct{}),
	}
}

// batch bounds how many changes are read at once.
const batch = 500

// catchUp applies all that is published so far.
func (f *feed) catchUp(ctx context.Context) error {
	if !f.started {
		if err := f.startOver(ctx); err != nil {
			return fmt.Errorf("read what is to be served: %w", err)
		}
	}
	for {
		changes, err := f.store.Changes(ctx, f.position(), batch, control.ServedDeployment)
		if errors.Is(err, store.ErrPruned) {
			changes, err = nil, f.startOver(ctx)
		}
		if err != nil {
			return fmt.Errorf("read what is to be served: %w", err)
		}
		if len(changes) > 0 {
			rev := changes[len(changes)-1].Revision
			f.applyAll(ctx, changes, rev)
			f.advance(rev)
		}
		if len(changes) < batch {
			return nil
		}
	}
}

// startOver applies all that is served, and that nothing else is: at first, and
// when the feed is so far behind that the store no longer knows what has gone.
func (f *feed) startOver(ctx context.Context) error {
	all, rev, err := f.store.AllServed(ctx, control.ServedDeployment)
	if err != nil {
		return err
	}
	gone := maps.Clone(f.known)
	for _, c := range all {
		delete(gone, served{c.Kind, c.ID})
	}
	for name := range gone {
		all = append(all, store.Served{Kind: name.kind, ID: name.id, Revision: rev, Deleted: true})
	}
	if len(all) > 0 {
		f.applyAll(ctx, all, rev)
	}
	f.advance(rev)
	f.started = true
	return nil
}

// retryAfter is how long the feed waits when the store could not be read.
const retryAfter = time.Second

// run applies changes as they are published, until ctx ends or the store is
// closed. A store that cannot be read for a while must not end it: every call
// that changes what is served waits for it.
func (f *feed) run(ctx context.Context) {
	f.serving = true
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.store.Watch(f.position()):
		}
		err := f.catchUp(ctx)
		if err == nil {
			continue
		}
		if ctx.Err() != nil || errors.Is(err, store.ErrClosed) {
			return
		}
		f.log.Error("the gateway does not follow the store", "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(retryAfter):
		}
	}
}

// applyAll applies changes, which lead to rev, those of stages together: each use
// of the gateway's Apply costs as much as there are APIs.
func (f *feed) applyAll(ctx context.Context, changes []store.Served, rev store.Revision) {
	var stages []gateway.Change
	for _, c := range changes {
		f.note(c)
		var err error
		if c.Kind == control.ServedStage {
			stages, err = appendStage(stages, c)
		} else {
			err = f.apply(c)
		}
		if err != nil { // one row that cannot be read must not stop the others
			f.log.Error("published row not applied", "kind", c.Kind, "id", c.ID, "error", err)
		}
	}
	if f.serving {
		stages = f.putOff(ctx, stages, rev)
	}
	f.applyStages(stages)
}

// note keeps what would have to be found gone. Deployments are read by name when
// a stage needs them.
func (f *feed) note(c store.Served) {
	switch {
	case c.Kind == control.ServedDeployment:
	case c.Deleted:
		delete(f.known, served{c.Kind, c.ID})
	default:
		f.known[served{c.Kind, c.ID}] = struct{}{}
	}
}

func appendStage(stages []gateway.Change, c store.Served) ([]gateway.Change, error) {
	st, err := current[snapshot.Stage](c)
	if err != nil {
		return stages, err
	}
	api, name, _ := strings.Cut(c.ID, "/")
	return append(stages, gateway.Change{APIID: api, Name: name, Stage: st}), nil
}

// apply hands on one change of what stages call.
func (f *feed) apply(c store.Served) error {
	switch c.Kind {
	case control.ServedVPCLink:
		l, err := current[snapshot.VPCLink](c)
		if err != nil {
			return err
		}
		f.backends.SetVPCLink(c.ID, l)
	case control.ServedClientCertificate:
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
	f.tell()
}

// tell wakes those who wait. The caller holds f.mu.
func (f *feed) tell() {
	close(f.moved)
	f.moved = make(chan struct{})
}

// wait returns when the gateway serves everything of an API up to a revision,
// of all APIs for "".
func (f *feed) wait(ctx context.Context, api string, rev store.Revision) error {
	for {
		f.mu.Lock()
		served, moved := f.serves(api, rev), f.moved
		f.mu.Unlock()
		if served {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
