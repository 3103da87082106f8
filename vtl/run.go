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
	most      int    // length that out may reach without another thought
	paid      int    // length of out that there is memory for
	hard      int    // length that out may reach at all
	hardLimit string // the limit that hard comes from
	slots     []slot
	syms      *symbols
	macros    map[string]*macro // of the template, and of what it evaluated
	stack     []value.Value     // arguments of the calls under way
	scopes    []*scope          // of loops that are over, to be used again

	steps    int         // left
	worked   int         // since the last look at the clock
	memory   int         // left
	meter    value.Meter // nil for none
	owed     int         // bytes that it was not asked for yet
	calls    int         // left
	depth    int         // of macros
	nested   int         // #evaluate in #evaluate, blocks in blocks
	hook     func(Event) error
	lines    lineIndex // of src, while there is a hook
	level    int       // of blocks in blocks, while there is a hook
	told     int       // how much of out the hook knows; noLimit where it is no output yet
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
	r.paid, r.meter, r.owed = noLimit, nil, 0
	r.steps, r.memory, r.calls = t.limits.Steps, t.limits.Memory, t.limits.Calls
	r.depth, r.nested, r.err, r.owner, r.worked = 0, 0, nil, nil, 0
	r.hook, r.deadline, r.level, r.told = nil, time.Time{}, 0, len(dst)
	if options != nil {
		r.hook, r.deadline = options.Hook, options.Deadline
		if r.meter = options.Memory; r.meter != nil {
			r.paid = len(dst) + freeOutput
		}
	}
	r.bound(len(dst)+t.limits.Output, "Output")
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
	r.vars, r.out, r.hook, r.lines, r.err, r.owner, r.macros, r.syms, r.meter = nil, nil, nil, nil, nil, nil, nil, nil, nil
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
	return r.inTime(at)
}

// inTime looks at the clock and reports whether the render may go on. Who does
// not stop at once finds the error in r.err.
func (r *run) inTime(at place) bool {
	if expired(r.deadline) {
		r.limit(at, "Deadline", "the template takes too long")
	}
	return r.err == nil
}

// work counts the n bytes of a text, or elements of a list or map, that a step
// goes through, and reports whether the render may go on.
func (r *run) work(n int) bool {
	r.worked += n
	if r.worked < clockWork {
		return true
	}
	r.steps -= r.worked / stepWork
	r.worked = 0
	return r.checkpoint(0)
}

const (
	clockWork = 64 << 10 // how much work there is between two looks at the clock
	stepWork  = 16       // how much work is a step
)

// partsOf is how much work a method of v may be. That of lists and maps seldom
// goes through all of them.
func partsOf(v value.Value) int {
	switch v.Kind() {
	case value.KindString:
		return len(v.AsString())
	case value.KindList:
		return min(v.AsList().Len(), clockWork/4)
	case value.KindMap:
		return min(v.AsMap().Len(), clockWork/4)
	}
	return 0
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
	} else if problem == "" {
		e.Problem = "it cannot be made"
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

// askStep is for how many bytes the meter is asked at once.
const askStep = 4 << 10

// charge takes n bytes, or elements of a list or map, from what the render may
// make.
func (r *run) charge(n int) error {
	r.memory -= n
	if r.memory < 0 {
		return &limitError{"Memory", "the template makes too many strings, lists and maps"}
	}
	if r.owed += n; r.owed >= askStep {
		return r.settleMemory()
	}
	return nil
}

// settleMemory asks the meter for what was made.
func (r *run) settleMemory() error {
	n := r.owed
	r.owed = 0
	if !r.work(n) {
		return r.err
	}
	if r.meter == nil {
		return nil
	}
	return r.meter.Take(n)
}

var (
	errLongString = &limitError{"String", "a string becomes too long"}
	errLongList   = &limitError{"Elements", "a list or map becomes too large"}
)

// chargeString is charge for a string of n bytes.
func (r *run) chargeString(n int) error {
	if n > r.t.limits.String {
		return errLongString
	}
	return r.charge(n)
}

// elementSize is about what an element of a list or map takes.
const elementSize = 48

// chargeElements is charge for a list or map that grows by n to size elements.
func (r *run) chargeElements(n, size int) error {
	if size > r.t.limits.Elements {
		return errLongList
	}
	return r.charge(n * elementSize)
}

// freeOutput is how much output costs nothing.
const freeOutput = 64 << 10

// bound sets the length that the output may reach, and the limit that it is.
func (r *run) bound(hard int, limit string) {
	r.hard, r.hardLimit = hard, limit
	r.most = min(hard, r.paid)
}

// makeRoom asks for memory for at least n bytes more of output.
func (r *run) makeRoom(at place, n int) ctl {
	need := len(r.out) + n
	if need > r.hard || need < 0 {
		return r.limit(at, r.hardLimit, tooLong(r.hardLimit))
	}
	paid := max(need, min(2*r.paid, r.hard))
	if err := r.meter.Take(paid - r.paid); err != nil {
		return r.fail(at, "", err)
	}
	r.paid = paid
	r.most = min(r.hard, paid)
	return next
}

func tooLong(limit string) string {
	if limit == "String" {
		return "a string becomes too long"
	}
	return "the output becomes too long"
}

// write appends text to the output.
func (r *run) write(at place, s string) ctl {
	if len(s) > r.most-len(r.out) {
		if c := r.makeRoom(at, len(s)); c != next {
			return c
		}
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
	for from := len(r.out); ; {
		var err error
		r.out, err = v.AppendTextMax(r.out, r.most)
		switch {
		case err == nil:
			return next
		case err != value.ErrTooLong:
			return r.fail(at, err.Error(), nil)
		}
		if r.most < r.hard { // what was printed is printed again into twice the room
			r.out = r.out[:from]
		}
		if c := r.makeRoom(at, r.most-len(r.out)+1); c != next {
			return c
		}
	}
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
	from, hard, limit := len(r.out), r.hard, r.hardLimit
	r.bound(from+r.t.limits.String, "String")
	c := r.printValue(at, v)
	s, c := r.captured(at, from, c)
	r.bound(hard, limit)
	return value.String(s), c
}

// capture returns what print prints.
func (r *run) capture(at place, print func() ctl) (string, ctl) {
	from, hard, limit, told := len(r.out), r.hard, r.hardLimit, r.told
	r.bound(min(noLimit, from+r.t.limits.String), "String")
	r.told = noLimit
	s, c := r.captured(at, from, print())
	r.bound(hard, limit)
	r.told = told
	return s, c
}

// captured takes what was printed from the output, unless printing failed.
func (r *run) captured(at place, from int, c ctl) (string, ctl) {
	out := r.out[from:]
	r.out = r.out[:from]
	if c != next {
		return "", c
	}
	if err := r.charge(len(out)); err != nil {
		return "", r.fail(at, "", err)
	}
	return string(out), next
}
