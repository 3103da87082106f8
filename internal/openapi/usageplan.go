package openapi

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A UsagePlan is one of the list x-gatehouse-usage-plans, which is this project's
// own: API Gateway has keys and plans beside APIs. Only Lenient reads it. Templates of
// CloudFormation have plans as well.
type UsagePlan struct {
	ID       string // tells that plans of several APIs are one; "" is that of none
	Name     string
	Keys     []string // values of API keys, which are secrets
	Throttle *wire.ThrottleSettings
	Quota    *wire.QuotaSettings
	Methods  map[string]wire.ThrottleSettings // by path and verb, such as /pets/{id}/GET
}

// UsagePlansKey is the member of a document that has its usage plans.
const UsagePlansKey = "x-gatehouse-usage-plans"

// The members of a plan, and of what it has.
var (
	usagePlanKeys = keys("name keys throttle quota methods")
	throttleKeys  = keys("rateLimit burstLimit")
	quotaKeys     = keys("limit offset period")
)

// Bounds of the service on the values of keys and the highest offset of each period,
// and one on names, which leaves room in the names of keys that are made of them.
const (
	minKeyValue = 20
	maxKeyValue = 128
	maxPlanName = 1000
)

var quotaOffsets = map[string]int32{"DAY": 0, "WEEK": 6, "MONTH": 27}

// readUsagePlans reads the plans under which a definition is to be tried, after its
// paths. What the service would refuse of them is an error, which has no value of a
// key in it.
func (im *importer) readUsagePlans() {
	c := im.doc.get(UsagePlansKey)
	if c == nil || !im.opts.Lenient {
		return
	}
	if !c.is(list) {
		im.note(Error, c, "%s is a list of usage plans", UsagePlansKey)
		return
	}
	r := planReader{importer: im, names: make(map[string]bool), values: make(map[string]bool)}
	for _, plan := range c.items() {
		if plan.is(object) {
			im.api.UsagePlans = append(im.api.UsagePlans, r.plan(plan))
			continue
		}
		im.note(Error, plan, "a usage plan has a name, keys, and maybe throttle, quota and methods")
	}
}

// A planReader reads the usage plans of a document, all of which are for one stage.
type planReader struct {
	*importer
	names, values map[string]bool // of the plans and of the keys before
	methods       map[string]bool // of the document, by path and verb; nil until they are asked for
}

func (r *planReader) plan(c *cursor) UsagePlan {
	r.membersOf(c, "a usage plan", usagePlanKeys)
	p := UsagePlan{Name: c.str("name"), Throttle: r.throttle(c.get("throttle")), Quota: r.quota(c.get("quota"))}
	switch {
	case strings.TrimSpace(p.Name) == "":
		r.note(Error, c, "a usage plan needs a name")
	case len(p.Name) > maxPlanName:
		r.note(Error, c.get("name"), "the name of a usage plan has at most %d bytes", maxPlanName)
	case r.names[p.Name]:
		r.note(Error, c.get("name"), "another usage plan is called %s", brief(p.Name))
	}
	r.names[p.Name] = true
	p.Keys = r.keys(c.get("keys"))
	p.Methods = r.throttles(c.get("methods"))
	if p.Throttle == nil && p.Methods != nil {
		r.note(Error, c.get("methods"), "a usage plan that has methods needs a throttle of its own")
	}
	return p
}

// keys reads the values of a plan's keys. A key has one plan for a stage.
func (r *planReader) keys(c *cursor) (values []string) {
	if c != nil && !c.is(list) {
		r.note(Error, c, "keys is a list of the values of API keys")
	}
	for _, key := range c.items() {
		value, ok := key.text()
		length := utf8.RuneCountInString(value)
		switch {
		case !ok:
			r.note(Error, key, "the keys of a usage plan are the values of API keys, as text")
		case length < minKeyValue || length > maxKeyValue:
			r.note(Error, key, "the value of an API key has %d to %d characters, and this has %d", minKeyValue, maxKeyValue, length)
		case !httpmsg.ValidValue(value):
			r.note(Error, key, "the value of an API key is what a header can carry: without control characters, and without white space at its ends")
		case r.values[value]:
			r.note(Error, key, "this API key is in the list before: a key is in one usage plan, once")
		}
		r.values[value] = true
		values = append(values, value)
	}
	return values
}

