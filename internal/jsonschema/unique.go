package jsonschema

import (
	"cmp"
	"hash/maphash"
	"math/big"
	"slices"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// equal reports whether two values are the same JSON: numbers by value,
// objects without regard to order.
func (r *run) equal(a, b value.Value) bool {
	if !r.spend(1) {
		return false
	}
	if a.Kind().IsNumber() && b.Kind().IsNumber() {
		return compare(a, b) == 0
	}
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case value.KindBool:
		x, _ := a.AsBool()
		y, _ := b.AsBool()
		return x == y
	case value.KindString:
		s, t := a.AsString(), b.AsString()
		return len(s) == len(t) && r.spend(len(s)/bytesPerStep) && s == t
	case value.KindList:
		return slices.EqualFunc(a.AsList().Values(), b.AsList().Values(), r.equal)
	case value.KindMap:
		return r.equalMaps(a.AsMap(), b.AsMap())
	}
	return true
}

func (r *run) equalMaps(a, b *value.Map) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		key, x := a.At(i)
		if y, ok := b.Get(key); !ok || !r.spend(len(key)/bytesPerStep) || !r.equal(x, y) {
			return false
		}
	}
	return true
}

// uniqueItems wants no two elements of a list to be equal.
type uniqueItems struct{}

// few is up to how many elements each is compared with each.
const few = 8

func (uniqueItems) holds(r *run, v value.Value) bool {
	l := v.AsList()
	if l.Len() > few {
		return r.allUnlike(l)
	}
	for i := 1; i < l.Len(); i++ {
		for j := range i {
			if r.equal(l.At(i), l.At(j)) || r.err != nil {
				return false
			}
		}
	}
	return r.err == nil
}

func (uniqueItems) message(*run, value.Value) string {
	return "array must not contain duplicate elements"
}

// allUnlike compares only elements with the same hash, so that a long list
// takes little more time than a short one for each of its elements.
func (r *run) allUnlike(l *value.List) bool {
	type hashed struct {
		sum uint64
		at  int
	}
	h, list := hasher{r, maphash.MakeSeed()}, make([]hashed, l.Len())
	for i := range list {
		if list[i] = (hashed{h.sum(l.At(i)), i}); r.err != nil {
			return false
		}
	}
	slices.SortFunc(list, func(a, b hashed) int { return cmp.Compare(a.sum, b.sum) })
	for i := 1; i < len(list); i++ {
		for j := i - 1; j >= 0 && list[j].sum == list[i].sum; j-- {
			if r.equal(l.At(list[i].at), l.At(list[j].at)) || r.err != nil {
				return false
			}
		}
	}
	return r.err == nil
}

// A hasher gives equal values the same number, by a seed nobody can guess.
type hasher struct {
	run  *run
	seed maphash.Seed
}

func (h hasher) sum(v value.Value) uint64 {
	if !h.run.spend(1) {
		return 0
	}
	sum := uint64(typeOf(v))
	switch v.Kind() {
	case value.KindString:
		sum += h.text(v.AsString())
	case value.KindBool:
		b, _ := v.AsBool()
		sum = maphash.Comparable(h.seed, b)
	case value.KindList:
		for _, item := range v.AsList().Values() {
			sum = maphash.Comparable(h.seed, [2]uint64{sum, h.sum(item)})
		}
	case value.KindMap:
		m := v.AsMap()
		for i := range m.Len() { // in any order
			key, item := m.At(i)
			sum += maphash.Comparable(h.seed, [2]uint64{h.text(key), h.sum(item)})
		}
	case value.KindNull:
	default:
		return h.number(v)
	}
	return sum
}

func (h hasher) text(s string) uint64 {
	h.run.spend(len(s) / bytesPerStep)
	return maphash.String(h.seed, s)
}

// number hashes a number without the zeros at its end, so that 10, 10.0 and
// 1e1 are the same.
func (h hasher) number(v value.Value) uint64 {
	d := decimalOf(v)
	if n, ok := v.AsInt(); ok {
		d = decimal{big.NewInt(n), 0}
	}
	h.run.spend(d.digits.BitLen() / bytesPerStep)
	digits, zeros := d.digits.Text(10), int64(0)
	for len(digits) > 1 && digits[len(digits)-1] == '0' {
		digits, zeros = digits[:len(digits)-1], zeros+1
	}
	if digits == "0" {
		return 0
	}
	return maphash.Comparable(h.seed, [2]uint64{maphash.String(h.seed, digits), uint64(d.exp + zeros)})
}
