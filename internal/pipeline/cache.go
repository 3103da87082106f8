package pipeline

import (
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/cache"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
)

// A cacheUse is what a call has to do with its stage's cache.
type cacheUse struct {
	key     []byte        // buffer; empty where the answer is not kept
	outcome cacheOutcome  //
	flight  *cache.Flight // that others wait for; nil for none
	ignored bool          // the client is told that its Cache-Control was
}

// A cacheOutcome is what came of the look into the cache.
type cacheOutcome uint8

const (
	notLooked cacheOutcome = iota
	cacheHit
	cacheMiss
)

// lookUp answers the call from the cache, where that has its answer or another call is
// about to bring it.
func (c *call) lookUp() error {
	u, part := &c.cacheUse, c.stage.part
	var err error
	if u.key, err = c.appendKey(u.key[:0]); err != nil {
		return nil // whatever cannot be read fails the step that needs it
	}
	if asksAnew(c.req.Header) {
		anew, err := c.anew()
		if err != nil {
			return err
		}
		if anew {
			u.outcome = cacheMiss
			c.trace.Cache("passed over: the client asks for an answer that is made anew")
			return nil
		}
	}
	a := part.Find(u.key)
	if a == nil {
		a = c.awaitAnswer(part)
	}
	if a == nil {
		u.outcome = cacheMiss
		c.trace.Cache("a miss")
		return nil
	}
	u.outcome = cacheHit
	c.trace.Cache("a hit: the backend is not called")
	c.answer.Status, c.answer.Body, c.answer.Length = a.Status, a.Body, a.Length
	c.answer.Header = append(c.answer.Header, a.Header...)
	c.warnOfCacheControl()
	return errAnswered
}

// awaitAnswer waits for the call that is fetching the same answer, for as long as this
// call's integration may take. It returns nil where there is none, or where that has
// failed: the call is on its own then.
func (c *call) awaitAnswer(part *cache.Part) *cache.Answer {
	u := &c.cacheUse
	a, flight, first := part.Join(u.key)
	switch {
	case a != nil:
		return a
	case first:
		u.flight = flight
		return nil
	}
	timer := time.NewTimer(time.Until(c.deadline()))
	defer timer.Stop()
	var gone <-chan struct{}
	if c.req.Client != nil {
		gone = c.req.Client.Done()
	}
	select {
	case <-flight.Landed():
		return flight.Answer()
	case <-timer.C:
	case <-gone:
	}
	return nil
}

// keep keeps the answer, which is a method response before anything is added that is
// about one call alone.
func (c *call) keep() error {
	u := &c.cacheUse
	if len(u.key) > 0 {
		c.land(c.stage.part.Keep(u.key, &c.answer, c.req.Received, c.cached.ttl))
	}
	c.warnOfCacheControl()
	return nil
}

// land tells those who wait for the call's answer that it is there, or that it will
// not be.
func (c *call) land(a *cache.Answer) {
	if f := c.cacheUse.flight; f != nil {
		c.cacheUse.flight = nil
		f.Land(a)
	}
}

// asksAnew reports whether a client asks for an answer that is not cached, with
// Cache-Control: max-age=0.
func asksAnew(h httpmsg.Header) bool {
	for i := range h {
		if !httpmsg.EqualFold(h[i].Name, "Cache-Control") {
			continue
		}
		for directive := range strings.SplitSeq(h[i].Value, ",") {
			if httpmsg.EqualFold(strings.TrimSpace(directive), "max-age=0") {
				return true
			}
		}
	}
	return false
}

// What becomes of callers that may not have an answer made anew.
const (
	failWith403        = "FAIL_WITH_403"
	succeedWithWarning = "SUCCEED_WITH_RESPONSE_HEADER" // the default
)

// anew decides about a call that asks for an answer which is not cached. What it gets
// takes the place of what is cached.
func (c *call) anew() (bool, error) {
	if c.cached.free || c.mayInvalidate() {
		return true, nil
	}
	switch c.cached.strategy {
	case failWith403:
		return false, &failure{kind: accessDenied, message: policy.Denial{
			Principal: c.access.principal, Action: invalidateAction, Resource: c.methodARN(), Decision: policy.ImplicitDeny,
		}.String()}
	case succeedWithWarning, "":
		c.cacheUse.ignored = true
	}
	return false, nil
}

// warnOfCacheControl tells the client that what it asked of the cache was not done.
func (c *call) warnOfCacheControl() {
	if c.cacheUse.ignored {
		c.answer.Header.Add("Warning", "199 Cache-control headers were ignored because the caller was unauthorized.")
	}
}

// invalidateAction is what a policy allows to those who may have answers made anew.
const invalidateAction = "execute-api:InvalidateCache"

// mayInvalidate reports whether the caller may have an answer made anew: what lets
// callers invoke the method is asked about that as well. Where nothing says who may,
// nobody may. A token of a user pool says nothing of it, and leaves it to the resource
// policy.
func (c *call) mayInvalidate() bool {
	a, kind, guard := &c.access, c.method.authorization, c.stage.program.policy
	query := c.asks(invalidateAction)
	identity, resource := policy.ImplicitDeny, policy.ImplicitDeny
	switch {
	case a.signer != nil:
		var bounded bool
		if identity, bounded = c.askSigner(&query); bounded {
			return false
		}
	case a.answer != nil:
		identity = c.ask(authorizersPolicy, a.answer.Policy(), &query)
	case guard == nil:
		return false
	case kind == "COGNITO_USER_POOLS":
		identity = a.identity
	}
	if guard != nil {
		resource = c.askResourcePolicy(identity, &query)
	}
	return guard.Join(kind, a.foreign, identity, resource) == policy.Allow
}
