package pipeline

import (
	"errors"
	"slices"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/target"
)

const traceHeader = "X-Amzn-Trace-Id"

// buildHTTP makes the request of an HTTP integration: only what is mapped, and
// the headers that API Gateway sends by itself (recorded).
func buildHTTP(c *call) error {
	c.startOut()
	h := &c.out.Header
	h.Add("Accept", "application/json")
	h.Add("User-Agent", c.stage.userAgent)
	if !carriesBody(c.out.Method) {
		c.out.Body = nil
	} else if ct, ok := c.headers.Last("Content-Type"); ok {
		h.Add("Content-Type", ct)
	}
	c.addGatewayHeaders()
	if err := c.mapRequest(); err != nil {
		return err
	}
	return c.finishTarget("")
}

// buildProxy makes the request of an HTTP_PROXY integration: the client's,
// with mappings laid over it.
func buildProxy(c *call) error {
	c.startOut()
	sent := c.scope.RequestBody
	if err := c.convertProxied(); err != nil {
		return err
	}
	c.trace.Converted("request", "", "converted", sent, c.scope.RequestBody)
	c.out.Body = c.scope.RequestBody
	for i := range c.headers {
		if f := &c.headers[i]; !keptFromBackend.has(f.Name) && !isSignature(f) {
			c.out.Header = append(c.out.Header, *f)
		}
	}
	if err := c.dropConnectionNamed(); err != nil {
		return err
	}
	if c.coding != "" {
		c.out.Header.Add("Content-Encoding", c.coding)
	}
	c.addGatewayHeaders()
	if err := c.mapRequest(); err != nil {
		return err
	}
	return c.finishTarget(c.req.Query)
}

// startOut decides the method of the integration request.
func (c *call) startOut() {
	c.out.Method = c.method.outVerb
	if c.out.Method == "" {
		c.out.Method = c.scope.Context.HTTPMethod
	}
}

// carriesBody reports whether an HTTP integration sends a body with a method.
func carriesBody(method string) bool {
	return method != "GET" && method != "HEAD" && method != "OPTIONS"
}

// addGatewayHeaders adds what every HTTP backend gets.
func (c *call) addGatewayHeaders() {
	c.traceID = c.fullTrace()
	c.out.Header.Add(traceHeader, c.traceID)
	if parent := c.spans.traceparent(c.spans.integration); parent != "" {
		c.out.Header.Set(w3cHeader, parent)
	}
	c.out.Header.Add("X-Amzn-Apigateway-Api-Id", c.stage.settings.APIID)
}

// finishTarget fills in the URI: its own query first, then the client's, then
// what is mapped (recorded).
func (c *call) finishTarget(clientQuery string) error {
	t := c.stage.target(c.method)
	if err := c.out.aim(t.Target); err != nil {
		return err
	}
	dst, hasQuery := c.out.target, t.HasQuery()
	if clientQuery != "" {
		dst = target.AppendQuery(dst, hasQuery, clientQuery)
		hasQuery = true
	}
	dst, err := c.appendMappedQuery(dst, hasQuery)
	if err != nil {
		return err
	}
	c.out.target, c.out.Target = dst, c.texts.of(dst)
	return nil
}

// appendMappedQuery appends the query parameters that mappings and templates
// set. An override stands in place of what is mapped under its name.
func (c *call) appendMappedQuery(dst []byte, hasQuery bool) ([]byte, error) {
	overrides := c.scope.Overrides.RequestQuery
	query := c.method.request.query
	for i := range query {
		name := query[i].name
		if slices.ContainsFunc(overrides, func(p mapping.Param) bool { return p.Name == name }) {
			continue
		}
		values, err := c.evalAll(&query[i])
		if err != nil {
			return nil, invalidRequestBody(query[i].field, err)
		}
		for _, v := range values {
			dst = target.AppendParameter(dst, hasQuery, name, v)
			hasQuery = true
		}
	}
	for _, p := range overrides {
		dst = target.AppendParameter(dst, hasQuery, p.Name, p.Value)
		hasQuery = true
	}
	return dst, nil
}

