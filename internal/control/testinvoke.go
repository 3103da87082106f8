package control

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/percent"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A Test is a call of one method that TestInvokeMethod makes.
type Test struct {
	Deployment *snapshot.Deployment // holds the one method that is called, under the verb that is tested
	Request    *httpmsg.Request     // Received is the callee's to set
	Caller     *wire.Caller

	// These stand in for a stage's settings; a test has no stage.
	StageVariables      map[string]string
	ClientCertificateID string // "" for none
}

// A TestResult is what came of a Test.
type TestResult struct {
	Status  int
	Header  httpmsg.Header
	Body    []byte
	Log     string
	Latency time.Duration
}

// maxTestTarget is the longest path and query that reach a stage, in bytes.
const maxTestTarget = 10_240

// TestInvokeMethod calls a method as it is defined now: without a deployment,
// under no stage, past authorizer, API key and throttle. What the method
// fails with is a result, not an error.
func (s *Service) TestInvokeMethod(ctx context.Context, who *wire.Caller, in *wire.TestInvokeMethodRequest) (*wire.TestInvokeMethodResponse, error) {
	if s.invoke == nil {
		return nil, unserved("TestInvokeMethod", "(it has no data plane)")
	}
	test, err := readPage(ctx, s, who, in.RestAPIID, func(t *tx) (*Test, error) { return t.test(in) })
	if err != nil {
		return nil, err
	}
	r := s.invoke(ctx, test)
	out := &wire.TestInvokeMethodResponse{
		Status: new(int32(r.Status)), Body: new(string(r.Body)), Log: &r.Log, Latency: new(r.Latency.Milliseconds()),
		Headers: make(map[string]string, len(r.Header)), MultiValueHeaders: make(map[string][]string, len(r.Header)),
	}
	for _, f := range r.Header {
		out.Headers[f.Name] = f.Value
		out.MultiValueHeaders[f.Name] = append(out.MultiValueHeaders[f.Name], f.Value)
	}
	return out, nil
}

// test reads the method and makes the call of it.
func (t *tx) test(in *wire.TestInvokeMethodRequest) (*Test, error) {
	m, err := t.testedMethod(in.ResourceID, in.HTTPMethod)
	if err != nil {
		return nil, err
	}
	if err := t.makeWhole(in.ResourceID, m); err != nil {
		return nil, err
	}
	if m.MethodIntegration == nil {
		return nil, wire.BadRequest("No integration defined for method")
	}
	if err := t.checkTest(in); err != nil {
		return nil, err
	}
	if err := t.checkVariableRole(text(m.MethodIntegration.Credentials), in.StageVariables); err != nil {
		return nil, err
	}
	src, err := t.source()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(src.Resources, func(r wire.Resource) bool { return *r.ID == in.ResourceID })
	resource := src.Resources[i]
	resource.ResourceMethods = map[string]wire.Method{in.HTTPMethod: *m}
	src.Resources = []wire.Resource{resource}
	req := &httpmsg.Request{
		Method: in.HTTPMethod, Scheme: "https", Proto: "HTTP/1.1", Header: testHeader(in.Headers, in.MultiValueHeaders),
		Body: []byte(text(in.Body)),
	}
	req.Path, req.Query = testTarget(text(in.PathWithQueryString), *resource.Path)
	return &Test{
		Deployment: t.freeze(&wire.Deployment{ID: new(""), CreatedDate: &t.now}, src),
		Request:    req, Caller: t.who,
		StageVariables: in.StageVariables, ClientCertificateID: text(in.ClientCertificateID),
	}, nil
}

// testedMethod reads the method that a verb of a resource reaches: ANY's, too
// (recorded).
func (t *tx) testedMethod(resource, verb string) (*wire.Method, error) {
	m, err := t.method(resource, verb)
	if err == nil || !slices.Contains(verbs, verb) {
		return m, err
	}
	if m, other := t.methodOr(resource, "ANY", err); other != err {
		return m, other
	}
	return nil, err
}

// checkTest refuses what no client can send.
func (t *tx) checkTest(in *wire.TestInvokeMethodRequest) error {
	if id := text(in.ClientCertificateID); id != "" {
		if err := t.require(kindClientCertificate, id, errClientCertificate()); err != nil {
			return err
		}
	}
	return checkTestRequest(in.PathWithQueryString, in.Headers, in.MultiValueHeaders, in.StageVariables)
}

// checkTestRequest refuses a request under test that no client can send.
func checkTestRequest(target *string, headers map[string]string, multi map[string][]string, variables map[string]string) error {
	if len(text(target)) > maxTestTarget {
		return wire.BadRequest("Invalid path specified: it has more than %d bytes", maxTestTarget)
	}
	for name, values := range multi {
		if err := checkTestHeader(name, values...); err != nil {
			return err
		}
	}
	for name, value := range headers {
		if err := checkTestHeader(name, value); err != nil {
			return err
		}
	}
	return CheckStageVariables(variables)
}

func checkTestHeader(name string, values ...string) error {
	if !httpmsg.ValidName(name) || slices.ContainsFunc(values, func(v string) bool { return !httpmsg.ValidText(v) }) {
		return wire.BadRequest("Invalid header specified: %s", wire.Truncated(name))
	}
	return nil
}

// testHeader is the header of a test in order of names: of a name in both maps
// the list's values come first, and one that the list has is not repeated.
func testHeader(headers map[string]string, multi map[string][]string) httpmsg.Header {
	var h httpmsg.Header
	for _, name := range slices.Sorted(maps.Keys(multi)) {
		for _, v := range multi[name] {
			h.Add(name, v)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		if v := headers[name]; !slices.Contains(h.Values(name), v) {
			h.Add(name, v)
		}
	}
	slices.SortStableFunc(h, func(a, b httpmsg.Field) int { return strings.Compare(a.Name, b.Name) })
	return h
}

// testTarget is the path and the query that a test is of, as a client would
// send them: the resource's own path where none is given.
func testTarget(pathWithQuery, template string) (path, query string) {
	path, query, _ = strings.Cut(pathWithQuery, "?")
	if path == "" {
		path = template
	}
	if path[0] != '/' {
		path = "/" + path
	}
	return escapeControls(path), escapeControls(query)
}

// escapeControls writes spaces and controls, which end a request line, as
// percent-escapes.
func escapeControls(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) < 0 {
		return s
	}
	var b []byte
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c == 0x7f {
			b = percent.AppendByte(b, c)
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}
