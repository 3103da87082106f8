package jsonschema

import (
	"slices"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// members are the schemas of an object's members.
type members struct {
	properties map[string]*node
	patterns   []patternNode // by pattern
	additional *node         // of the others; nil takes anything
}

type patternNode struct {
	pattern *pattern
	node    *node
}

func (s *members) empty() bool {
	return len(s.properties) == 0 && len(s.patterns) == 0 && s.additional == nil
}

// hold reports whether all members are valid. Scalars go first: a member that
// says what kind of object this is keeps large ones from being looked at in vain.
func (s *members) hold(r *run, m *value.Map) bool {
	if s.empty() {
		return true
	}
	containers := false
	for i := range m.Len() {
		if key, v := m.At(i); isContainer(v) {
			containers = true
		} else if !s.holdsOne(r, key, v) {
			return false
		}
	}
	for i := 0; containers && i < m.Len(); i++ {
		if key, v := m.At(i); isContainer(v) && !s.holdsOne(r, key, v) {
			return false
		}
	}
	return true
}

func isContainer(v value.Value) bool { return v.AsMap() != nil || v.AsList() != nil }

func (s *members) holdsOne(r *run, key string, v value.Value) bool {
	for n := range s.of(r, key) {
		if !n.holds(r, v) {
			return false
		}
	}
	return r.err == nil
}

// of yields the schemas of a member.
func (s *members) of(r *run, key string) func(func(*node) bool) {
	return func(yield func(*node) bool) {
		n, found := s.properties[key]
		if found && !yield(n) {
			return
		}
		for i := range s.patterns {
			if r.err != nil {
				return
			}
			if s.patterns[i].pattern.find(r, key) {
				if found = true; !yield(s.patterns[i].node) {
					return
				}
			}
		}
		if !found && s.additional != nil {
			yield(s.additional)
		}
	}
}

// report notes what is wrong with members, in the order of their names.
func (s *members) report(r *run, m *value.Map) {
	if s.empty() {
		return
	}
	for _, key := range sortedKeys(m) {
		v, _ := m.Get(key)
		if r.err != nil {
			return
		}
		for n := range s.of(r, key) {
			n.report(r, v)
		}
	}
}

func sortedKeys(m *value.Map) []string {
	keys := make([]string, m.Len())
	for i := range keys {
		keys[i], _ = m.At(i)
	}
	slices.Sort(keys)
	return keys
}

// elements are the schemas of a list's elements.
type elements struct {
	each  *node   // of all elements; else
	first []*node // of the first ones, and
	rest  *node   // of the others; nil takes anything
}

// of returns the schema of element i, nil when it takes anything.
func (s *elements) of(i int) *node {
	switch {
	case s.each != nil:
		return s.each
	case i < len(s.first):
		return s.first[i]
	}
	return s.rest
}

func (s *elements) hold(r *run, l *value.List) bool {
	for i := range l.Len() {
		n := s.of(i)
		if n == nil && i >= len(s.first) {
			break
		}
		if n != nil && !n.holds(r, l.At(i)) {
			return false
		}
	}
	return true
}

func (s *elements) report(r *run, l *value.List) {
	for i := range l.Len() {
		n := s.of(i)
		if n == nil && i >= len(s.first) {
			break
		}
		if r.err != nil {
			return
		}
		if n != nil {
			n.report(r, l.At(i))
		}
	}
}
