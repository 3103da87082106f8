package vtl

import (
	"errors"
	"math"
	"math/bits"
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

// integral returns the methods that Integer and Long share. param is the
// letter of the primitive, object that of the class, parse the name of the
// method that reads a number, size the width in bits.
func integral(param, object, parse string, size int) methodTable {
	wrap := func(n int64) value.Value {
		if size == 64 {
			return value.Long(n)
		}
		return value.Int(int64(int32(n)))
	}
	one := func(f func(n int64) value.Value) method {
		return func(_ *run, _ value.Value, args []value.Value) (value.Value, error) { return f(num(args[0])), nil }
	}
	two := func(f func(a, b int64) value.Value) method {
		return func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
			return f(num(args[0]), num(args[1])), nil
		}
	}
	read := func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
		radix := 10
		if len(args) == 2 {
			radix = int(num(args[1]))
		}
		if args[0].IsNull() || radix < 2 || radix > 36 {
			return value.Value{}, errNumber
		}
		n, err := strconv.ParseInt(args[0].AsString(), radix, size)
		if err != nil || strings.Contains(args[0].AsString(), "_") {
			return value.Value{}, errNumber
		}
		return wrap(n), nil
	}
	decode := func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
		n, ok := decodeInteger(args[0].AsString(), size)
		if !ok {
			return value.Value{}, errNumber
		}
		return wrap(n), nil
	}
	inBase := func(base int) method {
		return func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
			return value.String(strconv.FormatUint(unsigned(num(args[0]), size), base)), nil
		}
	}
	return methodTable{
		"compareTo": {{object, func(_ *run, self value.Value, args []value.Value) (value.Value, error) {
			if args[0].IsNull() {
				return value.Value{}, errNull
			}
			return value.Int(int64(order(num(self), num(args[0])))), nil
		}}},
		"compare": {{param + param, two(func(a, b int64) value.Value { return value.Int(int64(order(a, b))) })}},
		"max":     {{param + param, two(func(a, b int64) value.Value { return wrap(max(a, b)) })}},
		"min":     {{param + param, two(func(a, b int64) value.Value { return wrap(min(a, b)) })}},
		"sum":     {{param + param, two(func(a, b int64) value.Value { return wrap(a + b) })}},
		"signum":  {{param, one(func(n int64) value.Value { return value.Int(int64(order(n, 0))) })}},
		"bitCount": {{param, one(func(n int64) value.Value {
			return value.Int(int64(bits.OnesCount64(unsigned(n, size))))
		})}},
		"numberOfLeadingZeros": {{param, one(func(n int64) value.Value {
			return value.Int(int64(bits.LeadingZeros64(unsigned(n, size)) - (64 - size)))
		})}},
		"numberOfTrailingZeros": {{param, one(func(n int64) value.Value {
			return value.Int(int64(min(size, bits.TrailingZeros64(unsigned(n, size)))))
		})}},
		"toHexString":    {{param, inBase(16)}},
		"toOctalString":  {{param, inBase(8)}},
		"toBinaryString": {{param, inBase(2)}},
		"toString": {{param + "i", func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
			radix := int(num(args[1]))
			if radix < 2 || radix > 36 {
				radix = 10
			}
			return value.String(strconv.FormatInt(num(args[0]), radix)), nil
		}}, {param, one(func(n int64) value.Value { return value.String(strconv.FormatInt(n, 10)) })}},
		"hashCode": {{param, one(func(n int64) value.Value { return value.Int(int64(hashLong(n, size))) })}},
		"highestOneBit": {{param, one(func(n int64) value.Value {
			return wrap(int64(unsigned(1, size) << max(0, bits.Len64(unsigned(n, size))-1) * min(1, unsigned(n, size))))
		})}},
		"lowestOneBit":     {{param, one(func(n int64) value.Value { return wrap(n & -n) })}},
		"reverse":          {{param, one(func(n int64) value.Value { return wrap(int64(bits.Reverse64(uint64(n)) >> (64 - size))) })}},
		"toUnsignedString": {{param, inBase(10)}},
		"decode":           {{"S", decode}},
		parse:              {{"S", read}, {"Si", read}},
		"valueOf":          {{"S", read}, {"Si", read}, {param, one(wrap)}},
	}
}

// decodeInteger reads an integer in base 10, 16 (0x or #) or 8 (0).
func decodeInteger(s string, size int) (int64, bool) {
	digits := strings.TrimLeft(s, "+-")
	if s == "" || len(s)-len(digits) > 1 {
		return 0, false
	}
	sign, base := s[:len(s)-len(digits)], 10
	switch {
	case strings.HasPrefix(digits, "0x"), strings.HasPrefix(digits, "0X"):
		digits, base = digits[2:], 16
	case strings.HasPrefix(digits, "#"):
		digits, base = digits[1:], 16
	case len(digits) > 1 && digits[0] == '0':
		digits, base = digits[1:], 8
	}
	if strings.ContainsAny(digits, "+-_") {
		return 0, false
	}
	n, err := strconv.ParseInt(sign+digits, base, size)
	return n, err == nil
}

var (
	integerMethods = integral("i", "I", "parseInt", 32)
	longMethods    = integral("l", "L", "parseLong", 64)
)

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
