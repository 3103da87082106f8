package export

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/hexdigit"
)

// maxSize bounds a document, in bytes: what is said of a resource and all below it is
// written with each, and could be said of ten thousand methods. A definition of the
// largest size that an import takes is a document of half of it.
const maxSize = 64 << 20

// A writer writes a document in the layout in which the service writes it. It stops soon
// after maxSize bytes.
type writer struct{ b []byte }

// grow makes room for more, twice as much as there is: less than what append would copy of
// a large document.
func (w *writer) grow() {
	const room = 4096 // more than most values take
	if cap(w.b)-len(w.b) < room {
		w.b = slices.Grow(w.b, max(cap(w.b), 16*room))
	}
}

// full reports whether the document is too large: what there is of it is cut off.
func (w *writer) full() bool { return len(w.b) > maxSize }

// writeJSON writes a document as JSON: a line for each member, and arrays on the
// line of their items.
func (w *writer) writeJSON(doc *object) { w.json(doc, 0) }

func (w *writer) json(v value, level int) {
	if w.full() {
		return
	}
	switch v := v.(type) {
	case list:
		w.b = append(w.b, '[', ' ')
		for i, item := range v {
			if i > 0 {
				w.b = append(w.b, ',', ' ')
			}
			w.json(item, level)
		}
		if len(v) > 0 {
			w.b = append(w.b, ' ')
		}
		w.b = append(w.b, ']')
	case *object:
		w.b = append(w.b, '{')
		for i, m := range v.members {
			if i > 0 {
				w.b = append(w.b, ',')
			}
			w.newLine(level + 1)
			w.quote(m.name)
			w.b = append(w.b, " : "...)
			w.json(m.value, level+1)
		}
		if len(v.members) > 0 {
			w.newLine(level)
		} else {
			w.b = append(w.b, ' ')
		}
		w.b = append(w.b, '}')
	default:
		w.scalar(v)
	}
}

// writeYAML writes a document as YAML, whose texts are all in double quotes.
func (w *writer) writeYAML(doc *object) {
	w.b = append(w.b, "---"...)
	w.yaml(doc, 0)
	w.b = append(w.b, '\n')
}

// yaml writes a value behind what it belongs to: a key, or the dash of an item.
func (w *writer) yaml(v value, level int) {
	if w.full() {
		return
	}
	switch v := v.(type) {
	case list:
		if len(v) == 0 {
			w.b = append(w.b, " []"...)
		}
		for _, item := range v {
			w.newLine(level - 1) // as deep as the key: a document is an object
			w.b = append(w.b, '-')
			w.item(item, level)
		}
	case *object:
		if len(v.members) == 0 {
			w.b = append(w.b, " {}"...)
		}
		for _, m := range v.members {
			w.newLine(level)
			w.key(m.name, level)
			w.yaml(m.value, level+1)
		}
	default:
		w.b = append(w.b, ' ')
		w.scalar(v)
	}
}

// item writes an item behind its dash, where the first member of an object stands on
// the same line.
func (w *writer) item(v value, level int) {
	o, ok := v.(*object)
	if !ok || len(o.members) == 0 {
		w.yaml(v, level+1)
		return
	}
	for i, m := range o.members {
		if i == 0 {
			w.b = append(w.b, ' ')
		} else {
			w.newLine(level)
		}
		w.key(m.name, level)
		w.yaml(m.value, level+1)
	}
}

// reserved are words that YAML 1.1 reads as something else than text.
var reserved = map[string]bool{"y": true, "n": true, "yes": true, "no": true, "on": true, "off": true, "true": true, "false": true, "null": true}

// plainKey reports whether a key needs no quotes: it is a word that begins like none of
// YAML's marks and numbers, or a status code.
func plainKey(name string) bool {
	if name == "" || reserved[strings.ToLower(name)] {
		return false
	}
	if len(name) == 3 && name[0] >= '1' && name[0] <= '5' && isDigit(name[1]) && isDigit(name[2]) {
		return true
	}
	for i := range len(name) {
		switch c := name[i]; {
		case isLetter(c) || strings.IndexByte("/$_", c) >= 0:
		case i > 0 && (isDigit(c) || strings.IndexByte(".{}+-", c) >= 0):
		default:
			return false
		}
	}
	return true
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// maxKey is how long a key of YAML may be that stands before its colon, in bytes: readers
// look for the colon in the first 1024 characters, quotes and escapes included.
const maxKey = 1000

// key writes a key, and the colon behind it. That of a long key is on the next line.
func (w *writer) key(name string, level int) {
	start := len(w.b)
	if plainKey(name) {
		w.b = append(w.b, name...)
	} else {
		w.quote(name)
	}
	if len(w.b)-start > maxKey {
		w.b = slices.Insert(w.b, start, '?', ' ')
		w.newLine(level)
	}
	w.b = append(w.b, ':')
}

func (w *writer) scalar(v value) {
	switch v := v.(type) {
	case string:
		w.quote(v)
	case number:
		w.b = append(w.b, v...)
	case int32:
		w.b = strconv.AppendInt(w.b, int64(v), 10)
	case bool:
		w.b = strconv.AppendBool(w.b, v)
	default:
		w.b = append(w.b, "null"...)
	}
}

// newLine begins a line, two spaces a level.
func (w *writer) newLine(level int) {
	w.grow()
	w.b = append(w.b, '\n')
	for range level {
		w.b = append(w.b, ' ', ' ')
	}
}

// quote writes s in double quotes, with escapes that JSON and YAML read alike.
func (w *writer) quote(s string) {
	w.b = append(w.b, '"')
	if isPlain(s) {
		w.b = append(append(w.b, s...), '"')
		return
	}
	start := 0 // of what is still to be copied
	for i, r := range s {
		if r != '"' && r != '\\' && r != utf8.RuneError && !unprintable(r) {
			continue
		}
		w.b = appendEscaped(append(w.b, s[start:i]...), r)
		_, size := utf8.DecodeRuneInString(s[i:])
		start = i + size
	}
	w.b = append(append(w.b, s[start:]...), '"')
}

// isPlain reports whether s is ASCII that stands in quotes as it is.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// appendEscaped appends a character that cannot stand in quotes as it is. What is not
// UTF-8 comes as U+FFFD.
func appendEscaped(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	case utf8.RuneError:
		return utf8.AppendRune(dst, r)
	}
	return hexdigit.AppendUnit(dst, r, hexdigit.Lower)
}

// unprintable reports whether a YAML reader refuses a character as it is, or takes it
// for the end of a line.
func unprintable(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe || r == 0xffff
}
