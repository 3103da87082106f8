package vtl

import (
	"encoding/binary"
	"math"
	"math/big"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// equal is Java's a.equals(b).
func (r *run) equal(a, b value.Value) bool {
	switch a.Kind() {
	case value.KindList, value.KindMap:
		r.inTime(0) // they may hold anything
	}
	if a.Kind() != value.KindObject && b.Kind() != value.KindObject {
		return value.Equal(a, b)
	}
	switch x := a.AsObject().(type) {
	case *javaChar:
		y, ok := b.AsObject().(*javaChar)
		return ok && x.unit == y.unit
	case *classRef:
		y, ok := b.AsObject().(*classRef)
		return ok && x.name == y.name
	case *mapEntry:
		y, ok := b.AsObject().(*mapEntry)
		return ok && r.equal(x.key, y.key) && r.equal(x.value(), y.value())
	case *view:
		y, ok := b.AsObject().(*view)
		return ok && r.sameView(x, y)
	case *scope:
		if y, ok := b.AsObject().(*scope); ok {
			return x == y || value.Equal(value.FromMap(x.storage()), value.FromMap(y.storage()))
		}
		return value.Equal(value.FromMap(x.storage()), b)
	}
	return value.Equal(a, b)
}

// sameView compares two sets; values() equals only itself.
func (r *run) sameView(a, b *view) bool {
	if a == b {
		return true
	}
	if a.kind != b.kind || a.kind == viewValues || a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if r.viewIndex(b, a.elem(i)) < 0 || r.err != nil {
			return false
		}
	}
	return true
}

// maxHash bounds how many parts of a value its hash code takes in.
const maxHash = 1 << 20

// A hasher calculates hash codes.
type hasher struct {
	budget int
	err    error
}

// hash is Java's hashCode. It fails for what contains itself.
func (h *hasher) hash(v value.Value, depth int) int32 {
	const maxDepth = 1000
	if h.budget--; h.budget < 0 || depth > maxDepth {
		h.err = value.ErrTooDeep
		return 0
	}
	switch v.Kind() {
	case value.KindNull:
		return 0
	case value.KindBool:
		return 1237 - 6*int32(boolInt(v))
	case value.KindInteger:
		return hashLong(num(v), 32)
	case value.KindLong:
		return hashLong(num(v), 64)
	case value.KindDouble:
		return hashLong(int64(math.Float64bits(real64(v))), 64)
	case value.KindFloat:
		return int32(math.Float32bits(float32(real64(v))))
	case value.KindBigInteger:
		return hashBig(v.AsBigInteger())
	case value.KindBigDecimal:
		d := v.AsBigDecimal()
		return 31*hashBig(d.Unscaled()) + d.Scale()
	case value.KindString:
		return hash16(v.AsString())
	case value.KindList:
		sum := int32(1)
		for _, e := range v.AsList().Values() {
			sum = 31*sum + h.hash(e, depth+1)
		}
		return sum
	case value.KindMap:
		sum, m := int32(0), v.AsMap()
		for i := range m.Len() {
			sum += h.hash(m.Key(i), depth+1) ^ h.hash(valueAt(m, i), depth+1)
		}
		return sum
	}
	return h.object(v, depth)
}

func (h *hasher) object(v value.Value, depth int) int32 {
	switch o := v.AsObject().(type) {
	case *javaChar:
		return int32(o.unit)
	case *mapEntry:
		return h.hash(o.key, depth+1) ^ h.hash(o.value(), depth+1)
	case *view:
		sum := int32(0)
		for i := range o.Len() {
			sum += h.hash(o.elem(i), depth+1)
		}
		return sum
	}
	return hash16(className(v))
}

// hashLong is the hash code of an Integer or Long.
func hashLong(n int64, size int) int32 {
	if size == 32 {
		return int32(n)
	}
	return int32(n ^ int64(uint64(n)>>32))
}

// hashBig is the hash code of a BigInteger, which goes by 32 bits at a time.
func hashBig(n *big.Int) int32 {
	h := int32(0)
	b := n.Bytes()
	for len(b)%4 != 0 {
		b = append([]byte{0}, b...)
	}
	for ; len(b) > 0; b = b[4:] {
		h = 31*h + int32(binary.BigEndian.Uint32(b))
	}
	return h * int32(n.Sign())
}
