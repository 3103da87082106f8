package jsonpath

import (
	"math"
	"math/big"
	"strings"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// function calls token i on v. Its result is a result of the path even when
// tokens follow.
func (e *evaluation) function(i int, t *token, v value.Value) error {
	switch t.name {
	case "avg", "stddev", "sum", "min", "max", "concat", "length", "size", "append", "keys", "first", "last", "index":
	default:
		return invalidHere("Function with name: " + t.name + " does not exist.")
	}
	args, err := e.arguments(t.params)
	if err != nil {
		return err
	}
	out, err := e.call(t, v, args)
	if err != nil {
		return err
	}
	if err := e.add(out); err != nil || t.leaf {
		return err
	}
	return e.step(i+1, out)
}

// An argument is the value of a parameter. JSON that cannot be read fails
// where it is used.
type argument struct {
	val value.Value
	err error
}

func (e *evaluation) arguments(params []parameter) ([]argument, error) {
	var out []argument
	for _, p := range params {
		var a argument
		if p.path != nil {
			v, err := p.path.evaluate(e.root, e.root, e.require, e.budget)
			if err != nil {
				return nil, err
			}
			a.val = v
		} else if err := e.argument(&a, p.json); err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// argument reads an argument that is JSON. Its error is one of bounds.
func (e *evaluation) argument(a *argument, text string) error {
	if err := e.budget.work(len(text)); err != nil {
		return err
	}
	a.val, a.err = value.Parse(text, value.Limits{Memory: e.budget.memory()})
	if _, malformed := a.err.(*value.ParseError); malformed {
		a.err = evalError(a.err.Error())
		return nil
	}
	return a.err
}

func (e *evaluation) call(t *token, v value.Value, args []argument) (value.Value, error) {
	if err := e.afford(t.name, v, args); err != nil {
		return value.Value{}, err
	}
	switch t.name {
	case "length", "size":
		return e.length(t.params, v)
	case "first", "last", "index":
		return pick(t.name, v, args)
	case "append":
		return appendTo(v, args)
	case "keys":
		return keys(v), nil
	case "concat":
		return join(v, args)
	}
	return aggregate(t.name, v, args)
}

// afford counts the work of a function that goes through all members, and asks
// for the memory of what it makes of them.
func (e *evaluation) afford(name string, v value.Value, args []argument) error {
	switch name {
	case "length", "size", "first", "last", "index":
		return nil
	}
	n := v.AsList().Len() + v.AsMap().Len() + len(args)
	memory := n * sizeOfElement
	for _, a := range args {
		n += a.val.AsList().Len()
	}
	if name == "concat" {
		memory = lengthOf(v)
		for _, a := range args {
			memory += lengthOf(a.val)
		}
	}
	if err := e.budget.work(n); err != nil {
		return err
	}
	return e.budget.take(memory)
}

// lengthOf is about how long the text of what concat joins is.
func lengthOf(v value.Value) int {
	n := 0
	for _, m := range spread(v) {
		n += len(m.AsString()) + sizeOfElement
	}
	return n
}

// length counts members. An argument that is a path is applied to v, with a
// wildcard behind it.
func (e *evaluation) length(params []parameter, v value.Value) (value.Value, error) {
	if len(params) > 0 {
		p := params[0]
		if p.path == nil {
			return value.Value{}, evalError("length needs a path")
		}
		inner := p.children
		if inner == nil {
			inner = p.path
		}
		found, err := inner.evaluate(v, v, e.require, e.budget)
		if err != nil {
			return value.Value{}, err
		}
		if l := found.AsList(); l != nil {
			return value.Int(int64(l.Len())), nil
		}
	}
	if l := v.AsList(); l != nil {
		return value.Int(int64(l.Len())), nil
	}
	if m := v.AsMap(); m != nil {
		return value.Int(int64(m.Len())), nil
	}
	return value.Value{}, nil
}

func pick(name string, v value.Value, args []argument) (value.Value, error) {
	l := v.AsList()
	if l == nil {
		return value.Value{}, evalError("Aggregation function attempted to calculate value using empty array")
	}
	var i int
	switch name {
	case "last":
		i = -1
	case "index":
		n, err := numbers(nil, args)
		if err != nil {
			return value.Value{}, err
		}
		if len(n) == 0 {
			return value.Value{}, outOfBounds()
		}
		i = int(int32Of(n[0]))
	}
	switch {
	case i >= l.Len():
		return value.Value{}, outOfBounds()
	case i >= 0:
		return l.At(i), nil
	case i+l.Len() > 0: // the first member cannot be reached from the end
		return l.At(i + l.Len()), nil
	}
	return value.Value{}, evalError("Target index larger than object count")
}

func outOfBounds() error {
	return &Error{Kind: Evaluation, Offset: -1, Message: "Index out of bounds", index: true}
}

// int32Of is Number.intValue.
func int32Of(v value.Value) int32 {
	if n, ok := v.AsInt(); ok {
		return int32(n)
	}
	if v.Kind() == value.KindDouble || v.Kind() == value.KindFloat {
		f, _ := v.AsFloat()
		return int32(max(math.MinInt32, min(math.MaxInt32, f)))
	}
	d := decimal(v)
	if m := magnitude(d); m <= 0 || m > 64 {
		return 0
	}
	n := d.Unscaled()
	if s := int64(d.Scale()); s > 0 {
		n = new(big.Int).Quo(n, pow10(s))
	} else {
		n = new(big.Int).Mul(n, pow10(-s))
	}
	return int32(new(big.Int).And(n, big.NewInt(math.MaxUint32)).Uint64())
}

// appendTo returns a copy of v with the arguments behind it.
func appendTo(v value.Value, args []argument) (value.Value, error) {
	l := v.AsList()
	if l == nil || len(args) == 0 {
		return v, nil
	}
	vals := append(make([]value.Value, 0, l.Len()+len(args)), l.Values()...)
	for _, a := range args {
		if a.err != nil {
			return value.Value{}, a.err
		}
		vals = append(vals, a.val)
	}
	return value.FromList(value.NewJSONList(vals...)), nil
}

// keys returns the names of an object's members: a set, which does not print
// as JSON.
func keys(v value.Value) value.Value {
	m := v.AsMap()
	if m == nil {
		return value.Value{}
	}
	out := make([]value.Value, 0, m.Len())
	for i := range m.Len() {
		out = append(out, m.Key(i))
	}
	return value.FromList(value.NewList(out...))
}

func join(v value.Value, args []argument) (value.Value, error) {
	var b strings.Builder
	for _, m := range v.AsList().Values() {
		b.WriteString(m.AsString())
	}
	for _, a := range args {
		if a.err != nil {
			return value.Value{}, a.err
		}
		for _, m := range spread(a.val) {
			if !m.IsNull() {
				b.WriteString(m.Text())
			}
		}
	}
	return value.String(b.String()), nil
}

// spread returns the members of a list, or v alone.
func spread(v value.Value) []value.Value {
	if l := v.AsList(); l != nil {
		return l.Values()
	}
	return []value.Value{v}
}

// numbers adds the numbers among the arguments and their members to out.
func numbers(out []value.Value, args []argument) ([]value.Value, error) {
	for _, a := range args {
		if a.err != nil {
			return nil, a.err
		}
		for _, v := range spread(a.val) {
			if v.Kind().IsNumber() {
				out = append(out, v)
			}
		}
	}
	return out, nil
}

func aggregate(name string, v value.Value, args []argument) (value.Value, error) {
	var in []value.Value
	for _, m := range v.AsList().Values() {
		if m.Kind().IsNumber() {
			in = append(in, m)
		}
	}
	in, err := numbers(in, args)
	if err != nil {
		return value.Value{}, err
	}
	if len(in) == 0 {
		return value.Value{}, evalError("Aggregation function attempted to calculate value using empty array")
	}
	sum, squares := 0.0, 0.0
	least, most := math.MaxFloat64, math.SmallestNonzeroFloat64 // Java's Double.MIN_VALUE is above zero
	for _, v := range in {
		f, _ := v.AsFloat()
		sum += f
		squares += f * f
		least = min(least, f)
		most = max(most, f)
	}
	n := float64(len(in))
	switch name {
	case "avg":
		return value.Double(sum / n), nil
	case "sum":
		return value.Double(sum), nil
	case "min":
		return value.Double(least), nil
	case "max":
		return value.Double(most), nil
	}
	return value.Double(math.Sqrt(squares/n - sum*sum/n/n)), nil
}
