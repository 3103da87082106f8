package lambda

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Has reports whether there is a function, as an integration names it.
func (s *Service) Has(name string) bool { return s.find(s.named(name)) != nil }

// named reads how an integration names a function: by its ARN or its name.
func (s *Service) named(text string) reference {
	if ref, ok := parseARN(text); ok {
		return ref
	}
	name, qualifier, _ := strings.Cut(text, ":")
	return reference{account: s.Account, region: s.Region, name: name, qualifier: qualifier}
}

// Invoke runs a function for an integration or an authorizer, as Lambda does for API
// Gateway: what calls is in the request's header, unless it calls by the credentials of
// a role, and must be permitted. It is an integration.Made.
func (s *Service) Invoke(req *integration.Request, name string, by integration.By, streams bool) (*httpmsg.Response, error) {
	ref := s.named(name)
	l := s.find(ref)
	switch {
	case l == nil:
		return answer(notFound(ref)), nil
	case by != (integration.By{}) && s.May != nil && !s.May(by, invokeAction, ref.qualified()):
		return answer(wire.AccessDenied("User: %s is not authorized to perform: %s on resource: %s because no identity-based policy allows the %s action", cmp.Or(by.Role, by.AccessKeyID), invokeAction, ref.qualified(), invokeAction)), nil
	case by == (integration.By{}) && !l.permits(ref.qualifier, req.Header.Get("X-Amz-Source-Arn")):
		return answer(wire.AccessDenied("User: %s is not authorized to perform: %s on resource: %s because no resource-based policy allows the %s action", gateway, invokeAction, ref.qualified(), invokeAction)), nil
	}
	if strings.EqualFold(req.Header.Get("X-Amz-Invocation-Type"), "Event") {
		return s.later(ref, req)
	}
	resp, err := s.run(ref, req, streams)
	if known := new(wire.Error); errors.As(err, &known) {
		return answer(known), nil
	}
	return resp, err
}

// permits reports whether the resource policy of a qualifier lets API Gateway call for
// what has an ARN.
func (l *live) permits(qualifier, source string) bool {
	for i := range l.policies[qualifier] {
		if l.policies[qualifier][i].allows(source) {
			return true
		}
	}
	return false
}

// run runs what a reference names. An error that is a *wire.Error is one that Lambda
// answers, others are the integration's. A version that is replaced meanwhile was not
// run: then what has its place is.
func (s *Service) run(ref reference, req *integration.Request, streams bool) (*httpmsg.Response, error) {
	for {
		resp, err := s.runFound(ref, req, streams)
		if !errors.Is(err, errRetired) {
			return resp, err
		}
	}
}

// runFound runs what a reference names now.
func (s *Service) runFound(ref reference, req *integration.Request, streams bool) (*httpmsg.Response, error) {
	l := s.find(ref)
	if l == nil {
		return nil, notFound(ref)
	}
	if err := s.allowed(); err != nil {
		return nil, err
	}
	r := l.versions[l.choose(ref.qualifier)]
	if r == nil {
		return nil, notFound(ref)
	}
	done, err := l.enter()
	if err != nil {
		return nil, err
	}
	resp, err := r.invoke(ref, req, streams)
	if err != nil {
		done()
		return nil, err
	}
	if resp.Stream != nil {
		resp.Stream = &counted{resp.Stream, done}
		return resp, nil
	}
	done()
	return resp, nil
}

// choose is the version that a qualifier leads to: an alias leads to one of two by
// chance, in proportion to their weights.
func (l *live) choose(qualifier string) string {
	if qualifier == "" {
		return latest
	}
	a := l.aliases[qualifier]
	if a == nil {
		return qualifier
	}
	for number, share := range a.Weights {
		if rand.Float64() < share { //nolint:gosec // a matter of shares
			return number
		}
	}
	return a.Version
}

// enter counts a call among those at once. done counts it out.
func (l *live) enter() (done func(), err error) {
	if n := l.active.Add(1); l.reserved != nil && n > int64(*l.reserved) {
		l.active.Add(-1)
		return nil, &wire.Error{Status: http.StatusTooManyRequests, Type: "TooManyRequestsException", Message: "Rate Exceeded."}
	}
	return func() { l.active.Add(-1) }, nil
}

// counted is the payload of a call that counts until it is closed.
type counted struct {
	io.ReadCloser
	done func()
}

// Sent reports that the event is out.
func (c *counted) Sent() bool { return true }

// Close implements io.Closer.
func (c *counted) Close() error {
	if c.done != nil {
		c.done()
		c.done = nil
	}
	return c.ReadCloser.Close()
}

// invoke runs a version.
func (r *runnable) invoke(ref reference, req *integration.Request, streams bool) (*httpmsg.Response, error) {
	ctx := req.Client
	if ctx == nil {
		ctx = context.Background()
	}
	fn, err := r.ready(ctx)
	switch {
	case errors.Is(err, errRetired):
		return nil, err
	case err != nil:
		r.service.Log.Error("a function cannot be started", "function", r.ref.qualified(), "error", err)
		return nil, &wire.Error{Status: http.StatusBadGateway, Type: "InvalidRuntimeException", Message: "The function cannot run on this machine; the log says why"}
	}
	return fn.Invoke(req, ref.qualified(), streams)
}

// answer is the answer of Lambda's API to a call that it does not take.
func answer(err error) *httpmsg.Response {
	known := &wire.Error{Status: http.StatusInternalServerError, Type: "ServiceException", Message: "Internal server error"}
	errors.As(err, &known)
	body := map[string]string{"Type": "User", "message": known.Message, "Message": known.Message}
	text, _ := json.Marshal(body) // texts
	return &httpmsg.Response{Status: known.Status, Body: text, Header: httpmsg.Header{
		{Name: "Content-Type", Value: "application/json"}, {Name: "x-amzn-RequestId", Value: httpmsg.NewRequestID()}, {Name: "x-amzn-ErrorType", Value: known.Type},
	}}
}
