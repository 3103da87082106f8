package replica

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// A Database has the published rows that all nodes serve; *store.Store is one.
type Database interface {
	Everything(ctx context.Context, bare ...string) ([]store.Served, store.Stand, error)
	Follow(ctx context.Context, from store.Stand, limit int, bare ...string) ([]store.Served, store.Stand, error)
	Served(ctx context.Context, kind, id string) (store.Served, error)
	Watch(after store.Revision) <-chan struct{}
	Stand(ctx context.Context, from store.Stand) (store.Stand, error)
}

// Options are the parts of a Source.
type Options struct {
	Database Database
	Dir      string           // of the disk's copy, made if missing, for its owner alone; one Source a directory
	Keys     *secrets.Keyring // which seal what is on the disk; nil leaves it readable for its owner
	Lazy     []string         // the kinds of rows that are read when somebody needs them
	Log      *slog.Logger     // nil discards
}

// A Condition is how a Source stands to its database.
type Condition string

// The conditions.
const (
	Follows  Condition = "follows"  // what the database publishes is served
	Away     Condition = "away"     // the database does not answer: what was served last is served on
	Behind   Condition = "behind"   // the database is at an older revision than was served here: a copy that lags, or was restored
	Replaced Condition = "replaced" // the database has another history, from the beginning or since a revision that was served here: what was served last is served on until a restart
)

// A State is a Condition, since when it is so, and of Away why.
type State struct {
	Condition Condition
	Since     time.Time
	Err       error
	Revision  store.Revision // of the database, when it answered last
	Unfetched int            // rows that are read when they are needed, and are not on the disk yet
	DiskError error          // why the disk does not keep what is served; nil while it does
}

// A Source has what is to be served: of the database or, while that does not answer, of the
// disk. It is safe for concurrent use, but for AllServed and Changes, which are for one
// goroutine at a time.
type Source struct {
	db   Database
	own  *store.Store
	disk disk
	lazy []string
	log  *slog.Logger

	began  bool      // something is served
	broken time.Time // since when the disk's copy lacks what is served; zero while it does not

	mu    sync.Mutex
	at    stand       // what the disk has; its Slot is -1 for nothing
	read  store.Stand // how far the database is served, or was by the process before
	state State
	bare  map[string]store.Served // rows of the disk whose data is to be fetched, by rowID
	fetch chan struct{}           // has a value when there are such
}

// Open opens the disk's copy. What is damaged, or sealed under a key that is not known, is
// no copy, and the log says so.
func Open(ctx context.Context, o Options) (*Source, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	own, err := store.Open(ctx, store.Options{Dir: o.Dir, Log: o.Log})
	if err != nil {
		return nil, fmt.Errorf("the copy of what is served: %w", err)
	}
	s := &Source{
		db: o.Database, own: own, disk: disk{own, o.Keys}, lazy: o.Lazy, log: o.Log,
		at: stand{Slot: -1}, bare: make(map[string]store.Served), fetch: make(chan struct{}, 1),
		state: State{Condition: Follows, Since: time.Now()},
	}
	at, ok, err := s.disk.stand(ctx)
	if err != nil {
		s.log.Error("the copy of what is served cannot be read", "directory", o.Dir, "error", err)
	} else if ok {
		s.at, s.read = at, at.of()
	}
	return s, nil
}

// Close ends the use of the disk.
func (s *Source) Close() error { return s.own.Close() }

// State returns how the Source stands to its database, as it was when that was looked at
// last.
func (s *Source) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.state
	out.Unfetched = len(s.bare)
	return out
}

func (s *Source) isLazy(kind string) bool { return slices.Contains(s.lazy, kind) }

// note keeps a condition, and has the log tell a change of it.
func (s *Source) note(c Condition, cause error) {
	s.mu.Lock()
	before := s.state.Condition
	s.state.Condition, s.state.Err = c, cause
	if before != c {
		s.state.Since = time.Now()
	}
	at := s.read.Revision
	s.mu.Unlock()
	if before == c {
		return
	}
	switch log := s.log.With("revision", int64(at)); c {
	case Follows:
		log.Info("what the database publishes is served again")
	case Away:
		if at == 0 {
			log.Error("the database does not answer, and nothing of it was served here before", "error", cause)
			return
		}
		log.Error("the database does not answer: what was served last is served on", "error", cause)
	case Behind:
		log.Error("the database is at an older revision than is served here: it is not followed until it is no older")
	case Replaced:
		log.Error("the database has another history than the one that is served here: it is followed after a restart")
	}
}

// lookTime bounds how long a database may take to say how far it is, or to give one row,
// before it is taken to be away.
const lookTime = 3 * time.Second

