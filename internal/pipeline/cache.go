package pipeline

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/cache"
	"github.com/gatehouse-gw/gatehouse/internal/content"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
)

// A cacheUse is what a call has to do with its stage's cache.
type cacheUse struct {
	maker   cache.KeyMaker // with the memory of calls before
	key     cache.Key
	keeps   bool          // the answer may be kept, under the key
	outcome cacheOutcome  //
	turn    *cache.Turn   // to call the backend while others wait; nil for none
	given   *cache.Answer // by the cache; nil for none
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
// about to bring it. It stands in front of the integration, so that only requests that
// are valid are answered, and nobody waits for a client whose body has not come.
func (c *call) lookUp() (err error) {
	u := &c.cacheUse
	if u.key, err = c.cacheKey(); err != nil {
		return nil // whatever cannot be read fails the step that needs it
	}
	u.keeps, u.outcome = !isPartial(c.headers), cacheMiss
	if asksAnew(c.req.Header) {
		anew, err := c.anew()
		if err != nil {
			u.outcome = notLooked
			return err
		}
		if anew {
			c.trace.Cache("passed over: the client asks for an answer that is made anew")
			return nil
		}
	}
	if err := c.fetch(); err != nil {
		return err
	}
	a := u.given
	switch {
	case a == nil:
		c.trace.Cache("a miss")
		return nil
	case !content.Takes(c.headers, content.Coding(a.Header)):
		c.trace.Cache("passed over: the answer has a content coding that the client does not take")
		return nil
	}
	u.outcome = cacheHit
	c.trace.Cache("a hit: the backend is not called")
	c.answer.Status, c.answer.Body, c.answer.Length = a.Status, a.Body, a.Length
	c.answer.Header = append(c.answer.Header, a.Header...)
	c.warnOfCacheControl()
	return errAnswered
}

// fetch gets the answer from the cache, or from the call that is fetching the same one,
// for which it waits as long as the integration may take. Where there is neither, the
// call is on its own: others may wait for it, unless its answer is not for them.
func (c *call) fetch() error {
	u, part := &c.cacheUse, c.stage.part
	if u.given = part.Find(u.key); u.given != nil || !u.keeps {
		return nil
	}
	c.due = c.deadline()
	var gone <-chan struct{}
	if c.req.Client != nil {
		gone = c.req.Client.Done()
	}
	if u.given, u.turn = part.Fetch(u.key, c.due, gone); u.given != nil || u.turn != nil {
		return nil
	}
	if c.req.Client != nil && c.req.Client.Err() != nil {
		return c.integrationFailed(integrationError(integration.ErrGone))
	}
	return c.integrationFailed(integrationError(integration.ErrTimeout))
}

// keep keeps the answer, which is a method response before anything is added that is
// about one call alone.
func (c *call) keep() error {
	u := &c.cacheUse
	turn := u.turn
	u.turn = nil
	if u.keeps && !isPart(c.answer.Status) && !isPart(c.status) {
		c.stage.part.Keep(u.key, turn, &c.answer, c.req.Received, c.cached.ttl)
	} else {
		turn.Pass()
	}
	c.warnOfCacheControl()
	return nil
}

// endTurn has others call the backend, where the call's turn to do so has brought no
// answer.
func (c *call) endTurn() {
	c.cacheUse.turn.Fail()
	c.cacheUse.turn = nil
}

// letGoOfCached gives back what the cache has given the call.
func (c *call) letGoOfCached() {
	if a := c.cacheUse.given; a != nil {
		a.Release()
		c.cacheUse.given = nil
	}
}

// isPartial reports whether a request asks for a part of something, or for it only under
// a condition. What a backend answers to that is for this client alone. The cache itself
// gives such a client the whole answer, as HTTP lets everybody do.
func isPartial(h httpmsg.Header) bool {
	for i := range h {
		if partialRequest.has(h[i].Name) {
			return true
		}
	}
	return false
}

// isPart reports whether a status says that an answer is not whole: 206 Partial Content
// and 304 Not Modified.
func isPart(status int) bool { return status == 206 || status == 304 }

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
