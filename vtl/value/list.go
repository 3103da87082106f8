package value

import "slices"

// A List is a list that can grow: a java.util.ArrayList, or a list out of a
// JSON document, which prints as JSON. The zero List is an empty ArrayList.
type List struct {
	vals []Value
	json bool
}

// NewList returns an ArrayList of vals, whose array it takes over.
func NewList(vals ...Value) *List { return &List{vals: vals} }

// NewJSONList returns a JSON list of vals, whose array it takes over.
func NewJSONList(vals ...Value) *List { return &List{vals: vals, json: true} }

// IsJSON reports whether l prints as JSON, `["a",1]`, and not as Java prints
// a list, `[a, 1]`.
func (l *List) IsJSON() bool { return l.json }

// Len returns the number of elements; 0 for a nil List.
func (l *List) Len() int {
	if l == nil {
		return 0
	}
	return len(l.vals)
}

// At returns element i. It panics unless 0 <= i < Len().
func (l *List) At(i int) Value { return l.vals[i] }

// Values returns the elements, for reading; the slice is valid until the list
// changes.
func (l *List) Values() []Value {
	if l == nil {
		return nil
	}
	return l.vals
}

// Set replaces element i. It panics unless 0 <= i < Len().
func (l *List) Set(i int, v Value) { l.vals[i] = v }

// Append adds v at the end.
func (l *List) Append(v Value) { l.vals = append(l.vals, v) }

// Insert adds v before element i. It panics unless 0 <= i <= Len().
func (l *List) Insert(i int, v Value) { l.vals = slices.Insert(l.vals, i, v) }

// Delete removes element i. It panics unless 0 <= i < Len().
func (l *List) Delete(i int) { l.vals = slices.Delete(l.vals, i, i+1) }

// Clear removes all elements.
func (l *List) Clear() {
	clear(l.vals)
	l.vals = l.vals[:0]
}

// InsertAll adds vs before element i. It panics unless 0 <= i <= Len().
func (l *List) InsertAll(i int, vs []Value) { l.vals = slices.Insert(l.vals, i, vs...) }