// bounded asks a database for what it has lookTime for. One that is cut off may keep the
// question for longer than that, which nobody waits for then.
func bounded[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	type answer struct {
		v   T
		err error
	}
	within, cancel := context.WithTimeout(ctx, lookTime)
	answers := make(chan answer, 1)
	go func() {
		defer cancel()
		v, err := ask(within)
		answers <- answer{v, err}
	}()
	select {
	case a := <-answers:
		if a.err != nil && within.Err() != nil && ctx.Err() == nil && !errors.Is(a.err, store.ErrUnavailable) {
			a.err = fmt.Errorf("%w: %w", store.ErrUnavailable, a.err)
		}
		return a.v, a.err
	case <-within.Done():
	}
	select {
	case a := <-answers: // it has come at the last moment
		return a.v, a.err
	default:
	}
	var none T
	if ctx.Err() != nil {
		return none, ctx.Err()
	}
	return none, fmt.Errorf("%w within %v", store.ErrUnavailable, lookTime)
}

// look finds out how the Source stands to its database. The error is why it cannot be
// followed now.
func (s *Source) look(ctx context.Context) (store.Stand, error) {
	s.mu.Lock()
	from := s.read
	s.mu.Unlock()
	stand, err := bounded(ctx, func(ctx context.Context) (store.Stand, error) { return s.db.Stand(ctx, from) })
	if err != nil && !s.stays(err) {
		if ctx.Err() == nil && !errors.Is(err, store.ErrClosed) {
			s.note(Away, err)
		}
		return stand, err
	}
	s.mu.Lock()
	s.state.Revision = stand.Revision
	if s.read.Generation == "" {
		s.read.Generation = stand.Generation
	}
	same := err == nil && stand.Revision == s.read.Revision
	s.mu.Unlock()
	if same {
		s.note(Follows, nil) // also where nobody asks for changes, since there are none
	}
	return stand, err
}

// stays reports whether an error says that a database is not followed, and notes it.
func (s *Source) stays(err error) bool {
	switch {
	case errors.Is(err, store.ErrForked):
		s.note(Replaced, nil)
		return true
	case errors.Is(err, store.ErrBehind):
		s.note(Behind, nil)
		return true
	}
	return false
}

// Check finds out how the Source stands to its database now, and returns how far that is.
func (s *Source) Check(ctx context.Context) (store.Stand, error) {
	stand, err := s.look(ctx)
	return stand, err
}

// AllServed is that of the database or, where the disk has a copy from which Changes can go
// on, of the disk. At the first call a copy of another history is given up.
func (s *Source) AllServed(ctx context.Context, _ ...string) ([]store.Served, store.Revision, error) {
	stand, err := s.look(ctx)
	if s.began && err != nil {
		if errors.Is(err, store.ErrUnavailable) {
			return nil, 0, err
		}
		return nil, 0, fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	if errors.Is(err, store.ErrForked) {
		s.log.Warn("the copy of what is served is of another history of the database, and is given up")
		s.mu.Lock()
		s.at.Slot, s.read = -1, store.Stand{Generation: stand.Generation}
		s.mu.Unlock()
		err = nil
	}
	if !s.began && s.has() {
		rows, rev, bad := s.fromDisk(ctx)
		if bad == nil {
			s.began = true
			return rows, rev, nil
		}
		s.log.Error("the copy of what is served cannot be read", "error", bad)
	}
	if err != nil {
		return nil, 0, err
	}
	rows, rev, err := s.fromDatabase(ctx)
	if err == nil {
		s.began = true
		s.note(Follows, nil)
	}
	return rows, rev, err
}

// has reports whether the disk has a copy.
func (s *Source) has() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at.Slot >= 0
}

// fromDisk returns what the disk has.
func (s *Source) fromDisk(ctx context.Context) (rows []store.Served, rev store.Revision, err error) {
	s.mu.Lock()
	at := s.at
	s.mu.Unlock()
	bare := make(map[string]store.Served)
	err = s.disk.all(ctx, at.Slot, func(row store.Served, isBare bool) {
		if s.isLazy(row.Kind) {
			row.Data = nil
		}
		if isBare {
			bare[rowID(row.Kind, row.ID)] = row
		}
		rows = append(rows, row)
	})
	if err != nil {
		return nil, 0, err
	}
	slices.SortFunc(rows, func(a, b store.Served) int { return cmp.Compare(a.Revision, b.Revision) })
	s.mu.Lock()
	s.bare = bare
	s.mu.Unlock()
	s.wake()
	return rows, at.Revision, nil
}

// fromDatabase returns what the database has, which takes the place of the disk's copy.
func (s *Source) fromDatabase(ctx context.Context) ([]store.Served, store.Revision, error) {
	rows, read, err := s.db.Everything(ctx, s.lazy...)
	if err != nil {
		return nil, 0, err
	}
	at, bad := s.disk.replace(ctx, read, rows, s.isLazy)
	if bad != nil {
		at.Slot = -1
	}
	s.kept(bad)
	s.mu.Lock()
	s.at, s.read = at, read
	s.bare = make(map[string]store.Served)
	s.await(rows)
	s.mu.Unlock()
	s.wake()
	return rows, read.Revision, nil
}

// await notes rows whose data is to be fetched. The caller holds s.mu.
func (s *Source) await(rows []store.Served) {
	for _, row := range rows {
		if !s.isLazy(row.Kind) || s.at.Slot < 0 {
			continue
		}
		if id := rowID(row.Kind, row.ID); row.Deleted {
			delete(s.bare, id)
		} else {
			row.Data = nil
			s.bare[id] = row
		}
	}
}

