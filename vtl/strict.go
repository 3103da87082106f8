package vtl

import (
	"slices"
	"strings"
)

// names are what a strict template refers to. A nil *names keeps nothing.
type names struct {
	references []*reference
	calls      []*callStmt
	assigned   map[int]bool // slots that something in the template sets
}

func (n *names) assign(slot int) {
	if n != nil {
		n.assigned[slot] = true
	}
}

func (n *names) call(s *callStmt) {
	if n != nil {
		n.calls = append(n.calls, s)
	}
}

func (n *names) reference(r *reference) {
	if n != nil && r.kind == refNormal && !r.escaped {
		n.references = append(n.references, r)
	}
}

// Unknown returns an error for each reference that can lead to nothing, whatever the
// variables are: one to a variable that is neither known nor set anywhere in the
// template, one to a member that known does not know, one that calls a method which
// no value has; and for each "#name(…)" that is neither a directive nor a macro.
// They are in the order of the template, one for each place. The template must have
// been parsed with [Options] Strict; without, there are none.
//
// known is asked for a variable that the template does not set and then for the
// members named after it, one more each time: {"context"}, {"context", "identity"}.
// call says that the last of them is a method. What an index or the result of a
// method leads to it is not asked for.
func (t *Template) Unknown(known func(path []string, call bool) bool) []*Error {
	if t.names == nil {
		return nil
	}
	var found []*Error
	add := func(at place, problem string) {
		e := &Error{Phase: PhaseParse, offset: int(at), Problem: problem}
		found = append(found, e.locate(t.name, t.src))
	}
	for _, ref := range t.names.references {
		if at, problem := t.unknown(ref, known); problem != "" {
			add(at, problem)
		}
	}
	for _, s := range t.names.calls {
		if t.macros[s.name] == nil && strings.Contains(s.source, "(") { // #fff is text
			add(s.place, "there is no directive or macro #"+s.name)
		}
	}
	slices.SortStableFunc(found, func(a, b *Error) int { return a.offset - b.offset })
	return slices.CompactFunc(found, func(a, b *Error) bool { return a.offset == b.offset && a.Problem == b.Problem })
}

// loopNames are the variables that #foreach makes.
var loopNames = []string{"foreach", "velocityCount", "velocityHasNext"}

// unknown returns the first thing about a reference that is not known, and where.
func (t *Template) unknown(ref *reference, known func([]string, bool) bool) (at place, problem string) {
	path := []string{t.syms.names[ref.slot]}
	asked := !t.names.assigned[ref.slot] && !slices.Contains(loopNames, path[0])
	if asked && !known(path, false) {
		return ref.place, "there is no variable $" + path[0]
	}
	for i := range ref.steps {
		s := &ref.steps[i]
		switch s.op {
		case stepIndex:
			asked = false
		case stepMethod:
			path = append(path, s.name)
			if asked && !known(path, true) || !asked && s.overloads == nil {
				return s.place, "there is no method " + s.name + " of $" + strings.Join(path[:len(path)-1], ".")
			}
			asked = false
		default:
			path = append(path, s.name)
			if asked && !known(path, false) {
				return s.place, "there is no $" + strings.Join(path, ".")
			}
		}
	}
	return 0, ""
}
