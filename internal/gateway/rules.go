package gateway

import (
	"cmp"
	"net/textproto"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A RuleChange is a routing rule that came, changed or went.
type RuleChange struct {
	ID   string                // of its row: that of the domain name's, a slash and the rule's id
	Rule *snapshot.RoutingRule // what it is now; nil when it is gone
	Err  error                 // why nobody knows what it is now: all requests of the domain name are answered 500
}

// A ruleRow is what is known of a routing rule.
type ruleRow struct {
	rule *snapshot.RoutingRule // nil where err is set
	err  error
}

// A rule is a routing rule, made ready. It never changes.
type rule struct {
	id       string
	priority int32
	base     string // that a path begins with, "" for any
	headers  []headerCondition
	strip    bool // the base path is no part of the path within the stage
	to       mapping
}

// A headerCondition wants a line of one header to match.
type headerCondition struct {
	name   string // as net/http spells it
	isHost bool   // which net/http keeps apart
	glob   glob
}

// A glob is a text with anything before it, behind it, both or neither. Matching takes
// time in proportion to what is matched.
type glob struct {
	text          string
	before, after bool
}

func newGlob(text string) (g glob) {
	g.text, g.after = strings.CutSuffix(text, "*")
	g.text, g.before = strings.CutPrefix(g.text, "*")
	return g
}

func (g glob) matches(value string) bool {
	switch {
	case g.before && g.after:
		return strings.Contains(value, g.text)
	case g.before:
		return strings.HasSuffix(value, g.text)
	case g.after:
		return strings.HasPrefix(value, g.text)
	}
	return value == g.text
}

// newRules makes the rules of a domain name ready, in the order in which they are asked.
// The error is of one that nobody knows.
func newRules(rows map[string]ruleRow) ([]rule, error) {
	out := make([]rule, 0, len(rows))
	for _, row := range rows {
		if row.err != nil {
			return nil, row.err
		}
		r := row.rule
		made := rule{id: r.ID, priority: r.Priority, base: r.BasePath, strip: r.StripBasePath, to: mapping{api: r.APIID, stage: r.Stage}}
		for _, h := range r.Headers {
			made.headers = append(made.headers, newHeaderCondition(h))
		}
		out = append(out, made)
	}
	slices.SortFunc(out, func(a, b rule) int { return cmp.Compare(a.priority, b.priority) })
	return out, nil
}

func newHeaderCondition(h snapshot.HeaderCondition) headerCondition {
	c := headerCondition{name: textproto.CanonicalMIMEHeaderKey(h.Name), glob: newGlob(h.Glob)}
	if c.isHost = c.name == "Host"; c.isHost {
		c.glob.text = strings.ToLower(c.glob.text)
	}
	return c
}

// matchRule returns the first rule whose conditions a request fulfils, nil for none. path
// is the request's without its leading slashes. It allocates only where the Host is not
// in lower case and a condition asks for it.
func matchRule(rules []rule, a *arrival, path string) *rule {
	for i := range rules {
		if it := &rules[i]; it.matches(a, path) {
			return it
		}
	}
	return nil
}

func (r *rule) matches(a *arrival, path string) bool {
	if r.base != "" && !beginsWith(path, r.base) {
		return false
	}
	for i := range r.headers {
		if !r.headers[i].matches(a) {
			return false
		}
	}
	return true
}

// beginsWith reports whether a path begins with the segments of a base path, as they were
// sent.
func beginsWith(path, base string) bool {
	rest, ok := strings.CutPrefix(path, base)
	return ok && (rest == "" || rest[0] == '/')
}

// matches reports whether a line of the header matches: one of several is enough, and
// what a line has between commas is not parted (documented). A Host is compared as the
// name by which its domain name is found, whatever its case and port.
func (c *headerCondition) matches(a *arrival) bool {
	if c.isHost {
		host, _, _ := strings.Cut(a.host, ":")
		return c.glob.matches(strings.ToLower(strings.TrimSuffix(host, ".")))
	}
	for value := range a.values(c.name) {
		if c.glob.matches(value) {
			return true
		}
	}
	return false
}

// locate returns where the rule leads a path.
func (r *rule) locate(path string) (location, *mapping) {
	if r.strip && r.base != "" {
		path = behind(strings.TrimLeft(path, "/"), r.base)
	}
	return location{r.to.api, r.to.stage, path}, &r.to
}
