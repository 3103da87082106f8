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
	mu           sync.Mutex // of who replaces a map; those that are stored never change
	upstreams    atomic.Pointer[Upstreams]
	links        atomic.Pointer[map[string]vpcLink]
	certificates atomic.Pointer[map[string]*clientCertificate]
}

type vpcLink struct {
	*snapshot.VPCLink
	upstream *integration.Upstream // nil when the configuration has no addresses
}

// Upstreams are the addresses behind VPC links, by a link's name or by the ARN of
// one of its targets.
type Upstreams map[string]*integration.Upstream

// ParseUpstreams reads the addresses of a configuration, host:port each.
func ParseUpstreams(addresses map[string][]string) (Upstreams, error) {
	us := make(Upstreams, len(addresses))
	for name, list := range addresses {
		u, err := integration.NewUpstream(list)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		us[name] = u
	}
	return us, nil
}

// NewBackends makes a Backends without links and certificates, whose links will
// have the given addresses.
func NewBackends(addresses map[string][]string) (*Backends, error) {
	us, err := ParseUpstreams(addresses)
	if err != nil {
		return nil, err
	}
	b := new(Backends)
	b.upstreams.Store(&us)
	b.links.Store(&map[string]vpcLink{})
	b.certificates.Store(&map[string]*clientCertificate{})
	return b, nil
}

// SetUpstreams gives all links other addresses, which the next calls take.
func (b *Backends) SetUpstreams(us Upstreams) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.upstreams.Store(&us)
	next := make(map[string]vpcLink)
	for key, l := range *b.links.Load() {
		next[key] = vpcLink{l.VPCLink, b.upstream(l.VPCLink)}
	}
	b.links.Store(&next)
}

// SetVPCLink says what a link is now; nil says that it is gone.
func (b *Backends) SetVPCLink(key string, l *snapshot.VPCLink) {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := maps.Clone(*b.links.Load())
	if delete(next, key); l != nil {
		next[key] = vpcLink{l, b.upstream(l)}
	}
	b.links.Store(&next)
}

// upstream finds the addresses behind a link, nil when there are none. Those under
// its name go before those under the ARN of a target.
func (b *Backends) upstream(l *snapshot.VPCLink) *integration.Upstream {
	upstreams := *b.upstreams.Load()
	if u := upstreams[l.Name]; u != nil {
		return u
	}
	for _, arn := range l.TargetARNs {
		if u := upstreams[arn]; u != nil {
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

// through returns where calls go that take a VPC link. Addresses under the ARN of the load
// balancer that the integration names go before those of the link.
func (b *Backends) through(l *link) (*integration.Upstream, error) {
	var known vpcLink
	there := false
	if b != nil {
		known, there = (*b.links.Load())[l.key]
	}
	switch {
	case l.id == "":
		return nil, &ConfigError{connectionField, "the id of the VPC link is empty: a stage variable that it names is not set"}
	case !there:
		return nil, &ConfigError{connectionField, "VPC link " + l.id + " does not exist"}
	case known.Version != "" && l.balancer == "":
		return nil, &ConfigError{"integration.integrationTarget", "VPC link " + l.id + " (" + known.Name + ") is of version " + known.Version + ", and the integration does not say which load balancer behind it is meant"}
	}
	if l.balancer != "" {
		if u := (*b.upstreams.Load())[l.balancer]; u != nil {
			return u, nil
		}
	}
	if known.upstream == nil {
		return nil, &ConfigError{connectionField, "VPC link " + l.id + " (" + known.Name + ") has no addresses: its name, or the ARN of its target, is not under vpc-links in the configuration file"}
	}
	return known.upstream, nil
}
