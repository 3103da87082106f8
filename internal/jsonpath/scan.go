package jsonpath

import "github.com/gatehouse-gw/gatehouse/vtl/value"

// scan applies the token after ".." to v and all below it.
func (e *evaluation) scan(i int, v value.Value) error {
	if i+1 == len(e.path.tokens) {
		return evalError("Current path token is a leaf")
	}
	return e.descend(i+1, v)
}

func (e *evaluation) descend(i int, v value.Value) error {
	m, l := v.AsMap(), v.AsList()
	if m == nil && l == nil {
		return nil
	}
	b := e.budget
	if err := b.step(); err != nil {
		return err
	}
	if b.depth++; b.depth > maxDepth {
		return evalError("nested too deep")
	}
	defer func() { b.depth-- }()
	ok, err := e.scanned(i, v)
	if err != nil {
		return err
	}
	if m != nil {
		if ok {
			if err := e.step(i, v); err != nil {
				return err
			}
		}
		for n := range m.Len() {
			_, child := m.At(n)
			if err := e.descend(i, child); err != nil {
				return err
			}
		}
		return nil
	}
	if ok {
		if err := e.scanArray(i, l, v); err != nil {
			return err
		}
	}
	for n := range l.Len() {
		if err := e.descend(i, l.At(n)); err != nil {
			return err
		}
	}
	return nil
}

// scanArray applies token i to an array. Unless it is the last, Jayway hands
// every member to the token after it and lets that one sort them out.
func (e *evaluation) scanArray(i int, l *value.List, v value.Value) error {
	if e.path.tokens[i].leaf {
		return e.step(i, v)
	}
	if e.upstream == nil {
		e.upstream = make([]int, len(e.path.tokens))
	}
	for n := range l.Len() {
		e.upstream[i+1] = n + 1
		if err := e.step(i+1, l.At(n)); err != nil {
			return err
		}
	}
	return nil
}

// scanned reports whether a scan applies token i to v, a map or list.
func (e *evaluation) scanned(i int, v value.Value) (bool, error) {
	switch t := &e.path.tokens[i]; t.kind {
	case tokenProperty:
		m := v.AsMap()
		return m != nil && m.Has(t.name), nil
	case tokenProperties:
		m := v.AsMap()
		if m == nil || !t.definite {
			return m != nil, nil
		}
		for _, name := range t.names {
			if !m.Has(name) {
				return false, nil
			}
		}
		return true, nil
	case tokenIndex, tokenSlice:
		return v.AsList() != nil, nil
	case tokenWildcard:
		return true, nil
	case tokenFilter:
		return e.accepts(t.filter, v)
	}
	return false, nil
}

// wanted reports whether a member found by token i, the last, is a result: it
// is, unless a scan handed the token a member of an array that the token
// before it does not name.
func (e *evaluation) wanted(i int) bool {
	if e.upstream == nil || e.upstream[i] == 0 {
		return true
	}
	if e.path.tail == 0 {
		return false
	}
	before := &e.path.tokens[e.path.tail-1]
	return before.kind == tokenIndex && len(before.indexes) == 1 && before.indexes[0] == e.upstream[i]-1
}
