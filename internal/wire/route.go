package wire

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/percent"
)

// maxLabels is more than any path of the table has.
const maxLabels = 6

// maxLabel bounds a path label, in bytes; the longest names and ARNs of the
// service are well below it.
const maxLabel = 2048

// A router finds the operation of a request. It is immutable once made.
//
// It works on the path as it was sent: segments are split before their escapes
// are undone, so that an escaped slash stays inside its label. An empty
// segment matches nothing, which also goes for a slash at the end.
type router struct{ root *node }

// A node is one place in the tree of paths. It has literal children, or a
// label, or neither; the tables have no path that would need both.
type node struct {
	literals map[string]*node
	label    *node
	rest     bool // the label that led here is the whole rest of the path
	routes   []*route
}

// A route is an operation with what binding needs to know of its path.
type route struct {
	op     *Operation
	labels []int  // index of the member of each label, in the order of the path
	key    string // query parameter that must have the value want; "" for none
	want   string
}

func newRouter(tables ...[]Operation) *router {
	r := &router{root: &node{}}
	for _, ops := range tables {
		for i := range ops {
			r.add(&ops[i])
		}
	}
	return r
}

// add puts op into the tree. Operations with a literal query go before those
// without, so that match takes them first.
func (r *router) add(op *Operation) {
	rt := &route{op: op}
	rt.key, rt.want, _ = strings.Cut(op.Query, "=")
	n := r.root
	for segment := range strings.SplitSeq(op.Path[1:], "/") {
		name, isLabel := strings.CutPrefix(segment, "{")
		if !isLabel {
			n = n.literal(segment)
			continue
		}
		name = strings.TrimSuffix(name, "}")
		rt.labels = append(rt.labels, op.input.find(inURI, name))
		if n.label == nil {
			// An ARN holds slashes, and hand-written clients do not escape them.
			n.label = &node{rest: isARN(name)}
		}
		n = n.label
	}
	if rt.key != "" {
		n.routes = append([]*route{rt}, n.routes...)
	} else {
		n.routes = append(n.routes, rt)
	}
}

// literal returns the child of n for a literal segment, made when needed.
func (n *node) literal(segment string) *node {
	child := n.literals[segment]
	if child == nil {
		child = &node{}
		if n.literals == nil {
			n.literals = make(map[string]*node)
		}
		n.literals[segment] = child
	}
	return child
}

// match returns the route of a request and appends its labels, unescaped, to
// labels. The route is nil when no operation has that path and method. path is
// the escaped path.
func (r *router) match(method, path string, query url.Values, labels []string) (*route, []string, error) {
	n, labels, err := r.walk(path, labels)
	if n == nil || err != nil {
		return nil, nil, err
	}
	for _, rt := range n.routes {
		if rt.op.Method == method && (rt.key == "" || query.Get(rt.key) == rt.want) {
			return rt, labels, nil
		}
	}
	return nil, nil, nil
}

// walk follows path through the tree.
func (r *router) walk(path string, labels []string) (*node, []string, error) {
	rest, ok := strings.CutPrefix(path, "/")
	n := r.root
	for ok && n != nil {
		var segment string
		if n.label != nil && n.label.rest {
			segment, rest, ok = rest, "", false
		} else {
			segment, rest, ok = strings.Cut(rest, "/")
		}
		if segment == "" {
			return nil, nil, nil
		}
		text, err := unescape(segment)
		if err != nil {
			return nil, nil, err
		}
		if child := n.literals[text]; child != nil || n.label == nil {
			n = child
			continue
		}
		n, labels = n.label, append(labels, text)
	}
	return n, labels, nil
}

// isARN reports whether the label of that name is an ARN.
func isARN(label string) bool {
	return strings.HasSuffix(label, "_arn") || strings.HasSuffix(label, "-arn")
}

// EscapeLabel percent-encodes a path label as the service's clients do: all but
// letters, digits and -._~.
func EscapeLabel(label string) string {
	return string(percent.Append(nil, label, percent.Unreserved))
}

// unescape undoes the percent-encoding of one path segment, once.
func unescape(segment string) (string, error) {
	if len(segment) > 3*maxLabel {
		return "", Serialization("A path label must not be longer than %d bytes.", maxLabel)
	}
	text, ok := percent.Unescape(segment)
	switch {
	case !ok:
		return "", Serialization("The path holds an invalid percent-encoding.")
	case len(text) > maxLabel:
		return "", Serialization("A path label must not be longer than %d bytes.", maxLabel)
	case !utf8.ValidString(text):
		return "", Serialization("The path is not valid UTF-8.")
	}
	return text, nil
}

// find returns the index of the member at a location, -1 for none.
func (s *shape) find(at location, wire string) int {
	for i := range s.members {
		if m := &s.members[i]; m.location == at && m.wire == wire {
			return i
		}
	}
	return -1
}
