package pipeline

import (
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/gatehouse-gw/gatehouse/internal/accesslog"
	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/cache"
	"github.com/gatehouse-gw/gatehouse/internal/content"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/metrics"
	"github.com/gatehouse-gw/gatehouse/internal/observe"
	"github.com/gatehouse-gw/gatehouse/internal/otlp"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/target"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
	"github.com/gatehouse-gw/gatehouse/internal/usageplan"
)

// Services are what calls need of the process around them. They are shared by
// all stages.
type Services struct {
	Client *integration.Client
	AWS    *integration.AWS // nil where no services of AWS are called
	Log    *slog.Logger     // gets one line for each call that fails by our or the definition's fault

	// IAM knows who may sign for methods of AWS_IAM; nil knows nobody.
	IAM *authz.IAM

	// Backends knows VPC links and client certificates; nil knows none.
	Backends *target.Backends

	// Requests bounds and pools the bodies of requests that are decoded or
	// converted, Answers those of answers that are converted or compressed. They
	// are apart so that uploads cannot stop downloads. Nil makes one without a
	// limit for each stage.
	Requests, Answers *httpmsg.Budget

	// Deflaters compress answers; nil makes some for each stage.
	Deflaters *content.Deflaters

	// Limits has the tokens of the stages' throttles; nil makes full buckets for
	// each Bind.
	Limits *limit.Registry

	// Plans has the API keys and the usage plans that they are in; nil has none, so
	// that methods which want a key let nobody in.
	Plans *usageplan.Registry

	// Pools has the user pools whose tokens let callers in; nil has none, so that methods
	// which want a token let nobody in.
	Pools *authz.Pools

	// Authorizers keeps the answers of Lambda authorizers; nil makes a cache for each
	// stage, which lasts no longer than its settings.
	Authorizers *authz.Cache

	// AccessLog returns where a stage's access log goes, by the ARN in its
	// accessLogSettings; nil discards it. It is called by Settings.
	AccessLog func(destinationARN string) *observe.Lines

	// AccessLogFormat is the format of the access log of stages that have no
	// accessLogSettings, whose destination is ""; "" is that they have none.
	AccessLogFormat string

	// ExecutionLog returns where the execution log of a log group goes; nil, and one
	// without Lines, discard it. It is called when a stage is bound that logs calls.
	ExecutionLog func(group string) ExecutionLog

	// LogGroup returns what takes the lines of a log group in the account and the region of
	// a stage: of its execution log and, where its accessLogSettings name a group of them, its
	// access log. Nil is that there is nobody who could read them.
	LogGroup func(st *snapshot.Stage, name string) observe.Taker

	// StreamRate bounds each answer that is streamed; nil bounds none.
	StreamRate *StreamRate

	// Cache keeps the answers of stages that have a cache; nil keeps nothing.
	Cache *cache.Cache

	// Metrics counts the calls of stages; nil counts none.
	Metrics *metrics.Calls

	// Spans takes the spans of calls that are traced; nil traces none, and leaves the
	// traces of clients as they are.
	Spans *otlp.Exporter

	// Draw returns a number from 0 up to 1: a call goes to its stage's canary when it
	// is below the canary's share. Nil draws at random.
	Draw func() float64

	// Trace is told what happened to each call, on the goroutine that serves it,
	// when the answer is complete and before it is sent. Nil records nothing.
	Trace func(*trace.Trace)

	// Served is told what came of each request for a stage, those that the front door
	// refuses included, when its answer has been written. It keeps nothing of what it
	// is given. Nil wants to know nothing.
	Served func(*trace.Served)
}

// A Stage serves one stage: a program under the stage's settings. It is safe for
// concurrent use. Its settings never change; new ones make a new Stage.
type Stage struct {
	program   *Program
	settings  *snapshot.Stage
	services  *Services
	userAgent string                        // of HTTP integrations
	targets   []atomic.Pointer[destination] // by Method.ordinal, resolved on first use
	calls     *sync.Pool                    // of *call, shared by the program's stages
	throttles []limit.Bucket                // by Method.ordinal; nil when nothing is throttled
	plans     *usageplan.Stage              // API keys and usage plans, before the stage's calls
	userPools []*authz.UserPools            // by the index of Program.userPools; nil where there are none
	accessLog *accesslog.Log                // nil for none
	logs      []*methodLog                  // by Method.ordinal; nil when nothing is logged
	cached    []*cachedMethod               // by Method.ordinal; nil when nothing is cached
	counts    counts                        // of its calls
	part      *cache.Part                   // of the cache; nil when nothing is cached
	canary    *canary                       // nil for none
	isCanary  string                        // $context.isCanaryRequest of its calls: "true" or "false", "" where the stage has no canary

	authorizers []atomic.Pointer[boundAuthorizer] // by authorizer.ordinal, resolved on first use
	answersKept *authz.Cache

	deflaters         *content.Deflaters
	requests, answers *httpmsg.Budget
}

