package value

import (
	"math"
	"math/big"
	"unsafe"
)

// A Kind says what a Value is, in Java's words.
type Kind uint8

// The kinds of Value.
const (
	KindNull       Kind = iota
	KindBool            // Boolean
	KindInteger         // 32-bit integer
	KindLong            // 64-bit integer
	KindFloat           // 32-bit floating number
	KindDouble          // 64-bit floating number
	KindBigInteger      // integer of any size
	KindBigDecimal      // decimal number of any size, a *Decimal
	KindString
	KindList   // *List
	KindMap    // *Map
	KindObject // a host's value, an Object
)

// String returns the name of k, such as "Integer".
func (k Kind) String() string {
	names := [...]string{"Null", "Boolean", "Integer", "Long", "Float", "Double",
		"BigInteger", "BigDecimal", "String", "List", "Map", "Object"}
	if int(k) >= len(names) {
		return "Kind(?)"
	}
	return names[k]
}

// IsNumber reports whether k is one of the six kinds of number.
func (k Kind) IsNumber() bool { return KindInteger <= k && k <= KindBigDecimal }

// A Value is null, a boolean, a number, a string, a list, a map or a host's
// object. The zero Value is null. Values cannot be compared with ==, see
// [Equal].
type Value struct {
	_   [0]func() // forbids ==
	num uint64    // of a scalar its bits, of a string its length
	any any       // nil, the Kind of a scalar, textPtr, *List, *Map, *big.Int, *Decimal or Object
}

// A textPtr points to the bytes of a string, whose length is in Value.num.
// Like log/slog's Value this takes three words and no allocation.
type textPtr *byte

// Bool returns a Boolean.
func Bool(b bool) Value {
	if b {
		return Value{num: 1, any: KindBool}
	}
	return Value{any: KindBool}
}

// Int returns n as an Integer when it fits in 32 bits, else as a Long.
func Int(n int64) Value {
	if int64(int32(n)) == n {
		return Value{num: uint64(n), any: KindInteger}
	}
	return Value{num: uint64(n), any: KindLong}
}

// Long returns n as a Long, however small it is.
func Long(n int64) Value { return Value{num: uint64(n), any: KindLong} }

// Float returns a 32-bit floating number.
func Float(f float32) Value {
	return Value{num: math.Float64bits(float64(f)), any: KindFloat}
}

// Double returns a 64-bit floating number.
func Double(f float64) Value { return Value{num: math.Float64bits(f), any: KindDouble} }

// String returns a string. It shares the bytes of s.
func String(s string) Value {
	return Value{num: uint64(len(s)), any: textPtr(unsafe.StringData(s))}
}

// BigInteger returns n, which must not be changed afterwards, as a BigInteger
// whatever its size. A nil n is null.
func BigInteger(n *big.Int) Value {
	if n == nil {
		return Value{}
	}
	return Value{any: n}
}

// BigDecimal returns d as a BigDecimal. A nil d is null.
func BigDecimal(d *Decimal) Value {
	if d == nil {
		return Value{}
	}
	return Value{any: d}
}

// FromList returns l as a Value that shares l's contents. A nil l is null.
func FromList(l *List) Value {
	if l == nil {
		return Value{}
	}
	return Value{any: l}
}

// FromMap returns m as a Value that shares m's contents. A nil m is null.
func FromMap(m *Map) Value {
	if m == nil {
		return Value{}
	}
	return Value{any: m}
}

// FromObject returns a host's object as a Value. A nil o is null.
func FromObject(o Object) Value {
	if o == nil {
		return Value{}
	}
	return Value{any: o}
}

// Kind returns what v is.
func (v Value) Kind() Kind {
	switch x := v.any.(type) {
	case nil:
		return KindNull
	case Kind:
		return x
	case textPtr:
		return KindString
	case *Map:
		return KindMap
	case *List:
		return KindList
	case *big.Int:
		return KindBigInteger
	case *Decimal:
		return KindBigDecimal
	}
	return KindObject
}

// IsNull reports whether v is null.
func (v Value) IsNull() bool { return v.any == nil }

// AsBool returns the boolean in v; ok is false when v is something else.
func (v Value) AsBool() (b, ok bool) {
	k, _ := v.any.(Kind)
	return v.num != 0 && k == KindBool, k == KindBool
}

// AsInt returns v, an Integer or Long, or a BigInteger that fits in 64 bits;
// ok is false when v is something else. Floating numbers are not converted.
func (v Value) AsInt() (n int64, ok bool) {
	switch x := v.any.(type) {
	case Kind:
		if x == KindInteger || x == KindLong {
			return int64(v.num), true
		}
	case *big.Int:
		if x.IsInt64() {
			return x.Int64(), true
		}
	}
	return 0, false
}

// AsFloat returns v, a number of any kind, as the nearest floating number; ok
// is false when v is no number.
func (v Value) AsFloat() (f float64, ok bool) {
	switch x := v.any.(type) {
	case Kind:
		switch x {
		case KindInteger, KindLong:
			return float64(int64(v.num)), true
		case KindFloat, KindDouble:
			return math.Float64frombits(v.num), true
		}
	case *big.Int:
		f, _ := new(big.Float).SetInt(x).Float64()
		return f, true
	case *Decimal:
		return x.Float64(), true
	}
	return 0, false
}

// AsString returns the string in v, or "" when v is no string. It does not
// convert, see [Value.Text] for that.
func (v Value) AsString() string {
	if p, ok := v.any.(textPtr); ok {
		return unsafe.String((*byte)(p), int(v.num))
	}
	return ""
}

// IsString reports whether v is a string.
func (v Value) IsString() bool {
	_, ok := v.any.(textPtr)
	return ok
}

// AsList returns the list in v, or nil.
func (v Value) AsList() *List {
	l, _ := v.any.(*List)
	return l
}

// AsMap returns the map in v, or nil.
func (v Value) AsMap() *Map {
	m, _ := v.any.(*Map)
	return m
}

// AsObject returns the host's object in v, or nil.
func (v Value) AsObject() Object {
	o, _ := v.any.(Object)
	return o
}

// AsBigInteger returns v, an integer of any kind, as a big.Int that must not
// be changed, or nil when v is no integer.
func (v Value) AsBigInteger() *big.Int {
	switch x := v.any.(type) {
	case Kind:
		if x == KindInteger || x == KindLong {
			return big.NewInt(int64(v.num))
		}
	case *big.Int:
		return x
	}
	return nil
}

// AsBigDecimal returns the decimal in v, or nil when v is no BigDecimal.
func (v Value) AsBigDecimal() *Decimal {
	d, _ := v.any.(*Decimal)
	return d
}
