package store

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// LeaseTime is how long a lease lasts that is not renewed, by the database's clock.
const LeaseTime = 5 * time.Second

// A Lease says that a process is there and uses the store. Leases are in no transaction,
// no backup and no revision; a database may forget all of them when it crashes, for they
// are soon renewed.
type Lease struct {
	ID   string
	Data []byte        // what the process says of itself
	Age  time.Duration // since it was renewed, by the database's clock
}

// maxLease bounds what a lease says, in bytes.
const maxLease = 4 << 10

// A leaser is an engine whose database other processes use, and so has their leases.
type leaser interface {
	// renew renews a lease, or makes it. held is false where it had run out, or was not
	// there.
	renew(ctx context.Context, id string, data []byte) (held bool, err error)
	// leases returns all that have not run out, in the order of their ids.
	leases(ctx context.Context) ([]Lease, error)
	// unlease ends a lease; that there is none is no error.
	unlease(ctx context.Context, id string) error
}

// Renew renews the lease of an id, with what it is to say from now on, or makes it. It
// waits for no write. held is false where the lease had run out, or there was none: others
// have done without this process meanwhile.
func (s *Store) Renew(ctx context.Context, id string, data []byte) (held bool, err error) {
	if len(data) > maxLease {
		return false, ErrTooLarge
	}
	return s.leaser().renew(ctx, id, data)
}

// Leases returns those that have not run out, in the order of their ids.
func (s *Store) Leases(ctx context.Context) ([]Lease, error) { return s.leaser().leases(ctx) }

// EndLease ends the lease of an id before its time.
func (s *Store) EndLease(ctx context.Context, id string) error { return s.leaser().unlease(ctx, id) }

func (s *Store) leaser() leaser {
	if l, ok := s.engine.(leaser); ok {
		return l
	}
	return &s.own
}

// ownLeases are those of a store that one process has. The zero one has none.
type ownLeases struct {
	mu  sync.Mutex
	all map[string]Lease // their Age is not set
	at  map[string]time.Time
}

func (o *ownLeases) renew(_ context.Context, id string, data []byte) (held bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all == nil {
		o.all, o.at = make(map[string]Lease), make(map[string]time.Time)
	}
	before, held := o.at[id]
	o.all[id], o.at[id] = Lease{ID: id, Data: slices.Clone(data)}, time.Now()
	return held && time.Since(before) < LeaseTime, nil
}

func (o *ownLeases) leases(context.Context) (out []Lease, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, l := range o.all {
		if l.Age = time.Since(o.at[id]); l.Age < LeaseTime {
			out = append(out, l)
			continue
		}
		delete(o.all, id)
		delete(o.at, id)
	}
	slices.SortFunc(out, func(a, b Lease) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

func (o *ownLeases) unlease(_ context.Context, id string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.all, id)
	delete(o.at, id)
	return nil
}
