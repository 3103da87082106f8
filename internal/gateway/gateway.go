package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/edge"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// Options are what a gateway is made of. Numbers and times that are 0 take
// the default named beside them.
type Options struct {
	Source  Source
	Compile func(*snapshot.Deployment) (Program, error)
	// Budget bounds and pools the bodies of requests; nil makes one without a
	// limit.
	Budget *httpmsg.Budget
	// Answers is the budget that pays for the bodies of answers. When it is short, the
	// clients that take theirs most slowly are cut off; nil is none that can be.
	Answers *httpmsg.Budget
	Log     *slog.Logger // nil discards
	// Settings makes a stage's settings ready, whenever a stage is published; nil
	// leaves them as they are.
	Settings func(*snapshot.Stage) Settings
	// DomainPolicy makes the policy of a private domain name ready for its calls, whenever
	// one is published; nil leaves them without.
	DomainPolicy func(*snapshot.DomainName) any
	// DomainsChanged is called when custom domain names have come, changed or gone; nil for
	// nothing. It must not wait.
	DomainsChanged func()
	// Fresh reports whether stages may be served as they are known here to a request that
	// came at a time, and whether it has waited for that: then others may be known. False has
	// the request refused with 503; nil is that they always may.
	Fresh func(ctx context.Context, came time.Time) (fresh, waited bool)
	// TrustedProxies are the peers whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// VPCEndpoints are by which calls of private APIs come, beside those that have a
	// listener of their own.
	VPCEndpoints []VPCEndpoint

	// Edge has the requests and answers of edge-optimized endpoints carry CloudFront's
	// headers; nil leaves them as those of regional ones.
	Edge *edge.Distribution

	// AWSPolicies gives the APIs for which nobody chose a security policy AWS's, of which
	// that of public APIs takes TLS 1.0. Without it theirs is tlspolicy.Default.
	AWSPolicies bool

	MaxBody      int   // bytes of a request body (httpmsg.MaxBody)
	MaxHeader    int   // bytes of a request's header lines (20 480)
	MaxURL       int   // bytes of a request's target (10 240)
	ProgramBytes int64 // memory for loaded programs (256 MiB)
	// MaxConnections bounds the connections of clients (half of the files that
	// the process may open; the other half is for backends). At the bound those
	// idle longest are closed for new ones; below 0 there is none.
	MaxConnections int

	ReadHeaderTimeout time.Duration // for a request's header (10 s)
	ReadTimeout       time.Duration // for the next 30 KiB of a request's body to come (30 s)
	WriteTimeout      time.Duration // for the client to take 256 KiB of an answer, or a piece of a stream (1 min); in all it has 10 min for an answer
	IdleTimeout       time.Duration // of a connection between requests (310 s)
}

// A Gateway serves stages. All its methods are safe for concurrent use.
type Gateway struct {
	opts     Options
	proxies  atomic.Pointer[proxies]
	bases    atomic.Pointer[[]Base]            // the longest path first
	networks atomic.Pointer[[]vpcNetwork]      // of VPC endpoints, the smallest first
	edge     atomic.Pointer[edge.Distribution] // nil for none
	domains  domains
	index    *index
	programs *programs
	applying sync.Mutex
	calls    sync.Pool    // of *call
	streams  atomic.Int64 // answers that are being streamed
	dates    dates

	restAfter time.Duration // how long a connection of HTTP/1 is idle before it rests
	door      *door
	servers   servers
}

