package value

import (
	"encoding/binary"
	"math"
	"math/big"
	"reflect"
	"slices"
)

// maxCompare bounds how many values Equal looks at, since lists that hold one
// another many times over could keep it busy for ever.
const maxCompare = 1 << 20

// Equal reports whether Java's equals says that a and b are the same: values
// of the same kind with the same content, so the Integer 1 equals neither the
// Long 1 nor 1.0. Lists are compared element by element, a JSON list with an
// ArrayList too, maps without regard to order, objects by identity. Values too
// large to compare (a million parts) are not equal.
func Equal(a, b Value) bool {
	c := comparer{budget: maxCompare}
	return c.equal(a, b, 0)
}

type comparer struct{ budget int }

func (c *comparer) equal(a, b Value, depth int) bool {
	if c.budget--; c.budget < 0 || depth > maxPrintDepth {
		return false
	}
	kind := a.Kind()
	if kind != b.Kind() {
		return false
	}
	switch kind {
	case KindString:
		return a.AsString() == b.AsString()
	case KindFloat, KindDouble:
		x, y := math.Float64frombits(a.num), math.Float64frombits(b.num)
		return a.num == b.num || x != x && y != y
	case KindBigInteger:
		return a.any.(*big.Int).Cmp(b.any.(*big.Int)) == 0
	case KindBigDecimal:
		x, y := a.AsBigDecimal(), b.AsBigDecimal()
		return x.scale == y.scale && x.unscaled.Cmp(y.unscaled) == 0
	case KindList:
		return c.lists(a.AsList(), b.AsList(), depth)
	case KindMap:
		return c.maps(a.AsMap(), b.AsMap(), depth)
	case KindObject:
		return sameObject(a.any, b.any)
	}
	return a.num == b.num
}

func (c *comparer) lists(a, b *List, depth int) bool {
	if a == b {
		return true
	}
	return slices.EqualFunc(a.vals, b.vals, func(x, y Value) bool { return c.equal(x, y, depth+1) })
}

func (c *comparer) maps(a, b *Map, depth int) bool {
	if a == b {
		return true
	}
	if a.Len() != b.Len() {
		return false
	}
	for i, v := range a.vals {
		j := b.find(a.shape.keys[i])
		if j < 0 || !c.equal(v, b.vals[j], depth+1) {
			return false
		}
	}
	return true
}

// sameObject reports whether two objects are identical. Objects of a type
// that cannot be compared never are.
func sameObject(a, b any) bool {
	return reflect.TypeOf(a) == reflect.TypeOf(b) && reflect.ValueOf(a).Comparable() && a == b
}

// encodeKey returns a string that stands for k, which is no string, among the
// keys of a map. It begins with a byte that no UTF-8 text has, and is the same
// for two scalars if they are Equal, for two lists, maps or objects if the
// first 4 KiB of their JSON are.
func encodeKey(k Value) string {
	enc := []byte{0xFF, byte(k.Kind())}
	if _, scalar := k.any.(Kind); scalar {
		return string(binary.LittleEndian.AppendUint64(enc, k.num))
	}
	enc, _ = k.AppendJSONMax(enc, 4<<10)
	return string(enc)
}
