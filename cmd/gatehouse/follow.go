package main

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/lambda"
	"github.com/gatehouse-gw/gatehouse/internal/usageplan"
)

// A functionFollower has the functions of Lambda's API follow the store. While that does not
// answer it notes which have changed, and has them read later: nothing else waits for it.
type functionFollower struct {
	service *lambda.Service
	log     *slog.Logger
	all     bool // none could be read at the start

	mu      sync.Mutex
	waiting map[string]bool // ARNs
}

// Follow implements feed.Functions.
func (f *functionFollower) Follow(ctx context.Context, arn string) error {
	err := f.service.Follow(ctx, arn)
	if !away(err) {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.waiting == nil {
		f.waiting = make(map[string]bool)
	}
	f.waiting[arn] = true
	return nil
}

// followAgain is how long it is until functions are read again that could not be read.
const followAgain = time.Second

// run reads what could not be read, until ctx ends.
func (f *functionFollower) run(ctx context.Context) {
	all := f.all
	tick := time.NewTicker(followAgain)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if all {
			if all = f.service.Reload(ctx) != nil; all {
				continue
			}
		}
		f.mu.Lock()
		waiting := slices.Sorted(maps.Keys(f.waiting))
		f.mu.Unlock()
		for _, arn := range waiting {
			if err := f.service.Follow(ctx, arn); err != nil {
				if !away(err) && ctx.Err() == nil {
					f.log.Error("a function cannot be read", "function", arn, "error", err)
				}
				break
			}
			f.mu.Lock()
			delete(f.waiting, arn)
			f.mu.Unlock()
		}
	}
}

// An awayUsage is a sink that a node can begin without: what API keys have used is counted
// from nothing then, and kept beside what the node has kept before, so that none of it is
// lost.
type awayUsage struct {
	usageplan.NodeSink
	beside usageplan.NodeSink // of another name; nil where counts are shared otherwise
	shared bool
	log    *slog.Logger
	blind  *atomic.Bool // it has begun without
}

// Load implements usageplan.Sink.
func (u awayUsage) Load(ctx context.Context, ids []usageplan.ID, each func(usageplan.ID, usageplan.State, error)) error {
	err := u.of().Load(ctx, ids, each)
	if u.shared && away(err) {
		u.log.Warn("what API keys have used is counted from nothing until a restart: the database does not answer", "error", err)
		u.blind.Store(true)
		return nil
	}
	return err
}

// Save implements usageplan.Sink. Where nodes share counts, Valkey tells a node that has
// begun without the database what it had counted before, if it knows; what it had saved is
// not made less before that.
func (u awayUsage) Save(ctx context.Context, records []usageplan.Record) error {
	if u.beside != nil || !u.blind.Load() {
		return u.of().Save(ctx, records)
	}
	ids := make([]usageplan.ID, len(records))
	for i := range records {
		ids[i] = records[i].ID
	}
	saved := make(map[usageplan.ID]usageplan.State, len(records))
	err := u.NodeSink.Load(ctx, ids, func(id usageplan.ID, s usageplan.State, err error) {
		if err == nil {
			saved[id] = s
		}
	})
	if err != nil {
		return err
	}
	kept := slices.Clone(records)
	for i := range kept {
		r, was := &kept[i], saved[kept[i].ID]
		if was.Period == r.Period {
			r.Spent = max(r.Spent, was.Spent)
		}
		if was.Day == r.Day {
			r.Calls = max(r.Calls, was.Calls)
		}
	}
	return u.NodeSink.Save(ctx, kept)
}

func (u awayUsage) of() usageplan.NodeSink {
	if u.beside != nil && u.blind.Load() {
		return u.beside
	}
	return u.NodeSink
}
