package trace

import (
	"slices"

	"github.com/gatehouse-gw/gatehouse/vtl"
)

// emptyReferences notes references without a value while a template renders.
type emptyReferences struct {
	list []EmptyReference
	mark int // what stands before the condition that is being evaluated
}

// maxEmpty bounds how many references without a value are noted.
const maxEmpty = 8

// TemplateStep is told of each step of a template that renders, so that the trace
// can show references without a value. It never fails.
func (t *Trace) TemplateStep(step vtl.Event) error {
	if t != nil {
		t.empty.note(step)
	}
	return nil
}

// note looks at one step. A reference in a condition may well have no value.
func (e *emptyReferences) note(step vtl.Event) {
	switch {
	case step.Kind == vtl.EventStatement:
		e.mark = len(e.list)
	case step.Kind == vtl.EventCondition:
		e.list = e.list[:e.mark]
	case step.Kind == vtl.EventReference && step.Value.IsNull() && len(e.list) < maxEmpty:
		r := EmptyReference{step.Text, step.Line, step.Col}
		if !slices.Contains(e.list, r) {
			e.list = append(e.list, r)
		}
	}
}

// take returns what was noted and starts anew.
func (e *emptyReferences) take() []EmptyReference {
	list := e.list
	*e = emptyReferences{}
	return list
}
