package feed

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// putOffTime bounds how long a change of a stage is put off for its program to be
// loaded. Then it is applied all the same, and the stage's first request waits
// or fails.
const putOffTime = 10 * time.Second

// A backlog is the changes of an API's stages that wait until programs have
// been loaded. Those of other APIs pass them by; its own stay behind.
type backlog struct {
	changes []gateway.Change
	read    store.Revision // the changes are those up to it
	applied store.Revision // all up to it are served
}

// putOff puts changes whose programs must be loaded first, and those behind
// them, into their APIs' backlogs, and returns the others. The changes are those
// up to rev.
func (f *Feed) putOff(ctx context.Context, changes []gateway.Change, rev store.Revision) (others []gateway.Change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range changes {
		b := f.backlogs[c.APIID]
		if b == nil {
			if f.gateway.Ready(c) {
				others = append(others, c)
				continue
			}
			b = &backlog{applied: f.applied}
			f.backlogs[c.APIID] = b
			go f.work(ctx, c.APIID, b)
		}
		b.changes, b.read = append(b.changes, c), rev
	}
	return others
}

// work applies what is in a backlog until nothing is.
func (f *Feed) work(ctx context.Context, api string, b *backlog) {
	for {
		f.mu.Lock()
		changes, read := b.changes, b.read
		if b.changes = nil; len(changes) == 0 {
			delete(f.backlogs, api)
			f.tell()
			f.mu.Unlock()
			return
		}
		f.mu.Unlock()
		f.load(ctx, changes)
		f.applyStages(changes)
		f.mu.Lock()
		b.applied = read
		f.tell()
		f.mu.Unlock()
	}
}

// load has the programs of changes loaded, in its time.
func (f *Feed) load(ctx context.Context, changes []gateway.Change) {
	ctx, cancel := context.WithTimeout(ctx, putOffTime)
	defer cancel()
	var wg sync.WaitGroup
	for _, c := range changes {
		wg.Go(func() { f.gateway.Load(ctx, c) })
	}
	wg.Wait()
}

// applyStages takes changes into use, and lets go what was kept for stages that are
// gone: their throttles, their numbers, their cached answers, and what authorizers answered for them.
func (f *Feed) applyStages(changes []gateway.Change) {
	if len(changes) == 0 {
		return
	}
	f.gateway.Apply(changes...)
	came := make(map[string]bool) // behind a change: its stage has taken its throttles again
	for _, c := range slices.Backward(changes) {
		id := snapshot.ServedID(c.APIID, c.Name)
		again := came[id]
		came[id] = true
		if c.Stage == nil && !again {
			f.limits.Forget(limit.OwnerStage(c.APIID, c.Name))
			f.metrics.Forget(c.APIID, c.Name)
			f.authorizers.Forget(authz.Owner{API: c.APIID, Stage: c.Name})
			if f.cache != nil {
				f.cache.Forget(id)
			}
		}
	}
}

// Serves returns the revision up to which everything is served, of programs that are still
// loaded as well, and what is closed when that has changed.
func (f *Feed) Serves() (store.Revision, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	rev := f.applied
	for _, b := range f.backlogs {
		rev = min(rev, b.applied)
	}
	return rev, f.moved
}

// serves reports whether everything of a scope up to rev is served. What accounts
// have beside their APIs is in no backlog, so it does not wait for the programs of
// anybody's stages. The caller holds f.mu.
func (f *Feed) serves(of store.Scope, rev store.Revision) bool {
	if f.applied < rev {
		return false
	}
	for api, b := range f.backlogs {
		if b.applied < rev && (api == of.API || of == store.Scope{}) {
			return false
		}
	}
	return true
}
