package main

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
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

// An awayUsage is a sink that a node can do without for a while: what API keys have used is
// counted from nothing then, and kept beside what the node has kept before, so that none of it
// is lost.
type awayUsage struct {
	usageplan.NodeSink
	beside usageplan.NodeSink // of another name; nil where counts are shared otherwise
	shared bool
	log    *slog.Logger

	mu     sync.Mutex
	begun  bool                             // without any of what was kept
	blind  map[usageplan.ID]bool            // of each key that is known: whether it was counted from nothing
	before map[usageplan.ID]usageplan.State // what was kept of those, where there is nothing beside
}

// Load implements usageplan.Sink.
func (u *awayUsage) Load(ctx context.Context, ids []usageplan.ID, each func(usageplan.ID, usageplan.State, error)) error {
	of := u.NodeSink
	u.mu.Lock()
	if u.begun && u.beside != nil {
		of = u.beside
	}
	u.mu.Unlock()
	err := of.Load(ctx, ids, each)
	if u.shared && away(err) {
		u.log.Warn("what API keys have used is counted from nothing until a restart: the database does not answer", "error", err, "keys", len(ids))
		u.note(ids, true)
		return nil
	}
	if err == nil && of != u.beside {
		u.note(ids, false)
	}
	return err
}

// note notes of keys, of all where there are none, whether they are counted from nothing.
func (u *awayUsage) note(ids []usageplan.ID, blind bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if ids == nil {
		u.begun, u.blind, u.before = blind, nil, nil
	}
	for _, id := range ids {
		delete(u.before, id)
		switch {
		case blind == u.begun:
			delete(u.blind, id)
		case u.blind == nil:
			u.blind = map[usageplan.ID]bool{id: blind}
		default:
			u.blind[id] = blind
		}
	}
}

// Save implements usageplan.Sink.
func (u *awayUsage) Save(ctx context.Context, records []usageplan.Record) error {
	seen, unseen := u.parted(records)
	if len(unseen) > 0 {
		to := u.beside
		if to == nil {
			to = u.NodeSink
			var err error
			if unseen, err = u.added(ctx, unseen); err != nil {
				return err
			}
		}
		if err := to.Save(ctx, unseen); err != nil {
			return err
		}
		if u.turned(unseen); len(seen) == 0 {
			return nil
		}
	}
	return u.NodeSink.Save(ctx, seen)
}

// parted parts the records of keys that are counted from nothing from the others.
func (u *awayUsage) parted(records []usageplan.Record) (seen, unseen []usageplan.Record) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.begun && len(u.blind) == 0 {
		return records, nil
	}
	for i := range records {
		blind, known := u.blind[records[i].ID]
		if blind || !known && u.begun {
			unseen = append(unseen, records[i])
		} else {
			seen = append(seen, records[i])
		}
	}
	return seen, unseen
}

// added adds to records what was kept of their keys before those were counted from nothing.
// Of quotas Valkey tells the node that, if it knows, so that what was kept is not made less;
// the calls of a day it does not tell.
func (u *awayUsage) added(ctx context.Context, records []usageplan.Record) ([]usageplan.Record, error) {
	before, err := u.kept(ctx, records)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(records)
	for i := range out {
		r, was := &out[i], before[out[i].ID]
		if was.Period == r.Period {
			r.Spent = max(r.Spent, was.Spent)
		}
		switch {
		case was.Day == r.Day:
			r.Calls += was.Calls
		case was.Calls == 0 || was.Day > r.Day:
		case r.Before == nil:
			r.Before = &usageplan.DayUsage{Day: was.Day, Calls: was.Calls, Left: -1}
		case r.Before.Day == was.Day:
			day := *r.Before
			day.Calls += was.Calls
			r.Before = &day
		}
	}
	return out, nil
}

// turned notes of saved records that the calls kept before are those of a day that is over,
// and saved with it.
func (u *awayUsage) turned(records []usageplan.Record) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for i := range records {
		if was, ok := u.before[records[i].ID]; ok && was.Day < records[i].Day {
			was.Calls = 0
			u.before[records[i].ID] = was
		}
	}
}

// kept is what was kept of the keys of records before the first of theirs was saved.
func (u *awayUsage) kept(ctx context.Context, records []usageplan.Record) (map[usageplan.ID]usageplan.State, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	var unread []usageplan.ID
	for i := range records {
		if _, read := u.before[records[i].ID]; !read {
			unread = append(unread, records[i].ID)
		}
	}
	found := make(map[usageplan.ID]usageplan.State)
	if len(unread) > 0 {
		err := u.NodeSink.Load(ctx, unread, func(id usageplan.ID, s usageplan.State, err error) {
			if err == nil {
				found[id] = s
			}
		})
		if err != nil {
			return nil, err
		}
		if u.before == nil {
			u.before = make(map[usageplan.ID]usageplan.State)
		}
		for _, id := range unread {
			u.before[id] = found[id]
		}
	}
	for i := range records {
		found[records[i].ID] = u.before[records[i].ID]
	}
	return found, nil
}
