package vtl

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A ctl says how a statement or expression ended.
type ctl uint8

const (
	next     ctl = iota
	breaking     // #break: run.owner says what is left, nil for the nearest
	stopping     // #stop: the render ends, or the #evaluate
	failed       // run.err says why
)

// A run is one render of a template. It belongs to one goroutine.
type run struct {
	t         *Template
	src       string // the source that places refer to
	vars      Vars
	out       []byte
	most      int    // length that out may reach
	mostLimit string // the limit that most comes from
	slots     []slot
	syms      *symbols
	macros    map[string]*macro // of the template, and of what it evaluated
	stack     []value.Value     // arguments of the calls under way
	scopes    []*scope          // of loops that are over, to be used again

	steps    int // left
	memory   int // left
	calls    int // left
	depth    int // of macros
	nested   int // #evaluate in #evaluate, blocks in blocks
	hook     func(Event) error
	deadline time.Time

	render atomic.Uint64 // counts the renders that began or ended

	owner *foreachStmt
	err   error
}

// A slot holds a variable outside of all macros.
type slot struct {
	v     value.Value
	known bool // v was set, or vars was asked
}

func (r *run) begin(t *Template, dst []byte, vars Vars, options *RunOptions) {
	r.render.Add(1)
	r.t, r.src, r.vars, r.out = t, t.src, vars, dst
	r.syms, r.macros = t.syms, t.macros
	r.most, r.mostLimit = len(dst)+t.limits.Output, "Output"
	r.steps, r.memory, r.calls = t.limits.Steps, t.limits.Memory, t.limits.Calls
	r.depth, r.nested, r.err, r.owner = 0, 0, nil, nil
	r.hook, r.deadline = nil, time.Time{}
	if options != nil {
		r.hook, r.deadline = options.Hook, options.Deadline
	}
	if n := len(t.syms.names); cap(r.slots) < n {
		r.slots = make([]slot, n)
	} else {
		r.slots = r.slots[:n]
	}
}

// end forgets everything that the render referred to.
func (r *run) end() {
	r.render.Add(1)
	clear(r.slots)
	clear(r.stack[:cap(r.stack)])
	r.stack = r.stack[:0]
	if cap(r.stack) > 256 {
		r.stack = nil
	}
	r.vars, r.out, r.hook, r.err, r.owner, r.macros, r.syms = nil, nil, nil, nil, nil, nil, nil
}

// step counts a step and reports whether the render may go on.
func (r *run) step(at place) bool {
	r.steps--
	if r.steps%deadlineSteps != 0 {
		return true
	}
	return r.checkpoint(at)
}

// checkpoint is what step does once in a while.
func (r *run) checkpoint(at place) bool {
	if r.steps <= 0 {
		r.limit(at, "Steps", "the template takes too many steps")
		return false
	}
	if expired(r.deadline) {
		r.limit(at, "Deadline", "the template takes too long")
		return false
	}
	return true
}

// fail ends the render.
func (r *run) fail(at place, problem string, cause error) ctl {
	if r.err != nil {
		return failed
	}
	var limit *limitError
	e := &Error{Phase: PhaseRender, Problem: problem, offset: int(at), Text: excerptAt(r.src, at), Err: cause}
	if errors.As(cause, &limit) {
		e.Problem, e.Limit, e.Err = limit.problem, limit.name, nil
	}
	r.err = e.locate(r.t.name, r.src)
	return failed
}

// limit ends the render because it met a limit.
func (r *run) limit(at place, name, problem string) ctl {
	return r.fail(at, "", &limitError{name, problem})
}

// A limitError says that one of the Limits was met.
type limitError struct{ name, problem string }

func (e *limitError) Error() string { return e.problem }

// charge takes n bytes, or elements of a list or map, from what the render may
// make.
func (r *run) charge(n int) error {
	r.memory -= n
	if r.memory < 0 {
		return &limitError{"Memory", "the template makes too many strings, lists and maps"}
	}
	return nil
}

// chargeString is charge for a string of n bytes.
func (r *run) chargeString(n int) error {
	if n > r.t.limits.String {
		return &limitError{"String", "a string becomes too long"}
	}
	return r.charge(n)
}

// elementSize is about what an element of a list or map takes.
const elementSize = 48

// chargeElements is charge for a list or map that grows by n to size elements.
func (r *run) chargeElements(n, size int) error {
	if size > r.t.limits.Elements {
		return &limitError{"Elements", "a list or map becomes too large"}
	}
	return r.charge(n * elementSize)
}

// write appends text to the output.
func (r *run) write(at place, s string) ctl {
	if len(s) > r.most-len(r.out) {
		return r.full(at)
	}
	r.out = append(r.out, s...)
	return next
}

// print appends the text of v to the output.
func (r *run) print(at place, v value.Value) ctl {
	if b := blockOf(v); b != nil {
		s, c := r.blockText(at, b)
		if c != next {
			return c
		}
		return r.write(at, s.AsString())
	}
	return r.printValue(at, v)
}

// printValue is print for anything but a block.
func (r *run) printValue(at place, v value.Value) ctl {
	var err error
	r.out, err = v.AppendTextMax(r.out, r.most)
	if err == nil {
		return next
	}
	if err == value.ErrTooLong {
		return r.full(at)
	}
	return r.fail(at, err.Error(), nil)
}

// text returns v as a string; null for null, and for a block that recurs too
// deep to print.
func (r *run) text(at place, v value.Value) (value.Value, ctl) {
	if v.IsNull() || v.IsString() {
		return v, next
	}
	if b := blockOf(v); b != nil {
		return r.blockText(at, b)
	}
	from := len(r.out)
	out, err := v.AppendTextMax(r.out, from+r.t.limits.String)
	if err == nil {
		err = r.charge(len(out) - from)
	}
	r.out = out[:from]
	switch {
	case err == value.ErrTooLong:
		return value.Value{}, r.limit(at, "String", "a string becomes too long")
	case err != nil:
		return value.Value{}, r.fail(at, err.Error(), err)
	}
	return value.String(string(out[from:])), next
}

// capture returns what print prints.
func (r *run) capture(at place, print func() ctl) (string, ctl) {
	from, most, limit := len(r.out), r.most, r.mostLimit
	r.most, r.mostLimit = min(noLimit, from+r.t.limits.String), "String"
	c := print()
	out := r.out[from:]
	r.out, r.most, r.mostLimit = r.out[:from], most, limit
	if c != next {
		return "", c
	}
	if err := r.charge(len(out)); err != nil {
		return "", r.fail(at, "", err)
	}
	return string(out), next
}

// full ends the render because the output, or the string that is being made,
// becomes too long.
func (r *run) full(at place) ctl {
	if r.mostLimit == "String" {
		return r.limit(at, "String", "a string becomes too long")
	}
	return r.limit(at, "Output", "the output becomes too long")
}
