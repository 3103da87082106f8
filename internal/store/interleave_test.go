package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

// Several writers count at the same time, ahead of their turn and in it, and
// their steps take place in whatever order: in the end no counting is lost, and
// each transaction has seen what all those with lower revisions had left, and
// nothing of any other. Two processes on one database would have to do the same.
func TestInterleavedWriters(outer *testing.T) {
	for _, engine := range []string{"memory", "disk"} {
		outer.Run(engine, func(outer *testing.T) {
			rapid.Check(outer, func(t *rapid.T) {
				r := &race{counts: make(map[string]int)}
				for range rapid.IntRange(2, 4).Draw(t, "writers") {
					r.writers = append(r.writers, &racer{
						transactions: rapid.SliceOfN(rapid.Custom(drawCounting), 1, 4).Draw(t, "transactions"),
					})
				}
				schedule := rapid.SliceOfN(rapid.IntRange(0, len(r.writers)-1), 0, 60).Draw(t, "schedule")
				var o Options
				if engine == "disk" {
					var err error
					if o.Dir, err = os.MkdirTemp(outer.TempDir(), ""); err != nil {
						t.Fatal(err)
					}
				}
				var err error
				synctest.Test(outer, func(bubble *testing.T) {
					r.store = mustOpen(bubble, o)
					r.run(schedule)
					err = r.check(bubble.Context())
					err = errors.Join(err, r.store.Close())
				})
				if err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// A counting is one transaction: it adds one to some counters.
type counting struct {
	ahead    bool
	many     bool // reads all at once, and writes all at once
	fails    bool // in the end
	counters []string
}

// Some counters are siblings under a parent, others are of none.
var counters = []string{"p/a", "p/b", "q/a", "/a", "/b"}

func drawCounting(t *rapid.T) counting {
	return counting{
		ahead:    rapid.Bool().Draw(t, "ahead"),
		many:     rapid.Bool().Draw(t, "many"),
		fails:    rapid.IntRange(0, 5).Draw(t, "fails") == 0,
		counters: rapid.SliceOfNDistinct(rapid.SampledFrom(counters), 1, 3, rapid.ID).Draw(t, "counters"),
	}
}

func counterKey(name string) Key {
	return Key{Account: "111122223333", Region: "us-east-1", Kind: "counter", Parent: name[:len(name)-2], ID: name[len(name)-1:]}
}

// A racer is a writer that makes a step whenever it gets a turn.
type racer struct {
	turn         chan struct{} // closed at last: then all run on
	transactions []counting
}

// An outcome of a counting that was acknowledged.
type counted struct {
	rev  Revision
	seen map[string]int
}

type race struct {
	store   *Store
	writers []*racer

	mu     sync.Mutex
	done   []counted
	counts map[string]int // acknowledged
	errs   []error
}

// run runs all writers, their steps in the order of schedule as long as it goes.
func (r *race) run(schedule []int) {
	var all sync.WaitGroup
	for _, w := range r.writers {
		w.turn = make(chan struct{}) // of the bubble
		all.Go(func() {
			for _, c := range w.transactions {
				r.count(w, c)
			}
		})
	}
	for _, i := range schedule {
		synctest.Wait()
		select {
		case r.writers[i].turn <- struct{}{}:
		default: // it waits for the store, or is through
		}
	}
	for _, w := range r.writers {
		close(w.turn)
	}
	all.Wait()
}

var errGivenUp = errors.New("given up")

// count makes one transaction and notes what it saw.
func (r *race) count(w *racer, c counting) {
	var seen map[string]int
	write := r.store.Write
	if c.ahead {
		write = r.store.WriteAhead
	}
	rev, err := write(context.Background(), Scope{Account: "111122223333", Region: "us-east-1"}, func(tx *Tx) (err error) {
		if seen, err = c.read(tx, w); err != nil {
			return err
		}
		if err := c.write(tx, w, seen); err != nil {
			return err
		}
		if c.fails {
			return errGivenUp
		}
		return nil
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case c.fails && errors.Is(err, errGivenUp) && rev == 0:
	case c.fails || err != nil || rev == 0:
		r.errs = append(r.errs, fmt.Errorf("%+v: got revision %d, %w", c, rev, err))
	default:
		r.done = append(r.done, counted{rev, seen})
		for _, name := range c.counters {
			r.counts[name]++
		}
	}
}

func (c counting) read(tx *Tx, w *racer) (map[string]int, error) {
	docs := make([][]byte, len(c.counters))
	var err error
	if c.many {
		<-w.turn
		keys := make([]Key, len(c.counters))
		for i, name := range c.counters {
			keys[i] = counterKey(name)
		}
		docs, err = tx.GetMany(keys)
	} else {
		for i, name := range c.counters {
			<-w.turn
			doc, failure := tx.Get(counterKey(name))
			if !errors.Is(failure, ErrNotFound) {
				err = errors.Join(err, failure)
			}
			docs[i] = doc
		}
	}
	seen := make(map[string]int)
	for i, name := range c.counters {
		seen[name], _ = strconv.Atoi(string(docs[i])) // 0 for none
	}
	return seen, err
}

func (c counting) write(tx *Tx, w *racer, seen map[string]int) error {
	var docs []Document
	for _, name := range c.counters {
		<-w.turn
		doc := []byte(strconv.Itoa(seen[name] + 1))
		if err := tx.Publish(Served{Kind: "counter", ID: name, Data: doc}); err != nil {
			return err
		}
		if docs = append(docs, Document{counterKey(name), doc}); c.many {
			continue
		}
		if err := tx.Put(counterKey(name), doc); err != nil {
			return err
		}
	}
	if c.many {
		return tx.PutMany(docs)
	}
	return nil
}

// check compares what there is and what each transaction has seen with what
// they make one after the other, in order of their revisions.
func (r *race) check(ctx context.Context) error {
	errs := r.errs
	slices.SortFunc(r.done, func(a, b counted) int { return cmp.Compare(a.rev, b.rev) })
	last := Revision(0)
	now := make(map[string]int)
	for _, c := range r.done {
		if last += Revision(len(c.seen)); c.rev != last {
			errs = append(errs, fmt.Errorf("got revision %d, want %d", c.rev, last))
		}
		for name, n := range c.seen {
			if n != now[name] {
				errs = append(errs, fmt.Errorf("revision %d saw %s at %d, which the ones before left at %d", c.rev, name, n, now[name]))
			}
		}
		for name := range c.seen {
			now[name]++
		}
	}
	there, served := make(map[string]int), make(map[string]int)
	errs = append(errs, r.store.Read(ctx, func(tx *Tx) error {
		for _, name := range counters {
			doc, err := tx.Get(counterKey(name))
			if err == nil {
				there[name], err = strconv.Atoi(string(doc))
			}
			if err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		return nil
	}))
	rows, rev, err := r.store.AllServed(ctx)
	for _, row := range rows {
		served[row.ID], _ = strconv.Atoi(string(row.Data))
	}
	if rev != last || len(rows) != len(served) || !maps.Equal(there, r.counts) || !maps.Equal(served, r.counts) {
		err = errors.Join(err, fmt.Errorf("counted %v, stored %v, served %v up to revision %d of %d", r.counts, there, served, rev, last))
	}
	return errors.Join(append(errs, err)...)
}
