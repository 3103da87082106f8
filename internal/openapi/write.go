package openapi

import (
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/hexdigit"
)

// A layout is how JSON text is broken into lines.
type layout uint8

const (
	oneLine  layout = iota
	manyLine        // a line for each member and item
	javaLine        // as the service writes it: a line for each member, arrays between [ and ]
)

// A writer writes nodes as JSON text.
type writer struct {
	b      []byte
	layout layout
	limit  int // stop growing soon after this many bytes; 0 for no limit
}

// full reports whether w has reached its limit: what it holds is then cut off.
func (w *writer) full() bool { return w.limit > 0 && len(w.b) > w.limit }

// compact returns the JSON text of n on one line.
func compact(n *node) string {
	var w writer
	w.value(n, 0)
	return string(w.b)
}

// value writes n, whose brackets stand at the given level.
func (w *writer) value(n *node, level int) {
	switch n.kind {
	case text:
		w.quote(n.value)
	case number, boolean:
		w.b = append(w.b, n.value...)
	case list:
		w.list(n, level)
	case object:
		w.object(n, level)
	default:
		w.b = append(w.b, "null"...)
	}
}

func (w *writer) list(n *node, level int) {
	w.b = append(w.b, '[')
	inner := level + 1
	if w.layout == javaLine {
		inner = level
	}
	for i, item := range n.items {
		if w.full() {
			return
		}
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.listBreak(inner)
		w.value(item, inner)
	}
	if len(n.items) > 0 || w.layout == javaLine {
		w.listBreak(level)
	}
	w.b = append(w.b, ']')
}

// listBreak writes what stands before an item and before the end of an array.
func (w *writer) listBreak(level int) {
	if w.layout == javaLine {
		w.b = append(w.b, ' ')
		return
	}
	w.newLine(level)
}

func (w *writer) object(n *node, level int) {
	colon := [...]string{oneLine: ":", manyLine: ": ", javaLine: " : "}[w.layout]
	w.b = append(w.b, '{')
	for i := range n.fields {
		if w.full() {
			return
		}
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.newLine(level + 1)
		w.quote(n.fields[i].name)
		w.b = append(w.b, colon...)
		w.value(n.fields[i].value, level+1)
	}
	switch {
	case len(n.fields) > 0:
		w.newLine(level)
	case w.layout == javaLine:
		w.b = append(w.b, ' ')
	}
	w.b = append(w.b, '}')
}

// newLine begins a line, two spaces a level.
func (w *writer) newLine(level int) {
	if w.layout == oneLine {
		return
	}
	w.b = append(w.b, '\n')
	for range level {
		w.b = append(w.b, ' ', ' ')
	}
}

// quote writes s as a JSON string with no more escapes than JSON needs.
func (w *writer) quote(s string) {
	b := append(w.b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c < ' ':
			b = hexdigit.AppendUnit(b, rune(c), hexdigit.Lower)
		case c < utf8.RuneSelf:
			b = append(b, c)
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r) // what is not UTF-8 becomes U+FFFD
			i += size - 1
		}
	}
	w.b = append(b, '"')
}
