package usageplan

import (
	"cmp"
	"context"
	"slices"
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
// may be left for the next time. No call of a stage waits for it, and SetRemaining only
// for the batch that is on its way.
func (r *Registry) Save(ctx context.Context) error {
	if err := r.saving.lock(ctx); err != nil {
		return err
	}
	defer r.saving.unlock()
	var members []*member
	for m := r.list.Swap(nil); m != nil; m = m.next {
		members = append(members, m)
	}
	// In the order of their ids, in which the sink has them: those of a batch lie in few
	// places there, where they would else be all over it.
	slices.SortFunc(members, func(a, b *member) int { return cmp.Compare(a.id, b.id) })
	for len(members) > 0 {
		n := min(batch, len(members))
		for _, m := range members[:n] {
			m.unsaved.Store(false) // before it is read: what comes after is for the next time
		}
		if err := r.write(ctx, members[:n]); err != nil {
			r.keepOn(members[:n], members[n:])
			return err
		}
		members = members[n:]
	}
	return nil
}

// write has the sink keep what members have counted. What is read of a member later is
// written later.
func (r *Registry) write(ctx context.Context, members []*member) error {
	if err := r.writing.lock(ctx); err != nil {
		return err
	}
	defer r.writing.unlock()
	records := make([]Record, len(members))
	for i, m := range members {
		records[i] = m.record()
	}
	if err := r.sink.Save(ctx, records); err != nil {
		return err
	}
	for i, m := range members {
		m.saved(&records[i])
	}
	return nil
}

// keepOn puts members that could not be saved back on the list, and those that were
// not tried.
func (r *Registry) keepOn(tried, left []*member) {
	for _, m := range tried {
		r.note(m)
	}
	for _, m := range left {
		r.push(m)
	}
}

// A turnstile lets one through at a time, in the order in which they came, and who waits
// for it can give up. It has room for one element.
type turnstile chan struct{}

func (t turnstile) lock(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t turnstile) unlock() { <-t }
