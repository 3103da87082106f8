package usageplan

import (
	"context"
	"sync"
	"time"
)

// Counts are saved at most a second after the call: those who are counted wait for
// saveEvery at the most, and the rest is for the store.
const (
	saveEvery  = 500 * time.Millisecond
	batch      = 500 // records that are saved at once
	pruneEvery = 6 * time.Hour
)

// note puts a member on the list of what is to be saved, unless it is there.
func (r *Registry) note(m *member) {
	if !m.unsaved.Load() && m.unsaved.CompareAndSwap(false, true) {
		r.push(m)
	}
}

func (r *Registry) push(m *member) {
	for {
		m.next = r.list.Load()
		if r.list.CompareAndSwap(m.next, m) {
			return
		}
	}
}

// Run saves what is counted, until ctx ends, and forgets days that are not kept.
// A sink that fails is asked again, for what is so then: it costs no memory.
func (r *Registry) Run(ctx context.Context) {
	save := time.NewTicker(saveEvery)
	defer save.Stop()
	var pruning sync.WaitGroup // beside, since it may take long
	defer pruning.Wait()
	pruning.Go(func() { r.pruneNowAndThen(ctx) })
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-save.C:
			err := r.Save(ctx)
			if ctx.Err() != nil {
				return
			}
			if err != nil && !failing {
				r.log.Error("the usage of API keys cannot be saved: it is counted on, and saved when that is possible", "error", err)
			}
			failing = err != nil
		}
	}
}

// pruneNowAndThen forgets days that are not kept, until ctx ends.
func (r *Registry) pruneNowAndThen(ctx context.Context) {
	again := time.NewTicker(pruneEvery)
	defer again.Stop()
	for {
		r.prune(ctx)
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

func (r *Registry) prune(ctx context.Context) {
	if r.keep == 0 {
		return
	}
	if err := r.sink.Prune(ctx, DayOf(time.Now())-Day(r.keep)); err != nil && ctx.Err() == nil {
		r.log.Error("old usage of API keys cannot be removed", "error", err)
	}
}

// Save saves all that was counted before the call. Calls that are counted meanwhile
// may be left for the next time.
func (r *Registry) Save(ctx context.Context) error {
	select {
	case r.saving <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-r.saving }()
	members := make([]*member, 0, batch)
	records := make([]Record, 0, batch)
	for left := r.list.Swap(nil); left != nil; {
		members, records = members[:0], records[:0]
		for ; left != nil && len(members) < batch; left = left.next {
			members = append(members, left)
		}
		for _, m := range members {
			m.unsaved.Store(false) // before it is read: what comes after is for the next time
			records = append(records, m.record())
		}
		if err := r.sink.Save(ctx, records); err != nil {
			r.keepOn(members, left)
			return err
		}
		for i, m := range members {
			m.saved(&records[i])
		}
	}
	return nil
}

// keepOn puts members that could not be saved back on the list, and those that were
// not tried.
func (r *Registry) keepOn(tried []*member, left *member) {
	for _, m := range tried {
		r.note(m)
	}
	for left != nil {
		next := left.next
		r.push(left)
		left = next
	}
}
