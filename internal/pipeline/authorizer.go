package pipeline

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/lambdaproxy"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/target"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// An authorizer is a Lambda authorizer of a program, compiled once for all methods
// that name it.
type authorizer struct {
	*authz.Lambda
	ordinal   int // index in Stage.authorizers
	uri, role *target.URI
	err       error // why it lets nobody in; nil where it works
}

// A boundAuthorizer is an authorizer under a stage's settings.
type boundAuthorizer struct {
	*destination
	answers authz.Range
}

// lambdaAuthorizer returns the step of a method whose callers a function judges.
func (c *compiler) lambdaAuthorizer() step {
	a := c.authorizer(c.method.AuthorizerID)
	if a.err != nil {
		c.problem("authorizerId", 0, 0, "%v", a.err)
	}
	return func(c *call) error { return c.askAuthorizer(a) }
}

// authorizer returns the authorizer of an id, which its first method compiles.
func (c *compiler) authorizer(id string) *authorizer {
	p := c.program
	if a := p.authorizers[id]; a != nil {
		return a
	}
	a := &authorizer{ordinal: len(p.authorizers)}
	if p.authorizers == nil {
		p.authorizers = make(map[string]*authorizer)
	}
	p.authorizers[id] = a
	def, ok := p.deployment.Authorizers[id]
	if !ok {
		a.err = fmt.Errorf("authorizer %.100q is missing", id)
		return a
	}
	a.uri, a.role = target.ParseURI(def.URI), target.ParseURI(def.Credentials)
	if a.Lambda, a.err = authz.CompileLambda(&def); a.err != nil {
		return a
	}
	if strings.HasSuffix(def.Credentials, ":user/*") {
		a.err = errors.New("authorizers are not called under the identity of the caller")
		return a
	}
	for _, check := range p.checks {
		if a.err = check(&snapshot.Integration{Type: "AWS_PROXY", HTTPMethod: "POST", URI: def.URI, Credentials: def.Credentials}); a.err != nil {
			return a
		}
	}
	return a
}

// authorizer returns an authorizer of the program under this stage's settings.
func (s *Stage) authorizer(a *authorizer) *boundAuthorizer {
	slot := &s.authorizers[a.ordinal]
	if b := slot.Load(); b != nil {
		return b
	}
	b := &boundAuthorizer{destination: s.newAuthorizer(a)}
	st := s.settings
	b.answers = a.Range(st.Account, st.Region, st.APIID, st.Name, st.AuthorizerAnswers,
		a.uri.WithStage(st.Variables).String(), a.role.WithStage(st.Variables).String())
	slot.Store(b)
	return b
}

// newAuthorizer resolves the function of an authorizer under the stage's variables.
func (s *Stage) newAuthorizer(a *authorizer) *destination {
	t, err := s.service(a.uri, a.role, "authorizers/"+a.ID)
	if err == nil && (t.service.Function == "" || t.service.Streams) {
		err = errNoFunction
	}
	if err != nil {
		return &destination{Target: target.Failed(err)}
	}
	return &destination{Target: target.New(t.service.Endpoint, t.service.Target), aws: t}
}

// authorizersPolicy is what traces call the policy that a function answers.
const authorizersPolicy = "authorizer's policy"

// askAuthorizer has a function say who calls and what that caller may do, or finds what
// it has said before. What it says of the method that is called is the call's identity.
func (c *call) askAuthorizer(a *authorizer) error {
	if a.err != nil {
		return c.authorizerFailed(authz.AuthorizerConfig, authorizerError, a.err)
	}
	who := &c.access.who
	reason := a.Identify(who, &c.scope, c.headers)
	if c.trace.Detailed() {
		c.trace.Hide(a.Secrets(&c.scope, c.headers)...)
		c.trace.Authorizer(&trace.AuthorizerEvent{ID: a.ID, Identity: who.String(), Refused: reason})
	} else if c.trace.Stepwise() {
		c.trace.Authorizer(&trace.AuthorizerEvent{ID: a.ID})
	}
	if reason != "" {
		return c.unauthorized()
	}
	answer, err := c.authorizerAnswer(a, c.stage.authorizer(a))
	if err != nil {
		return err
	}
	x := &c.scope.Context.Authorizer
	x.Custom, x.PrincipalID, x.Values = true, answer.PrincipalID, answer.Context
	c.access.answer = answer
	c.trace.Hide(answer.UsageKey)
	query := c.asks(authz.InvokeAction)
	c.identified(c.ask(authorizersPolicy, answer.Policy(), &query))
	return nil
}

