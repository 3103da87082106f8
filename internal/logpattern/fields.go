package logpattern

import "strings"

// A field is a place of a pattern for messages whose fields are between spaces.
type field struct {
	rest  bool      // any number of fields (...)
	holds condition // of the field's text; nil for any
}

// maxFields bounds the fields that a message is cut into.
const maxFields = 1000

// parseFields reads the fields between the brackets of a pattern.
func parseFields(text string) (*Pattern, error) {
	r := &reader{text: text, cost: fieldCost}
	var fields []field
	ellipsis := -1
	for {
		if r.take("...") {
			if ellipsis >= 0 {
				return nil, wrong("Invalid filter pattern: it has more than one ellipsis")
			}
			ellipsis = len(fields)
			fields = append(fields, field{rest: true})
		} else {
			f, err := r.field()
			if err != nil {
				return nil, err
			}
			fields = append(fields, f)
		}
		if !r.take(",") {
			break
		}
	}
	if r.skip(); r.text != "" {
		return nil, r.unexpected()
	}
	return &Pattern{func(message string) bool {
		return matchFields(fields, ellipsis, cutFields(message), message)
	}, r.cost}, nil
}

// field reads a field's name, and the conditions on it, each of which repeats the name.
func (r *reader) field() (field, error) {
	name := r.fieldName()
	if name == "" {
		return field{}, r.unexpected()
	}
	first := true
	r.leaf = func(r *reader) (condition, error) {
		if !first {
			if again := r.fieldName(); again != name {
				return nil, wrong("Invalid filter pattern: '%s' is among the conditions of '%s'", brief(again), brief(name))
			}
		}
		first = false
		compare, ok, err := r.comparison()
		if err != nil || !ok {
			if err == nil {
				err = r.unexpected()
			}
			return nil, err
		}
		return func(s subject) bool { return compare(s.(string), true) }, nil // which may be a number
	}
	if r.skip(); r.text == "" || r.text[0] == ',' {
		return field{}, nil
	}
	holds, err := r.or()
	return field{holds: holds}, err
}

func (r *reader) fieldName() string {
	r.skip()
	end := strings.IndexFunc(r.text, func(c rune) bool { return !isWord(c) && c != '-' })
	if end < 0 {
		end = len(r.text)
	}
	name := r.text[:end]
	r.text = r.text[end:]
	return name
}

// A part is a field of a message, and where it begins in it.
type part struct {
	text  string
	start int
}

// cutFields cuts a message at its spaces; what is in brackets or quotes is one field
// (documented).
func cutFields(message string) (parts []part) {
	last := map[byte]int{'"': strings.LastIndexByte(message, '"'), '[': strings.LastIndexByte(message, ']')}
	for at := 0; len(parts) < maxFields; {
		for at < len(message) && (message[at] == ' ' || message[at] == '\t') {
			at++
		}
		if at == len(message) {
			break
		}
		end, inner := fieldEnd(message, at, last)
		parts = append(parts, part{inner, at})
		at = end
	}
	return parts
}

// closings end the fields that begin with another character than their text's.
var closings = map[byte]byte{'"': '"', '[': ']'}

// fieldEnd is where the field ends that begins somewhere, and its text. last is where the
// closings of the message are for the last time: it is not searched for one that does not
// come.
func fieldEnd(message string, at int, last map[byte]int) (end int, text string) {
	if closing, ok := closings[message[at]]; ok && last[message[at]] > at {
		n := strings.IndexByte(message[at+1:], closing)
		return at + n + 2, message[at+1 : at+1+n]
	}
	if n := strings.IndexAny(message[at:], " \t"); n >= 0 {
		return at + n, message[at : at+n]
	}
	return len(message), message[at:]
}

// matchFields compares the fields of a message with those of a pattern. Without an
// ellipsis the last one has all that is left, so that [w1=ERROR, w2] takes a message of
// any length (documented of its example).
func matchFields(fields []field, ellipsis int, parts []part, message string) bool {
	if ellipsis >= 0 {
		ahead, behind := fields[:ellipsis], fields[ellipsis+1:]
		if len(parts) < len(ahead)+len(behind) {
			return false
		}
		return allHold(ahead, parts) && allHold(behind, parts[len(parts)-len(behind):])
	}
	if len(parts) < len(fields) {
		return false
	}
	if last := len(fields) - 1; len(parts) > len(fields) {
		parts[last].text = message[parts[last].start:]
	}
	return allHold(fields, parts)
}

func allHold(fields []field, parts []part) bool {
	for i, f := range fields {
		if f.holds != nil && !f.holds(parts[i].text) {
			return false
		}
	}
	return true
}
