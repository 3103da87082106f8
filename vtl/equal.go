package vtl

import (
	"math"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// equal is Java's a.equals(b).
func (r *run) equal(a, b value.Value) bool {
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
		return ok && r.equal(x.key, y.key) && r.equal(x.val, y.val)
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
		if r.viewIndex(b, a.elem(i)) < 0 {
			return false
		}
	}
	return true
}

// maxHashDepth bounds hash for lists that contain themselves.
const maxHashDepth = 100

// hash is Java's hashCode.
func hash(v value.Value, depth int) int32 {
	if depth > maxHashDepth {
		return 0
	}
	switch v.Kind() {
	case value.KindNull:
		return 0
	case value.KindBool:
		if b, _ := v.AsBool(); b {
			return 1231
		}
		return 1237
	case value.KindInteger:
		return hashLong(num(v), 32)
	case value.KindLong:
		return hashLong(num(v), 64)
	case value.KindDouble:
		return hashLong(int64(math.Float64bits(real64(v))), 64)
	case value.KindFloat:
		return int32(math.Float32bits(float32(real64(v))))
	case value.KindString:
		return hash16(v.AsString())
	case value.KindList:
		h := int32(1)
		for _, e := range v.AsList().Values() {
			h = 31*h + hash(e, depth+1)
		}
		return h
	case value.KindMap:
		h, m := int32(0), v.AsMap()
		for i := range m.Len() {
			h += hash(m.Key(i), depth+1) ^ hash(valueAt(m, i), depth+1)
		}
		return h
	}
	if c, ok := v.AsObject().(*javaChar); ok {
		return int32(c.unit)
	}
	if e, ok := v.AsObject().(*mapEntry); ok {
		return hash(e.key, depth+1) ^ hash(e.val, depth+1)
	}
	return hash16(v.Text())
}

// hashLong is the hash code of an Integer or Long.
func hashLong(n int64, size int) int32 {
	if size == 32 {
		return int32(n)
	}
	return int32(n ^ int64(uint64(n)>>32))
}
