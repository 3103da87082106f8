package vtl

import (
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// An expr is an expression of a compiled template.
type expr interface {
	// value evaluates the expression.
	value(r *run, f *frame) (value.Value, ctl)

	// truth evaluates it as a condition. That is not always the truth of its
	// value: literals and arithmetic are false as conditions.
	truth(r *run, f *frame) (bool, ctl)
}

// untrue is part of expressions that are false as a condition, and not even
// evaluated.
type untrue struct{}

func (untrue) truth(*run, *frame) (bool, ctl) { return false, next }

// A literalExpr is a constant.
type literalExpr struct {
	v   value.Value
	yes bool // it is true
}

func (e *literalExpr) value(*run, *frame) (value.Value, ctl) { return e.v, next }

func (e *literalExpr) truth(*run, *frame) (bool, ctl) { return e.yes, next }

// A stringExpr is a string in double quotes with something to evaluate in it.
type stringExpr struct {
	untrue
	place place
	body  block
	cut   bool // the last character was added by us
}

// simplify cuts the added character off where that can be done beforehand.
func (e *stringExpr) simplify() expr {
	if n := len(e.body); e.cut && n > 0 {
		if t, ok := e.body[n-1].(*textStmt); ok && t.text[len(t.text)-1] == ' ' {
			e.cut = false
			if t.text = t.text[:len(t.text)-1]; t.text == "" {
				e.body = e.body[:n-1]
			}
		}
	}
	return e
}

func (e *stringExpr) value(r *run, f *frame) (value.Value, ctl) {
	if !r.step(e.place) {
		return value.Value{}, failed
	}
	s, c := r.capture(e.place, func() ctl { return r.inline(e.body, f) })
	if c != next {
		return value.Value{}, c
	}
	if e.cut {
		s = cutLast(s)
	}
	return value.String(s), next
}

// A listExpr is a list literal.
type listExpr struct{ elements []expr }

func (e *listExpr) truth(*run, *frame) (bool, ctl) { return false, next }

func (e *listExpr) value(r *run, f *frame) (value.Value, ctl) {
	if r.charge(len(e.elements)*elementSize+elementSize) != nil {
		return value.Value{}, r.limit(0, "Memory", "the template makes too many strings, lists and maps")
	}
	vals := make([]value.Value, 0, len(e.elements))
	for _, element := range e.elements {
		v, c := element.value(r, f)
		if c != next {
			return v, c
		}
		vals = append(vals, v)
	}
	return value.FromList(value.NewList(vals...)), next
}

// A mapExpr is a map literal: keys and values in turn.
type mapExpr struct{ parts []expr }

func (e *mapExpr) truth(*run, *frame) (bool, ctl) { return false, next }

func (e *mapExpr) value(r *run, f *frame) (value.Value, ctl) {
	m := value.NewMap(len(e.parts) / 2)
	if err := r.charge(elementSize); err != nil {
		return value.Value{}, r.fail(0, "", err)
	}
	for i := 0; i+1 < len(e.parts); i += 2 {
		k, c := e.parts[i].value(r, f)
		if c != next {
			return k, c
		}
		v, c := e.parts[i+1].value(r, f)
		if c != next {
			return v, c
		}
		if err := r.mapPut(m, k, v); err != nil {
			return v, r.fail(0, "", err)
		}
	}
	return value.FromMap(m), next
}

// A rangeExpr is [from..to], which counts down if it must.
type rangeExpr struct {
	untrue
	place  place
	bounds [2]expr
}

func (e *rangeExpr) value(r *run, f *frame) (value.Value, ctl) {
	var ends [2]int64
	ok := true
	for i, bound := range e.bounds {
		v, c := bound.value(r, f)
		if c != next {
			return v, c
		}
		n, isNumber := intValue(v)
		ends[i], ok = n, ok && isNumber
	}
	if !ok {
		return value.Value{}, next
	}
	from, to := ends[0], ends[1]
	step := int64(1)
	if from >= to {
		step = -1
	}
	n := int((to-from)*step) + 1
	if err := r.chargeElements(n, n); err != nil {
		return value.Value{}, r.fail(e.place, "", err)
	}
	vals := make([]value.Value, n)
	for i := range vals {
		vals[i] = value.Int(from + int64(i)*step)
	}
	return value.FromList(value.NewList(vals...)), next
}

// A notExpr is !x.
type notExpr struct{ x expr }

func (e *notExpr) value(r *run, f *frame) (value.Value, ctl) {
	b, c := e.truth(r, f)
	return value.Bool(b), c
}

func (e *notExpr) truth(r *run, f *frame) (bool, ctl) {
	b, c := e.x.truth(r, f)
	return !b, c
}

// A logicExpr is && or ||. The right side is evaluated only if it matters.
type logicExpr struct {
	or          bool
	left, right expr
}

func (e *logicExpr) value(r *run, f *frame) (value.Value, ctl) {
	b, c := e.truth(r, f)
	return value.Bool(b), c
}

func (e *logicExpr) truth(r *run, f *frame) (bool, ctl) {
	b, c := e.left.truth(r, f)
	if c != next || b == e.or {
		return b, c
	}
	return e.right.truth(r, f)
}

// An equalExpr is == or !=.
type equalExpr struct {
	place       place
	not         bool
	left, right expr
}

func (e *equalExpr) value(r *run, f *frame) (value.Value, ctl) {
	b, c := e.truth(r, f)
	return value.Bool(b), c
}

func (e *equalExpr) truth(r *run, f *frame) (bool, ctl) {
	if !r.step(e.place) {
		return false, failed
	}
	left, right, c := both(r, f, e.left, e.right)
	if c != next {
		return false, c
	}
	same, c := r.same(e.place, left, right)
	return same != e.not, c
}

// both evaluates the operands of a binary operator.
func both(r *run, f *frame, left, right expr) (l, rt value.Value, c ctl) {
	if l, c = left.value(r, f); c != next {
		return l, rt, c
	}
	rt, c = right.value(r, f)
	return l, rt, c
}

// same is ==: numbers are compared by value, things of one class by equals,
// others by their text.
func (r *run) same(at place, a, b value.Value) (bool, ctl) {
	if a.IsString() && b.IsString() {
		return a.AsString() == b.AsString(), next
	}
	if a.Kind().IsNumber() && b.Kind().IsNumber() {
		order, err := compareNumbers(a, b)
		if err != nil {
			return false, r.fail(at, "", err)
		}
		return order == 0, next
	}
	if !a.IsNull() && !b.IsNull() && classOf(a).comparable(classOf(b)) {
		return r.equal(a, b), next
	}
	a, c := r.text(at, a)
	if c != next {
		return false, c
	}
	if b, c = r.text(at, b); c != next {
		return false, c
	}
	if a.IsNull() != b.IsNull() {
		return r.t.mode == APIGateway && a.AsString() == "" && b.AsString() == "", next
	}
	return a.AsString() == b.AsString(), next
}

// A compareExpr is < <= > or >=. Only numbers have an order.
type compareExpr struct {
	place       place
	op          nodeKind
	left, right expr
}

func (e *compareExpr) value(r *run, f *frame) (value.Value, ctl) {
	b, c := e.truth(r, f)
	return value.Bool(b), c
}

func (e *compareExpr) truth(r *run, f *frame) (bool, ctl) {
	if !r.step(e.place) {
		return false, failed
	}
	left, right, c := both(r, f, e.left, e.right)
	if c != next || !left.Kind().IsNumber() || !right.Kind().IsNumber() {
		return false, c
	}
	order, err := compareNumbers(left, right)
	if err != nil {
		return false, r.fail(e.place, "", err)
	}
	switch e.op {
	case nodeLess:
		return order < 0, next
	case nodeLessEqual:
		return order <= 0, next
	case nodeGreater:
		return order > 0, next
	}
	return order >= 0, next
}

// A mathExpr is + - * / or %.
type mathExpr struct {
	untrue
	place               place
	op                  nodeKind
	left, right         expr
	leftText, rightText string // of the operands of +, which print for null
}

func (e *mathExpr) value(r *run, f *frame) (value.Value, ctl) {
	if !r.step(e.place) {
		return value.Value{}, failed
	}
	left, right, c := both(r, f, e.left, e.right)
	if c != next {
		return left, c
	}
	if e.op == nodeAdd && (left.IsString() || right.IsString()) {
		return e.concat(r, left, right)
	}
	if !left.Kind().IsNumber() || !right.Kind().IsNumber() {
		return value.Value{}, next
	}
	v, err := arithmetic(e.op, left, right)
	if err != nil {
		return v, r.fail(e.place, "", err)
	}
	return v, next
}

// concat joins two texts; an operand without a value is there as its source.
func (e *mathExpr) concat(r *run, left, right value.Value) (value.Value, ctl) {
	if left.IsNull() {
		left = value.String(e.leftText)
	} else if right.IsNull() {
		right = value.String(e.rightText)
	}
	left, c := r.text(e.place, left)
	if c != next {
		return left, c
	}
	right, c = r.text(e.place, right)
	if c != next {
		return right, c
	}
	a, b := left.AsString(), right.AsString()
	if err := r.chargeString(len(a) + len(b)); err != nil {
		return left, r.fail(e.place, "", err)
	}
	return value.String(a + b), next
}
