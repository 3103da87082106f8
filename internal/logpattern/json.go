package logpattern

import (
	"encoding/json"
	"strconv"
	"strings"
)

// parseJSON reads the conditions between the braces of a pattern for messages of JSON.
func parseJSON(text string) (*Pattern, error) {
	r := &reader{text: text, leaf: jsonCondition, cost: jsonCost}
	holds, err := r.or()
	if err != nil {
		return nil, err
	}
	if r.skip(); r.text != "" {
		return nil, r.unexpected()
	}
	return &Pattern{func(message string) bool {
		root, ok := readJSON(message)
		return ok && holds(root)
	}, r.cost}, nil
}

// readJSON reads a message that is an object, or an array.
func readJSON(message string) (any, bool) {
	trimmed := strings.TrimSpace(message)
	if trimmed == "" || trimmed[0] != '{' && trimmed[0] != '[' || tooDeep(trimmed) {
		return nil, false
	}
	d := json.NewDecoder(strings.NewReader(trimmed))
	d.UseNumber()
	var root any
	if d.Decode(&root) != nil || d.More() {
		return nil, false
	}
	return root, true
}

// maxNesting is how deep a message may be nested that is read.
const maxNesting = 200

// tooDeep reports whether brackets could be nested too deep; those in texts count, too.
func tooDeep(message string) bool {
	depth := 0
	for i := range len(message) {
		switch message[i] {
		case '{', '[':
			if depth++; depth > maxNesting {
				return true
			}
		case '}', ']':
			depth--
		}
	}
	return false
}

// A step is a part of a selector: a member, an element, or any of them.
type step struct {
	name  string
	index int // of an element; -1 for a member
	any   bool
}

// jsonCondition reads a selector and what it is compared with.
func jsonCondition(r *reader) (condition, error) {
	steps, err := r.selector()
	if err != nil {
		return nil, err
	}
	compare, ok, err := r.comparison()
	switch {
	case err != nil:
		return nil, err
	case ok:
		return selected(steps, func(v any) bool {
			switch v := v.(type) {
			case string:
				return compare(v, false)
			case json.Number:
				return compare(v.String(), true)
			case bool:
				return compare(strconv.FormatBool(v), false)
			}
			return false // an object, an array or null is no value
		}), nil
	case r.take("IS"):
		return r.is(steps)
	case r.take("NOT"):
		if !r.take("EXISTS") {
			return nil, r.unexpected()
		}
		found := selected(steps, func(any) bool { return true })
		return func(s subject) bool { return !found(s) }, nil
	}
	return nil, r.unexpected()
}

// is reads what IS asks for.
func (r *reader) is(steps []step) (condition, error) {
	for word, want := range map[string]any{"NULL": nil, "TRUE": true, "FALSE": false} {
		if r.take(word) {
			return selected(steps, func(v any) bool { return v == want }), nil
		}
	}
	return nil, r.unexpected()
}

// selected is the condition that one of the nodes which a selector names is such.
func selected(steps []step, is func(any) bool) condition {
	return func(s subject) bool { return find(s, steps, is) }
}

func find(v any, steps []step, is func(any) bool) bool {
	if len(steps) == 0 {
		switch v.(type) {
		case map[string]any, []any:
			return is(struct{}{}) // there is something, and it is no value
		}
		return is(v)
	}
	s, rest := steps[0], steps[1:]
	switch v := v.(type) {
	case map[string]any:
		if s.any {
			for _, member := range v {
				if find(member, rest, is) {
					return true
				}
			}
			return false
		}
		member, ok := v[s.name]
		return ok && s.index < 0 && find(member, rest, is)
	case []any:
		if s.any {
			for _, element := range v {
				if find(element, rest, is) {
					return true
				}
			}
			return false
		}
		return s.index >= 0 && s.index < len(v) && find(v[s.index], rest, is)
	}
	return false
}

// selector reads $.name[0].other, $.['a name'] or $.*.
func (r *reader) selector() ([]step, error) {
	if !r.take("$") {
		return nil, r.unexpected()
	}
	var steps []step
	wild := false
	for strings.HasPrefix(r.text, ".") || strings.HasPrefix(r.text, "[") {
		s, err := r.step()
		if err != nil {
			return nil, err
		}
		if s.any {
			if r.wild++; wild || r.wild > maxWildcards {
				return nil, wrong("Invalid filter pattern: a selector has one wildcard at the most, and a pattern %d", maxWildcards)
			}
			wild = true
		}
		steps = append(steps, s)
	}
	if len(steps) == 0 {
		return nil, r.unexpected()
	}
	return steps, nil
}

func (r *reader) step() (step, error) {
	dotted := strings.HasPrefix(r.text, ".")
	if dotted {
		r.text = r.text[1:]
	}
	switch {
	case strings.HasPrefix(r.text, "["):
		return r.bracket()
	case !dotted:
		return step{}, r.unexpected()
	case strings.HasPrefix(r.text, "*"):
		r.text = r.text[1:]
		return step{any: true, index: -1}, nil
	}
	end := strings.IndexFunc(r.text, func(c rune) bool { return !isWord(c) && c != '-' })
	if end < 0 {
		end = len(r.text)
	}
	if end == 0 {
		return step{}, r.unexpected()
	}
	s := step{name: r.text[:end], index: -1}
	r.text = r.text[end:]
	return s, nil
}

// bracket reads [0], [*] or ['name'].
func (r *reader) bracket() (step, error) {
	inner := r.text[1:]
	if name, ok := strings.CutPrefix(inner, "'"); ok {
		end := strings.Index(name, "']")
		if end <= 0 {
			return step{}, r.unexpected()
		}
		r.text = name[end+2:]
		return step{name: name[:end], index: -1}, nil
	}
	inside, rest, ok := strings.Cut(inner, "]")
	if !ok {
		return step{}, r.unexpected()
	}
	if inside == "*" {
		r.text = rest
		return step{any: true, index: -1}, nil
	}
	n, err := strconv.ParseUint(inside, 10, 31)
	if err != nil {
		return step{}, r.unexpected()
	}
	r.text = rest
	return step{index: int(n)}, nil
}
