package jsonpath

import (
	"errors"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/javaregexp"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A budget bounds the work of one Get, inner paths included.
type budget struct {
	steps    int32
	depth    int32
	worked   int32                 // since the last look at the clock
	borrowed int32                 // bytes that the comparison at hand took
	bounds   *Bounds               // nil for none
	roots    map[*Path]value.Value // results of $ paths in filters
}

// clockWork is how much work there is between two looks at the clock: a few
// milliseconds.
const clockWork = 16 << 10

// step takes a step.
func (b *budget) step() error {
	if b.steps--; b.steps < 0 {
		return tooLong()
	}
	return b.work(1)
}

// work counts the members of a list, or bytes of a text, that a step goes
// through.
func (b *budget) work(n int) error {
	if b.worked += int32(min(n, clockWork)); b.worked < clockWork {
		return nil
	}
	b.worked = 0
	if b.bounds == nil || b.bounds.Deadline.IsZero() || time.Now().Before(b.bounds.Deadline) {
		return nil
	}
	return tooLong()
}

// matching is what a match of a pattern may take.
func (b *budget) matching() javaregexp.Bounds {
	if b.bounds == nil {
		return javaregexp.Bounds{}
	}
	return javaregexp.Bounds{Until: b.bounds.Deadline}
}

// take asks for memory.
func (b *budget) take(n int) error {
	if m := b.memory(); m != nil {
		return m.Take(n)
	}
	return nil
}

func (b *budget) memory() value.Meter {
	if b.bounds == nil {
		return nil
	}
	return b.bounds.Memory
}

// What the parts of results take, in bytes.
const (
	sizeOfElement = 24 // of a list
	sizeOfMember  = 48 // of an object
	sizeOfObject  = 160
)

func tooLong() error { return evalError("path takes too long") }

// An evaluation is one run of one path.
type evaluation struct {
	path    *Path
	root    value.Value
	require bool // a missing member fails even below an indefinite token
	budget  *budget

	found int
	last  value.Value
	all   []value.Value // of an indefinite path

	// upstream remembers, by token, the index of the array member that a scan
	// last handed it, counted from 1: Jayway keeps a property found so only
	// if the token before it is that very index.
	upstream []int
}

func evalError(message string) error {
	return &Error{Kind: Evaluation, Offset: -1, Message: message}
}

func invalidHere(message string) error {
	return &Error{Kind: InvalidPath, Offset: -1, Message: message}
}

// evaluate runs p on doc; root is what $ means in filters and arguments.
func (p *Path) evaluate(doc, root value.Value, require bool, b *budget) (value.Value, error) {
	if root.IsNull() {
		return value.Value{}, evalError("root can not be null")
	}
	e := &evaluation{path: p, root: root, require: require, budget: b}
	if err := e.step(0, doc); err != nil {
		return value.Value{}, err
	}
	if !p.definite {
		return value.FromList(value.NewJSONList(e.all...)), nil
	}
	if e.found == 0 {
		return value.Value{}, ErrNotFound
	}
	return e.last, nil
}

func (e *evaluation) add(v value.Value) error {
	e.found++
	if e.path.definite {
		e.last = v
		return nil
	}
	if e.found > maxResults {
		return evalError("too many results")
	}
	if n := len(e.all); n == cap(e.all) && n >= 64 {
		if err := e.budget.take(2 * n * sizeOfElement); err != nil {
			return err
		}
		e.all = append(make([]value.Value, 0, 2*n), e.all...)
		_ = e.budget.take(-n * sizeOfElement)
	}
	e.all = append(e.all, v)
	return nil
}

// step applies token i and those after it to v.
func (e *evaluation) step(i int, v value.Value) error {
	if i == len(e.path.tokens) {
		return e.add(v)
	}
	b := e.budget
	if err := b.step(); err != nil {
		return err
	}
	if b.depth++; b.depth > maxDepth {
		return evalError("nested too deep")
	}
	err := e.apply(i, v)
	b.depth--
	return err
}

func (e *evaluation) apply(i int, v value.Value) error {
	t := &e.path.tokens[i]
	switch t.kind {
	case tokenProperty, tokenProperties:
		return e.properties(i, t, v)
	case tokenIndex, tokenSlice:
		return e.array(i, t, v)
	case tokenWildcard:
		return e.wildcard(i, v)
	case tokenScan:
		return e.scan(i, v)
	case tokenFilter:
		return e.filter(i, t, v)
	}
	return e.function(i, t, v)
}

func (e *evaluation) properties(i int, t *token, v value.Value) error {
	m := v.AsMap()
	if m == nil {
		if t.upstream {
			return ErrNotFound
		}
		return nil
	}
	if t.kind == tokenProperty {
		return e.property(i, t, m, t.name)
	}
	if t.leaf {
		return e.merge(t, m)
	}
	for _, name := range t.names {
		if err := e.property(i, t, m, name); err != nil {
			return err
		}
	}
	return nil
}

func (e *evaluation) property(i int, t *token, m *value.Map, name string) error {
	v, ok := m.Get(name)
	switch {
	case ok && t.leaf:
		if !e.wanted(i) {
			return nil
		}
		return e.add(v)
	case ok:
		return e.step(i+1, v)
	case e.require, !t.leaf && t.upstream && t.definite:
		return ErrNotFound
	}
	return nil
}

// merge makes one object of several members.
func (e *evaluation) merge(t *token, m *value.Map) error {
	if err := e.budget.take(sizeOfObject + len(t.names)*sizeOfMember); err != nil {
		return err
	}
	if err := e.budget.work(len(t.names)); err != nil {
		return err
	}
	out := value.NewMap(len(t.names))
	for _, name := range t.names {
		if v, ok := m.Get(name); ok {
			out.Set(name, v)
		} else if e.require {
			return ErrNotFound
		}
	}
	return e.add(value.FromMap(out))
}

func (e *evaluation) array(i int, t *token, v value.Value) error {
	l := v.AsList()
	if l == nil {
		if t.upstream {
			return ErrNotFound
		}
		return nil
	}
	if t.kind == tokenIndex {
		for _, n := range t.indexes {
			if err := e.member(i, l, n); err != nil {
				return err
			}
		}
		return nil
	}
	from, to := t.slice.bounds(l.Len())
	for n := from; n < to; n++ {
		if err := e.member(i, l, n); err != nil {
			return err
		}
	}
	return nil
}

// bounds returns the members that s selects of n. With both ends given the
// start may be negative and then counts from the end, member by member.
func (s slice) bounds(n int) (from, to int) {
	switch {
	case !s.hasTo:
		if from = s.from; from < 0 {
			from += n
		}
		return max(from, 0), n
	case !s.hasFrom:
		if to = s.to; to < 0 {
			to += n
		}
		return 0, min(to, n)
	}
	return max(s.from, -n), min(s.to, n)
}

// member goes on with member n of l. Indexes out of bounds, there or in a
// function further on, mean that there is no result.
func (e *evaluation) member(i int, l *value.List, n int) error {
	v, ok := element(l, n)
	if !ok {
		return nil
	}
	err := e.step(i+1, v)
	if f, ok := err.(*Error); ok && f.index {
		return nil
	}
	return err
}

func (e *evaluation) wildcard(i int, v value.Value) error {
	if m := v.AsMap(); m != nil {
		for n := range m.Len() {
			if err := e.entry(i, m, n); err != nil {
				return err
			}
		}
		return nil
	}
	l := v.AsList()
	for n := range l.Len() {
		err := e.member(i, l, n)
		if err != nil && (!errors.Is(err, ErrNotFound) || e.require) {
			return err
		}
	}
	return nil
}

func (e *evaluation) entry(i int, m *value.Map, n int) error {
	_, v := m.At(n)
	if e.path.tokens[i].leaf && !e.wanted(i) {
		return nil
	}
	return e.step(i+1, v)
}

func (e *evaluation) filter(i int, t *token, v value.Value) error {
	if v.AsMap() != nil {
		ok, err := e.accepts(t.filter, v)
		if err != nil || !ok {
			return err
		}
		return e.step(i+1, v)
	}
	l := v.AsList()
	if l == nil {
		if t.upstream {
			return invalidHere("Filter can not be applied to primitives")
		}
		return nil
	}
	for n := range l.Len() {
		ok, err := e.accepts(t.filter, l.At(n))
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := e.member(i, l, n); err != nil {
			return err
		}
	}
	return nil
}
