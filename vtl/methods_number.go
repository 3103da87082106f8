package vtl

import (
	"errors"
	"math"
	"math/big"
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
		parse:      {{"S", read}, {"Si", read}},
		"valueOf":  {{"S", read}, {"Si", read}, {param, one(wrap)}},
	}
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

// bigIntegerMethods are the common methods of java.math.BigInteger.
var bigIntegerMethods = methodTable{
	"add":      {{"N", bigBinary(nodeAdd)}},
	"subtract": {{"N", bigBinary(nodeSubtract)}},
	"multiply": {{"N", bigBinary(nodeMultiply)}},
	"divide":   {{"N", bigBinary(nodeDivide)}},
	"mod":      {{"N", bigBinary(nodeModulo)}},
	"negate": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.BigInteger(new(big.Int).Neg(self.AsBigInteger())), nil
	}}},
	"abs": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.BigInteger(new(big.Int).Abs(self.AsBigInteger())), nil
	}}},
	"signum": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.Int(int64(self.AsBigInteger().Sign())), nil
	}}},
	"bitLength": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.Int(int64(self.AsBigInteger().BitLen())), nil
	}}},
	"pow": {{"i", func(_ *run, self value.Value, args []value.Value) (value.Value, error) {
		n, e := self.AsBigInteger(), num(args[0])
		if e < 0 {
			return value.Value{}, errors.New("negative exponent")
		}
		if n.BitLen() > 1 && e > int64(maxBits/n.BitLen()) {
			return value.Value{}, errTooBig
		}
		if n.BitLen() <= 1 {
			e = min(e, 2+e%2)
		}
		return value.BigInteger(new(big.Int).Exp(n, big.NewInt(e), nil)), nil
	}}},
	"compareTo": {{"N", func(_ *run, self value.Value, args []value.Value) (value.Value, error) {
		if args[0].IsNull() {
			return value.Value{}, errNull
		}
		return value.Int(int64(self.AsBigInteger().Cmp(args[0].AsBigInteger()))), nil
	}}},
}

func bigBinary(op nodeKind) method {
	return func(_ *run, self value.Value, args []value.Value) (value.Value, error) {
		if args[0].IsNull() {
			return value.Value{}, errNull
		}
		b := args[0].AsBigInteger()
		if b.Sign() == 0 && (op == nodeDivide || op == nodeModulo) {
			return value.Value{}, errors.New("division by zero")
		}
		return bigMath(op, self.AsBigInteger(), b)
	}
}

// bigDecimalMethods are the common methods of java.math.BigDecimal.
var bigDecimalMethods = methodTable{
	"add":      {{"T", decimalBinary(nodeAdd)}},
	"subtract": {{"T", decimalBinary(nodeSubtract)}},
	"multiply": {{"T", decimalBinary(nodeMultiply)}},
	"negate": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		d := self.AsBigDecimal()
		return value.BigDecimal(value.NewDecimal(new(big.Int).Neg(d.Unscaled()), d.Scale())), nil
	}}},
	"abs": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		d := self.AsBigDecimal()
		return value.BigDecimal(value.NewDecimal(new(big.Int).Abs(d.Unscaled()), d.Scale())), nil
	}}},
	"signum": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.Int(int64(self.AsBigDecimal().Unscaled().Sign())), nil
	}}},
	"scale": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.Int(int64(self.AsBigDecimal().Scale())), nil
	}}},
	"unscaledValue": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.BigInteger(self.AsBigDecimal().Unscaled()), nil
	}}},
	"precision": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.Int(magnitude(self.AsBigDecimal()) + int64(self.AsBigDecimal().Scale())), nil
	}}},
	"toBigInteger": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		n, ok := integerPart(self.AsBigDecimal())
		if !ok {
			return value.Value{}, errTooBig
		}
		return value.BigInteger(n), nil
	}}},
	"compareTo": {{"T", func(_ *run, self value.Value, args []value.Value) (value.Value, error) {
		if args[0].IsNull() {
			return value.Value{}, errNull
		}
		c, err := compareDecimals(self.AsBigDecimal(), args[0].AsBigDecimal())
		return value.Int(int64(c)), err
	}}},
}

func decimalBinary(op nodeKind) method {
	return func(_ *run, self value.Value, args []value.Value) (value.Value, error) {
		if args[0].IsNull() {
			return value.Value{}, errNull
		}
		return decimalMath(op, self, args[0])
	}
}