// New makes a gateway without stages.
func New(opts Options) *Gateway {
	if opts.Budget == nil {
		opts.Budget = httpmsg.NewBudget(0)
	}
	if opts.Answers == nil {
		opts.Answers = httpmsg.NewBudget(0)
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	orDefault(&opts.MaxBody, httpmsg.MaxBody)
	orDefault(&opts.MaxHeader, 20_480)
	orDefault(&opts.MaxURL, 10_240)
	orDefault(&opts.ProgramBytes, 256<<20)
	orDefault(&opts.MaxConnections, OpenFiles()/2)
	orDefault(&opts.ReadHeaderTimeout, 10*time.Second)
	orDefault(&opts.ReadTimeout, 30*time.Second)
	orDefault(&opts.WriteTimeout, time.Minute)
	orDefault(&opts.IdleTimeout, 310*time.Second)
	g := &Gateway{
		opts: opts, restAfter: restAfter,
		index:    newIndex(opts.Settings),
		door:     newDoor(&opts),
		programs: newPrograms(opts.Source, opts.Compile, opts.ProgramBytes),
	}
	g.domains.policy = opts.DomainPolicy
	g.Trust(opts.TrustedProxies)
	g.SetEdge(opts.Edge)
	g.SetVPCEndpoints(opts.VPCEndpoints)
	return g
}

func orDefault[T ~int | ~int64](setting *T, value T) {
	if *setting == 0 {
		*setting = value
	}
}

// Ready reports whether a change can be applied without making a request wait
// for its program, which then is loaded, or was left for its first use before.
func (g *Gateway) Ready(c Change) bool {
	if c.Stage == nil {
		return true
	}
	e, _ := g.index.find(c.APIID, c.Name)
	return e != nil && e.stage != nil && g.programs.sameKeys(e.stage, c.Stage) || g.programs.has(c.Stage)
}

// Load loads the program of a change that will be applied, until ctx ends at the
// latest. One that could not be loaded fails the requests that need it.
func (g *Gateway) Load(ctx context.Context, c Change) {
	if c.Stage != nil {
		_, _ = g.programs.getAll(ctx, c.Stage, time.Now())
	}
}

// Apply takes changes of stages into use. When it returns, new requests see
// all of them; a request under way ends with the stage that it found. A stage's
// program that is not loaded is loaded when a request needs it.
func (g *Gateway) Apply(changes ...Change) {
	g.applying.Lock()
	defer g.applying.Unlock()
	g.swap(changes)
}

// swap does what Apply says. The caller holds g.applying.
func (g *Gateway) swap(changes []Change) {
	next, swaps := g.index.plan(changes)
	for _, s := range swaps {
		g.programs.warm(s)
	}
	g.index.publish(next)
	for _, s := range swaps {
		g.programs.retire(s)
	}
}

// pass has next answer one request that is for no stage.
func (g *Gateway) pass(a *arrival, next http.Handler) {
	if a.talk != nil {
		g.respond(a, next)
		return
	}
	w := a.stream.w
	out := egress{from: a, timeout: g.opts.WriteTimeout}
	out.extend() // HTTP/2 has no other time for it
	if g.door.closing.Load() {
		w.Header().Set("Connection", "close")
	}
	next.ServeHTTP(w, paced(a, g.opts.ReadTimeout))
}

// serve answers a request for a stage. via is the base path mapping that leads to it,
// nil for none.
func (g *Gateway) serve(a *arrival, at location, via *mapping) {
	closing := g.door.closing.Load()
	c, ok := g.calls.Get().(*call)
	if !ok {
		c = new(call)
	}
	c.budget, c.maxBody, c.from = g.opts.Budget, g.opts.MaxBody, *a
	t := a.talk
	c.body.start(a, g.opts.ReadTimeout)
	c.fill(at.path, g.proxies.Load())
	c.req.VPCEndpoint = g.vpcEndpoint(&c.req)
	c.edge = g.edgeOf(at, via)
	resp := g.answer(c, at, via)
	c.leaveEdge(resp)
	if resp.Stream != nil && !resp.KeepsRequest {
		c.giveBody() // a stream may take long
	}
	out := egress{from: &c.from, timeout: g.opts.WriteTimeout, delivery: &c.delivery}
	c.deliver(g.opts.Answers, resp)
	streams := resp.Stream != nil
	if streams {
		g.streams.Add(1)
	}
	defer func() { // also when a stream breaks off
		c.watch.end()
		c.tell(resp, &out)
		resp.Release()
		c.reset()
		g.calls.Put(c)
		if streams {
			g.streams.Add(-1)
		}
	}()
	endless := t != nil && (c.body.endless(a) || c.body.unread() && resp.Stream != nil || t.interrupted.Load()) // HTTP/2 ends the stream alone
	out.closing = closing || endless || g.door.closing.Load()
	if t == nil {
		out.send(resp)
		return
	}
	out.speak(c, resp, &g.dates)
	c.body.dismiss(endless)
}

// answer finds the stage and lets it answer; the stage reads the body when it
// wants it. It keeps a panic of one request from the others.
func (g *Gateway) answer(c *call, at location, via *mapping) (resp *httpmsg.Response) {
	e, known := g.index.find(at.api, at.stage)
	if via != nil {
		if c.req.Domain = via.by; via.by.LowerHeaders {
			c.req.Header.LowerNames()
		}
		if via.trust != nil {
			via.trust.identify(c, c.from.guest())
		}
	}
	defer func() {
		if fault := recover(); fault != nil {
			resp = g.failed(c, e, "stage failed", fmt.Errorf("panic: %v\n%s", fault, debug.Stack()))
		}
	}()
	switch {
	case via != nil && via.err != nil:
		return g.failed(c, nil, "custom domain name cannot be served", via.err)
	case via != nil && via.refused != nil:
		return g.refuse(c, nil, via.refused)
	case !known && via == nil:
		return g.refuse(c, nil, unknownAPI(at.api))
	case via != nil && !takes(via.policy, c.req.Peer):
		return g.refuse(c, e, misdirected)
	case e == nil:
		return g.refuse(c, nil, forbidden)
	case !takes(e.policy, c.req.Peer):
		return g.refuse(c, e, forbidden)
	case ambiguous(&c.from):
		return g.refuse(c, e, badRequest)
	case len(c.from.target) > g.opts.MaxURL || headerSize(c.req.Host, c.req.Header) > g.opts.MaxHeader, c.from.length > int64(g.opts.MaxBody):
		return g.refuse(c, e, tooLong)
	}
	server, err := g.programs.server(c.from.context(), e, c.req.Received)
	if err != nil {
		return g.failed(c, e, "stage cannot be loaded", err)
	}
	c.enterEdge()
	resp = server.Serve(&c.req)
	if err := unsendable(resp); err != nil {
		discard(resp)
		return g.failed(c, e, "stage's answer cannot be sent", err)
	}
	return resp
}

// discard gives back a response that is not sent.
func discard(resp *httpmsg.Response) {
	if resp.Stream != nil {
		resp.Stream.Close()
	}
	resp.Release()
}

// failed logs a failure of ours and makes the client's answer to it.
func (g *Gateway) failed(c *call, e *entry, what string, err error) *httpmsg.Response {
	resp := g.refuse(c, e, internalError)
	if !errors.Is(err, context.Canceled) { // that is a client who did not wait
		g.report(c, resp, what, err)
	}
	return resp
}

func (g *Gateway) report(c *call, resp *httpmsg.Response, what string, err error) {
	g.opts.Log.LogAttrs(context.Background(), slog.LevelError, what,
		slog.String("requestId", resp.Header.Get(requestIDHeader)), slog.String("host", c.from.host), slog.Any("error", err))
}
