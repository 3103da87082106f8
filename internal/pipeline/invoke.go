package pipeline

import (
	"context"
	"slices"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/content"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// A Test is what TestInvokeMethod and TestInvokeAuthorizer give a call beside the
// request.
type Test struct {
	Caller mapping.Identity // who tests: account, keys, user

	// These stand in for a stage's settings; a test has no stage.
	Variables           map[string]string
	ClientCertificateID string // "" for none

	Context map[string]string // values of $context, before the call's own
}

// A TestResult is what came of a test.
type TestResult struct {
	Status  int
	Header  httpmsg.Header // of the method response
	Body    []byte
	Latency time.Duration
	Trace   *trace.Trace // nil for a method whose answers are streamed
}

// What $context and events show in a test (recorded).
const (
	testStage    = "test-invoke-stage"
	testDomain   = "testPrefix.testDomainName"
	testSourceIP = "test-invoke-source-ip"
	testKey      = "test-invoke-api-key"
	testKeyID    = "test-invoke-api-key-id"
)

// Invoke calls the one method that d holds, of a definition that need not be
// deployed: without authorizer, API key and throttle, under no stage. The path
// of req gives path parameters where it fits the resource, none where it does
// not. The call ends when ctx has to.
func Invoke(ctx context.Context, d *snapshot.Deployment, req *httpmsg.Request, test *Test, services *Services, checks ...Check) *TestResult {
	p := Compile(unguarded(d), checks...)
	s := Bind(&snapshot.Stage{
		APIID: d.APIID, Name: testStage, Account: d.Account, Region: d.Region,
		Variables: test.Variables, ClientCertificateID: test.ClientCertificateID,
	}, p, services.forTest())
	if deadline, ok := ctx.Deadline(); ok {
		req.Deadline = deadline
	}
	req.Header, req.Received = testHeader(req.Header), time.Now()
	c := s.newCall(req)
	c.asTest(test)
	var due time.Time
	streams := p.methods[0].streams != nil
	if streams {
		due = c.limitTest()
	}
	c.startTrace()
	c.complete(c.attempt((*call).runTest))
	c.trace.Complete(c.answer.Status)
	result := &TestResult{
		Status: c.answer.Status, Header: c.trace.AnswerHeader(), Body: slices.Clone(c.answer.Body), Latency: c.trace.Took, Trace: c.trace,
	}
	if streams {
		c.collectTest(result, due)
	}
	c.answer.Release()
	return result
}

// forTest is the services that a test uses: without plans, nor the account's throttle,
// and without all that a stage keeps under its name. A stage may be named as tests are,
// and has a cache, tokens and answers of authorizers that tests leave alone.
func (s *Services) forTest() *Services {
	return &Services{Client: s.Client, AWS: s.AWS, Log: s.Log, IAM: s.IAM, Backends: s.Backends, Requests: s.Requests, Answers: s.Answers, Deflaters: s.Deflaters, Pools: s.Pools}
}

// unguarded is d without what protects it, without the compression of answers,
// which is the front door's, and without binary media types: under */* AWS tests
// a MOCK that fails every request (reported).
func unguarded(d *snapshot.Deployment) *snapshot.Deployment {
	out := *d
	out.EndpointType, out.Policy, out.EndpointAccessMode, out.DisableExecuteAPIEndpoint, out.MinimumCompressionSize = "", "", "", false, nil
	out.BinaryMediaTypes = nil
	out.Resources = slices.Clone(d.Resources)
	for i := range out.Resources {
		methods := slices.Clone(out.Resources[i].Methods)
		for j := range methods {
			methods[j].AuthorizationType, methods[j].AuthorizerID, methods[j].APIKeyRequired = "NONE", "", false
		}
		out.Resources[i].Methods = methods
	}
	return &out
}

// testHeader is the header that a test sees: its content is taken for JSON,
// whatever it says.
func testHeader(h httpmsg.Header) httpmsg.Header {
	return slices.DeleteFunc(slices.Clone(h), func(f httpmsg.Field) bool {
		return httpmsg.EqualFold(f.Name, "Content-Type") && content.MediaType(f.Value) != "application/json"
	})
}

// asTest gives the call what a test shows of itself.
func (c *call) asTest(t *Test) {
	c.test = true
	x := &c.scope.Context
	x.Path, x.DomainName = c.req.Path, testDomain
	x.Identity, x.Given = t.Caller, t.Context
	x.SourceIP, x.APIKey, x.APIKeyID = testSourceIP, testKey, testKeyID
}

// runTest takes the call through the program's one method, whatever its path.
func (c *call) runTest() error {
	if err := checkPath(c.req.Path); err != nil {
		return badRequest(err)
	}
	m := c.stage.program.methods[0]
	verb := m.verb
	if verb == "ANY" {
		verb = "GET" // any that the method answers finds the path
	}
	c.stage.program.router.find(c.req.Path, verb, &c.match)
	return c.execute(m, m.verb)
}
