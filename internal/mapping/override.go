package mapping

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// An overrideMap is $context.requestOverride or responseOverride, or a part of
// one: a map that templates write to. One behaves as a java.util.Map does, but
// that an override can be set only once.
//
// That it can is documented, with the words "an override may only be applied to
// each parameter once" and a 5XX for who tries; no recording shows it. Read
// literally, it holds for the templates of both sides together, which share
// what they set (recorded). What is the same parameter is nowhere said: here it
// is one key of header, path or querystring, letter by letter, as API Gateway
// compares the names of parameters, and the status. Null sets nothing.
type overrideMap struct {
	of      *Scope
	path    string // as templates write it
	part    bool   // all keys are parameters
	entries *value.Map
}

// maxOverrides is how many parameters a template can override in one place.
const maxOverrides = 1000

// An OverrideError is the error of a render that sets an override a second
// time, or too many of them.
type OverrideError struct {
	Parameter string // as templates write it, such as $context.responseOverride.status
	TooMany   bool
}

func (e *OverrideError) Error() string {
	if e.TooMany {
		return fmt.Sprintf("%.200s is one of more than %d overrides", e.Parameter, maxOverrides)
	}
	return fmt.Sprintf("%.200s is overridden a second time", e.Parameter)
}

// overrides returns the map behind $context.requestOverride or
// responseOverride, made with its parts when first asked for: nested #sets
// must work although nothing was there.
func (s *Scope) overrides(m **overrideMap, path string, parts ...string) value.Value {
	if *m == nil {
		root := &overrideMap{of: s, path: path, entries: value.NewMap(len(parts))}
		for _, name := range parts {
			root.entries.Set(name, value.FromObject(&overrideMap{of: s, path: path + "." + name, part: true, entries: value.NewMap(0)}))
		}
		*m = root
	}
	return value.FromObject(*m)
}

// Get returns an entry.
func (m *overrideMap) Get(name string) (value.Value, bool) { return m.entries.Get(name) }

// Len and At list the entries in the order in which they were set.
func (m *overrideMap) Len() int { return m.entries.Len() }

func (m *overrideMap) At(i int) (string, value.Value) { return m.entries.At(i) }

// AppendText prints nothing, as $context does.
func (m *overrideMap) AppendText(dst []byte) []byte { return dst }

// Set sets an entry. In place of a part a map gives it entries.
func (m *overrideMap) Set(name string, v value.Value) bool {
	old, had := m.entries.Get(name)
	if part, ok := old.AsObject().(*overrideMap); ok {
		part.setAll(v)
		return true
	}
	final := m.part || name == "status" // other keys are the templates' own
	switch {
	case final && v.IsNull():
	case final && had:
		m.fail(name, false)
	case !had && m.entries.Len() >= maxOverrides:
		m.fail(name, true)
	default:
		m.entries.Set(name, v)
	}
	return true
}

func (m *overrideMap) setAll(from value.Value) {
	if set := from.AsMap(); set != nil {
		for i := range set.Len() {
			m.Set(set.At(i))
		}
	} else if set, ok := from.AsObject().(value.Entries); ok {
		for i := range set.Len() {
			m.Set(set.At(i))
		}
	}
}

// fail notes the first fault of a render: Set cannot return one.
func (m *overrideMap) fail(name string, tooMany bool) {
	if m.of.overrideFault == nil {
		m.of.overrideFault = &OverrideError{Parameter: m.path + "." + name, TooMany: tooMany}
	}
}

// Call resolves the methods of a map that write; those that read are the
// engine's.
func (m *overrideMap) Call(method string, args []value.Value) (value.Value, bool, error) {
	switch {
	case method == "clear" && len(args) == 0:
		m.clear()
		return value.Value{}, true, nil
	case method == "putAll" && len(args) == 1:
		m.setAll(args[0])
		return value.Value{}, true, nil
	case method == "remove" && len(args) == 1:
		name, err := m.of.text(m.of.side, args[0])
		return m.remove(name), true, err
	case len(args) != 2:
		return noCall()
	}
	name, err := m.of.text(m.of.side, args[0])
	if err != nil {
		return value.Value{}, true, err
	}
	old, had := m.entries.Get(name)
	switch {
	case method == "put", method == "putIfAbsent" && !had, method == "replace" && had:
		m.Set(name, args[1])
	case method != "putIfAbsent" && method != "replace":
		return noCall()
	}
	return old, true, nil
}

// remove takes an entry away, but no part.
func (m *overrideMap) remove(name string) value.Value {
	old, _ := m.entries.Get(name)
	if _, part := old.AsObject().(*overrideMap); !part {
		m.entries.Delete(name)
	}
	return old
}

func (m *overrideMap) clear() {
	for i := m.entries.Len() - 1; i >= 0; i-- {
		name, v := m.entries.At(i)
		if part, ok := v.AsObject().(*overrideMap); ok {
			part.clear()
			continue
		}
		m.entries.Delete(name)
	}
}

// CollectOverrides fills in s.Overrides from what templates have set so far, as
// [Template.Render] does by itself; it is for who renders with [Scope.Vars]. The
// error is an *OverrideError.
func (s *Scope) CollectOverrides() error {
	o := &s.Overrides
	if m := s.requestOverride; m != nil {
		o.RequestHeader = m.params(o.RequestHeader[:0], "header")
		o.RequestPath = m.params(o.RequestPath[:0], "path")
		o.RequestQuery = m.params(o.RequestQuery[:0], "querystring")
	}
	if m := s.responseOverride; m != nil {
		o.ResponseHeader = m.params(o.ResponseHeader[:0], "header")
		o.ResponseStatus = 0
		v, _ := m.Get("status")
		if n, ok := v.AsInt(); ok && 100 <= n && n <= 599 {
			o.ResponseStatus = int(n)
		}
	}
	if s.overrideFault != nil {
		return s.overrideFault
	}
	return nil
}

// Lookup returns an override by its path without "$context.", such as
// requestOverride.header.X-A; ok is false for what is none and for one that is
// not set.
func (o *Overrides) Lookup(path string) (text string, ok bool) {
	if path == "responseOverride.status" {
		return strconv.Itoa(o.ResponseStatus), o.ResponseStatus != 0
	}
	for _, part := range [...]struct {
		prefix string
		set    []Param
	}{
		{"requestOverride.header.", o.RequestHeader},
		{"requestOverride.path.", o.RequestPath},
		{"requestOverride.querystring.", o.RequestQuery},
		{"responseOverride.header.", o.ResponseHeader},
	} {
		if name, is := strings.CutPrefix(path, part.prefix); is {
			return lookup(part.set, name)
		}
	}
	return "", false
}

// params appends the entries of a part.
func (m *overrideMap) params(dst []Param, part string) []Param {
	v, _ := m.Get(part)
	p := v.AsObject().(*overrideMap)
	for i := range p.Len() {
		name, v := p.At(i)
		text, err := m.of.overrideText(v)
		if err != nil {
			m.of.giveUp(err)
			return dst
		}
		dst = append(dst, Param{name, text})
	}
	return dst
}

// overrideText is the text of an override; a list is joined with commas.
func (s *Scope) overrideText(v value.Value) (string, error) {
	if v.AsList() == nil {
		return s.text(s.side, v)
	}
	return s.print(s.side, v, appendJoined)
}

// appendJoined appends the texts of a list's elements.
func appendJoined(v value.Value, dst []byte, max int) (_ []byte, err error) {
	l := v.AsList()
	for i := range l.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = l.At(i).AppendTextMax(dst, max); err != nil {
			break
		}
	}
	return dst, err
}
