package vtl

import (
	"errors"
	"math"
	"math/big"
	"math/bits"
	"strings"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// bigIntegerMethods are the common methods of java.math.BigInteger.
var bigIntegerMethods = methodTable{
	"add":       {{"N", bigBinary(nodeAdd)}},
	"subtract":  {{"N", bigBinary(nodeSubtract)}},
	"multiply":  {{"N", bigBinary(nodeMultiply)}},
	"divide":    {{"N", bigBinary(nodeDivide)}},
	"mod":       {{"N", bigBinary(nodeModulo)}},
	"remainder": {{"N", bigRemainder}},
	"max":       {{"N", bigCompare(1)}},
	"min":       {{"N", bigCompare(-1)}},
	"toString": {{"i", func(_ *run, self value.Value, args []value.Value) (value.Value, error) {
		radix := int(num(args[0]))
		if radix < 2 || radix > 36 {
			radix = 10
		}
		return value.String(self.AsBigInteger().Text(radix)), nil
	}}},
	"valueOf": {{"l", func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
		return value.BigInteger(args[0].AsBigInteger()), nil
	}}},
	"intValueExact":  {{"", bigExact(32, value.Int)}},
	"longValueExact": {{"", bigExact(64, value.Long)}},
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

func bigRemainder(_ *run, self value.Value, args []value.Value) (value.Value, error) {
	if args[0].IsNull() {
		return value.Value{}, errNull
	}
	d := args[0].AsBigInteger()
	if d.Sign() == 0 {
		return value.Value{}, errors.New("division by zero")
	}
	return value.BigInteger(new(big.Int).Rem(self.AsBigInteger(), d)), nil
}

// bigCompare makes max (1) or min (-1).
func bigCompare(sign int) method {
	return func(_ *run, self value.Value, args []value.Value) (value.Value, error) {
		if args[0].IsNull() {
			return value.Value{}, errNull
		}
		if self.AsBigInteger().Cmp(args[0].AsBigInteger())*sign >= 0 {
			return self, nil
		}
		return args[0], nil
	}
}

// bigExact makes a conversion that fails where the bits do not suffice.
func bigExact(size int, wrap func(int64) value.Value) method {
	return func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		n := self.AsBigInteger()
		if !n.IsInt64() || n.Int64()<<(64-size)>>(64-size) != n.Int64() {
			return value.Value{}, errors.New("out of range")
		}
		return wrap(n.Int64()), nil
	}
}

// bigBitMethods are BigInteger's methods for bits.
var bigBitMethods = methodTable{
	"bitCount": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		n := self.AsBigInteger()
		if n.Sign() < 0 {
			n = new(big.Int).Not(n)
		}
		count := 0
		for _, word := range n.Bits() {
			count += bits.OnesCount(uint(word))
		}
		return value.Int(int64(count)), nil
	}}},
	"testBit": {{"i", func(_ *run, self value.Value, args []value.Value) (value.Value, error) {
		if num(args[0]) < 0 {
			return value.Value{}, errors.New("negative bit")
		}
		return value.Bool(self.AsBigInteger().Bit(int(num(args[0]))) == 1), nil
	}}},
	"not": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.BigInteger(new(big.Int).Not(self.AsBigInteger())), nil
	}}},
	"and":        {{"N", bigBits((*big.Int).And)}},
	"or":         {{"N", bigBits((*big.Int).Or)}},
	"xor":        {{"N", bigBits((*big.Int).Xor)}},
	"shiftLeft":  {{"i", bigShift(1)}},
	"shiftRight": {{"i", bigShift(-1)}},
}

func bigBits(f func(z, x, y *big.Int) *big.Int) method {
	return func(_ *run, self value.Value, args []value.Value) (value.Value, error) {
		if args[0].IsNull() {
			return value.Value{}, errNull
		}
		return value.BigInteger(f(new(big.Int), self.AsBigInteger(), args[0].AsBigInteger())), nil
	}
}

// bigShift makes a shift to the left (1) or right (-1).
func bigShift(direction int64) method {
	return func(_ *run, self value.Value, args []value.Value) (value.Value, error) {
		n := num(args[0]) * direction
		if n > maxBits {
			return value.Value{}, errTooBig
		}
		if n >= 0 {
			return value.BigInteger(new(big.Int).Lsh(self.AsBigInteger(), uint(n))), nil
		}
		return value.BigInteger(new(big.Int).Rsh(self.AsBigInteger(), uint(-n))), nil
	}
}

// bigDecimalMethods are the common methods of java.math.BigDecimal.
var bigDecimalMethods = methodTable{
	"toPlainString":      {{"", plainText}},
	"stripTrailingZeros": {{"", stripZeros}},
	"setScale":           {{"i", setScale}},
	"plus":               {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) { return self, nil }}},
	"add":                {{"T", decimalBinary(nodeAdd)}},
	"subtract":           {{"T", decimalBinary(nodeSubtract)}},
	"multiply":           {{"T", decimalBinary(nodeMultiply)}},
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

// plainText is BigDecimal.toPlainString: digits only.
func plainText(r *run, self value.Value, _ []value.Value) (value.Value, error) {
	d := self.AsBigDecimal()
	scale := int64(d.Scale())
	if max(scale, -scale) > maxDigits {
		return value.Value{}, errTooBig
	}
	digits := new(big.Int).Abs(d.Unscaled()).String()
	sign := ""
	if d.Unscaled().Sign() < 0 {
		sign = "-"
	}
	switch {
	case scale <= 0 && d.Unscaled().Sign() == 0:
		digits = "0"
	case scale <= 0:
		digits += strings.Repeat("0", int(-scale))
	default:
		if n := int(scale) + 1 - len(digits); n > 0 {
			digits = strings.Repeat("0", n) + digits
		}
		point := len(digits) - int(scale)
		digits = digits[:point] + "." + digits[point:]
	}
	return value.String(sign + digits), r.chargeString(len(digits))
}

// stripZeros is BigDecimal.stripTrailingZeros.
func stripZeros(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
	d := self.AsBigDecimal()
	n, scale := new(big.Int).Set(d.Unscaled()), d.Scale()
	if n.Sign() == 0 {
		return value.BigDecimal(value.NewDecimal(n, 0)), nil
	}
	ten, rest := big.NewInt(10), new(big.Int)
	for scale > math.MinInt32 {
		q, _ := new(big.Int).QuoRem(n, ten, rest)
		if rest.Sign() != 0 {
			break
		}
		n, scale = q, scale-1
	}
	return value.BigDecimal(value.NewDecimal(n, scale)), nil
}

// setScale is BigDecimal.setScale without rounding, which fails if it would
// have to.
func setScale(_ *run, self value.Value, args []value.Value) (value.Value, error) {
	d, scale := self.AsBigDecimal(), num(args[0])
	diff := scale - int64(d.Scale())
	if max(diff, -diff) > maxDigits {
		return value.Value{}, errTooBig
	}
	if diff >= 0 {
		return value.BigDecimal(value.NewDecimal(new(big.Int).Mul(d.Unscaled(), pow10(diff)), int32(scale))), nil
	}
	q, rest := new(big.Int).QuoRem(d.Unscaled(), pow10(-diff), new(big.Int))
	if rest.Sign() != 0 {
		return value.Value{}, errors.New("rounding necessary")
	}
	return value.BigDecimal(value.NewDecimal(q, int32(scale))), nil
}

func decimalBinary(op nodeKind) method {
	return func(_ *run, self value.Value, args []value.Value) (value.Value, error) {
		if args[0].IsNull() {
			return value.Value{}, errNull
		}
		return decimalMath(op, self, args[0])
	}
}
