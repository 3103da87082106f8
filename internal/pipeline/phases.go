package pipeline

import (
	"errors"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/accesslog"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// The phases of a call that access logs tell of.
func authenticate(a *accesslog.Access) *accesslog.Phase { return &a.Authenticate }
func authorizing(a *accesslog.Access) *accesslog.Phase  { return &a.Authorizer }
func authorize(a *accesslog.Access) *accesslog.Phase    { return &a.Authorize }

// inPhase notes what comes of a step as a part of a phase, where the access log tells it.
func inPhase(phase func(*accesslog.Access) *accesslog.Phase, s step) step {
	return func(c *call) error {
		if !c.stage.accessLog.Phased() {
			return s(c)
		}
		begin := time.Now()
		err := s(c)
		p := phase(&c.phases)
		p.Latency += time.Since(begin)
		p.Status, p.Error = outcome(err)
		return err
	}
}

// outcome is what an access log says of a step: the status that a client would get of its
// failure alone, and the first line of the message. The others repeat the request where a
// signature is wrong.
func outcome(err error) (status int, text string) {
	if err == nil {
		return 200, ""
	}
	f, ok := errors.AsType[*failure](err)
	if !ok {
		f = engineError("", err)
	}
	text = f.message
	if text == "" {
		text = f.reason
	}
	text, _, _ = strings.Cut(text, "\n")
	return firstSet(f.status, gatewayDefaultOf(f.kind).status, 500), text
}

// noteFunction notes how Lambda answered the call of an authorizer, where the access log
// tells it.
func (c *call) noteFunction(resp *httpmsg.Response, latency time.Duration) {
	if c.stage.accessLog.Phased() {
		c.phases.FunctionStatus, c.phases.FunctionLatency = resp.Status, latency
		c.phases.FunctionRequestID = strings.Clone(endpointRequestID(resp.Header))
	}
}
