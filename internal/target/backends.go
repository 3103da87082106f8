package target

import (
	"fmt"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// Backends is what integrations and stages name by an id of their account: VPC
// links, with the addresses that the server's configuration has for them, and
// client certificates. It is safe for concurrent use; nil has none of either.
// Keys are made by snapshot.OfAccount.
//
// What a link stands for is looked up by every call, so a change is seen by the
// next one. A certificate is looked up when a Target is made, since it never
// changes: one that comes later is seen by stages that are bound later. That one has
// gone is seen by the next call.
type Backends struct {
	upstreams map[string]*integration.Upstream // by the name of a VPC link, or the ARN of a target; never changed

	mu           sync.Mutex // of who replaces a map; those that are stored never change
	links        atomic.Pointer[map[string]vpcLink]
	certificates atomic.Pointer[map[string]*clientCertificate]
}

type vpcLink struct {
	name     string
	upstream *integration.Upstream // nil when the configuration has no addresses
}

// NewBackends makes a Backends without links and certificates. addresses are
// those behind VPC links, host:port each, by the link's name or by the ARN of one
// of its targets.
func NewBackends(addresses map[string][]string) (*Backends, error) {
	b := &Backends{upstreams: make(map[string]*integration.Upstream, len(addresses))}
	b.links.Store(&map[string]vpcLink{})
	b.certificates.Store(&map[string]*clientCertificate{})
	for name, list := range addresses {
		u, err := integration.NewUpstream(list)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		b.upstreams[name] = u
	}
	return b, nil
}

// SetVPCLink says what a link is now; nil says that it is gone.
func (b *Backends) SetVPCLink(key string, l *snapshot.VPCLink) {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := maps.Clone(*b.links.Load())
	if delete(next, key); l != nil {
		next[key] = vpcLink{name: l.Name, upstream: b.upstream(l)}
	}
	b.links.Store(&next)
}

// upstream finds the addresses behind a link, nil when there are none. Those under
// its name go before those under the ARN of a target.
func (b *Backends) upstream(l *snapshot.VPCLink) *integration.Upstream {
	if u := b.upstreams[l.Name]; u != nil {
		return u
	}
	for _, arn := range l.TargetARNs {
		if u := b.upstreams[arn]; u != nil {
			return u
		}
	}
	return nil
}

// A ConfigError is why a stage's settings or the server's do not let a backend be
// called.
type ConfigError struct {
	Field  string // of the definition or the stage, such as integration.connectionId
	Reason string
}

// Error implements error.
func (e *ConfigError) Error() string { return e.Reason }

const connectionField = "integration.connectionId"

// through returns where calls go that take the VPC link of a key; id is the
// link's.
func (b *Backends) through(key, id string) (*integration.Upstream, error) {
	var link vpcLink
	known := false
	if b != nil {
		link, known = (*b.links.Load())[key]
	}
	switch {
	case id == "":
		return nil, &ConfigError{connectionField, "the id of the VPC link is empty under the stage's variables"}
	case !known:
		return nil, &ConfigError{connectionField, "VPC link " + id + " does not exist"}
	case link.upstream == nil:
		return nil, &ConfigError{connectionField, "VPC link " + id + " (" + link.name + ") has no addresses: its name, or the ARN of its target, is not under vpc-links in the configuration file"}
	}
	return link.upstream, nil
}
