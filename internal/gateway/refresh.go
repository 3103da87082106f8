package gateway

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

// Trust takes other proxies in the place of Options.TrustedProxies, for the
// requests that come from here on.
func (g *Gateway) Trust(trusted []netip.Prefix) { g.proxies.Store(&proxies{trusted: trusted}) }

// Refresh has all stages served by programs that are compiled and bound anew,
// because what Options.Compile and Options.Settings join them with has changed.
// Programs in use are loaded before they are taken into use, until ctx ends; the
// others when a request needs them. Requests under way end with what they found.
func (g *Gateway) Refresh(ctx context.Context) {
	g.programs.edition.Add(1)
	var loading sync.WaitGroup
	places := make(chan struct{}, refreshAtOnce)
	for _, c := range g.index.served(true) {
		places <- struct{}{}
		loading.Go(func() {
			defer func() { <-places }()
			_, _ = g.programs.getAll(ctx, c.Stage, time.Now())
		})
	}
	loading.Wait()
	g.applying.Lock()
	defer g.applying.Unlock()
	g.swap(g.index.served(false))
	g.programs.dropOld()
}

// refreshAtOnce is how many stages have their programs compiled at one time.
const refreshAtOnce = 2

// served lists the stages of the index as changes to what they are, all or those
// that are bound to a program.
func (x *index) served(bound bool) []Change {
	var list []Change
	for api, of := range *x.apis.Load() {
		for name, e := range of {
			if e.stage != nil && (!bound || e.bound.Load() != nil) {
				list = append(list, Change{APIID: api, Name: name, Stage: e.stage})
			}
		}
	}
	return list
}

// dropOld forgets the programs of former editions that no stage is bound to.
func (ps *programs) dropOld() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	now := ps.edition.Load()
	for key, p := range ps.loaded {
		if key.edition != now && len(p.entries) == 0 {
			ps.drop(p)
		}
	}
	for key, l := range ps.loading {
		if key.edition != now && l.err != nil {
			delete(ps.loading, key)
		}
	}
}
