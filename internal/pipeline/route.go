package pipeline

import (
	"errors"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/percent"
)

// maxParams bounds the path variables of one route; AWS's longest allowed
// resource path has far fewer.
const maxParams = 64

var errBadEscape = errors.New("path has a malformed percent-escape")

// unescape decodes %XX in one raw path segment; "+" stays.
func unescape(s string) (string, error) {
	text, ok := percent.Unescape(s)
	if !ok {
		return "", errBadEscape
	}
	return text, nil
}

// errDotSegment refuses a path that is not normal.
var errDotSegment = errors.New("path has a . or .. segment")

// A router finds the method for a path and a verb.
//
// AWS chooses by path and method together: of all resources whose template
// matches and that own the verb or ANY, the one wins whose segments are more
// specific from left to right (literal, then {variable}, then {greedy+}). A
// depth-first walk in that order visits candidates best first, so the first
// owner of the method is the answer, and walking on after a resource without
// the verb is the backtracking that AWS shows.
type router struct {
	root node
}

// A node is one segment of the resource tree.
type node struct {
	literal map[string]*node
	first   *node  // of literal, which often has no other
	segment string // of first
	param   *node  // {name}
	greedy  *node  // {name+}, always a leaf
	name    string // of the variable this node stands for
	methods map[string]*Method
	any     *Method
}

// A match is the outcome of a look-up: the method, and the raw text of the
// path variables in the order of the path.
type match struct {
	method *Method
	names  [maxParams]string
	values [maxParams]string // not decoded
	n      int
}

// reset makes the match one of nothing. The memory of its lists is not cleared:
// they are short, and n says what of them counts.
func (m *match) reset() { m.method, m.n = nil, 0 }

// add puts a method under a resource's path template.
func (r *router) add(template string, m *Method) {
	n := &r.root
	for seg := range segments(template) {
		n = n.child(seg)
	}
	if m.verb == "ANY" {
		n.any = m
		return
	}
	if n.methods == nil {
		n.methods = make(map[string]*Method)
	}
	n.methods[m.verb] = m
}

// child returns the node for one segment of a template, made if needed.
func (n *node) child(seg string) *node {
	if len(seg) > 2 && seg[0] == '{' && seg[len(seg)-1] == '}' {
		name, greedy := strings.CutSuffix(seg[1:len(seg)-1], "+")
		slot := &n.param
		if greedy {
			slot = &n.greedy
		}
		if *slot == nil {
			*slot = &node{name: name}
		}
		return *slot
	}
	if c := n.literal[seg]; c != nil {
		return c
	}
	if n.literal == nil {
		n.literal = make(map[string]*node)
	}
	c := &node{}
	n.literal[seg] = c
	if n.first == nil {
		n.first, n.segment = c, seg
	}
	return c
}

// find looks up the raw path and the verb. It reports false when no resource
// answers, which AWS calls Missing Authentication Token. Leading slashes
// collapse and one trailing slash is ignored. Segments are compared decoded, since
// every backend reads %61 as an a: otherwise /%61dmin could pass by the guards of
// /admin on the way of a greedy resource. %2F does not end a segment.
func (r *router) find(path, verb string, m *match) bool {
	path = strings.TrimSuffix(strings.TrimLeft(path, "/"), "/")
	m.n = 0
	if path == "" {
		return r.root.owns(verb, m)
	}
	return r.root.walk(path, verb, m)
}

// walk matches what is left of the path, not empty, below n.
func (n *node) walk(path, verb string, m *match) bool {
	seg, rest, more := path, "", false
	if at := strings.IndexByte(path, '/'); at >= 0 {
		seg, rest, more = path[:at], path[at+1:], true
	}
	plain, err := unescape(seg)
	if err != nil {
		plain = seg
	}
	if c := n.under(plain); c != nil && c.descend(rest, more, verb, m) {
		return true
	}
	if n.param != nil && seg != "" && m.n < maxParams {
		m.push(n.param.name, seg)
		if n.param.descend(rest, more, verb, m) {
			return true
		}
		m.n--
	}
	if n.greedy != nil && m.n < maxParams {
		m.push(n.greedy.name, path)
		if n.greedy.owns(verb, m) {
			return true
		}
		m.n--
	}
	return false
}

// under returns the node of a literal segment, nil for none.
func (n *node) under(plain string) *node {
	switch {
	case n.first == nil:
		return nil
	case n.segment == plain:
		return n.first
	case len(n.literal) == 1:
		return nil
	}
	return n.literal[plain]
}

// descend goes on below n with the rest of the path, or ends at it.
func (n *node) descend(rest string, more bool, verb string, m *match) bool {
	if !more {
		return n.owns(verb, m)
	}
	return n.walk(rest, verb, m)
}

// owns ends the walk at n if it has the verb, exactly or through ANY.
func (n *node) owns(verb string, m *match) bool {
	if found := n.methods[verb]; found != nil {
		m.method = found
		return true
	}
	if n.any != nil && anyCovers(verb) {
		m.method = n.any
		return true
	}
	return false
}

// anyCovers reports whether ANY stands for the verb; other verbs, TRACE among
// them, never match.
func anyCovers(verb string) bool {
	switch verb {
	case "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS":
		return true
	}
	return false
}

func (m *match) push(name, value string) {
	m.names[m.n], m.values[m.n] = name, value
	m.n++
}

// segments yields the parts of a template between slashes.
func segments(template string) func(func(string) bool) {
	return func(yield func(string) bool) {
		rest := strings.Trim(template, "/")
		for rest != "" {
			var seg string
			seg, rest, _ = strings.Cut(rest, "/")
			if !yield(seg) {
				return
			}
		}
	}
}

// checkPath refuses a path that could be read in two ways: a segment that is,
// or decodes to, "." or "..", and an escape that is none. Nothing is
// normalised, because a gateway and its backend need not agree on how.
func checkPath(path string) error {
	if !strings.ContainsAny(path, "%.") {
		return nil
	}
	rest := path
	for rest != "" {
		var seg string
		seg, rest, _ = strings.Cut(rest, "/")
		if strings.IndexByte(seg, '%') < 0 && strings.IndexByte(seg, '.') < 0 {
			continue
		}
		plain, err := unescape(seg)
		if err != nil {
			return err
		}
		if plain == "." || plain == ".." {
			return errDotSegment
		}
	}
	return nil
}
