package pipeline

import (
	"github.com/gatehouse-gw/gatehouse/internal/accesslog"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// done adds what the stage alone knows to what came of the call, and writes the
// access log's line. The client has its answer by now, so a panic in here costs the
// line and nothing else.
func (c *call) done(d *httpmsg.Done) {
	defer func() {
		if fault := recover(); fault != nil {
			c.logFailure(c.caught(fault))
		}
	}()
	st, x := c.stage.settings, &c.scope.Context
	d.Account, d.API, d.Stage, d.Canary = st.Account, st.APIID, st.Name, c.stage.isCanary == "true"
	d.RequestID, d.ExtendedRequestID, d.TraceID = x.RequestID, x.ExtendedRequestID, c.traceID
	d.ErrorType, d.ErrorMessage, d.CountsAs = x.Error.ResponseType, x.Error.Message, c.countsAs()
	d.Authorizer = c.asking
	if c.method != nil {
		d.Resource, d.Verb = c.method.resourcePath, c.method.verb
	}
	d.Integration = httpmsg.IntegrationDone{
		Began: c.integrationStart, Latency: c.integrationTime, CodeStatus: c.codeStatus(), RequestID: x.AWSEndpointRequestID,
		Error: c.integrationError, Header: c.timing.Header, Content: c.timing.Content,
	}
	if c.backend != nil {
		d.Integration.Status = c.backend.Status
	}
	d.CacheHit, d.CacheMiss = c.cacheUse.outcome == cacheHit, c.cacheUse.outcome == cacheMiss
	c.count(d)
	c.exportSpans(d)
	c.logAccess(d)
	c.landStream()
	c.logExecution(d)
	if served := c.stage.services.Served; served != nil {
		s := &trace.Served{Method: c.req.Method, Path: c.req.Path, Done: d}
		if c.failed != nil {
			s.Failure = c.failureEvent(c.failed)
			s.Failure.Key = c.functionKey(c.failed)
		}
		served(s)
	}
}

// logAccess writes the access log's line, if there is one.
func (c *call) logAccess(d *httpmsg.Done) {
	log := c.stage.accessLog
	if log == nil {
		return
	}
	sent := c.req.Header.Get(requestIDHeader)
	c.logLine = log.Write(c.logLine, &accesslog.Record{
		Done: d, Context: &c.scope.Context, Overrides: &c.scope.Overrides,
		EndpointType: c.stage.program.deployment.EndpointType, ReplacedID: sent != "" && sent != d.RequestID, Routed: c.method != nil, Streamed: c.method != nil && c.method.streams != nil,
		Access: &c.phases, Peer: c.req.Peer,
	})
}

// codeStatus is the status that a backend or a function's own code answered, or
// that a MOCK's template said; 0 for none.
func (c *call) codeStatus() int {
	if c.method != nil && c.method.kind == "AWS_PROXY" {
		return c.output.Status
	}
	return c.status
}

// timingAsked is where the client of backends notes the times that the access
// log tells; nil where it tells none.
func (c *call) timingAsked() *integration.Timing {
	if !c.stage.accessLog.Timed() {
		return nil
	}
	return &c.timing
}
