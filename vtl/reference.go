package vtl

import "github.com/gatehouse-gw/gatehouse/vtl/value"

// A refKind says whether a reference refers to anything.
type refKind uint8

const (
	refNormal refKind = iota
	refText           // it only looks like a reference and prints its text
)

// A reference is a compiled reference such as $a.b['c'].d(1).
type reference struct {
	place   place
	kind    refKind
	quiet   bool // $!
	escaped bool // an odd number of backslashes before it
	plain   bool // nothing is printed around its value
	slot    int
	steps   []step
	escapes string // what remains of the backslashes
	prefix  string // signs before the reference, such as the first $ of $$a
	null    string // printed when there is no value
	text    string // the source

	literalSlot int // the parameter that null may be the name of, or -1
}

// A stepOp is a way into a value.
type stepOp uint8

const (
	stepProperty stepOp = iota // .name
	stepMethod                 // .name(args)
	stepIndex                  // [arg]
)

// A step is one of the parts of a reference after its name.
type step struct {
	place     place
	op        stepOp
	name      string
	args      []expr
	overloads *overloads // of methods called name; nil if no class has one
	bean      string     // of a property the name in lower case, as getters have it
	isClass   bool       // the property is `class`
}

// value returns what the reference refers to, or null.
func (ref *reference) value(r *run, f *frame) (value.Value, ctl) {
	if !r.step(ref.place) {
		return value.Value{}, failed
	}
	if ref.kind == refText {
		return value.Value{}, next
	}
	v, c := ref.walk(r, f, len(ref.steps))
	if r.hook != nil && c == next && !r.tell(EventReference, ref.place, ref.text, v) {
		return v, failed
	}
	return v, c
}

// walk goes the first n steps, until there is no value.
func (ref *reference) walk(r *run, f *frame, n int) (value.Value, ctl) {
	var v value.Value
	c := next
	if f == nil && r.slots[ref.slot].known {
		v = r.slots[ref.slot].v
	} else if v, c = r.get(f, ref.slot); c != next {
		return v, c
	}
	for i := range ref.steps[:n] {
		if v.IsNull() {
			return v, next
		}
		s := &ref.steps[i]
		switch s.op {
		case stepProperty:
			if m := v.AsMap(); m != nil && !s.isClass {
				v, _ = m.Get(s.name)
				continue
			}
			v, c = r.property(v, s)
		case stepMethod:
			v, c = r.callMethod(v, s, f)
		default:
			v, c = r.index(v, s, f)
		}
		if c != next {
			return v, c
		}
	}
	return v, next
}

// truth is false for null and false.
func (ref *reference) truth(r *run, f *frame) (bool, ctl) {
	v, c := ref.value(r, f)
	if c != next || v.IsNull() {
		return false, c
	}
	if b, ok := v.AsBool(); ok {
		return b, next
	}
	if b := blockOf(v); b != nil {
		v, c = r.blockText(ref.place, b)
		return !v.IsNull(), c
	}
	return true, next
}

// index evaluates v[arg], which is v.get(arg) but for integers below zero:
// they count from the end.
func (r *run) index(v value.Value, s *step, f *frame) (value.Value, ctl) {
	arg, c := s.args[0].value(r, f)
	if c != next {
		return arg, c
	}
	if arg, c = r.fromEnd(v, arg, s); c != next {
		return arg, c
	}
	if m := v.AsMap(); m != nil {
		return mapGet(m, arg), next
	}
	if l := v.AsList(); l != nil && arg.Kind() == value.KindInteger {
		i, _ := arg.AsInt()
		if i < 0 || i >= int64(l.Len()) {
			return value.Value{}, r.fail(s.place, errIndex(i, l.Len()).Error(), nil)
		}
		return l.At(int(i)), next
	}
	from := len(r.stack)
	r.stack = append(r.stack, arg)
	v, _, c = r.invoke(v, s, r.stack[from:])
	r.stack = r.stack[:from]
	return v, c
}

// fromEnd replaces an Integer below zero by what it counts to from the end of v.
func (r *run) fromEnd(v, arg value.Value, s *step) (value.Value, ctl) {
	i, _ := arg.AsInt()
	if i >= 0 || arg.Kind() != value.KindInteger {
		return arg, next
	}
	n, ok, c := r.size(v, s)
	if c != next {
		return arg, c
	}
	if !ok {
		return arg, r.fail(s.place, "an index below zero needs something with a size", nil)
	}
	return value.Int(i + int64(n)), next
}

// size returns what v.size() returns.
func (r *run) size(v value.Value, s *step) (int, bool, ctl) {
	sized := step{place: s.place, op: stepMethod, name: "size", overloads: methodIndex["size"]}
	n, found, c := r.invoke(v, &sized, nil)
	if c != next || !found {
		return 0, false, c
	}
	i, ok := n.AsInt()
	return int(i), ok, next
}

