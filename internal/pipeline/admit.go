package pipeline

import (
	"fmt"

	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
	"github.com/gatehouse-gw/gatehouse/internal/usageplan"
)

// admission returns the first step of a method that is not closed: it lets calls in,
// with the API key that the method wants, as often as the limits allow. Usage plans
// do not touch a method that wants no key, whatever key its callers send.
func (c *compiler) admission() []step {
	switch {
	case !c.method.APIKeyRequired || c.program.open:
		return []step{(*call).admitAnybody}
	case c.program.deployment.APIKeySource == "AUTHORIZER":
		return []step{(*call).admitUsageKey}
	}
	return []step{(*call).admitSentKey}
}

// Where the API key of a call is: what its caller sends, or what its authorizer answers.
const (
	keyHeader = "x-api-key"
	keyAnswer = "usageIdentifierKey of the authorizer's answer"
)

// admitSentKey lets a call in with the API key that it sends.
func (c *call) admitSentKey() error {
	value, _ := c.req.Header.Last(keyHeader)
	return c.admitKey(value, keyHeader)
}

// admitUsageKey lets a call in with the API key that its authorizer names, whatever
// key its caller sends. A method without a Lambda authorizer lets nobody in.
func (c *call) admitUsageKey() error {
	if c.access.answer == nil {
		return c.admitKey("", keyAnswer)
	}
	return c.admitKey(c.access.answer.UsageKey, keyAnswer)
}

// admitKey lets a call in with an API key, which is in source.
func (c *call) admitKey(value, source string) error {
	access, ok := c.stage.plans.Find(value)
	c.traceKey(value, source, ok)
	if !ok {
		return &failure{kind: invalidAPIKey, message: "Forbidden"}
	}
	x := &c.scope.Context
	x.APIKey, x.APIKeyID = value, access.KeyID()
	if err := c.admit(&access); err != nil {
		return err
	}
	c.tracePlan(value)
	return nil
}

// admitAnybody lets a call in that needs no key.
func (c *call) admitAnybody() error {
	c.traceKey("", "", true)
	if err := c.admit(new(usageplan.Access)); err != nil {
		return err
	}
	c.tracePlan("")
	return nil
}

// admit takes a call through the throttles and the quota that there are.
func (c *call) admit(access *usageplan.Access) error {
	var own limit.Bucket
	if throttles := c.stage.throttles; throttles != nil {
		own = throttles[c.method.ordinal]
	}
	switch v := c.stage.plans.Admit(access, c.method.setting, own, c.req.Received); v.Outcome {
	case usageplan.Throttled:
		return &failure{kind: throttled, message: "Too Many Requests", line: c.throttleLine(v.Rate)}
	case usageplan.QuotaExceeded:
		return &failure{kind: quotaExceeded, message: "Limit Exceeded", line: c.quotaLine(v)}
	}
	return nil
}

// throttleLine is what an execution log says of a call that is throttled. AWS writes
// of a key's throttle for calls without a key as well (recorded): it has one line
// for all limits.
func (c *call) throttleLine(rate limit.Rate) string {
	if c.trace == nil {
		return ""
	}
	return fmt.Sprintf("Key throttle limit exceeded for %s. Limit: %.2f Burst: %d", c.where(), rate.PerSecond, rate.Burst)
}

// quotaLine is what an execution log says of a quota that is used up: after the line
// of throttles, since no line of AWS's is known.
func (c *call) quotaLine(v usageplan.Verdict) string {
	if c.trace == nil {
		return ""
	}
	return fmt.Sprintf("Key quota limit exceeded for %s. Limit: %d Period: %s", c.where(), v.Limit, v.Period)
}

// where is the place of the call, in the words of an execution log.
func (c *call) where() string {
	st, x := c.stage.settings, &c.scope.Context
	return fmt.Sprintf("RestApi %s, Stage %s, Resource %s, HttpMethod %s", st.APIID, st.Name, x.ResourceID, x.HTTPMethod)
}

// traceKey records the look at the API key, source being "" where none is wanted. AWS's
// tests have no such look.
func (c *call) traceKey(value, source string, found bool) {
	if c.test {
		return
	}
	if c.trace.Stepwise() || c.trace != nil && source != "" && !found {
		c.trace.Key(&trace.KeyEvent{
			Key: value, Source: source, Stage: c.stagePath(), Method: c.method.verb + " " + c.method.resourcePath, Required: source != "", Found: found,
		})
	}
}

// tracePlan records that the call was let in.
func (c *call) tracePlan(value string) {
	if c.trace.Stepwise() && !c.test {
		c.trace.Admitted(&trace.AdmitEvent{Key: value, KeyID: c.scope.Context.APIKeyID, Stage: c.stagePath()})
	}
}

// stagePath names the stage in the words of an execution log.
func (c *call) stagePath() string { return c.stage.settings.APIID + "/" + c.stage.settings.Name }
