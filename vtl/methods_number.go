package vtl

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// numberMethods are the methods of java.lang.Number.
var numberMethods = methodTable{
	"intValue": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		n, _ := intValue(self)
		return value.Int(n), nil
	}}},
	"longValue": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.Long(truncate(self, math.MinInt64, math.MaxInt64)), nil
	}}},
	"doubleValue": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.Double(real64(self)), nil
	}}},
	"floatValue": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.Float(float32(real64(self))), nil
	}}},
	"byteValue": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		n, _ := intValue(self)
		return value.Int(int64(int8(n))), nil
	}}},
	"shortValue": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		n, _ := intValue(self)
		return value.Int(int64(int16(n))), nil
	}}},
}

// unsigned returns n as an unsigned integer of size bits.
func unsigned(n int64, size int) uint64 {
	if size == 32 {
		return uint64(uint32(n))
	}
	return uint64(n)
}

// unsignedText prints an integer in a base, one below zero in two's
// complement, as String.format does.
func unsignedText(v value.Value, base int) string {
	switch v.Kind() {
	case value.KindInteger:
		return strconv.FormatUint(unsigned(num(v), 32), base)
	case value.KindLong:
		return strconv.FormatUint(unsigned(num(v), 64), base)
	}
	return v.AsBigInteger().Text(base)
}

// doubleMethods are the methods of java.lang.Double, and of Float as far as
// they are the same.
var doubleMethods = methodTable{
	"isNaN":      {{"", testDouble(math.IsNaN)}, {"d", testDouble(math.IsNaN)}},
	"isInfinite": {{"", testDouble(isInf)}, {"d", testDouble(isInf)}},
	"isFinite":   {{"d", testDouble(func(f float64) bool { return !math.IsNaN(f) && !isInf(f) })}},
	"compareTo":  {{"D", doubleCompareTo}, {"F", doubleCompareTo}},
	"compare": {{"dd", func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
		return value.Int(int64(orderDoubles(real64(args[0]), real64(args[1])))), nil
	}}},
	"max":         {{"dd", combineDoubles(math.Max)}},
	"min":         {{"dd", combineDoubles(math.Min)}},
	"sum":         {{"dd", combineDoubles(func(a, b float64) float64 { return a + b })}},
	"parseDouble": {{"S", parseDouble}},
	"valueOf": {{"S", parseDouble}, {"d", func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
		return value.Double(real64(args[0])), nil
	}}},
	"hashCode": {{"d", func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
		return value.Int(int64(hashLong(int64(math.Float64bits(real64(args[0]))), 64))), nil
	}}},
	"toString": {{"d", func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
		return value.String(value.Double(real64(args[0])).Text()), nil
	}}},
}

func isInf(f float64) bool { return math.IsInf(f, 0) }

// testDouble makes a method of a test of the argument, or of the number itself.
func testDouble(f func(float64) bool) method {
	return func(_ *run, self value.Value, args []value.Value) (value.Value, error) {
		if len(args) == 1 {
			self = args[0]
		}
		return value.Bool(f(real64(self))), nil
	}
}

func combineDoubles(f func(a, b float64) float64) method {
	return func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
		return value.Double(f(real64(args[0]), real64(args[1]))), nil
	}
}

func doubleCompareTo(_ *run, self value.Value, args []value.Value) (value.Value, error) {
	if args[0].IsNull() {
		return value.Value{}, errNull
	}
	return value.Int(int64(orderDoubles(real64(self), real64(args[0])))), nil
}

// orderDoubles is Double.compare: NaN is the greatest, -0.0 below 0.0.
func orderDoubles(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b && a != 0:
		return 0
	}
	rank := func(f float64) int64 {
		switch {
		case f != f:
			return 2
		case math.Signbit(f):
			return 0
		}
		return 1
	}
	return order(rank(a), rank(b))
}

func parseDouble(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
	s := strings.TrimRight(trim(args[0].AsString()), "dDfF")
	if strings.ContainsAny(s, "_iIxXpP") && s != "Infinity" && s != "-Infinity" {
		return value.Value{}, errNumber
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || args[0].IsNull() {
		return value.Value{}, errNumber
	}
	return value.Double(f), nil
}

var booleanMethods = methodTable{
	"booleanValue": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) { return self, nil }}},
	"compareTo": {{"B", func(_ *run, self value.Value, args []value.Value) (value.Value, error) {
		if args[0].IsNull() {
			return value.Value{}, errNull
		}
		return value.Int(boolInt(self) - boolInt(args[0])), nil
	}}},
	"compare": {{"bb", func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
		return value.Int(boolInt(args[0]) - boolInt(args[1])), nil
	}}},
	"parseBoolean": {{"S", parseBoolean}},
	"valueOf":      {{"b", func(_ *run, _ value.Value, args []value.Value) (value.Value, error) { return args[0], nil }}, {"S", parseBoolean}},
	"toString": {{"b", func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
		return value.String(args[0].Text()), nil
	}}},
	"logicalAnd": {{"bb", logical(func(a, b bool) bool { return a && b })}},
	"logicalOr":  {{"bb", logical(func(a, b bool) bool { return a || b })}},
	"logicalXor": {{"bb", logical(func(a, b bool) bool { return a != b })}},
}

func parseBoolean(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
	return value.Bool(strings.EqualFold(args[0].AsString(), "true")), nil
}

func logical(f func(a, b bool) bool) method {
	return func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
		return value.Bool(f(boolInt(args[0]) == 1, boolInt(args[1]) == 1)), nil
	}
}

func boolInt(v value.Value) int64 {
	if b, _ := v.AsBool(); b {
		return 1
	}
	return 0
}
