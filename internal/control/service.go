package control

import (
	"context"
	"log/slog"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A Service runs the control plane's operations on a store. It is safe for
// concurrent use.
type Service struct {
	store   *store.Store
	applied func(context.Context, store.Revision) error
	log     *slog.Logger
	now     func() time.Time
}

// Options says what a Service works with.
type Options struct {
	Store *store.Store

	// Applied waits until the data plane of this process serves everything up
	// to a revision, so that a request right after a call sees what it did.
	// Nil means that no data plane runs here.
	Applied func(context.Context, store.Revision) error

	Log *slog.Logger     // nil discards
	Now func() time.Time // nil is time.Now
}

// New returns the service.
func New(o Options) *Service {
	s := &Service{store: o.Store, applied: o.Applied, log: o.Log, now: o.Now}
	if s.applied == nil {
		s.applied = func(context.Context, store.Revision) error { return nil }
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s
}

// read runs fn on one snapshot of the caller's documents.
func (s *Service) read(ctx context.Context, who *wire.Caller, fn func(*tx) error) error {
	return s.store.Read(ctx, func(t *store.Tx) error { return fn(&tx{Tx: t, who: who, now: s.timestamp()}) })
}

// write runs fn in a transaction that concerns one API ("" for none) and
// returns when what it did is durable and, where it changes what is served,
// served. fn may run more than once.
func (s *Service) write(ctx context.Context, who *wire.Caller, api string, fn func(*tx) error) error {
	scope := store.Scope{Account: who.Account, Region: who.Region, API: api}
	rev, err := s.store.Write(ctx, scope, func(t *store.Tx) error { return fn(&tx{Tx: t, who: who, now: s.timestamp()}) })
	if err != nil || rev == 0 {
		return err
	}
	return s.applied(ctx, rev)
}

func (s *Service) timestamp() wire.Timestamp { return wire.At(s.now()) }
