package logpattern

import "strings"

// A subject is what the conditions of an expression are about.
type subject any

// A condition reports whether a subject is as a part of an expression wants it.
type condition func(subject) bool

// A reader reads an expression of conditions: && binds stronger than ||, parentheses
// strongest.
type reader struct {
	text  string // what is left
	leaf  func(*reader) (condition, error)
	regex int // expressions so far
	wild  int // wildcards of selectors so far
	cost  int
	depth int
}

const (
	maxDepth     = 64 // parentheses in each other
	maxRegexes   = 2  // in a pattern (documented)
	maxWildcards = 3  // selectors with one in a pattern (documented)
)

func (r *reader) skip() { r.text = strings.TrimLeft(r.text, " \t\r\n") }

// take takes a token from the beginning, if it is there.
func (r *reader) take(token string) bool {
	r.skip()
	rest, ok := strings.CutPrefix(r.text, token)
	if ok {
		r.text = rest
	}
	return ok
}

// or reads conditions of which one has to hold.
func (r *reader) or() (condition, error) {
	return r.list("||", r.and, func(list []condition, s subject) bool {
		for _, c := range list {
			if c(s) {
				return true
			}
		}
		return false
	})
}

// and reads conditions that all have to hold.
func (r *reader) and() (condition, error) {
	return r.list("&&", r.one, func(list []condition, s subject) bool {
		for _, c := range list {
			if !c(s) {
				return false
			}
		}
		return true
	})
}

func (r *reader) list(between string, part func() (condition, error), join func([]condition, subject) bool) (condition, error) {
	var list []condition
	for {
		c, err := part()
		if err != nil {
			return nil, err
		}
		if list = append(list, c); !r.take(between) {
			break
		}
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return func(s subject) bool { return join(list, s) }, nil
}

// one reads a condition, or an expression in parentheses.
func (r *reader) one() (condition, error) {
	if !r.take("(") {
		return r.leaf(r)
	}
	if r.depth++; r.depth > maxDepth {
		return nil, wrong("Invalid filter pattern: more than %d parentheses in each other", maxDepth)
	}
	c, err := r.or()
	if err != nil {
		return nil, err
	}
	if r.depth--; !r.take(")") {
		return nil, r.unexpected()
	}
	return c, nil
}

// unexpected is the error of what is left.
func (r *reader) unexpected() error {
	left := strings.TrimSpace(r.text)
	if left == "" {
		return wrong("Invalid filter pattern: it ends too early")
	}
	return wrong("Invalid filter pattern: unexpected '%s'", brief(left))
}

// operators in the order in which they are looked for.
var operators = []string{"!=", ">=", "<=", "=", ">", "<"}

// comparison reads an operator and a value, if there is an operator.
func (r *reader) comparison() (compare func(text string, numeric bool) bool, ok bool, err error) {
	for _, op := range operators {
		if r.take(op) {
			compare, err := r.value(op)
			return compare, true, err
		}
	}
	return nil, false, nil
}
