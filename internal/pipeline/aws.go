package pipeline

import (
	"errors"
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/content"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/lambdaproxy"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/target"
)

// An awsTarget is what a destination has besides when it is a service of AWS.
type awsTarget struct {
	service   *integration.Service
	role      string // that calls; "" is the process itself
	asCaller  bool   // the call's own caller calls, and no role
	sourceARN string // of the part of the API that calls, for Lambda
	variables []byte // the stage's, as events show them
}

var errNoAWS = errors.New("this server calls no services of AWS")

// errTransferMode says that the URI of a function is that of the other operation.
var errTransferMode = errors.New("a function is invoked by InvokeWithResponseStream where responseTransferMode is STREAM, and by Invoke elsewhere")

// errOtherAccount says that a stage's variables lead to a role that nobody may pass.
var errOtherAccount = errors.New("the role is of another account than the API")

// unknownAccount is that of an API whose account nobody has said.
const unknownAccount = "000000000000"

// ofAnother reports whether a role is of another account than an API. Where no variable
// names the role, the control plane has looked at that.
func ofAnother(role, account string) bool {
	return role != "" && account != unknownAccount && policy.AccountOf(role) != account
}

// newAWSTarget resolves the integration of a method under a stage's variables.
func (s *Stage) newAWSTarget(m *Method) *destination {
	t, err := s.service(m.uri, m.role, s.settings.Name+"/"+m.verb+m.resourcePath)
	if err != nil {
		return &destination{Target: target.Failed(err)}
	}
	if t.service.Function != "" && t.service.Streams != (m.streams != nil) {
		return &destination{Target: target.Failed(errTransferMode)}
	}
	path := t.service.Target
	if version := t.service.Version; version != "" && !slices.ContainsFunc(m.request.query, func(p mapped) bool { return p.name == "Version" }) {
		path += "&Version=" + version
	}
	return &destination{Target: target.New(t.service.Endpoint, path), aws: t}
}

// service finds the service of AWS that a URI leads to under the stage's
// variables. caller is the part of the API that calls it, as ARNs name it.
func (s *Stage) service(uri, role *target.URI, caller string) (*awsTarget, error) {
	if s.services.AWS == nil {
		return nil, errNoAWS
	}
	st := s.settings
	service, err := s.services.AWS.Bind(uri.WithStage(st.Variables).String())
	if err != nil {
		return nil, uri.Explain(err, st.Variables)
	}
	as := role.WithStage(st.Variables).String()
	if role.HasStageVariable() && !integration.IsCaller(as) && ofAnother(as, st.Account) {
		return nil, errOtherAccount
	}
	return &awsTarget{
		service: service, role: as, asCaller: integration.IsCaller(as),
		sourceARN: "arn:" + service.Partition + ":execute-api:" + st.Region + ":" + st.Account + ":" + st.APIID + "/" + caller,
		variables: lambdaproxy.AppendVariables(nil, st.Variables),
	}, nil
}

// awsTarget returns where the call's AWS integration leads.
func (c *call) awsTarget() (*awsTarget, error) {
	t := c.stage.target(c.method)
	if err := t.Err(); err != nil {
		return nil, configurationError("Invalid endpoint address", err).at(uriField)
	}
	return t.aws, nil
}

// buildAWS makes the request of an AWS integration: only what is mapped, and the
// headers that API Gateway sends by itself.
func buildAWS(c *call) error {
	t, err := c.awsTarget()
	if err != nil {
		return err
	}
	c.startOut()
	h := &c.out.Header
	h.Add("Accept", "application/json")
	h.Add("User-Agent", c.stage.userAgent)
	c.addServiceContent(t.service)
	if t.service.Action != "" {
		h.Add("X-Amz-Target", t.service.Action)
	}
	c.addServiceTrace(&c.out)
	c.traceID = c.fullTrace()
	if err := c.mapRequest(); err != nil {
		return err
	}
	if t.service.Function != "" {
		c.addInvocation(&c.out, t)
	}
	return c.finishTarget("")
}

