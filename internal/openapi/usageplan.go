package openapi

import (
	"strconv"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A UsagePlan is one of the list x-gatehouse-usage-plans, which is this project's
// own: API Gateway has keys and plans beside APIs. Only Lenient reads it.
type UsagePlan struct {
	Name     string
	Keys     []string // values of API keys, which are secrets
	Throttle *wire.ThrottleSettings
	Quota    *wire.QuotaSettings
	Methods  map[string]wire.ThrottleSettings // by path and verb, such as /pets/{id}/GET
}

const usagePlansKey = "x-gatehouse-usage-plans"

// The members of a plan, and of what it has.
var (
	usagePlanKeys = keys("name keys throttle quota methods")
	throttleKeys  = keys("rateLimit burstLimit")
	quotaKeys     = keys("limit offset period")
)

// readUsagePlans reads the plans under which a definition is to be tried. Mistakes
// are errors, which have no value of a key in them.
func (im *importer) readUsagePlans() {
	c := im.doc.get(usagePlansKey)
	if c == nil || !im.opts.Lenient {
		return
	}
	if !c.is(list) {
		im.note(Error, c, "%s is a list of usage plans", usagePlansKey)
		return
	}
	for _, plan := range c.items() {
		if !plan.is(object) {
			im.note(Error, plan, "a usage plan has a name, keys, and maybe throttle, quota and methods")
			continue
		}
		im.checkMembers(plan, "a usage plan", usagePlanKeys)
		p := UsagePlan{Name: plan.str("name"), Throttle: im.throttle(plan.get("throttle")), Quota: im.quota(plan.get("quota"))}
		if p.Name == "" {
			im.note(Error, plan, "a usage plan needs a name")
		}
		for _, key := range plan.get("keys").items() {
			value, ok := key.text()
			if !ok {
				im.note(Error, key, "the keys of a usage plan are the values of API keys, as text")
			}
			p.Keys = append(p.Keys, value)
		}
		for method, c := range plan.get("methods").members() {
			if t := im.throttle(c); t != nil {
				if p.Methods == nil {
					p.Methods = make(map[string]wire.ThrottleSettings)
				}
				p.Methods[method] = *t
			}
		}
		im.api.UsagePlans = append(im.api.UsagePlans, p)
	}
}

// throttle reads a throttle, nil for none.
func (im *importer) throttle(c *cursor) *wire.ThrottleSettings {
	if c == nil {
		return nil
	}
	im.checkMembers(c, "a throttle", throttleKeys)
	t := &wire.ThrottleSettings{BurstLimit: im.wholeNumber(c.get("burstLimit"))}
	if rate := c.get("rateLimit"); rate != nil {
		s, _ := rate.text()
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			im.note(Error, rate, "rateLimit is a number of requests a second")
		}
		t.RateLimit = new(wire.Double(f))
	}
	return t
}

// quota reads a quota, nil for none.
func (im *importer) quota(c *cursor) *wire.QuotaSettings {
	if c == nil {
		return nil
	}
	im.checkMembers(c, "a quota", quotaKeys)
	q := &wire.QuotaSettings{Limit: im.wholeNumber(c.get("limit")), Offset: im.wholeNumber(c.get("offset"))}
	switch period := c.str("period"); period {
	case "DAY", "WEEK", "MONTH":
		q.Period = &period
	default:
		im.note(Error, c, "a quota has a period of DAY, WEEK or MONTH")
	}
	return q
}

func (im *importer) wholeNumber(c *cursor) *int32 {
	if c == nil {
		return nil
	}
	n, ok := c.int32()
	if !ok {
		im.note(Error, c, "%s is a whole number", c.key)
		return nil
	}
	return &n
}
