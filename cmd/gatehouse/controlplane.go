package main

import (
	"cmp"
	"context"
	"net/http"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/acm"
	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/throttle"
	"github.com/gatehouse-gw/gatehouse/internal/upstream"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// newControlPlane makes the control plane over a store, and what answers its
// clients. Its calls return when the data plane serves what they changed.
func newControlPlane(c *config, st *store.Store, data *dataPlane, others *cluster, callers *callers, keys *secrets.Keyring, trail wire.Trail) (*controlPlane, error) {
	log := trail.Log
	limits, rates, _ := c.limits() // checked when loaded
	limiter := throttle.New(rates, nil)
	guests := newGuests(c)
	p := &controlPlane{callers: callers, guests: guests, health: &health{feed: data.feed, cluster: others}, others: others}
	applied := others.applied(data.feed.Wait)
	options := control.Options{
		Store: st, Applied: applied, Limits: limits, Throttle: limiter, Invoke: data.invoke, InvokeAuthorizer: data.invokeAuthorizer, Log: log,
		KeepDeployments: c.KeepDeployments, CheckRole: data.checkURI, MayPass: callers.mayPass, Truststore: data.truststore, Usage: data.plans, StageURL: p.stageURL, Secrets: keys, VPCEndpointOwner: c.vpcEndpointOwner(),
	}
	if c.GatewayListen == "" {
		options.OwnHost = guests.ownHost
	}
	service := control.New(options)
	p.control = service
	api, err := wire.NewServer(wire.ServerOptions{
		Handlers:     service.Handlers(),
		HandlersV2:   service.HandlersV2(),
		Authenticate: callers.signedFor("apigateway"),
		Authorize:    callers.authorize.then(p.readOnly.authorize).then(limiter.Authorize),
		Log:          log,
		Audit:        trail.Audit,
	})
	if err != nil {
		return nil, err
	}
	p.acm = acm.New(acm.Options{Records: data.records, Secrets: keys, Issue: newLocalAuthority(c, log).issue, Uses: service.CertificateUses})
	if p.upstream, err = newUpstream(context.Background(), c, callers, trail); err != nil {
		return nil, err
	}
	pages := &pages{open: c.open(), control: service, records: data.records, events: data.host.out.groups.events, data: data, health: p.health, trail: trail, restore: p.restore, shows: p.shows, secure: c.showsCertificates(), issued: func() *issuedCertificates { return p.issued }, services: c.localServices()}
	p.handler = p.front(c.open(), newNeighbours(callers, data, p.acm, p.upstream, trail, others.fence(api)), others.fence(pages.handler()))
	return p, nil
}

// A controlPlane is the operations and what stands between them and their clients.
type controlPlane struct {
	control  *control.Service
	acm      *acm.Manager
	callers  *callers
	guests   *guests
	readOnly readOnly
	health   *health
	others   *cluster
	handler  http.Handler     // answers the clients
	upstream *upstream.Server // gets the calls of other services; nil for none

	stages string // base URL of the stages' own listener, "" where they share the control plane's. It is set before anybody listens
	scheme string // of the URLs of the control plane's listener, http:// or https://. It is set before anybody listens

	issued *issuedCertificates // by an ACME authority; nil for none. It is set before anybody listens

	shown func(arn string) bool       // is there a certificate by this ARN? Nil for none. It is set before anybody listens
	again func(context.Context) error // makes what clients cannot make after a reset; nil for nothing. It is set before anybody listens
}

// stageURL is where a caller of the control plane finds a stage.
func (p *controlPlane) stageURL(host, api, stage string) string {
	return cmp.Or(p.stages, p.scheme+host) + "/_aws/execute-api/" + api + "/" + stage
}

// shows reports whether clients are shown the certificate of an ARN.
func (p *controlPlane) shows(arn string) bool { return p.shown != nil && p.shown(arn) }

// restore follows a reset.
func (p *controlPlane) restore(ctx context.Context) error {
	if p.again == nil {
		return nil
	}
	return p.again(ctx)
}

// front parts the control plane's calls from those for our own pages. The guard
// stands before both while no credentials are asked for, and before the pages
// always.
func (p *controlPlane) front(open bool, api, pages http.Handler) http.Handler {
	guarded, pages := p.guests.guard(api), p.guests.guard(pages)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case ownPage(r.URL.Path):
			pages.ServeHTTP(w, r)
		case open:
			guarded.ServeHTTP(w, r)
		default:
			api.ServeHTTP(w, r)
		}
	})
}

// open reports whether the control plane takes calls from anyone who reaches
// it.
func (c *config) open() bool { return c.Credentials == "" }
