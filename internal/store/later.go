package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// openAgain is how long it is until a database is tried again that did not answer.
const openAgain = time.Second

// A later is an engine whose database did not answer when it was opened. Until it does
// everything fails with ErrUnavailable.
type later struct {
	stop context.CancelFunc
	done sync.WaitGroup

	mu  sync.Mutex
	got engine // nil before
	err error  // why there is none
}

// openLater tries to open an engine until that succeeds or it is closed. opened is called
// then, once.
func openLater(cause error, open func(context.Context) (engine, error), opened func(engine)) *later {
	ctx, cancel := context.WithCancel(background)
	l := &later{stop: cancel, err: cause}
	l.done.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(openAgain):
			}
			e, err := open(ctx)
			if err != nil {
				l.mu.Lock()
				l.err = err
				l.mu.Unlock()
				continue
			}
			opened(e)
			l.mu.Lock()
			l.got = e
			l.mu.Unlock()
			return
		}
	})
	return l
}

// engine returns what is opened.
func (l *later) engine() (engine, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.got != nil:
		return l.got, nil
	case errors.Is(l.err, ErrUnavailable), errors.Is(l.err, ErrClosed):
		return nil, l.err
	}
	return nil, fmt.Errorf("%w: %w", ErrUnavailable, l.err)
}

func (l *later) view(ctx context.Context) (view, error) {
	e, err := l.engine()
	if err != nil {
		return nil, err
	}
	return e.view(ctx)
}

func (l *later) begin(ctx context.Context) (batch, error) {
	e, err := l.engine()
	if err != nil {
		return nil, err
	}
	return e.begin(ctx)
}

func (l *later) close() error {
	l.stop()
	l.done.Wait()
	l.mu.Lock()
	e := l.got
	l.got, l.err = nil, ErrClosed
	l.mu.Unlock()
	if e == nil {
		return nil
	}
	return e.close()
}

func (l *later) leaser() (leaser, error) {
	e, err := l.engine()
	if err != nil {
		return nil, err
	}
	if of, ok := e.(leaser); ok {
		return of, nil
	}
	return nil, errors.New("the engine has no leases")
}

func (l *later) renew(ctx context.Context, id string, data []byte) (bool, error) {
	of, err := l.leaser()
	if err != nil {
		return false, err
	}
	return of.renew(ctx, id, data)
}

func (l *later) leases(ctx context.Context) ([]Lease, error) {
	of, err := l.leaser()
	if err != nil {
		return nil, err
	}
	return of.leases(ctx)
}

func (l *later) unlease(ctx context.Context, id string) error {
	of, err := l.leaser()
	if err != nil {
		return err
	}
	return of.unlease(ctx, id)
}
