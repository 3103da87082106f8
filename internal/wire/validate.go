package wire

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of a validation error, which repeats what the client sent.
const (
	maxQuoted     = 1024 // bytes of one value
	maxViolations = 50   // violations that are spelled out; all are counted
)

// validate checks in, the input of op, against the constraints of the service's
// model and reports all violations together. missing points to the required
// scalars that the request does not have.
//
// Members of the body come first, in the order of the model; the service keeps
// them in a structure of their own, whose name starts their place. The query,
// headers and labels are named alone and come last, labels at the end
// (recorded for labels; the rest is assumed to be alike).
func validate(op *Operation, in reflect.Value, missing []any) error {
	c := checker{missing: missing}
	c.members(op.input, in, &place{name: op.place}, func(l location) bool { return l == inBody })
	c.members(op.input, in, nil, func(l location) bool { return l != inBody && l != inURI })
	c.members(op.input, in, nil, func(l location) bool { return l == inURI })
	if c.count == 0 {
		return nil
	}
	noun := "error"
	if c.count > 1 {
		noun = "errors"
	}
	return Validation("%d validation %s detected: %s", c.count, noun, strings.Join(c.texts, "; "))
}

// A checker collects violations.
type checker struct {
	missing []any
	count   int
	texts   []string
}

// A place is where a value sits in an input, from the inside out.
type place struct {
	in    *place
	name  string // of a member; "" for an element of a list
	index int    // of an element, from 1
}

func (p *place) String() string {
	if p == nil {
		return ""
	}
	text := p.name
	if text == "" {
		text = strconv.Itoa(p.index) + ".member"
	}
	if p.in == nil {
		return text
	}
	return p.in.String() + "." + text
}

// members checks the members of a structure that travel where at says.
func (c *checker) members(s *shape, v reflect.Value, in *place, at func(location) bool) {
	for i := range s.members {
		if m := &s.members[i]; m.checked && at(m.location) {
			c.member(m, v.Field(i), &place{in: in, name: m.name})
		}
	}
}

// member checks the value of one member.
func (c *checker) member(m *member, v reflect.Value, at *place) {
	if c.isAbsent(v) {
		if m.required {
			c.violation("null", at, "Member must not be null")
		}
		return
	}
	switch t := m.typ; t.kind {
	case kindString:
		text := reflect.Indirect(v).String()
		if t.enum != nil && !slices.Contains(t.enum, text) {
			c.violation("'"+quoted(text)+"'", at, enumRule(t.enum))
		}
		if m.pattern != nil && !m.pattern.re.MatchString(text) {
			c.violation("'"+quoted(text)+"'", at, "Member must satisfy regular expression pattern: "+m.pattern.text)
		}
	case kindStructure:
		c.members(t.shape, v.Elem(), at, isAnywhere)
	case kindList:
		c.list(t.elem, v, at)
	}
}

// list checks the elements of a list. Scalars are reported once for the list,
// structures member by member.
func (c *checker) list(elem *typ, v reflect.Value, at *place) {
	switch {
	case elem.kind == kindStructure:
		for i := range v.Len() {
			c.members(elem.shape, v.Index(i), &place{in: at, index: i + 1}, isAnywhere)
		}
	case elem.enum != nil:
		list := v.Interface().([]string)
		if slices.ContainsFunc(list, func(s string) bool { return !slices.Contains(elem.enum, s) }) {
			c.violation("'["+quoted(strings.Join(list, ", "))+"]'", at, "Member must satisfy constraint: ["+enumRule(elem.enum)+"]")
		}
	}
}

func isAnywhere(location) bool { return true }

// isAbsent reports whether the request has no value for v.
func (c *checker) isAbsent(v reflect.Value) bool {
	if showsAbsence(v) {
		return v.IsNil()
	}
	return len(c.missing) > 0 && slices.Contains(c.missing, v.Addr().Interface())
}

// violation notes that value, at a place, breaks a rule.
func (c *checker) violation(value string, at *place, rule string) {
	if c.count++; c.count > maxViolations {
		return
	}
	c.texts = append(c.texts, "Value "+value+" at '"+at.String()+"' failed to satisfy constraint: "+rule)
}

func enumRule(values []string) string {
	return "Member must satisfy enum value set: [" + strings.Join(values, ", ") + "]"
}

// quoted bounds a client's text for use in an error message.
func quoted(text string) string {
	if len(text) <= maxQuoted {
		return text
	}
	end := maxQuoted
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "..."
}