// callMethod evaluates v.name(args).
func (r *run) callMethod(v value.Value, s *step, f *frame) (value.Value, ctl) {
	from := len(r.stack)
	for _, arg := range s.args {
		a, c := arg.value(r, f)
		if c != next {
			r.stack = r.stack[:from]
			return a, c
		}
		r.stack = append(r.stack, a)
	}
	out, found, c := r.invoke(v, s, r.stack[from:])
	r.stack = r.stack[:from]
	if !found && c == next && r.t.names != nil {
		return out, r.fail(s.place, "there is no method "+s.name+" that takes these arguments", nil)
	}
	return out, c
}

// invoke calls the method of v that s names.
func (r *run) invoke(v value.Value, s *step, args []value.Value) (out value.Value, found bool, c ctl) {
	if v.Kind() == value.KindObject {
		o := v.AsObject()
		if _, ours := o.(javaObject); !ours {
			var err error
			if out, found, err = r.callHost(o, s, args); err != nil {
				return out, false, r.fail(s.place, s.name+" failed", err)
			}
			if found {
				return out, true, next
			}
		}
	}
	m := s.overloads.find(v, args)
	if m == nil {
		if len(args) > 0 && s.overloads.mistaken(v) {
			return value.Value{}, false, r.fail(s.place, s.name+": wrong number of arguments", nil)
		}
		return value.Value{}, false, next
	}
	if !r.step(s.place) || !r.work(partsOf(v)) {
		return value.Value{}, false, failed
	}
	out, err := m(r, v, args)
	if r.err != nil {
		return value.Value{}, true, failed
	}
	if err != nil {
		return value.Value{}, true, r.fail(s.place, s.name+": "+err.Error(), err)
	}
	return out, true, next
}

// callHost calls a method of a host's object.
func (r *run) callHost(o value.Object, s *step, args []value.Value) (value.Value, bool, error) {
	for i := range args {
		args[i] = r.settle(args[i])
	}
	if r.err != nil {
		return value.Value{}, false, r.err
	}
	v, found, err := o.Call(s.name, args)
	if found || err != nil || s.name != "get" || len(args) != 1 || !args[0].IsString() {
		return v, found, err
	}
	v, found = o.Get(args[0].AsString()) // $o['name'] and $o.get('name') are $o.name
	return v, found, nil
}

// settle turns what only lives as long as the render, a block, into its text.
func (r *run) settle(v value.Value) value.Value {
	if b := blockOf(v); b != nil {
		v, _ = r.blockText(0, b)
	}
	return v
}

// assign sets what the last step of the reference leads to. Where there is
// nothing to set it does nothing.
func (ref *reference) assign(r *run, f *frame, v value.Value) ctl {
	last := len(ref.steps) - 1
	target, c := ref.walk(r, f, last)
	if c != next || target.IsNull() {
		return c
	}
	s := &ref.steps[last]
	switch s.op {
	case stepIndex:
		return r.assignIndex(target, s, f, v)
	case stepProperty:
		return r.assignProperty(target, s, value.String(s.name), v)
	}
	// The name of a method: what is set is the member of that name.
	return r.assignProperty(target, s, value.String(s.name), v)
}

func (r *run) assignIndex(target value.Value, s *step, f *frame, v value.Value) ctl {
	key, c := s.args[0].value(r, f)
	if c != next {
		return c
	}
	if key, c = r.fromEnd(target, key, s); c != next {
		return c
	}
	if l := listOf(target); l != nil {
		if key.Kind() != value.KindInteger {
			return next
		}
		i, _ := key.AsInt()
		if i < 0 || i >= int64(l.Len()) {
			return r.fail(s.place, errIndex(i, l.Len()).Error(), nil)
		}
		l.Set(int(i), v)
		return next
	}
	if o := target.AsObject(); o != nil && !key.IsString() {
		if _, ours := o.(javaObject); !ours {
			return next
		}
	}
	return r.assignProperty(target, s, key, v)
}

func (r *run) assignProperty(target value.Value, s *step, key, v value.Value) ctl {
	if m := target.AsMap(); m != nil {
		if err := r.mapPut(m, key, v); err != nil {
			return r.fail(s.place, "", err)
		}
		return next
	}
	switch o := target.AsObject().(type) {
	case *scope:
		if err := r.mapPut(o.storage(), key, v); err != nil {
			return r.fail(s.place, "", err)
		}
	case value.ObjectSetter:
		v = r.settle(v)
		if r.err != nil {
			return failed
		}
		o.Set(key.AsString(), v)
	}
	return next
}