// kept notes whether the disk keeps what is served.
func (s *Source) kept(err error) {
	s.mu.Lock()
	before := s.state.DiskError
	s.state.DiskError = err
	s.mu.Unlock()
	if err != nil {
		s.broken = time.Now()
		if before == nil {
			s.log.Error("what is served is not kept on the disk: without the database a restart would serve nothing, or what was before", "error", err)
		}
		return
	}
	s.broken = time.Time{}
}

// mendEvery is how often the disk's copy is made anew that lacks something.
const mendEvery = time.Minute

// Changes are those of the database, which are on the disk when they are returned. While
// the database is not followed there are none.
func (s *Source) Changes(ctx context.Context, after store.Revision, limit int, _ ...string) ([]store.Served, error) {
	if _, err := s.look(ctx); err != nil {
		if ctx.Err() != nil || errors.Is(err, store.ErrClosed) {
			return nil, err
		}
		return nil, nil
	}
	if !s.broken.IsZero() && time.Since(s.broken) > mendEvery {
		s.broken = time.Now()
		return nil, store.ErrPruned // all is read, and written, again
	}
	s.mu.Lock()
	from, at := s.read, s.at
	s.mu.Unlock()
	from.Revision = after
	rows, read, err := s.db.Follow(ctx, from, limit, s.lazy...)
	if errors.Is(err, store.ErrUnavailable) {
		s.note(Away, err)
		return nil, nil
	}
	if s.stays(err) {
		return nil, nil // it is another one since it was looked at
	}
	if err != nil {
		return nil, err
	}
	s.note(Follows, nil)
	if len(rows) == 0 {
		s.mu.Lock()
		s.read = read
		s.mu.Unlock()
		return nil, nil
	}
	at = standAt(read, at.Slot)
	if at.Slot >= 0 {
		bad := s.disk.change(ctx, at, rows, s.isLazy)
		if bad != nil {
			at.Slot = -1
		}
		s.kept(bad)
	}
	s.mu.Lock()
	s.at, s.read = at, read
	s.await(rows)
	s.mu.Unlock()
	s.wake()
	return rows, nil
}

// lookAgain is how long it is until a database that is not followed is looked at again.
const lookAgain = time.Second

// Watch is that of the database while it is followed, else a moment's.
func (s *Source) Watch(after store.Revision) <-chan struct{} {
	if s.State().Condition == Follows && s.broken.IsZero() {
		return s.db.Watch(after)
	}
	soon := make(chan struct{})
	time.AfterFunc(lookAgain, func() { close(soon) })
	return soon
}

// Served is that of the database or, while that does not answer, of the disk.
func (s *Source) Served(ctx context.Context, kind, id string) (store.Served, error) {
	s.mu.Lock()
	slot, away := s.at.Slot, s.state.Condition != Follows
	s.mu.Unlock()
	if away && slot >= 0 { // of what is served, whatever the database says now
		if row, err := s.disk.row(ctx, slot, kind, id); err == nil {
			return row, nil
		}
	}
	row, err := bounded(ctx, func(ctx context.Context) (store.Served, error) { return s.db.Served(ctx, kind, id) })
	if errors.Is(err, store.ErrUnavailable) && slot >= 0 && !away {
		if row, bad := s.disk.row(ctx, slot, kind, id); bad == nil {
			return row, nil
		}
	}
	return row, err
}

func (s *Source) wake() {
	select {
	case s.fetch <- struct{}{}:
	default:
	}
}

// What bounds the fetching of rows that nobody has needed yet.
const (
	fetchPause = 2 * time.Millisecond // between two
	fetchRetry = 5 * time.Second      // after a failure
)

// Run fetches what the disk lacks of rows that are read when they are needed, beside all
// else and slowly, until ctx ends.
func (s *Source) Run(ctx context.Context) {
	for {
		wait := time.Hour
		if s.State().Condition == Follows {
			wait = s.fetchAll(ctx)
		} else {
			wait = fetchRetry
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-s.fetch:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// fetchAll fetches until there is nothing to fetch or it fails, and returns how long it is
// to the next time.
func (s *Source) fetchAll(ctx context.Context) time.Duration {
	for {
		s.mu.Lock()
		var row store.Served
		found := false
		for _, row = range s.bare {
			found = true
			break
		}
		slot := s.at.Slot
		s.mu.Unlock()
		if !found || ctx.Err() != nil {
			return time.Hour
		}
		whole, err := s.db.Served(ctx, row.Kind, row.ID)
		if err == nil && whole.Revision == row.Revision && slot >= 0 {
			err = s.disk.fill(ctx, slot, &whole)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrTooLarge) {
			if ctx.Err() == nil && !errors.Is(err, store.ErrUnavailable) {
				s.log.Error("what is served is not kept whole on the disk", "kind", row.Kind, "id", row.ID, "error", err)
			}
			return fetchRetry
		}
		s.mu.Lock()
		if id := rowID(row.Kind, row.ID); s.bare[id].Revision == row.Revision { // else another has come meanwhile
			delete(s.bare, id)
		}
		s.mu.Unlock()
		time.Sleep(fetchPause)
	}
}
