package vtl

import "github.com/gatehouse-gw/gatehouse/vtl/value"

// A stmt is a statement of a compiled template.
type stmt interface {
	exec(r *run, f *frame) ctl

	// begin says where the statement begins, and what events call it.
	begin() (place, string)
}

// A block is statements in a row.
type block []stmt

func (r *run) block(b block, f *frame) ctl {
	if r.hook != nil {
		return r.watched(b, f)
	}
	return r.inline(b, f)
}

// inline is block for what is no step of its own: strings in double quotes.
func (r *run) inline(b block, f *frame) ctl {
	for _, s := range b {
		if c := s.exec(r, f); c != next {
			return c
		}
	}
	return next
}

type textStmt struct {
	text     string
	from, to int32 // where it stands, comments within included
}

func (s *textStmt) exec(r *run, _ *frame) ctl { return r.write(0, s.text) }

type blockStmt struct {
	place place
	body  block
}

func (s *blockStmt) exec(r *run, f *frame) ctl { return r.block(s.body, f) }

// A failStmt is a directive that cannot be executed. Nobody minds it where it
// is not.
type failStmt struct {
	place   place
	problem string
}

func (s *failStmt) exec(r *run, _ *frame) ctl { return r.fail(s.place, s.problem, nil) }

// A referenceStmt prints a reference.
type referenceStmt struct{ *reference }

func (s *referenceStmt) exec(r *run, f *frame) ctl {
	ref := s.reference
	if ref.kind == refText {
		return r.write(ref.place, ref.null)
	}
	v, c := ref.value(r, f)
	if c != next {
		return c
	}
	if ref.plain && v.IsString() {
		return r.write(ref.place, v.AsString())
	}
	if ref.plain && !v.IsNull() && v.Kind() != value.KindObject {
		return r.printValue(ref.place, v)
	}
	return ref.print(r, f, v)
}

// print prints v, the value of ref, with everything around it.
func (ref *reference) print(r *run, f *frame, v value.Value) ctl {
	if ref.escaped {
		prefix := ref.escapes
		if v.IsNull() {
			prefix += `\`
		}
		return r.write(ref.place, prefix+ref.nullText(f))
	}
	if b := blockOf(v); b != nil {
		return ref.printBlock(r, f, b)
	}
	if v.IsNull() {
		return r.write(ref.place, ref.escapes+ref.escapes+ref.prefix+ref.nullText(f))
	}
	if c := r.write(ref.place, ref.escapes+ref.prefix); c != next {
		return c
	}
	return r.print(ref.place, v)
}

// printBlock prints a block straight to the output, without what is before
// the reference. One that recurs too deep is like null.
func (ref *reference) printBlock(r *run, f *frame, b *blockRef) ctl {
	ok, c := r.runBlock(b, f)
	if ok || c != next {
		return c
	}
	return ref.print(r, f, value.Value{})
}

// nullText returns what a reference without a value prints.
func (ref *reference) nullText(f *frame) string {
	if ref.literalSlot >= 0 && f != nil {
		if s, ok := f.argumentLiteral(ref.literalSlot); ok && ref.null != "" {
			return s
		}
	}
	return ref.null
}

// A setStmt is #set.
type setStmt struct {
	place place
	left  *reference
	slot  int // of a left side without steps
	right expr
}

func (s *setStmt) exec(r *run, f *frame) ctl {
	if !r.step(s.place) {
		return failed
	}
	v, c := s.right.value(r, f)
	if c != next {
		return c
	}
	if r.hook != nil && !r.tell(EventSet, s.place, s.left.text, v) {
		return failed
	}
	if v.IsNull() {
		return next
	}
	if len(s.left.steps) == 0 {
		r.put(f, s.slot, v)
		return next
	}
	return s.left.assign(r, f, v)
}

// An ifStmt is #if with all its branches.
type ifStmt struct {
	place     place
	branches  []branch
	otherwise block
}

type branch struct {
	place     place
	text      string // of the condition
	condition expr
	body      block
}

func (s *ifStmt) exec(r *run, f *frame) ctl {
	if !r.step(s.place) {
		return failed
	}
	for i := range s.branches {
		b := &s.branches[i]
		yes, c := b.condition.truth(r, f)
		if c != next {
			return c
		}
		if r.hook != nil && !r.tell(EventCondition, b.place, b.text, value.Bool(yes)) {
			return failed
		}
		if yes {
			return r.block(b.body, f)
		}
	}
	return r.block(s.otherwise, f)
}

// A leaveStmt is #break or #stop.
type leaveStmt struct {
	place place
	stop  bool
	arg   expr   // may be nil
	text  string // of the argument
}

func (s *leaveStmt) exec(r *run, f *frame) ctl {
	if !r.step(s.place) {
		return failed
	}
	var arg value.Value
	if s.arg != nil {
		var c ctl
		if arg, c = s.arg.value(r, f); c != next {
			return c
		}
	}
	if s.stop {
		return stopping
	}
	r.owner = nil
	if s.arg != nil {
		sc, ok := arg.AsObject().(*scope)
		if !ok {
			return r.fail(s.place, s.text+" is no loop that #break can leave", nil)
		}
		r.owner = sc.loop
	}
	return breaking
}

// An includeStmt is #include or #parse, which find nothing.
type includeStmt struct {
	place place
	name  string
	args  []includeArg
}

type includeArg struct {
	expr     expr
	readable bool // a kind of argument that names a file
}

func (s *includeStmt) exec(r *run, f *frame) ctl {
	if s.name == "parse" && len(s.args) == 0 {
		return r.fail(s.place, "#parse needs an argument", nil)
	}
	for i, arg := range s.args {
		var v value.Value
		if arg.readable {
			var c ctl
			if v, c = arg.expr.value(r, f); c != next {
				return c
			}
		}
		if !v.IsNull() || !arg.readable {
			return r.fail(s.place, "#"+s.name+" reaches no files", nil)
		}
		if s.name == "parse" {
			return next
		}
		msg := "<!-- include error : error with arg " + value.Int(int64(i)).Text() + " please see log. see error log -->"
		if c := r.write(s.place, msg); c != next {
			return c
		}
	}
	return next
}
