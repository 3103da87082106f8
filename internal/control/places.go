package control

import (
	"context"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

const (
	placesAtOnce = 3 // of long calls: each may hold all of an API, or a definition's tree
	pagesAtOnce  = 8 // of listings of what may be large: each may hold some tens of megabytes
	ownPages     = 4 // of them an account's

	placeWait = 10 * time.Second // for one, and then the call is refused
	placeTime = time.Minute      // of a call that has one
)

// places bounds how many calls do at once what takes long or much memory: a few
// of all accounts, and of each account fewer, so that nobody keeps the others from
// theirs. Whoever waits gets a place in the order of coming, an account at a time.
type places struct {
	all chan struct{} // holds one for each that is taken
	own int           // how many an account may have

	mu       sync.Mutex
	accounts map[string]*place
}

// A place is what one account has of places.
type place struct {
	taken chan struct{} // holds one for each that it has
	users int           // who have it or wait for it
}

func newPlaces(all, own int) *places {
	return &places{all: make(chan struct{}, all), own: own, accounts: make(map[string]*place)}
}

// enter waits for a place and returns a context with the time that its holder
// has, and what gives the place back.
func (p *places) enter(ctx context.Context, account string) (context.Context, func(), error) {
	own := p.join(account)
	full := time.NewTimer(placeWait)
	defer full.Stop()
	if err := take(ctx, own.taken, full, wire.TooManyRequests("Too Many Requests")); err != nil {
		p.part(account)
		return nil, nil, err
	}
	if err := take(ctx, p.all, full, wire.ServiceUnavailable("The server has as many long calls under way as it may")); err != nil {
		<-own.taken
		p.part(account)
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, placeTime, store.ErrTimeout)
	return ctx, func() {
		cancel()
		<-p.all
		<-own.taken
		p.part(account)
	}, nil
}

// take puts one into sem as soon as that has room. It returns refusal when full fires
// first, and ctx's error when that ends first.
func take(ctx context.Context, sem chan struct{}, full *time.Timer, refusal error) error {
	select {
	case sem <- struct{}{}:
		return nil
	case <-full.C:
		return refusal
	case <-ctx.Done():
		return ctx.Err()
	}
}

// join finds the place of an account, or makes it. It is kept until each who has
// joined has called part.
func (p *places) join(account string) *place {
	p.mu.Lock()
	defer p.mu.Unlock()
	own := p.accounts[account]
	if own == nil {
		own = &place{taken: make(chan struct{}, p.own)}
		p.accounts[account] = own
	}
	own.users++
	return own
}

func (p *places) part(account string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	own := p.accounts[account]
	if own.users--; own.users == 0 {
		delete(p.accounts, account)
	}
}
