package vtl

import (
	"errors"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A foreachStmt is #foreach.
type foreachStmt struct {
	place   place
	element int // slot
	list    expr
	body    block

	// Slots of what a loop tells about itself, -1 where nothing asks.
	scope, count, hasNext int

	reuse bool // the scope can serve another loop afterwards
}

func (s *foreachStmt) exec(r *run, f *frame) ctl {
	if !r.step(s.place) {
		return failed
	}
	v, c := s.list.value(r, f)
	if c != next || v.IsNull() {
		return c
	}
	it, ok := iterate(v)
	if !ok {
		return next
	}
	saved, c := s.enter(r, f)
	if c != next {
		return c
	}
	c = s.rounds(r, f, &it, saved.scope)
	if c == failed {
		return c
	}
	s.leave(r, f, &saved)
	return c
}

// rounds runs the body for each element.
func (s *foreachStmt) rounds(r *run, f *frame, it *iterator, sc *scope) ctl {
	var nothing *frame // hides the element of a round where it is null
	for count := 1; it.hasNext(); count++ {
		if count > r.t.limits.Iterations {
			return r.limit(s.place, "Iterations", "#foreach goes on for too long")
		}
		if !r.step(s.place) {
			return failed
		}
		if s.count >= 0 {
			r.put(f, s.count, value.Int(int64(count)))
		}
		v, err := it.next()
		if err != nil {
			return r.fail(s.place, err.Error(), nil)
		}
		if s.hasNext >= 0 {
			r.put(f, s.hasNext, value.Bool(it.hasNext()))
		}
		r.put(f, s.element, v)
		if sc != nil {
			sc.index++
			sc.hasNext = it.hasNext()
		}
		if r.hook != nil && !r.tell(EventRound, s.place, "#foreach", v) {
			return failed
		}
		in := f
		if v.IsNull() {
			if nothing == nil {
				nothing = &frame{parent: f, round: true, slot: s.element, active: true}
			}
			in = nothing
		}
		switch c := r.block(s.body, in); {
		case c == breaking && (r.owner == nil || r.owner == s):
			r.owner = nil
			return next
		case c != next:
			return c
		}
	}
	return next
}

// A savedLoop is what a loop restores at its end.
type savedLoop struct {
	element, count, hasNext value.Value
	scope                   *scope
}

func (s *foreachStmt) enter(r *run, f *frame) (saved savedLoop, c ctl) {
	if saved.element, c = r.get(f, s.element); c != next {
		return saved, c
	}
	if s.count >= 0 {
		if saved.count, c = r.get(f, s.count); c != next {
			return saved, c
		}
	}
	if s.hasNext >= 0 {
		if saved.hasNext, c = r.get(f, s.hasNext); c != next {
			return saved, c
		}
	}
	if s.scope >= 0 {
		previous, c := r.get(f, s.scope)
		if c != next {
			return saved, c
		}
		saved.scope = r.newScope(s, previous)
		r.put(f, s.scope, value.FromObject(saved.scope))
	}
	return saved, next
}

func (s *foreachStmt) leave(r *run, f *frame, saved *savedLoop) {
	r.restore(f, s.element, saved.element)
	if s.count >= 0 {
		r.restore(f, s.count, saved.count)
	}
	if s.hasNext >= 0 {
		r.restore(f, s.hasNext, saved.hasNext)
	}
	if s.scope < 0 {
		return
	}
	v, c := r.get(f, s.scope)
	if sc, ok := v.AsObject().(*scope); ok && c == next {
		if sc.parent != nil {
			r.put(f, s.scope, value.FromObject(sc.parent))
		} else {
			r.restore(f, s.scope, sc.replaced)
		}
	}
	if s.reuse {
		*saved.scope = scope{}
		r.scopes = append(r.scopes, saved.scope)
	}
}

// restore puts a variable back to what it was.
func (r *run) restore(f *frame, slot int, v value.Value) {
	if v.IsNull() {
		r.remove(f, slot)
	} else {
		r.put(f, slot, v)
	}
}

// A macro is a #macro.
type macro struct {
	name   string
	params []int // slots
	body   block
}

// An argument is an argument of a macro's call.
type argument struct {
	expr     expr
	constant bool // evaluated at the call
	literal  string
}

// A callStmt calls a macro, or is the text of what only looks like a call.
type callStmt struct {
	place    place
	name     string
	args     []argument
	hasBody  bool // #@name()…#end
	body     block
	bodySlot int
	badWord  string // an argument that is none
	source   string
}

func (s *callStmt) exec(r *run, f *frame) ctl {
	m := r.macros[s.name]
	if m == nil {
		return r.write(s.place, s.source)
	}
	if !r.step(s.place) {
		return failed
	}
	if s.badWord != "" {
		return r.fail(s.place, "the word "+s.badWord+" is no argument of a macro", nil)
	}
	inner, c := s.bind(r, f, m)
	if c != next {
		return c
	}
	if r.depth >= r.t.limits.MacroDepth {
		return r.limit(s.place, "MacroDepth", "macros call one another too deep")
	}
	if r.calls--; r.calls < 0 {
		return r.limit(s.place, "Calls", "too many macros are called")
	}
	if r.hook != nil && !r.tell(EventCall, s.place, "#"+s.name, value.Value{}) {
		return failed
	}
	// As in Velocity, a call that ends by #break is never counted as over.
	r.depth++
	c = r.block(m.body, inner)
	if c == next {
		r.depth--
	}
	if c == breaking && r.owner == nil {
		return next
	}
	return c
}

// bind makes the frame in which the macro's body runs.
func (s *callStmt) bind(r *run, f *frame, m *macro) (*frame, ctl) {
	inner := &frame{parent: f}
	for i := range m.params[:min(len(m.params), len(s.args))] {
		arg := &s.args[i]
		if !arg.constant {
			inner.args = append(inner.args, binding{slot: m.params[i], arg: arg})
			continue
		}
		v, c := arg.expr.value(r, f)
		if c != next {
			return nil, c
		}
		inner.setLocal(m.params[i], v)
	}
	if s.hasBody {
		b := r.newBlock(f, &blockBody{body: s.body, most: r.t.limits.MacroDepth})
		inner.setLocal(s.bodySlot, value.FromObject(b))
	}
	return inner, next
}

// maxDefineDepth is how deep a #define may use itself.
const maxDefineDepth = 2

// A blockBody is the body of a #define, or of a call with a body.
type blockBody struct {
	body block
	most int // how deep it may use itself
}

// A defineStmt is #define.
type defineStmt struct {
	place place
	slot  int
	body  *blockBody
}

func (s *defineStmt) exec(r *run, f *frame) ctl {
	if !r.step(s.place) {
		return failed
	}
	r.put(f, s.slot, value.FromObject(r.newBlock(f, s.body)))
	return next
}

// runBlock prints a block in frame f; false if it recurs too deep.
func (r *run) runBlock(b *blockRef, f *frame) (bool, ctl) {
	if b.depth >= b.body.most {
		return false, next
	}
	if r.calls--; r.calls < 0 {
		return true, r.limit(0, "Calls", "too many macros are called")
	}
	b.depth++
	c := r.block(b.body.body, f)
	b.depth--
	if c == breaking && r.owner == nil {
		c = next
	}
	return true, c
}

// blockText returns what a block prints in the frame in which it was made;
// null if it recurs too deep.
func (r *run) blockText(at place, b *blockRef) (value.Value, ctl) {
	ok := false
	s, c := r.capture(at, func() (c ctl) {
		ok, c = r.runBlock(b, b.frame)
		return c
	})
	if c != next || !ok {
		return value.Value{}, c
	}
	return value.String(s), next
}

// An evaluateStmt is #evaluate.
type evaluateStmt struct {
	place  place
	source expr
}

func (s *evaluateStmt) exec(r *run, f *frame) ctl {
	if !r.step(s.place) {
		return failed
	}
	v, c := s.source.value(r, f)
	if c != next {
		return c
	}
	if v, c = r.text(s.place, v); c != next {
		return c
	}
	body, err := r.compile(s.place, v.AsString())
	var wrong *Error
	if errors.As(err, &wrong) {
		r.err = wrong
		return failed
	}
	if err != nil {
		return r.fail(s.place, "", err)
	}
	if r.nested++; r.nested > r.t.limits.MacroDepth {
		return r.limit(s.place, "MacroDepth", "#evaluate in #evaluate goes too deep")
	}
	c = r.block(body, f)
	r.nested--
	if c == stopping || c == breaking && r.owner == nil {
		return next
	}
	return c
}

// compile compiles a source with the names and macros of the render, to which
// it may add. at is where errors say that it stands.
func (r *run) compile(at place, source string) (block, error) {
	if len(source) > r.t.limits.Template {
		return nil, &limitError{"Template", "the evaluated template is too long"}
	}
	if err := r.charge(16 * len(source)); err != nil {
		return nil, err
	}
	r.own()
	comp := compiler{name: r.t.name, src: r.src, mode: r.t.mode, limits: r.t.limits, syms: r.syms, macros: r.macros}
	comp.unit = unit{offset: int(at)}
	body := comp.compile(source)
	if comp.err != nil {
		comp.err.Phase = PhaseRender
		return nil, comp.err
	}
	comp.finish()
	for len(r.slots) < len(r.syms.names) {
		r.slots = append(r.slots, slot{})
	}
	return body, nil
}

// own makes names and macros the render's own before something is added.
func (r *run) own() {
	if r.syms != r.t.syms {
		return
	}
	r.syms = r.syms.clone()
	macros := make(map[string]*macro, len(r.macros))
	for name, m := range r.macros {
		macros[name] = m
	}
	r.macros = macros
}
