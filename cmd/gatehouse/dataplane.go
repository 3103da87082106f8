package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/cache"
	"github.com/gatehouse-gw/gatehouse/internal/content"
	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/feed"
	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/lambda"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/otlp"
	"github.com/gatehouse-gw/gatehouse/internal/pipeline"
	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/target"
	"github.com/gatehouse-gw/gatehouse/internal/usageplan"
)

// A dataPlane serves the stages that a store has published.
type dataPlane struct {
	acmShown *acmCertificates      // of ACM
	uploaded *uploadedCertificates // for domain names. It is set before anybody listens
	store    *store.Store
	records  *records.Records // of the services beside API Gateway

	domainsChanged chan struct{} // has a value when custom domain names have changed

	source   feed.Deployments
	services atomic.Pointer[pipeline.Services] // replaced, never changed
	region   string                            // of the process's own calls of AWS
	plans    *usageplan.Registry
	usage    usageplan.Sink // of the plans
	pools    *identityPools
	cache    *cache.Cache
	sharing  *sharing // nil where nodes share nothing
	gateway  *gateway.Gateway
	feed     *feed.Feed
	host     *functionHost
	lambda   *lambda.Service // functions that are made while the server runs
	follower *functionFollower

	issuedRows issuedRows     // of an ACME authority
	spans      *otlp.Exporter // nil where no traces are exported
	numbers    *numbers       // nil where nobody reads them

	truststores atomic.Pointer[map[string]string] // files by what they stand for; replaced, never changed

	unprotected bool                     // who calls dev's APIs is not asked
	devAPIs     atomic.Pointer[[]string] // the ids of these, each known before its stage is served; replaced, never changed
	signers     bool                     // a credentials file names who may sign calls
}

