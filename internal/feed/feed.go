// Package feed carries what the control plane publishes to the gateway and to what
// its stages call.
//
// Rows are applied in the order of their revisions, and those who wait for a
// revision learn when it is served. A row that cannot be read or applied closes
// what it is about: what it says now may protect what it did not protect before.
// The rows behind it are applied all the same.
//
// Usage is the way back: what the data plane has counted goes into the store.
package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/cache"
	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/metrics"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/target"
	"github.com/gatehouse-gw/gatehouse/internal/usageplan"
)

// A Store has the published rows; *store.Store is one.
type Store interface {
	AllServed(ctx context.Context, bare ...string) ([]store.Served, store.Revision, error)
	Changes(ctx context.Context, after store.Revision, limit int, bare ...string) ([]store.Served, error)
	Watch(after store.Revision) <-chan struct{}
}

// Certificates gets the certificates of ACM, nil where one is gone.
type Certificates interface {
	Set(arn string, c *snapshot.Certificate)
}

// Functions are those that the API of Lambda has made.
type Functions interface {
	// Follow reads again what a function is. An error is of the store: it is called again.
	Follow(ctx context.Context, arn string) error
}

// Issued gets what an ACME authority has issued, and asks, for any process.
type Issued interface {
	// SetIssued takes the certificate of a name, nil where it is gone.
	SetIssued(name string, c *snapshot.Issued)
	// SetChallenge takes the answer to a challenge, nil where there is none any more.
	SetChallenge(key string, c *snapshot.Challenge) error
}

// Options are what a feed joins. All but Cache, Metrics, Rebuild and Idle are needed.
type Options struct {
	Store        Store
	Gateway      *gateway.Gateway
	Backends     *target.Backends
	Limits       *limit.Registry // the tokens of stages that are gone are forgotten
	Cache        *cache.Cache    // so are their answers; may be nil
	Plans        *usageplan.Registry
	Metrics      *metrics.Calls       // so are the numbers of their calls; nil for none
	Callers      *credentials.Callers // who may be in a session of a role; nil for nobody
	Certificates Certificates         // those that domain names have by their ARNs; nil for nobody
	Functions    Functions            // as the API of Lambda has changed them; nil for nobody
	Issued       Issued               // of an ACME authority; nil for nobody
	Authorizers  *authz.Cache         // what authorizers answered for stages that are gone is forgotten
	Rebuild      Rebuild              // of rows that an older version has published; may be nil
	Idle         bool                 // nobody asks the gateway for stages: no change waits for a program
	Log          *slog.Logger
}

// A Feed carries published rows from a store to a gateway and its backends.
// CatchUp and Run are for one goroutine at a time; the other methods are safe for
// concurrent use.
type Feed struct {
	store        Store
	gateway      *gateway.Gateway
	backends     *target.Backends
	limits       *limit.Registry
	cache        *cache.Cache
	plans        *usageplan.Registry
	metrics      *metrics.Calls
	authorizers  *authz.Cache
	callers      *credentials.Callers
	certificates Certificates
	functions    Functions
	issued       Issued
	rebuild      Rebuild
	idle         bool
	log          *slog.Logger

	serving bool // changes of stages have their programs loaded first

	started bool  // all that was served once has been applied
	known   known // what has been applied and is not gone

	mu       sync.Mutex
	applied  store.Revision
	backlogs map[string]*backlog // by API
	moved    chan struct{}       // closed and replaced when applied grows or a backlog shrinks
}

// New makes a feed that has carried nothing yet.
func New(o Options) *Feed {
	return &Feed{
		store: o.Store, gateway: o.Gateway, backends: o.Backends, limits: o.Limits, cache: o.Cache, plans: o.Plans, metrics: o.Metrics, authorizers: o.Authorizers, callers: o.Callers, certificates: o.Certificates, functions: o.Functions, issued: o.Issued, rebuild: o.Rebuild, idle: o.Idle, log: o.Log,
		known: make(known), backlogs: make(map[string]*backlog), moved: make(chan struct{}),
	}
}

// lazy are the kinds of rows that are read when somebody needs them.
var lazy = Lazy()

// Lazy are the kinds of rows that a feed does not read: those who need one do.
func Lazy() []string { return []string{snapshot.ServedDeployment, snapshot.ServedDomainCertificate} }

// batch bounds how many changes are read at once.
const batch = 500

