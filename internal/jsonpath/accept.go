package jsonpath

import (
	"strings"
	"unsafe"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// errRejected says that a filter makes no sense for an item, which is then
// left out whatever else the filter says.
var errRejected = invalidHere("filter does not apply")

// accepts reports whether a filter lets item through.
func (e *evaluation) accepts(c *condition, item value.Value) (bool, error) {
	ok, err := e.holds(c, item)
	if err == nil {
		return ok, nil
	}
	if f, isError := err.(*Error); err == ErrNotFound || isError && f.Kind == InvalidPath {
		return false, nil
	}
	return false, err
}

func (e *evaluation) holds(c *condition, item value.Value) (bool, error) {
	switch c.join {
	case not:
		ok, err := e.holds(c.parts[0], item)
		return !ok, err
	case all, any:
		for _, part := range c.parts {
			if ok, err := e.holds(part, item); err != nil || ok == (c.join == any) {
				return ok, err
			}
		}
		return c.join == all, nil
	}
	left, err := e.resolve(&c.left, item)
	if err != nil {
		return false, err
	}
	right, err := e.resolve(&c.right, item)
	if err != nil {
		return false, err
	}
	ok, err := e.budget.compare(c.op, left, right)
	e.budget.giveBack()
	return ok, err
}

// resolve evaluates an operand for an item.
func (e *evaluation) resolve(o *operand, item value.Value) (node, error) {
	if o.path == nil {
		if o.literal.bad {
			return node{}, evalError("not JSON: " + o.literal.text)
		}
		return o.literal, nil
	}
	if o.exists {
		_, err := o.path.evaluate(item, e.root, true, e.budget)
		if err != nil && err != ErrNotFound {
			return node{}, err
		}
		return boolNode(err == nil), nil
	}
	v, err := e.inner(o.path, item)
	if err == ErrNotFound {
		return node{}, nil
	}
	if err != nil {
		return node{}, err
	}
	return nodeOf(v)
}

// inner evaluates a path within a filter; one that starts at the root only
// once.
func (e *evaluation) inner(p *Path, item value.Value) (value.Value, error) {
	switch {
	case !p.root:
		if len(p.tokens) == 0 {
			return item, nil
		}
		return p.evaluate(item, e.root, e.require, e.budget)
	case e.budget.roots == nil:
		e.budget.roots = make(map[*Path]value.Value)
	default:
		if v, ok := e.budget.roots[p]; ok {
			return v, nil
		}
	}
	v, err := p.evaluate(e.root, e.root, e.require, e.budget)
	if err == nil {
		e.budget.roots[p] = v
	}
	return v, err
}

// compare applies an operator. errRejected stands for the exception by which
// Jayway leaves an item out.
func (b *budget) compare(op operator, l, r node) (bool, error) {
	if err := b.work(l.parts() + r.parts()); err != nil {
		return false, err
	}
	switch op {
	case opExists:
		return existence(l, r)
	case opEQ, opNE, opTypeEQ, opTypeNE:
		return b.same(op, l, r)
	case opLT, opLTE, opGT, opGTE:
		return ordered(op, l, r), nil
	case opRegexp:
		return b.matches(l, r)
	case opSize:
		return size(l, r), nil
	case opEmpty:
		return isEmpty(l, r)
	case opContains:
		return b.contains(l, r)
	case opIn:
		return b.in(l, r)
	case opNotIn:
		ok, err := b.in(l, r)
		return !ok, err
	case opSubsetOf, opAnyOf, opNoneOf:
		return b.overlap(op, l, r)
	}
	return false, errRejected // all, type and matches need what no filter text can give
}

func existence(l, r node) (bool, error) {
	switch {
	case l.kind != nodeBool && r.kind != nodeBool:
		return false, evalError("Failed to evaluate exists expression")
	case l.kind != nodeBool || r.kind != nodeBool:
		return false, errRejected
	}
	return l.equal(r), nil
}

// same compares by one of the four operators that ask whether two are equal.
func (b *budget) same(op operator, l, r node) (bool, error) {
	if l.kind == nodeJSON && r.kind == nodeJSON {
		if err := b.work(deepWork); err != nil {
			return false, err
		}
	}
	switch op {
	case opEQ:
		return equal(l, r), nil
	case opNE:
		return !equal(l, r), nil
	case opTypeEQ:
		return l.kind == r.kind && equal(l, r), nil
	}
	return l.kind != r.kind || !equal(l, r), nil
}

func equal(l, r node) bool {
	if l.kind == nodeJSON && r.kind == nodeJSON {
		return l.equalJSON(r)
	}
	return l.equal(r)
}

// ordered compares two numbers or two strings; nothing else has an order.
func ordered(op operator, l, r node) bool {
	var c int
	switch {
	case l.kind == nodeNumber && r.kind == nodeNumber:
		c = compareNumbers(l.val, r.val)
	case l.kind == nodeString && r.kind == nodeString:
		c = compareText(l.text, r.text)
	default:
		return false
	}
	switch op {
	case opLT:
		return c < 0
	case opLTE:
		return c <= 0
	case opGT:
		return c > 0
	}
	return c >= 0
}

func (b *budget) matches(l, r node) (bool, error) {
	if (l.kind == nodePattern) == (r.kind == nodePattern) {
		return false, nil
	}
	if r.kind == nodePattern {
		l, r = r, l
	}
	members, ok, err := b.members(r)
	if err != nil {
		return false, err
	}
	if !ok {
		members = []node{r}
	}
	for _, m := range members {
		if err := b.work(patternWork + m.parts()); err != nil {
			return false, err
		}
		ok, err := l.pattern.Matches(m.input(), b.matching())
		if err != nil {
			return false, evalError(err.Error())
		}
		if ok {
			return true, nil
		}
	}
	return false, nil
}

func size(l, r node) bool {
	if r.kind != nodeNumber {
		return false
	}
	want := int32Of(r.val)
	switch l.kind {
	case nodeString:
		return textLength(l.text) == int(want)
	case nodeJSON:
		if list := l.val.AsList(); list != nil {
			return list.Len() == int(want)
		}
		return want == -1
	}
	return false
}

func isEmpty(l, r node) (bool, error) {
	if l.kind != nodeString && l.kind != nodeJSON {
		return false, nil
	}
	empty := l.text == ""
	if l.kind == nodeJSON {
		switch {
		case l.val.AsMap() != nil:
			return false, evalError("class cast: a map is no collection")
		case l.val.AsList() != nil:
			empty = l.val.AsList().Len() == 0
		default:
			empty = l.val.AsString() == ""
		}
	}
	if r.kind != nodeBool {
		return false, errRejected
	}
	want, _ := r.val.AsBool()
	return empty == want, nil
}

func (b *budget) contains(l, r node) (bool, error) {
	if l.kind == nodeString && r.kind == nodeString {
		return strings.Contains(l.text, r.text), nil
	}
	if l.kind != nodeJSON {
		return false, nil
	}
	members, ok, err := b.members(l)
	return ok && hasMember(members, r), err
}

func (b *budget) in(l, r node) (bool, error) {
	if r.kind != nodeJSON {
		return false, errRejected
	}
	members, ok, err := b.members(r)
	return ok && hasMember(members, l), err
}

func (b *budget) overlap(op operator, l, r node) (bool, error) {
	if r.kind != nodeJSON {
		return false, errRejected
	}
	right, ok, err := b.members(r)
	if err != nil || !ok {
		return false, err
	}
	if l.kind != nodeJSON {
		return false, errRejected
	}
	left, ok, err := b.members(l)
	if err != nil || !ok {
		return false, err
	}
	for _, m := range left {
		if err := b.work(len(right)); err != nil {
			return false, err
		}
		switch found := hasMember(right, m); {
		case op == opSubsetOf && !found:
			return false, nil
		case op == opAnyOf && found:
			return true, nil
		case op == opNoneOf && found:
			return false, nil
		}
	}
	return op != opAnyOf, nil
}

// hasMember is List.contains: x is asked whether it equals a member.
func hasMember(members []node, x node) bool {
	for _, m := range members {
		if x.equal(m) {
			return true
		}
	}
	return false
}

// members returns what a list holds; ok is false when n is no list.
func (b *budget) members(n node) (out []node, ok bool, err error) {
	if n.kind != nodeJSON || n.val.AsList() == nil {
		return nil, false, nil
	}
	l := n.val.AsList()
	if err := b.borrow(l.Len() * int(unsafe.Sizeof(node{}))); err != nil {
		return nil, false, err
	}
	out = make([]node, 0, l.Len())
	for i := range l.Len() {
		m, err := b.elementNode(l.At(i))
		if err != nil {
			return nil, false, err
		}
		out = append(out, m)
	}
	return out, true, nil
}

const (
	patternWork  = 256       // a match, besides its text
	deepWork     = clockWork // what holds lists and objects may hold anything
	shallowParts = 16        // bytes of a text that are compared as fast as a member of a list
)

// parts is how much work it may be to compare n.
func (n node) parts() int {
	switch {
	case n.kind != nodeJSON:
		return len(n.text) / shallowParts
	case n.val.AsList() != nil:
		return n.val.AsList().Len()
	}
	return n.val.AsMap().Len()
}

// borrow takes memory until the comparison ends.
func (b *budget) borrow(n int) error {
	if err := b.take(n); err != nil {
		return err
	}
	b.borrowed += int32(n)
	return nil
}

func (b *budget) giveBack() {
	if b.borrowed > 0 {
		_ = b.take(-int(b.borrowed))
		b.borrowed = 0
	}
}

// A loan is what a document takes that is read for a comparison alone.
type loan budget

// Take asks for n more bytes until the comparison ends.
func (l *loan) Take(n int) error { return (*budget)(l).borrow(n) }
