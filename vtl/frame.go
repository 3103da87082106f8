package vtl

import "github.com/gatehouse-gw/gatehouse/vtl/value"

// A frame is a scope of variables within the template's own, which is the nil
// frame. A call of a macro has one, and so has a round of #foreach whose element
// is null. Names are looked up from the inside out, and set in all frames.
type frame struct {
	parent *frame

	// of a macro's call
	args   []binding
	locals []local

	// of a round with a null element
	round  bool
	slot   int
	active bool // slot is null, whatever is outside
}

// A binding ties a parameter to an argument that is evaluated, in the caller's
// frame, whenever it is used.
type binding struct {
	slot int
	arg  *argument
	gone bool // removed; the argument's source may still be asked for
}

type local struct {
	slot int
	v    value.Value
}

// get returns a variable, null if there is none.
func (r *run) get(f *frame, slot int) (value.Value, ctl) {
	for ; f != nil; f = f.parent {
		if f.round {
			if f.active && f.slot == slot {
				return value.Value{}, next
			}
			continue
		}
		for i := range f.locals {
			if l := &f.locals[i]; l.slot == slot && !l.v.IsNull() {
				return l.v, next
			}
		}
		for i := range f.args {
			if b := &f.args[i]; b.slot == slot && !b.gone {
				return b.arg.expr.value(r, f.parent)
			}
		}
	}
	return r.global(slot), next
}

// global returns a variable from outside of all macros.
func (r *run) global(i int) value.Value {
	s := &r.slots[i]
	if !s.known {
		s.known = true
		if r.vars != nil {
			s.v, _ = r.vars.Lookup(r.syms.names[i])
		}
	}
	return s.v
}

// put sets a variable in all frames.
func (r *run) put(f *frame, i int, v value.Value) {
	for ; f != nil; f = f.parent {
		if f.round {
			f.active = f.active || f.slot == i && v.IsNull()
		} else {
			f.setLocal(i, v)
		}
	}
	r.slots[i] = slot{v, true}
}

func (f *frame) setLocal(slot int, v value.Value) {
	for i := range f.locals {
		if f.locals[i].slot == slot {
			f.locals[i].v = v
			return
		}
	}
	f.locals = append(f.locals, local{slot, v})
}

// remove removes a variable from all frames.
func (r *run) remove(f *frame, i int) {
	for ; f != nil; f = f.parent {
		if f.round {
			f.active = f.active && f.slot != i
			continue
		}
		f.setLocal(i, value.Value{})
		for j := range f.args {
			if f.args[j].slot == i {
				f.args[j].gone = true
			}
		}
	}
	r.slots[i] = slot{known: true}
}

// argumentLiteral returns the source of the argument that a parameter stands
// for, which is what a parameter without a value prints as.
func (f *frame) argumentLiteral(slot int) (string, bool) {
	for ; f != nil; f = f.parent {
		for i := range f.args {
			if f.args[i].slot == slot {
				return f.args[i].arg.literal, true
			}
		}
	}
	return "", false
}
