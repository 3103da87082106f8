package pipeline

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/content"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/target"
)

// A Program is one deployment, compiled: every template, expression, pattern
// and URI parsed, every step of every method decided. It never changes after
// Compile and is shared by all stages on the deployment.
type Program struct {
	deployment  *snapshot.Deployment
	router      router
	methods     []*Method
	gateway     map[responseType]*gatewayResponse // what the API customised
	policy      *authz.ResourcePolicy             // nil for none
	unreadable  error                             // why the policy cannot be used
	entrance    entrance
	problems    []Problem
	closed      []ClosedMethod
	signed      []ClosedMethod
	checks      []Check
	open        bool                   // who calls is not asked
	models      *models                // while compiling
	authorizers map[string]*authorizer // Lambda authorizers, by id
	userPools   []*authz.UserPoolAuthorizer
	userPoolOf  map[string]int // index in userPools, by the authorizer's id
	calls       sync.Pool      // of *call
	inflaters   content.Inflaters
}

// A Problem is a part of a definition that cannot work. The deployment stands
// all the same, as it does at AWS; the calls that need the part answer 500.
type Problem struct {
	Resource string // path template
	Method   string
	Field    string // such as integration.requestTemplates.application/json
	Within   string // JSON pointer into a field that is a JSON value, "" for all of it
	Line     int    // within the field, from 1; 0 when it has no lines
	Column   int
	Text     string
}

// String is the problem on one line.
func (p Problem) String() string {
	where := strings.TrimLeft(p.Method+" "+p.Resource+" "+p.Field, " ")
	if p.Line > 0 {
		where = fmt.Sprintf("%s:%d:%d", where, p.Line, p.Column)
	}
	return where + ": " + p.Text
}

// A Method is one compiled method: its steps in the order in which AWS takes
// them, those that it does not need left out.
type Method struct {
	ordinal       int    // index in Program.methods and in Stage.targets
	kind          string // type of the integration
	verb          string
	resourceID    string
	resourcePath  string
	authorization string // NONE, AWS_IAM, CUSTOM or COGNITO_USER_POOLS
	setting       string // the method's key in a stage's method settings, and in a plan's throttles
	timeout       time.Duration
	uri           *target.URI            // nil for MOCK
	service       bool                   // uri is that of an AWS service
	role          *target.URI            // that calls the service; nil for MOCK and HTTP
	insecure      bool                   // takes any certificate of an HTTPS backend
	link          *target.URI            // id of the VPC link; nil for none
	balancer      string                 // ARN of the load balancer behind the link; "" where the link says it
	outVerb       string                 // method to the backend; "" is the client's
	streams       *integration.Streaming // how the backend's response is streamed; nil where it is buffered
	operationName string
	skipped       string // of what protects it: the value of UnprotectedHeader; "" for nothing
	steps         []step
	cache         *cachePlan // nil for a method that is never cached
	finishing     []step     // of every answer that no failure made
	request       requestSide
	responses     responseSide
}

// A step does one thing to a call. An error ends the call with a gateway
// response. The error errAnswered is none: the step has made the answer, and the
// steps behind it are left out, but for the finishing ones.
type step func(*call) error

// errAnswered is what a step returns that ends a call with an answer of its own.
var errAnswered = errors.New("the call has its answer")

// A Check says why this server, as it is configured, cannot serve an
// integration; nil is that it can.
type Check func(*snapshot.Integration) error

// Compile prepares a deployment for serving. There is always a Program: what
// cannot work is a Problem, and the calls that need it fail.
func Compile(d *snapshot.Deployment, checks ...Check) *Program {
	return compile(&Program{deployment: d, checks: checks, models: newModels(d)})
}

// UnprotectedHeader is in each answer of a method whose protection is skipped. Its
// value is what was skipped: "authorization", "api-key", or both.
const UnprotectedHeader = "X-Gatehouse-Unprotected"

// CompileUnprotected is Compile for trying a definition on the developer's machine: who
// calls is not asked, so that authorizers and API keys let everybody in. Answers of
// methods that have one say so in UnprotectedHeader.
func CompileUnprotected(d *snapshot.Deployment, checks ...Check) *Program {
	return compile(&Program{deployment: d, checks: checks, models: newModels(d), open: true})
}

func compile(p *Program) *Program {
	d := p.deployment
	p.compileGatewayResponses()
	p.compilePolicy()
	p.compileEntrance()
	for i := range d.Resources {
		for j := range d.Resources[i].Methods {
			m := p.compileMethod(&d.Resources[i], &d.Resources[i].Methods[j])
			m.ordinal = len(p.methods)
			p.methods = append(p.methods, m)
			p.router.add(d.Resources[i].Path, m)
		}
	}
	p.models = nil
	return p
}

// private reports whether the API is called by VPC endpoints alone.
func (p *Program) private() bool { return p.deployment.EndpointType == "PRIVATE" }

