package httpmsg

import (
	"iter"
	"strings"
)

// A Field is one header line, spelled as its sender spelled it where the
// listener could tell.
type Field struct {
	Name  string
	Value string
}

// A Header is the ordered list of a message's header lines, duplicates
// included. Names compare without case, as HTTP says. The zero value is an
// empty header ready to use.
type Header []Field

// Get returns the first value of name, or "" when there is none.
func (h Header) Get(name string) string {
	for i := range h {
		if EqualFold(h[i].Name, name) {
			return h[i].Value
		}
	}
	return ""
}

// LowerNames puts all names in lower case.
func (h Header) LowerNames() {
	for i := range h {
		h[i].Name = strings.ToLower(h[i].Name) // the same string where it is in lower case
	}
}

// Last returns the last value of name and whether there is one. API Gateway
// reads single-valued parameters from the last line of a name.
func (h Header) Last(name string) (string, bool) {
	for i := len(h) - 1; i >= 0; i-- {
		if EqualFold(h[i].Name, name) {
			return h[i].Value, true
		}
	}
	return "", false
}

// Has reports whether a line of that name exists.
func (h Header) Has(name string) bool {
	_, ok := h.Last(name)
	return ok
}

// Values returns every value of name in order, nil when there is none.
func (h Header) Values(name string) []string {
	var out []string
	for i := range h {
		if EqualFold(h[i].Name, name) {
			out = append(out, h[i].Value)
		}
	}
	return out
}

// All yields the name and value of every line in order.
func (h Header) All() iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for i := range h {
			if !yield(h[i].Name, h[i].Value) {
				return
			}
		}
	}
}

// Add appends a line.
func (h *Header) Add(name, value string) {
	*h = append(*h, Field{name, value})
}

// Set replaces every line of name by one, which takes the place of the first
// of them or goes to the end.
func (h *Header) Set(name, value string) {
	kept, found := (*h)[:0], false
	for _, f := range *h {
		switch {
		case !EqualFold(f.Name, name):
			kept = append(kept, f)
		case !found:
			kept, found = append(kept, Field{name, value}), true
		}
	}
	if !found {
		kept = append(kept, Field{name, value})
	}
	*h = kept
}

// Del removes every line of name.
func (h *Header) Del(name string) {
	kept := (*h)[:0]
	for _, f := range *h {
		if !EqualFold(f.Name, name) {
			kept = append(kept, f)
		}
	}
	*h = kept
}

// EqualFold compares two header names without regard to ASCII case.
func EqualFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if a[i] != b[i] && lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// CompareFold orders header names without regard to ASCII case, as API Gateway
// lists them.
func CompareFold(a, b string) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		if x, y := lower(a[i]), lower(b[i]); x != y {
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