// CatchUp applies all that is published so far.
func (f *Feed) CatchUp(ctx context.Context) error {
	if !f.started {
		if err := f.startOver(ctx); err != nil {
			return fmt.Errorf("read what is to be served: %w", err)
		}
	}
	for {
		changes, err := f.store.Changes(ctx, f.Position(), batch, lazy...)
		if errors.Is(err, store.ErrPruned) {
			changes, err = nil, f.startOver(ctx)
		}
		if err != nil {
			return fmt.Errorf("read what is to be served: %w", err)
		}
		if len(changes) > 0 {
			rev := changes[len(changes)-1].Revision
			if err := f.applyAll(ctx, changes, rev); err != nil {
				return err
			}
			f.advance(rev)
		}
		if len(changes) < batch {
			return nil
		}
	}
}

// startOver applies all that is served, and that nothing else is: at first, and
// when the feed is so far behind that the store no longer knows what has gone.
func (f *Feed) startOver(ctx context.Context) error {
	all, rev, err := f.store.AllServed(ctx, lazy...)
	if err != nil {
		return err
	}
	all = append(all, f.gone(all, rev)...)
	if len(all) > 0 {
		if err := f.applyAll(ctx, all, rev); err != nil {
			return err
		}
	}
	f.advance(rev)
	f.started = true
	return nil
}

// gone are the changes of what is known and not among all that is served.
func (f *Feed) gone(all []store.Served, rev store.Revision) (changes []store.Served) {
	if len(f.known) == 0 {
		return nil
	}
	there := make(known)
	for _, c := range all {
		there.add(c)
	}
	for kind, ids := range f.known {
		for id := range ids {
			if _, ok := there[kind][id]; !ok {
				changes = append(changes, store.Served{Kind: kind, ID: id, Revision: rev, Deleted: true})
			}
		}
	}
	return changes
}

// retryAfter is how long the feed waits when the store could not be read.
const retryAfter = time.Second

// Run applies changes as they are published, until ctx ends or the store is
// closed. A store that cannot be read for a while must not end it: every call
// that changes what is served waits for it.
func (f *Feed) Run(ctx context.Context) {
	f.serving = !f.idle
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.store.Watch(f.Position()):
		}
		err := f.CatchUp(ctx)
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
// of the gateway's Apply costs as much as there are APIs; and those of keys in plans,
// whose use is read from the store, as functions are. An error is that this could not be read, and
// that the changes have to be applied again.
func (f *Feed) applyAll(ctx context.Context, changes []store.Served, rev store.Revision) error {
	var later together
	for _, c := range changes {
		if err := f.apply(ctx, c, &later); err != nil {
			f.log.Error("a published row cannot be served: what it is about is closed", "kind", c.Kind, "id", c.ID, "error", err)
		}
	}
	if err := f.plans.SetPlanKeys(ctx, later.planKeys); err != nil {
		return err
	}
	for _, arn := range later.functions {
		if err := f.functions.Follow(ctx, arn); err != nil {
			return err
		}
	}
	f.gateway.SetDomains(later.domains)
	f.note(changes) // not before: what the next try does not find must be found gone then
	if f.serving {
		later.stages = f.putOff(ctx, later.stages, rev)
	}
	f.applyStages(later.stages)
	return nil
}

// known has the ids of rows by their kind.
type known map[string]map[string]struct{}

func (k known) add(c store.Served) {
	ids := k[c.Kind]
	if ids == nil {
		ids = make(map[string]struct{})
		k[c.Kind] = ids
	}
	ids[c.ID] = struct{}{}
}

// note keeps what would have to be found gone. What is read when somebody needs it is
// found gone then.
func (f *Feed) note(changes []store.Served) {
	for _, c := range changes {
		switch {
		case slices.Contains(lazy, c.Kind):
		case c.Deleted:
			delete(f.known[c.Kind], c.ID)
		default:
			f.known.add(c)
		}
	}
}

// Position returns the revision up to which rows have been applied, or wait for the
// programs of their stages.
func (f *Feed) Position() store.Revision {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.applied
}

// Waiting returns how many APIs have changes that wait for the programs of their stages.
func (f *Feed) Waiting() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.backlogs)
}

func (f *Feed) advance(to store.Revision) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.applied = to
	f.tell()
}

// tell wakes those who wait. The caller holds f.mu.
func (f *Feed) tell() {
	close(f.moved)
	f.moved = make(chan struct{})
}

// Wait returns when all that a write of a scope has published up to a revision is
// served: of an API, of what an account has beside its APIs, or, for the zero Scope,
// of everything.
func (f *Feed) Wait(ctx context.Context, of store.Scope, rev store.Revision) error {
	for {
		f.mu.Lock()
		served, moved := f.serves(of, rev), f.moved
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
