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
	"time"

	"pgregory.net/rapid"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

// Several writers count at the same time, ahead of their turn and in it, and
// their steps take place in whatever order: in the end no counting is lost, and
// each transaction has seen what all those with lower revisions had left, and
// nothing of any other. So it is, too, where they write to one database through
// two stores, as two processes would.
func TestInterleavedWriters(outer *testing.T) {
	for _, where := range []string{"memory", "disk", "disk of two processes", "postgres of two processes"} {
		outer.Run(where, func(outer *testing.T) {
			if where != "memory" { // each check makes a database
				soak.Fewer(outer, 5)
			}
			var kept []*Store // of PostgreSQL, which takes long to open
			if where == "postgres of two processes" {
				o := Options{URL: pgtest.Schema(outer), deaf: true} // what is heard late of one check would be wrong in the next
				kept = []*Store{mustOpen(outer, o), mustOpen(outer, o)}
				defer kept[0].Close()
				defer kept[1].Close()
			}
			rapid.Check(outer, func(t *rapid.T) {
				r := &race{counts: make(map[string]int), states: make(map[Revision]map[string]int)}
				for range rapid.IntRange(2, 4).Draw(t, "writers") {
					r.racers = append(r.racers, &racer{transactions: rapid.SliceOfN(rapid.Custom(drawCounting), 1, 4).Draw(t, "transactions")})
				}
				for range 2 {
					r.racers = append(r.racers, &racer{follows: true})
				}
				schedule := rapid.SliceOfN(rapid.IntRange(0, len(r.racers)-1), 0, 60).Draw(t, "schedule")
				options := []Options{{}}
				switch where {
				case "disk", "disk of two processes":
					dir, err := os.MkdirTemp(outer.TempDir(), "")
					if err != nil {
						t.Fatal(err)
					}
					options[0].Dir = dir
					if where == "disk of two processes" {
						options = []Options{{Dir: dir, shared: true}, {Dir: dir, shared: true}}
					}
				}
				var err error
				run := func(bubble *testing.T) {
					for _, o := range options {
						r.stores = append(r.stores, mustOpen(bubble, o))
					}
					r.run(schedule)
					err = r.check(bubble.Context())
					for _, s := range r.stores {
						err = errors.Join(err, s.Close())
					}
				}
				r.settle = func() {
					time.Sleep(time.Millisecond) // and whoever waits for another process's write tries again
					synctest.Wait()
				}
				if kept != nil {
					// One waits for the other in the database, which a bubble takes for work.
					r.settle = func() { time.Sleep(time.Millisecond) }
					emptied(outer, kept...)
					r.stores = kept
					r.run(schedule)
					err = r.check(outer.Context())
				} else {
					synctest.Test(outer, run)
				}
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

// A racer makes a step whenever it gets a turn.
type racer struct {
	turn         chan struct{} // closed at last: then all run on
	store        *Store
	transactions []counting // of a writer
	follows      bool       // reads the feed and what there is
}

// An outcome of a counting that was acknowledged.
type counted struct {
	rev  Revision
	seen map[string]int
}

// A looked is what a transaction that only reads has seen.
type looked counted

type race struct {
	settle func() // waits until nobody can go on but by a turn

	stores []*Store
	racers []*racer

	mu     sync.Mutex
	done   []counted
	looks  []looked
	counts map[string]int // acknowledged
	errs   []error

	states map[Revision]map[string]int // what there was up to a revision
}

// run runs all racers, their steps in the order of schedule as long as it goes.
func (r *race) run(schedule []int) {
	var writers, followers sync.WaitGroup
	written := make(chan struct{})
	for i, w := range r.racers {
		w.turn, w.store = make(chan struct{}), r.stores[i%len(r.stores)] // of the bubble
		if w.follows {
			followers.Go(func() { r.follow(w, written) })
			continue
		}
		writers.Go(func() {
			for _, c := range w.transactions {
				r.count(w, c)
			}
		})
	}
	for _, i := range schedule {
		r.settle()
		select {
		case r.racers[i].turn <- struct{}{}:
		default: // it waits for the store, or is through
		}
	}
	for _, w := range r.racers {
		close(w.turn)
	}
	writers.Wait()
	close(written)
	followers.Wait()
}

// follow reads the feed, and all counters in a transaction, as often as it gets a
// turn and once more when all is written. The feed shows each change in order and
// in the end nothing else than what is served.
func (r *race) follow(w *racer, written <-chan struct{}) {
	var last Revision
	latest := make(map[string]Served)
	for more := true; more; {
		select {
		case <-written:
			more = false
		case <-w.turn:
			select {
			case <-written:
				more = false
			case <-time.After(time.Millisecond): // once turns are closed, others come first
			}
		}
		rows, err := w.store.Changes(context.Background(), last, 0)
		for _, row := range rows {
			if row.Revision <= last {
				err = errors.Join(err, fmt.Errorf("revision %d comes after %d", row.Revision, last))
			}
			last, latest[row.ID] = row.Revision, row
		}
		if known := w.store.Revision(); known < last {
			err = errors.Join(err, fmt.Errorf("the store knows of revision %d after it has shown %d", known, last))
		}
		r.fail(errors.Join(err, r.look(w)))
	}
	all, rev, err := w.store.AllServed(context.Background())
	if rev != last || len(all) != len(latest) {
		err = errors.Join(err, fmt.Errorf("followed to revision %d of %d, %d things of %d", last, rev, len(latest), len(all)))
	}
	for _, row := range all {
		if got := latest[row.ID]; got.Revision != row.Revision || string(got.Data) != string(row.Data) {
			err = errors.Join(err, fmt.Errorf("followed %v, served is %v", got, row))
		}
	}
	r.fail(err)
}

// look reads all counters in one transaction, others may write meanwhile.
func (r *race) look(w *racer) error {
	l := looked{seen: make(map[string]int)}
	err := w.store.Read(context.Background(), func(tx *Tx) (err error) {
		if l.rev, _, err = tx.view.last(tx.ctx); err != nil {
			return err
		}
		for _, name := range counters {
			if name == counters[2] {
				<-w.turn
			}
			doc, err := tx.Get(counterKey(name))
			if err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
			if n, _ := strconv.Atoi(string(doc)); n > 0 {
				l.seen[name] = n
			}
		}
		return nil
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looks = append(r.looks, l)
	return err
}

func (r *race) fail(err error) {
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.errs = append(r.errs, err)
	}
}

var errGivenUp = errors.New("given up")

// count makes one transaction and notes what it saw.
func (r *race) count(w *racer, c counting) {
	var seen map[string]int
	write := w.store.Write
	if c.ahead {
		write = w.store.WriteAhead
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
		r.states[last] = maps.Clone(now)
	}
	for _, l := range r.looks {
		if !maps.Equal(l.seen, r.states[l.rev]) {
			errs = append(errs, fmt.Errorf("a reader saw %v at revision %d, where there was %v", l.seen, l.rev, r.states[l.rev]))
		}
	}
	for _, s := range r.stores {
		errs = append(errs, r.checkStore(ctx, s, last))
	}
	return errors.Join(errs...)
}

// checkStore compares what a store has in the end with what was acknowledged.
func (r *race) checkStore(ctx context.Context, s *Store, last Revision) error {
	there, served := make(map[string]int), make(map[string]int)
	failed := s.Read(ctx, func(tx *Tx) error {
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
	})
	rows, rev, err := s.AllServed(ctx)
	for _, row := range rows {
		served[row.ID], _ = strconv.Atoi(string(row.Data))
	}
	if rev != last || len(rows) != len(served) || !maps.Equal(there, r.counts) || !maps.Equal(served, r.counts) {
		err = errors.Join(err, fmt.Errorf("counted %v, stored %v, served %v up to revision %d of %d", r.counts, there, served, rev, last))
	}
	return errors.Join(failed, err)
}