// throttles reads those of methods.
func (r *planReader) throttles(c *cursor) map[string]wire.ThrottleSettings {
	if c == nil {
		return nil
	}
	if !c.is(object) {
		r.note(Error, c, "methods has throttles by path and verb, such as /pets/{id}/GET")
		return nil
	}
	out := make(map[string]wire.ThrottleSettings)
	for method, c := range c.members() {
		if !r.hasMethod(method) {
			r.note(Error, c, "%s is no method of this file: methods has throttles by path and verb, such as /pets/{id}/GET", brief(method))
		}
		if t := r.throttle(c); t != nil {
			out[method] = *t
		}
	}
	return out
}

// hasMethod reports whether the document has a method that is called by path and verb
// as the service does: of the root it is //GET, or /GET.
func (r *planReader) hasMethod(name string) bool {
	if r.methods == nil {
		r.methods = make(map[string]bool)
		for _, resource := range r.api.Resources {
			for _, m := range resource.Methods {
				r.methods[resource.Path+"/"+*m.HTTPMethod] = true
			}
		}
	}
	slash := strings.LastIndexByte(name, '/')
	if slash < 0 {
		return false
	}
	path := strings.NewReplacer("~1", "/", "~0", "~").Replace(name[:slash])
	return r.methods["/"+strings.TrimLeft(path, "/")+name[slash:]]
}

// throttle reads a throttle, nil for none.
func (r *planReader) throttle(c *cursor) *wire.ThrottleSettings {
	if c == nil || !r.membersOf(c, "a throttle", throttleKeys) {
		return nil
	}
	t := &wire.ThrottleSettings{BurstLimit: r.wholeNumber(c.get("burstLimit"))}
	if rate := c.get("rateLimit"); rate != nil {
		s, _ := rate.text()
		f, err := strconv.ParseFloat(s, 64)
		if !rate.is(number) || err != nil || !(f >= 0) || math.IsInf(f, 0) {
			r.note(Error, rate, "rateLimit is a number of requests a second, not below 0")
		}
		t.RateLimit = new(wire.Double(f))
	}
	return t
}

// quota reads a quota, nil for none.
func (r *planReader) quota(c *cursor) *wire.QuotaSettings {
	if c == nil || !r.membersOf(c, "a quota", quotaKeys) {
		return nil
	}
	q := &wire.QuotaSettings{Limit: r.wholeNumber(c.get("limit")), Offset: r.wholeNumber(c.get("offset"))}
	if c.get("limit") == nil {
		r.note(Error, c, "a quota has a limit, which is a whole number")
	}
	period := c.str("period")
	most, known := quotaOffsets[period]
	switch {
	case !known:
		r.note(Error, c, "a quota has a period of DAY, WEEK or MONTH")
	case q.Offset != nil && *q.Offset > most:
		r.note(Error, c.get("offset"), "the offset of a quota is at most %d in a period of %s", most, period)
	}
	q.Period = &period
	return q
}

// wholeNumber reads one that is not below 0, nil for none.
func (r *planReader) wholeNumber(c *cursor) *int32 {
	if c == nil {
		return nil
	}
	n, ok := c.int32()
	if !ok || n < 0 || !c.is(number) {
		r.note(Error, c, "%s is a whole number, not below 0", c.key)
		return nil
	}
	return &n
}

// membersOf tells of the members of an object that are none of the known ones, and
// reports whether c is an object. All of them are mistakes: nobody but this project
// gives these objects members.
func (r *planReader) membersOf(c *cursor, what string, known keySet) bool {
	if !c.is(object) {
		r.note(Error, c, "%s has the members %s", what, strings.Join(known.sorted(), ", "))
		return false
	}
	for name, member := range c.members() {
		if known[name] {
			continue
		}
		r.note(Error, member, "%s is no member of %s%s", brief(name), what, suggestion(name, known.sorted()))
	}
	return true
}