// newDataPlane makes a data plane that serves nothing yet.
func newDataPlane(c *config, st *store.Store, others *cluster, known *credentials.Callers, keys *secrets.Keyring, out *outputs) (_ *dataPlane, err error) {
	requests := httpmsg.NewBudget(c.MaxBufferedBytes / 2).Named("max-buffered-bytes, the half for requests")
	answers := httpmsg.NewBudget(c.MaxBufferedBytes / 2).Named("max-buffered-bytes, the half for answers")
	counted := newNumbers(c)
	client := integration.NewClient(integration.Options{Budget: answers, MaxConnections: c.backendConnections(gateway.OpenFiles()), Connected: counted.connected()})
	host := newFunctionHost(c, known, requests, answers, out)
	defer func() {
		if err != nil {
			client.Close()
			_ = host.Close() // the error that is told is why
		}
	}()
	runners, take, err := host.prepare(c)
	if err != nil {
		return nil, c.wrong("lambda-functions", err)
	}
	take()
	var p *dataPlane
	kept := records.New(records.Options{
		Store: st, May: others.may,
		Applied: others.applied(func(ctx context.Context, of store.Scope, rev store.Revision) error {
			if p == nil { // what a start writes is served before anything else is
				return nil
			}
			return p.feed.Wait(ctx, of, rev)
		}),
	})
	made, err := openLambda(c, kept, host, known, out.log)
	later := c.Database != "" && away(err)
	if err != nil && !later {
		return nil, err
	}
	aws, err := newAWS(c, client, runners, made, out.log)
	if err != nil {
		return nil, err
	}
	backends, err := target.NewBackends(c.VPCLinks)
	if err != nil {
		return nil, fmt.Errorf("vpc-links: %w", err)
	}
	pools, err := newIdentityPools(c, out.log)
	if err != nil {
		return nil, err
	}
	share, err := newSharing(c, others, keys, out.log)
	if err != nil {
		return nil, err
	}
	sink, err := c.usageSink(st, share, others, out.log)
	if err != nil {
		return nil, err
	}
	limits, answered := share.registry(), cache.New(c.CacheBudget)
	plans := usageplan.New(usageplan.Options{
		Sink: sink, Limits: share.of(limits), Account: c.accountRate(), Keep: c.KeepUsageDays, Log: out.log,
	})
	authorizers := authz.NewCache(c.AuthorizerCacheBytes)
	share.share(answered, authorizers)
	traced, served := out.tracer.hooks()
	format, _ := c.accessFormat() // checked when loaded
	p = &dataPlane{store: st, records: kept, region: c.Region, numbers: counted, host: host, lambda: made, spans: newSpans(c, out.log), cache: answered, sharing: share, plans: plans, usage: sink, pools: pools, domainsChanged: make(chan struct{}, 1), unprotected: c.AllowUnprotected, signers: !c.open(), source: feed.Deployments{Store: others.of(st), Rebuild: control.Rebuilder(st)}}
	p.acmShown = &acmCertificates{readyCertificates: readyCertificates{log: out.log}, keys: keys, changed: p.tellDomains}
	p.follower = &functionFollower{service: made, all: later, log: out.log}
	p.truststores.Store(&c.Truststores)
	p.services.Store(&pipeline.Services{
		Deflaters: content.NewDeflaters(),
		Client:    client, AWS: aws, Backends: backends, Log: out.log, Requests: requests, Answers: answers,
		IAM: authz.NewIAM(known), Limits: limits, Plans: plans, Cache: answered, Pools: pools.pools, Authorizers: authorizers, StreamRate: c.streamRate(), AccessLog: out.access.lines, AccessLogFormat: format, ExecutionLog: out.calls.log, LogGroup: out.groups.group(), Metrics: counted.of(), Spans: p.spans, Trace: traced, Served: served,
	})
	proxies, _ := c.proxies() // checked when loaded
	p.gateway = gateway.New(gateway.Options{
		Source: p.source, Compile: p.program, Settings: p.settings, DomainPolicy: pipeline.CompileDomainPolicy, Budget: requests, Answers: answers, Log: out.log,
		DomainsChanged: p.tellDomains, Fresh: others.fresh(), TrustedProxies: proxies, VPCEndpoints: c.gatewayVPCEndpoints(), Edge: c.edge(), MaxConnections: c.MaxConnections, AWSPolicies: c.AWSLimits,
	})
	p.feed = feed.New(feed.Options{Store: others.of(st), Gateway: p.gateway, Backends: backends, Limits: limits, Cache: answered, Plans: plans, Authorizers: authorizers, Metrics: counted.of(), Callers: known, Certificates: p.acmShown, Functions: p.follower, Issued: &p.issuedRows, Rebuild: p.source.Rebuild, Idle: !c.role().ServesStages(), Log: out.log})
	counted.join(p)
	return p, nil
}

// tellDomains is the gateway's Options.DomainsChanged.
func (p *dataPlane) tellDomains() {
	select {
	case p.domainsChanged <- struct{}{}:
	default: // it has been told
	}
}

// prepare is a livePart: where calls go, and whose X-Forwarded-For is believed.
func (p *dataPlane) prepare(c *config) (func(), error) {
	services := *p.services.Load()
	runners, take, err := p.host.prepare(c)
	if err != nil {
		return nil, c.wrong("lambda-functions", err)
	}
	aws, err := newAWS(c, services.Client, runners, p.lambda, services.Log)
	if err != nil {
		return nil, err
	}
	upstreams, err := target.ParseUpstreams(c.VPCLinks)
	if err != nil {
		return nil, fmt.Errorf("vpc-links: %w", err)
	}
	services.AWS = aws
	services.AccessLogFormat, _ = c.accessFormat() // checked when loaded
	proxies, _ := c.proxies()                      // checked when loaded
	return func() {
		take()
		services.Backends.SetUpstreams(upstreams)
		p.services.Store(&services)
		p.truststores.Store(&c.Truststores)
		p.gateway.Trust(proxies)
		p.gateway.SetEdge(c.edge())
	}, nil
}

// settings is the gateway's Options.Settings.
func (p *dataPlane) settings(st *snapshot.Stage) gateway.Settings {
	return p.services.Load().Settings(st)
}

