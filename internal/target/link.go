package target

import (
	"sync/atomic"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// HTTP is what a definition says of where the calls of an HTTP integration go.
type HTTP struct {
	URI      *URI
	Link     *URI   // the id of the VPC link; nil for none
	Balancer string // ARN of the load balancer behind the link; "" where the link says it
	Insecure bool   // any certificate of an HTTPS backend is taken
}

// Bind makes the target under a stage's settings. It never fails: what is wrong is
// what Resolve returns.
func (h *HTTP) Bind(stage *snapshot.Stage, b *Backends) *Target {
	config, certificate, err := b.handshake(stage, h.Insecure)
	if err != nil {
		return Failed(err)
	}
	t := newTarget(h.URI, stage.Variables, config)
	t.certificate = certificate
	if h.Link != nil {
		id := h.Link.WithStage(stage.Variables).text
		t.link = &link{key: snapshot.OfAccount(stage.Account, stage.Region, id), id: id, balancer: h.Balancer, backends: b}
	}
	return t
}

// A link is the VPC link that a target's calls take.
type link struct {
	key, id  string
	balancer string // ARN of the load balancer behind it; "" where the link says it
	backends *Backends
	last     atomic.Pointer[route]
}

// A route is an endpoint by way of a VPC link's addresses.
type route struct {
	upstream *integration.Upstream
	endpoint *integration.Endpoint
}

// upstream returns the addresses that the link stands for now.
func (l *link) upstream() (*integration.Upstream, error) { return l.backends.through(l) }

// through returns the way to an endpoint: the endpoint itself or, where the
// integration takes a VPC link, the one by way of the link's addresses.
func (t *Target) through(endpoint *integration.Endpoint) (*integration.Endpoint, error) {
	if err := t.withdrawn(); err != nil {
		return nil, err
	}
	if t.link == nil {
		return endpoint, nil
	}
	upstream, err := t.link.upstream()
	if err != nil {
		return nil, err
	}
	if endpoint != t.endpoint { // a path variable chose the host
		return endpoint.Via(upstream), nil
	}
	r := t.link.last.Load()
	if r == nil || r.upstream != upstream {
		r = &route{upstream, endpoint.Via(upstream)}
		t.link.last.Store(r)
	}
	return r.endpoint, nil
}