// authorizerAnswer returns what the function says of the caller: what is kept of it, or
// what it is asked for.
func (c *call) authorizerAnswer(a *authorizer, b *boundAuthorizer) (*authz.Answer, error) {
	if a.TTL == 0 {
		return c.invokeAuthorizer(a, b, c.authorizerDeadline())
	}
	key := c.access.who.KeyIn(&b.answers)
	if answer := c.stage.answersKept.Get(key); answer != nil {
		c.asking.Kept = true
		if c.trace != nil {
			c.trace.Authorized(&trace.AuthorizedEvent{Principal: answer.PrincipalID, Kept: true})
		}
		return answer, nil
	}
	return c.loadAnswer(a, b, key)
}

// loadAnswer has the function asked for an answer that is not kept, by this call or by
// one that asks for the same already.
func (c *call) loadAnswer(a *authorizer, b *boundAuthorizer, key authz.Key) (*authz.Answer, error) {
	st, deadline := c.stage.settings, c.authorizerDeadline()
	answer, asked, err := c.stage.answersKept.Load(&authz.Wanted{
		Key: key, Owner: authz.Owner{API: st.APIID, Stage: st.Name}, TTL: a.TTL, Deadline: deadline, Client: c.req.Client,
	}, func() (*authz.Answer, error) { return c.invokeAuthorizer(a, b, deadline) })
	switch {
	case asked:
		return answer, err
	case errors.Is(err, authz.ErrGone):
		return nil, c.authorizerFailed(authz.AuthorizerFailure, "", errors.Join(integration.ErrGone, err))
	case err != nil:
		return nil, c.failedAlike(err)
	}
	c.asking.Kept = true
	if c.trace != nil {
		c.trace.Authorized(&trace.AuthorizedEvent{Principal: answer.PrincipalID, Kept: true})
	}
	return answer, nil
}

// failedAlike is the failure of a call that has waited for another's answer in vain. A
// failure of that call is this one's, too, under its own request id.
func (c *call) failedAlike(err error) *failure {
	f, ok := errors.AsType[*failure](err)
	switch {
	case !ok:
		return c.authorizerFailed(authz.AuthorizerFailure, authorizerError, err)
	case f.kind == unauthorized:
		return c.unauthorized()
	}
	c.asking.Failed = true
	c.trace.AuthorizerFailed(f.reason)
	return f
}

// authorizerDeadline is when an authorizer must have answered.
func (c *call) authorizerDeadline() time.Time {
	d := time.Now().Add(integration.DefaultTimeout)
	if !c.req.Deadline.IsZero() && c.req.Deadline.Before(d) {
		return c.req.Deadline
	}
	return d
}

// invokeAuthorizer asks the function.
func (c *call) invokeAuthorizer(a *authorizer, b *boundAuthorizer, deadline time.Time) (*authz.Answer, error) {
	if err := b.Err(); err != nil {
		return nil, c.authorizerUnreached("Invalid endpoint address", err)
	}
	t, o := b.aws, &c.asked
	o.Method, o.API, o.Client, o.Deadline = "POST", c.stage.settings.APIID, c.req.Client, deadline
	c.addInvocationHeaders(o, t)
	if err := o.aim(b.Target); err != nil {
		return nil, c.authorizerUnreached("Invalid endpoint address", err)
	}
	o.Target = c.texts.of(o.target)
	if a.Token {
		o.body = lambdaproxy.AppendTokenEvent(o.body[:0], c.access.who.Token, c.methodARN())
	} else {
		c.tell(t)
		o.body = c.told.AppendAuthorizerEvent(o.body[:0], c.methodARN())
	}
	o.Body = o.body
	start := time.Now()
	resp, err := c.stage.services.AWS.Do(&o.Request, t.service, t.role)
	took := time.Since(start)
	c.asking.Began, c.asking.Latency = start, took
	c.scope.Context.Authorizer.IntegrationLatency = took.Milliseconds()
	if c.trace.Detailed() && !errors.Is(err, integration.ErrRole) && !errors.Is(err, integration.ErrCredentials) { // not before: signing adds headers
		c.trace.EndpointRequest(start, o.Method, o.endpoint.URL()+o.Target, append(httpmsg.Header(nil), o.Header...), o.Body)
	}
	if err != nil {
		return nil, c.notAsked(t, err)
	}
	defer resp.Release()
	c.noteFunction(resp, took)
	return c.readAnswer(a, t, resp)
}