// saveTime bounds how long an ending process waits for a store that takes long.
const saveTime = 10 * time.Second

// close ends the connections to backends, and saves what API keys have used.
func (p *dataPlane) close() error {
	stopped := errors.Join(p.host.Close(), p.lambda.Close())
	p.services.Load().Client.Close()
	p.closeSpans()
	p.cache.Close()
	p.sharing.close()
	p.pools.pools.Close()
	ctx, cancel := context.WithTimeout(context.Background(), saveTime)
	defer cancel()
	if err := p.plans.Save(ctx); err != nil {
		return errors.Join(stopped, fmt.Errorf("save the usage of API keys: %w", err))
	}
	return stopped
}

// newAWS makes what calls services of AWS. AWS_ENDPOINT_URL tells the clients of
// this machine where AWS is, often here: the SDK must not ask there for the
// gateway's own credentials.
func newAWS(c *config, client *integration.Client, runners map[string]integration.Runner, made *lambda.Service, log *slog.Logger) (*integration.AWS, error) {
	if err := os.Setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"); err != nil {
		return nil, err
	}
	services := maps.Clone(c.AWSEndpoints)
	delete(services, othersEndpoint)
	o := integration.AWSOptions{
		EndpointURL: cmp.Or(c.AWSEndpointURL, c.AWSEndpoints[othersEndpoint]), Endpoints: services, Local: !c.AWS, AssumeRoles: c.AssumeRoles, Functions: c.functionURLs(), Runners: runners, Region: c.Region, Log: log,
	}
	if made.Refusal == "" { // without functions that run nobody looks for them
		o.Made = made
	}
	return integration.NewAWS(client, o)
}

// compile compiles a deployment for this server.
func (p *dataPlane) compile(d *snapshot.Deployment) *pipeline.Program {
	if p.skipsProtection(d.APIID) {
		return pipeline.CompileUnprotected(d, p.checkRole)
	}
	return pipeline.Compile(d, p.checkRole)
}

// closedMethods lists the methods of a program that let nobody in, and why.
func (p *dataPlane) closedMethods(compiled *pipeline.Program) []pipeline.ClosedMethod {
	if p.signers {
		return compiled.ClosedMethods()
	}
	return slices.Concat(compiled.ClosedMethods(), compiled.SignedMethods())
}

// skipsProtection reports whether authorizers and API keys of an API are skipped.
func (p *dataPlane) skipsProtection(api string) bool {
	return p.unprotected && slices.Contains(p.ownAPIs(), api)
}

// ownAPIs are the ids of dev's APIs.
func (p *dataPlane) ownAPIs() []string {
	if own := p.devAPIs.Load(); own != nil {
		return *own
	}
	return nil
}

// checkRole is a pipeline.Check: may this server call the integration?
func (p *dataPlane) checkRole(in *snapshot.Integration) error {
	return p.checkURI(in.URI, in.Credentials)
}

// checkURI is a control.Options.CheckRole: may this server call a URI under a role?
func (p *dataPlane) checkURI(uri, role string) error {
	return p.services.Load().AWS.CheckRole(uri, role)
}

// A boundProgram joins a compiled deployment with the process it runs in.
type boundProgram struct {
	*pipeline.Program
	services *pipeline.Services
}

// program is the gateway's Options.Compile.
func (p *dataPlane) program(d *snapshot.Deployment) (gateway.Program, error) {
	begin := time.Now()
	compiled := p.compile(d)
	if p.numbers != nil {
		p.numbers.compiled.Observe(time.Since(begin))
	}
	return boundProgram{compiled, p.services.Load()}, nil
}

// Bind implements gateway.Program.
func (p boundProgram) Bind(settings gateway.Settings, canary gateway.Program) func(current bool) gateway.Server {
	var second *pipeline.Program
	if c, ok := canary.(boundProgram); ok {
		second = c.Program
	}
	prepared := pipeline.Prepare(settings.(*pipeline.Settings), p.Program, second, p.services)
	return func(current bool) gateway.Server { return prepared(current) }
}