// A canary serves a part of a stage's calls: the stage of another program under the
// same settings but for what it overrides of them.
type canary struct {
	stage *Stage
	share float64 // of the calls, 0 to 1
	draw  func() float64
}

// Bind puts a program into service under the settings that a stage has, without a
// canary.
func Bind(settings *snapshot.Stage, program *Program, services *Services) *Stage {
	return Prepare(services.Settings(settings), program, nil, services)(true)
}

// Prepare is Bind in two parts, with the program of the stage's canary, which is nil
// where the settings have none. It finds each method's throttle, which takes time in
// proportion to the methods; where integrations lead is resolved by the first call
// of each. What it returns is called once and takes the tokens of those throttles;
// current says whether the stage has these settings, or they are those of a call
// that goes on under old ones.
func Prepare(settings *Settings, program, second *Program, services *Services) func(current bool) *Stage {
	s := newStage(settings, program, services)
	s.cached, s.logs = s.cachedMethods(), s.methodLogs(false)
	rates := make(map[string]limit.Rate)
	s.addRates(rates)
	if second != nil {
		s.canary = &canary{stage: newStage(settings.canary, second, services), share: settings.stage.Canary.PercentTraffic / 100, draw: services.Draw}
		s.isCanary, s.canary.stage.isCanary = "false", "true"
		if s.canary.draw == nil {
			s.canary.draw = rand.Float64
		}
		s.canary.stage.addRates(rates) // a method of both has one bucket
		s.canary.stage.logs = s.canary.stage.methodLogs(true)
		if settings.stage.Canary.UseStageCache {
			s.canary.stage.cached = s.canary.stage.cachedMethods()
		}
	}
	s.takeCounts(settings.counts)
	if s.canary != nil {
		s.canary.stage.takeCounts(settings.counts)
	}
	return func(current bool) *Stage {
		if current {
			s.keepCounts(settings.counts)
		}
		s.takeCache(current)
		buckets := s.takeBuckets(rates, current)
		s.throttles = throttlesOf(program, buckets)
		if s.canary != nil {
			s.canary.stage.throttles = throttlesOf(second, buckets)
		}
		return s
	}
}

// newStage makes a stage that has no throttles yet.
func newStage(settings *Settings, program *Program, services *Services) *Stage {
	s := &Stage{
		program: program, settings: settings.stage, services: services, userAgent: "AmazonAPIGateway_" + settings.stage.APIID,
		targets: make([]atomic.Pointer[destination], len(program.methods)), authorizers: make([]atomic.Pointer[boundAuthorizer], len(program.authorizers)),
		calls: &program.calls, accessLog: settings.accessLog, userPools: bindUserPools(program, services.Pools),

		deflaters: services.Deflaters,
		requests:  services.Requests,
		answers:   services.Answers,
	}
	if s.answersKept = services.Authorizers; s.answersKept == nil {
		s.answersKept = authz.NewCache(authz.DefaultCacheBytes)
	}
	if s.deflaters == nil {
		s.deflaters = content.NewDeflaters()
	}
	if s.requests == nil {
		s.requests = httpmsg.NewBudget(0)
	}
	if s.answers == nil {
		s.answers = httpmsg.NewBudget(0)
	}
	plans := services.Plans
	if plans == nil {
		plans = usageplan.New(usageplan.Options{})
	}
	s.plans = plans.Stage(s.settings.Account, s.settings.Region, s.settings.APIID, s.settings.Name)
	return s
}

// Serve answers one request, whose Path is the one within the stage. There is
// always an answer: a step that goes wrong, or panics, leads to a gateway response.
// The request must stay untouched until the response is released.
// Who writes the answer calls the response's Done, which writes the access log, and
// then Release.
func (s *Stage) Serve(req *httpmsg.Request) *httpmsg.Response {
	if c := s.canary; c != nil && c.draw() < c.share {
		s = c.stage
	}
	c := s.newCall(req)
	c.complete(c.attempt((*call).run))
	c.endTurn()
	if c.answer.Stream == nil { // else done does
		c.handOnTrace()
	}
	return &c.answer
}

// Canary returns the stage as its canary serves it, nil where it has none.
func (s *Stage) Canary() *Stage {
	if s.canary == nil {
		return nil
	}
	return s.canary.stage
}

// A destination is where a method's integration is under a stage's settings.
type destination struct {
	*target.Target
	aws *awsTarget // what a service of AWS has besides; nil for HTTP, and where Err says why there is none
}

// target returns where a method's integration is under this stage's settings.
func (s *Stage) target(m *Method) *destination {
	slot := &s.targets[m.ordinal]
	if d := slot.Load(); d != nil {
		return d
	}
	var d *destination
	if m.service {
		d = s.newAWSTarget(m)
	} else {
		h := target.HTTP{URI: m.uri, Link: m.link, Balancer: m.balancer, Insecure: m.insecure}
		d = &destination{Target: h.Bind(s.settings, s.services.Backends)}
	}
	slot.Store(d)
	return d
}
