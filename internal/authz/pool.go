package authz

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// How the keys of an issuer are followed.
const (
	fetchTime    = 5 * time.Second  // that a fetch may take, the discovery included
	refreshEvery = 10 * time.Minute // after which keys are fetched again
	retryEvery   = time.Minute      // after a refresh that failed
	retryFirst   = 2 * time.Second  // for which a first fetch that failed is not tried again
	askEvery     = time.Minute      // in which tokens of an unknown kid have keys fetched once
	idleAfter    = time.Hour        // without a call, after which keys are no longer refreshed
	longestStale = 24 * time.Hour   // for which keys are used that cannot be refreshed: the longest life of Cognito's tokens
)

var errStopped = errors.New("the server is about to end")

// A Pool is a user pool: an issuer of tokens and the keys that it signs with. It is
// safe for concurrent use.
//
// Keys are fetched when the pool is first bound to a stage, or when a call first needs
// them, once for all calls that wait. From then on they are refreshed in the background
// while calls come, and no call waits for that. While the issuer cannot be reached the
// last keys stay, for a day. A token of a kid that the issuer did not have has the keys
// fetched once a minute at the most, and calls with such tokens alone wait for it.
type Pool struct {
	place
	pools *Pools

	keys *atomic.Pointer[keySet] // shared with other pools where they are a file's
	used atomic.Int64            // when a call last needed a key, in seconds since 1970

	mu       sync.Mutex
	fetching chan struct{} // closed when the fetch under way has ended; nil while there is none
	wrong    error         // of the last fetch
	tried    time.Time     // when the last fetch ended
	asked    time.Time     // when keys were last fetched for an unknown kid

	followed atomic.Bool // the keys are refreshed in the background
}

// A place is where a pool's tokens come from, and their keys.
type place struct {
	issuer  string   // the tokens' iss
	cognito bool     // the issuer is Cognito, which says token_use and signs with RS256
	keysURL string   // of the JWK Set; "" has it discovered
	file    *keyFile // in place of an URL
	nowhere error    // why there is no such place
}

// allowed are the algorithms that tokens of the pool may be signed with, nil for all
// that are taken at all.
func (p *place) allowed() []jose.SignatureAlgorithm {
	if p.cognito {
		return cognitoAlgorithms
	}
	return nil
}

// followsURL reports whether the pool's keys are fetched.
func (p *Pool) followsURL() bool { return p.file == nil && p.nowhere == nil }

// warm has the keys fetched unless they are known, and does not wait.
func (p *Pool) warm() {
	if p.followsURL() && p.keys.Load() == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.tried.IsZero() {
			p.fetch()
		}
	}
}

// keyOf returns the key that a token has to be signed with, and the keys that it is one
// of; no key where the issuer has none such. It waits until a time at the latest, and
// only where what is known is not enough. An error says why no keys are known.
func (p *Pool) keyOf(t *parsedToken, until time.Time) (*keySet, *verifyKey, error) {
	if p.nowhere != nil {
		return nil, nil, p.nowhere
	}
	set, err := p.current(until)
	if err != nil {
		return nil, nil, err
	}
	if key, ok := set.find(t); ok {
		return set, key, nil
	}
	if p.followsURL() && p.ask(until) {
		set = p.keys.Load()
		if key, ok := set.find(t); ok {
			return set, key, nil
		}
	}
	return set, nil, nil
}

// current returns the pool's keys. It waits for them where none are known, or none that
// somebody has kept fresh.
func (p *Pool) current(until time.Time) (*keySet, error) {
	set := p.keys.Load()
	switch {
	case p.followsURL():
	case set == nil:
		return nil, errNoKeys
	default:
		return set, nil
	}
	p.used.Store(time.Now().Unix())
	switch {
	case set == nil || time.Since(set.read) > longestStale:
		var err error
		if set, err = p.first(until); err != nil {
			return nil, err
		}
	case !p.followed.Load() && time.Since(set.read) > refreshEvery:
		if fresh, err := p.first(until); err == nil {
			set = fresh
		}
	}
	p.follow()
	return set, nil
}

// stillHas reports whether keys are the pool's and need no wait: it is what current asks,
// for a call whose token is known already. Such a call keeps the keys in use as others do.
func (p *Pool) stillHas(set *keySet) bool {
	if p.keys.Load() != set || !p.followsURL() {
		return p.keys.Load() == set
	}
	now := time.Now()
	if second := now.Unix(); p.used.Load() != second { // calls of one second do not contend
		p.used.Store(second)
	}
	age := now.Sub(set.read)
	return age <= refreshEvery || age <= longestStale && p.followed.Load()
}