// notAsked is the failure of a call whose authorizer did not answer.
func (c *call) notAsked(t *awsTarget, err error) error {
	switch {
	case errors.Is(err, integration.ErrGone):
		return c.authorizerFailed(authz.AuthorizerFailure, "", errors.Join(authz.ErrGone, err))
	case errors.Is(err, integration.ErrRole):
		return c.authorizerUnreached(noAssumeRole+t.role, err)
	case errors.As(err, new(*integration.NowhereError)):
		return c.authorizerUnreached("Invalid endpoint address", err)
	case errors.Is(err, integration.ErrTimeout), errors.Is(err, integration.ErrBusy), errors.Is(err, httpmsg.ErrBudget):
		return c.authorizerFailed(authz.AuthorizerFailure, authorizerError, err)
	}
	return c.authorizerFailed(authz.AuthorizerConfig, authorizerError, err)
}

// readAnswer reads what came of the call of a function. Only a policy by the letter is
// an answer.
func (c *call) readAnswer(a *authorizer, t *awsTarget, resp *httpmsg.Response) (*authz.Answer, error) {
	switch {
	case resp.Status == 429 || resp.Status >= 500:
		return nil, c.authorizerFailed(authz.AuthorizerFailure, authorizerError, notInvoked(resp).cause)
	case resp.Status != 200:
		f := notInvoked(resp)
		return nil, c.authorizerUnreached(f.reason, f.cause)
	}
	c.trace.AuthorizerAnswer(resp.Body)
	if c.trace.Detailed() {
		c.trace.Hide(authz.UsageKeyIn(resp.Body)) // which an answer that is not taken may have, too
	}
	if len(resp.Body) <= authz.MaxAnswer && lambdaproxy.ErrorMessage(resp.Body) == unauthorizedText {
		return nil, c.unauthorized()
	}
	answer, err := authz.ReadAnswer(resp.Body, a.Token)
	if err == nil && t.service.FunctionFailed(resp) {
		err = &authz.AnswerError{Line: authorizerError, Reason: "the function failed"}
	}
	if bad, ok := errors.AsType[*authz.AnswerError](err); ok {
		return nil, c.authorizerFailed(authz.AuthorizerConfig, bad.Line, err)
	}
	if c.trace != nil {
		c.trace.Authorized(&trace.AuthorizedEvent{Principal: answer.PrincipalID})
	}
	return answer, nil
}

const (
	// unauthorizedText is the error of a function that makes a 401 of a call, by the
	// letter (documented).
	unauthorizedText = "Unauthorized"
	// authorizerError is what AWS logs behind the reason (recorded).
	authorizerError = "Authorizer error"
)

// unauthorized is the 401 of a caller whose identity is missing or not taken.
func (c *call) unauthorized() *failure {
	r := &authz.Refusal{Kind: authz.Unauthorized, Message: unauthorizedText}
	if c.trace != nil {
		r.Line = c.unauthorizedLine()
	}
	return refused(r)
}

// unauthorizedLine is what AWS's execution log says of a 401 (documented).
func (c *call) unauthorizedLine() string { return "Unauthorized request: " + c.scope.Context.RequestID }

// authorizerUnreached is the 500 of a call whose authorizer cannot be asked, which AWS
// logs in two lines (recorded).
func (c *call) authorizerUnreached(reason string, cause error) *failure {
	c.trace.AuthorizerFailed(reason)
	f := c.authorizerFailed(authz.AuthorizerConfig, authorizerError, cause)
	f.reason = reason
	return f
}

// authorizerFailed is the 500 of a call whose authorizer does not work. reason is in
// the words of AWS's execution logs.
func (c *call) authorizerFailed(kind authz.Kind, reason string, cause error) *failure {
	c.asking.Failed = true
	c.trace.AuthorizerFailed(reason)
	line := "AuthorizerConfigurationException"
	if kind == authz.AuthorizerFailure {
		line = "AuthorizerFailureException"
	}
	return refused(&authz.Refusal{Kind: kind, Line: line, Reason: reason, Cause: cause})
}