// addServiceContent decides the type of the request's body: the client's, or
// the one that the service's protocol has. An action of the Query protocol
// reads forms alone and passes over any other body; that is not sent, since
// what stands in for a service might read it.
func (c *call) addServiceContent(s *integration.Service) {
	const form = "application/x-www-form-urlencoded"
	ct, sent := c.headers.Last("Content-Type")
	switch {
	case !carriesBody(c.out.Method):
		c.out.Body = nil
	case s.ContentType != "":
		c.out.Header.Add("Content-Type", s.ContentType)
	case s.Version != "" && content.MediaType(ct) != form:
		if !c.mapsHeader("Content-Type") {
			c.out.Header.Add("Content-Type", form)
			c.out.Body = nil
		}
	case sent:
		c.out.Header.Add("Content-Type", ct)
	}
}

// mapsHeader reports whether a mapping or a template sets a header of the
// integration request.
func (c *call) mapsHeader(name string) bool {
	return slices.ContainsFunc(c.method.request.headers, func(p mapped) bool { return httpmsg.EqualFold(p.name, name) }) ||
		slices.ContainsFunc(c.scope.Overrides.RequestHeader, func(p mapping.Param) bool { return httpmsg.EqualFold(p.Name, name) })
}

// addServiceTrace adds the headers that every service of AWS gets.
func (c *call) addServiceTrace(o *outgoing) {
	trace := c.seenTrace()
	if s := &c.spans; s.sampled { // the service goes on with the trace
		trace = s.header(s.integration, "")
		if o == &c.asked {
			trace = s.header(s.authorizer, "")
		}
	}
	o.Header.Add(traceHeader, trace)
	o.Header.Add("x-amzn-apigateway-api-id", c.stage.settings.APIID)
}

// callService calls a service of AWS.
func callService(c *call) error {
	t, err := c.awsTarget()
	if err != nil {
		return err
	}
	if t.service.Function != "" && c.out.Method != "POST" {
		return &failure{kind: integrationFailure, status: 500, message: internalServerError, engine: true,
			field: "integration.httpMethod", reason: noPermission, cause: errors.New("functions are invoked by POST alone")}
	}
	c.addressCall(&c.out.Request)
	resp, err := c.do(t)
	c.integrationTime = c.took(resp)
	if f := t.unsigned(err); f != nil {
		return f
	}
	c.traceEndpointRequest(c.integrationStart) // not before: signing adds headers
	if err != nil {
		return c.integrationFailed(integrationError(err))
	}
	c.backend, c.status = resp, resp.Status
	c.trace.EndpointResponse(resp, c.integrationTime, t.service.Function != "" && resp.Status == 403)
	c.scope.ResponseBody, c.scope.ResponseHeaders = resp.Body, resp.Header
	c.scope.Context.AWSEndpointRequestID = endpointRequestID(resp.Header)
	if trace := resp.Header.Get(traceHeader); trace != "" {
		c.traceID = trace
	}
	if t.service.FunctionFailed(resp) || resp.Status >= 400 {
		if err := c.answerMemory.Take(2 * len(resp.Body)); err != nil { // for the message of its error
			return c.integrationFailed(busy(err))
		}
	}
	if t.service.Function != "" && resp.Status >= 400 {
		return c.integrationFailed(notInvoked(resp))
	}
	return nil
}

// do sends the integration request, signed by the process, by a role, or by the call's
// own caller. Who that is must be known: nobody else calls in its place.
func (c *call) do(t *awsTarget) (*httpmsg.Response, error) {
	if !t.asCaller {
		return c.stage.services.AWS.Do(&c.out.Request, t.service, t.role)
	}
	who := c.access.signer
	if who == nil {
		return nil, &integration.Error{Kind: integration.ErrRole, Op: "sign", Err: errNoCaller}
	}
	return c.stage.services.AWS.DoAs(&c.out.Request, t.service, who.AccessKeyID, &who.Credential)
}

var errNoCaller = errors.New("the integration calls with the credentials of the caller, and nobody has signed the call")

// unsigned is the failure of a call that could not be signed, or has nowhere to go; nil
// where err is something else.
func (t *awsTarget) unsigned(err error) *failure {
	switch {
	case errors.Is(err, integration.ErrRole):
		return configurationError(noAssumeRole+t.role, err).at("integration.credentials")
	case errors.Is(err, integration.ErrCredentials):
		return configurationError("the calls of AWS services cannot be signed", err)
	case errors.As(err, new(*integration.NowhereError)):
		return configurationError("Invalid endpoint address", err).at(uriField)
	}
	return nil
}

// noAssumeRole is what AWS logs, with the role behind it (recorded).
const noAssumeRole = "API Gateway does not have permission to assume the provided role "