// addressCall begins the call of the integration: it fills in for which API and which client
// a request is sent, and when its response must have come. Where the answer may be streamed
// the client is watched, since the call may take long.
func (c *call) addressCall(req *integration.Request) {
	if req.Stream = c.method.streams; req.Stream != nil {
		c.req.WatchClient()
	}
	c.integrationStart = time.Now()
	req.API, req.Client = c.stage.settings.APIID, c.req.Client
	req.Deadline, req.Timing = c.deadlineFrom(c.integrationStart), c.timingAsked()
}

// send calls the backend.
func send(c *call) error {
	c.addressCall(&c.out.Request)
	c.traceEndpointRequest(c.integrationStart)
	c.out.Began = c.integrationStart
	resp, err := c.stage.services.Client.Do(&c.out.Request, c.out.endpoint)
	c.integrationTime = c.took(resp)
	if err != nil {
		return c.integrationFailed(integrationError(err))
	}
	c.backend, c.status = resp, resp.Status
	c.trace.EndpointResponse(resp, c.integrationTime, false)
	c.scope.ResponseBody, c.scope.ResponseHeaders = resp.Body, resp.Header
	return nil
}

// took is how long the integration has taken to answer, or not to: resp is nil then.
func (c *call) took(resp *httpmsg.Response) time.Duration {
	if resp == nil || resp.Received.IsZero() {
		return time.Since(c.integrationStart)
	}
	return resp.Received.Sub(c.integrationStart)
}

// integrationFailed notes what access logs say of the integration: the line of an
// execution log.
func (c *call) integrationFailed(f *failure) error {
	c.integrationError = f.logLine()
	return f
}

// uriField is the part of a definition that says where the integration is.
const uriField = "integration.uri"

// integrationError gives a failed call of a backend AWS's answer.
func integrationError(err error) *failure {
	return integrationFailureOf(err).at(uriField)
}

func integrationFailureOf(err error) *failure {
	switch {
	case errors.Is(err, integration.ErrTimeout):
		return &failure{kind: integrationTimeout, message: "Endpoint request timed out", engine: true, cause: err}
	case errors.Is(err, integration.ErrNetwork), errors.Is(err, integration.ErrGone):
		return &failure{kind: integrationFailure, message: "Network error communicating with endpoint", engine: true, cause: err}
	case errors.Is(err, integration.ErrBusy):
		return &failure{kind: integrationFailure, status: 503, message: "Service Unavailable", engine: true, cause: err}
	case errors.Is(err, integration.ErrAddress):
		return configurationError("Invalid endpoint address", err)
	case errors.Is(err, httpmsg.ErrTooLarge):
		return engineError("the response of the endpoint is too large", err)
	case errors.Is(err, httpmsg.ErrBudget):
		return busy(err)
	}
	return engineError("the request cannot be sent", err)
}

// passResponse makes a proxied backend's answer the client's.
func passResponse(c *call) error {
	c.answer.Status, c.answer.Body = c.backend.Status, c.backend.Body
	if from, ok := c.backend.Stream.(*integration.Stream); ok {
		c.stream(from, nil, from.Length())
	} else if c.out.Method == "HEAD" {
		c.answer.Length = lengthTold(c.backend.Header)
	}
	for i := range c.backend.Header {
		f := &c.backend.Header[i]
		switch {
		case droppedFromProxy.has(f.Name):
		case remappedFromProxy.has(f.Name):
			c.answer.Header = append(c.answer.Header, httpmsg.Field{Name: remappedName(f.Name), Value: f.Value})
		default:
			c.answer.Header = append(c.answer.Header, *f)
		}
	}
	return nil
}

// lengthTold is what Content-Length says, -1 where it says nothing.
func lengthTold(h httpmsg.Header) int64 {
	n, ok := httpmsg.ParseLength(h.Get("Content-Length"))
	if !ok {
		return -1
	}
	return n
}

// remappedName puts the prefix before a header's name as its sender spelled
// it; the usual spellings cost nothing.
func remappedName(name string) string {
	switch name {
	case "Connection":
		return remappedPrefix + "Connection"
	case "Content-Length":
		return remappedPrefix + "Content-Length"
	case "Date":
		return remappedPrefix + "Date"
	case "Server":
		return remappedPrefix + "Server"
	}
	return remappedPrefix + name
}