// compilePolicy compiles the API's resource policy. One that cannot be used is a problem,
// and closes the methods.
func (p *Program) compilePolicy() {
	d := p.deployment
	if d.Policy == "" {
		return
	}
	p.policy, p.unreadable = authz.CompileResourcePolicy(d.Policy, p.api())
	if p.unreadable != nil {
		problem := Problem{Field: "policy", Text: p.unreadable.Error()}
		if syntax, ok := errors.AsType[*policy.SyntaxError](p.unreadable); ok {
			problem.Within = syntax.Pointer()
		}
		p.problems = append(p.problems, problem)
	}
}

// Size is roughly how many bytes of memory the program takes.
func (p *Program) Size() int64 {
	const perMethod, perTemplateByte, perSchemaByte = 4 << 10, 12, 24
	size := int64(len(p.methods)+1) * perMethod
	for _, m := range p.deployment.Models {
		size += int64(len(m.Schema)) * perSchemaByte
	}
	for i := range p.deployment.Resources {
		for j := range p.deployment.Resources[i].Methods {
			in := &p.deployment.Resources[i].Methods[j].Integration
			for _, text := range in.RequestTemplates {
				size += int64(len(text)) * perTemplateByte
			}
			for k := range in.Responses {
				for _, text := range in.Responses[k].Templates {
					size += int64(len(text)) * perTemplateByte
				}
			}
		}
	}
	return size
}

// Problems lists what cannot work, in the order of the definition.
func (p *Program) Problems() []Problem { return p.problems }

// compileMethod decides the steps of one method. Whether it can be served is known
// before they are listed: a method that is closed has one step, and one that cannot
// be served has one in place of its integration's.
func (p *Program) compileMethod(r *snapshot.Resource, from *snapshot.Method) *Method {
	in := &from.Integration
	m := &Method{
		kind: in.Type, verb: from.HTTPMethod, resourceID: r.ID, resourcePath: r.Path, authorization: from.AuthorizationType, setting: r.Path + "/" + from.HTTPMethod,
		timeout: time.Duration(in.TimeoutMillis) * time.Millisecond,
		request: requestSide{handling: in.ContentHandling},
	}
	c := &compiler{program: p, resource: r.Path, method: from}
	if p.open {
		m.skipped = c.protection()
	}
	m.streams = c.streaming()
	closed := c.guards()
	early, validation := c.validation()
	integration, closing := c.integration(m), c.closing()
	switch {
	case closed != nil:
		m.steps = []step{closed}
		return m
	case c.failing != nil:
		integration, closing = []step{c.failing}, nil
	}
	m.steps, m.finishing = slices.Concat(c.authorization(), c.admission(), early, taking, validation, integration, closing), c.compression()
	if m.cache = c.cachePlan(r.ID); m.cache != nil {
		m.cache.called = len(m.steps) - len(closing) - len(integration)
		m.cache.answered = len(m.steps) - len(closing)
	}
	return m
}

// closing is the steps that add to the method response what is about one call alone.
func (c *compiler) closing() []step {
	switch c.method.Integration.Type {
	case "HTTP", "AWS", "AWS_PROXY":
		return []step{addTraceID}
	}
	return nil
}

// taking takes the request's body. What can refuse a request without it stands
// before, so that a request that is refused costs no memory for one.
var taking = []step{readBody, decodeBody}

// integration compiles the method's integration and returns its steps.
func (c *compiler) integration(m *Method) []step {
	switch in := &c.method.Integration; in.Type {
	case "MOCK":
		c.requestTemplates(m)
		m.request.foldStatus()
		c.responseSide(m)
		return []step{transformRequest, mockStatus, selectResponse, transformResponse}
	case "HTTP":
		c.http(m)
		c.requestTemplates(m)
		c.responseSide(m)
		return []step{transformRequest, buildHTTP, send, selectResponse, transformResponse}
	case "HTTP_PROXY":
		c.http(m)
		return []step{buildProxy, send, passResponse}
	case "AWS":
		c.aws(m)
		c.requestTemplates(m)
		c.responseSide(m)
		return []step{transformRequest, buildAWS, callService, selectServiceResponse, transformResponse}
	case "AWS_PROXY":
		c.awsProxy(m)
		if m.streams != nil {
			return []step{buildEvent, callService, passStreamedOutput}
		}
		return []step{buildEvent, callService, passOutput}
	default:
		c.fail("integration.type", "integration type "+in.Type+" is not served")
		return nil
	}
}

// A compiler works on one method and notes what is wrong with it.
type compiler struct {
	program  *Program
	resource string
	method   *snapshot.Method
	failing  step // stands in for the integration's; nil while the method can be served
}

// problem notes a part that cannot work.
func (c *compiler) problem(field string, line, column int, format string, args ...any) {
	c.program.problems = append(c.program.problems, Problem{
		Resource: c.resource, Method: c.method.HTTPMethod, Field: field, Line: line, Column: column, Text: fmt.Sprintf(format, args...),
	})
}

// fail makes every call of the method that comes as far as its integration fail,
// for what a part of the definition says. What is said first holds.
func (c *compiler) fail(field, reason string) {
	if c.failing == nil {
		c.failing = func(*call) error { return configurationError(reason, nil).at(field) }
	}
}