// first fetches keys while none are known.
func (p *Pool) first(until time.Time) (*keySet, error) {
	p.mu.Lock()
	if p.fetching == nil && p.wrong != nil && time.Since(p.tried) < retryFirst {
		defer p.mu.Unlock()
		return nil, p.wrong
	}
	done := p.fetch()
	p.mu.Unlock()
	if err := wait(done, until); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keys.Load(), p.wrong
}

// ask fetches keys for a token of an unknown kid, and reports whether they have been
// fetched.
func (p *Pool) ask(until time.Time) bool {
	p.mu.Lock()
	if p.fetching == nil && time.Since(p.asked) < askEvery {
		p.mu.Unlock()
		return false
	}
	if p.fetching == nil {
		p.asked = time.Now()
	}
	done := p.fetch()
	p.mu.Unlock()
	return wait(done, until) == nil
}

var errSlowKeys = errors.New("the issuer's keys did not come in time")

// wait waits for the end of a fetch, which ends by itself.
func wait(done <-chan struct{}, until time.Time) error {
	late := time.NewTimer(time.Until(until))
	defer late.Stop()
	select {
	case <-done:
		return nil
	case <-late.C:
		return errSlowKeys
	}
}

// fetch begins to fetch the keys, unless somebody does. What it returns is closed at
// the end. The caller holds p.mu.
func (p *Pool) fetch() <-chan struct{} {
	if p.fetching == nil {
		done := make(chan struct{})
		p.fetching = done
		go func() {
			defer close(done)
			p.take(p.load())
		}()
	}
	return p.fetching
}

// load fetches and reads the keys.
func (p *Pool) load() (*keySet, error) {
	ctx, cancel := context.WithTimeout(p.pools.background, fetchTime)
	defer cancel()
	if ctx.Err() != nil {
		return nil, errStopped
	}
	url := p.keysURL
	if url == "" {
		var err error
		if url, err = p.pools.discover(ctx, p.issuer); err != nil {
			return nil, err
		}
	}
	return p.pools.keys(ctx, url, p.allowed())
}

// take takes over what has been fetched. What is known stays where that failed.
func (p *Pool) take(set *keySet, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.wrong
	p.fetching, p.tried, p.wrong = nil, time.Now(), err
	known := p.keys.Load()
	if err == nil {
		p.keys.Store(set)
	}
	switch log := p.pools.log; {
	case p.pools.background.Err() != nil: // what was under way is cut off
	case err != nil && (before == nil || before.Error() != err.Error()):
		log.Error("the keys of a user pool cannot be fetched", "issuer", p.issuer, "known", known != nil, "error", err)
	case err == nil && before != nil:
		log.Info("the keys of a user pool are fetched again", "issuer", p.issuer)
	}
}

// follow has the keys refreshed in the background from now on, while calls come.
func (p *Pool) follow() {
	if !p.followed.Load() && p.followed.CompareAndSwap(false, true) {
		go p.refresh()
	}
}

// refresh fetches the keys before they are old, until no call has come for a while.
func (p *Pool) refresh() {
	for {
		select {
		case <-p.pools.background.Done():
			return
		case <-time.After(p.untilRefresh()):
		}
		p.mu.Lock()
		if time.Since(time.Unix(p.used.Load(), 0)) > idleAfter {
			p.followed.Store(false)
			p.mu.Unlock()
			return
		}
		done := p.fetch()
		p.mu.Unlock()
		<-done
	}
}

// untilRefresh is how long the keys need no refresh.
func (p *Pool) untilRefresh() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wrong != nil {
		return time.Until(p.tried.Add(retryEvery))
	}
	return time.Until(p.tried.Add(refreshEvery))
}

// Place says where the pool's tokens come from, and its keys, for people. An error is why
// there is no such place.
func (p *Pool) Place() (string, error) {
	switch {
	case p.nowhere != nil:
		return "", p.nowhere
	case p.file != nil:
		return "of the issuer " + p.issuer + ", with the keys of " + p.file.name, nil
	case p.keysURL != "":
		return "of the issuer " + p.issuer + ", with the keys of " + p.keysURL, nil
	}
	return "of the issuer " + p.issuer, nil
}

// Known has the keys fetched unless they are known, and returns why they are not, or why
// those that are could not be refreshed; nil where nothing is wrong. It waits for a fetch
// that is under way, until ctx ends.
func (p *Pool) Known(ctx context.Context) error {
	if !p.followsURL() {
		return p.nowhere
	}
	p.mu.Lock()
	done := (<-chan struct{})(p.fetching)
	if done == nil && (p.keys.Load() == nil || p.wrong != nil) {
		done = p.fetch()
	}
	p.mu.Unlock()
	if done != nil {
		select {
		case <-done:
		case <-ctx.Done():
			return errSlowKeys
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wrong
}
