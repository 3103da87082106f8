package vtl

import (
	"errors"
	"math"
	"math/big"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A mathBase is the type in which two numbers meet.
type mathBase uint8

const (
	baseLong mathBase = iota
	baseFloat
	baseDouble
	baseBigInteger
	baseBigDecimal
)

func isInteger(k value.Kind) bool {
	return k == value.KindInteger || k == value.KindLong || k == value.KindBigInteger
}

// baseOf returns the type in which numbers of two kinds meet.
func baseOf(a, b value.Kind) mathBase {
	big := a == value.KindBigInteger || b == value.KindBigInteger
	integers := isInteger(a) && isInteger(b)
	switch {
	case a == value.KindBigDecimal || b == value.KindBigDecimal || big && !integers:
		return baseBigDecimal
	case big:
		return baseBigInteger
	case integers:
		return baseLong
	case a == value.KindDouble || b == value.KindDouble:
		return baseDouble
	}
	return baseFloat
}

// Errors of arithmetic that Java throws.
var (
	errModulus       = errors.New("the modulus is not positive")
	errDecimalModulo = errors.New("there is no modulo of BigDecimals")
	errNoDecimal     = errors.New("not a number that a BigDecimal can be")
)

// maxBits bounds integers: a template can square a number again and again.
const maxBits = 1 << 17

// maxDigits bounds how far decimals are scaled to meet.
const maxDigits = 20_000

var errTooBig = &limitError{"String", "a number becomes too long"}

// arithmetic evaluates a op b for numbers. Division by zero is null.
func arithmetic(op nodeKind, a, b value.Value) (value.Value, error) {
	if (op == nodeDivide || op == nodeModulo) && isZero(b) {
		return value.Value{}, nil
	}
	switch baseOf(a.Kind(), b.Kind()) {
	case baseLong:
		return longMath(op, a, b)
	case baseBigInteger:
		return bigMath(op, a.AsBigInteger(), b.AsBigInteger())
	case baseFloat:
		return value.Float(float32(floatMath(op, real64(a), real64(b), true))), nil
	case baseDouble:
		return value.Double(floatMath(op, real64(a), real64(b), false)), nil
	}
	return decimalMath(op, a, b)
}

func isZero(v value.Value) bool {
	switch v.Kind() {
	case value.KindBigInteger:
		return v.AsBigInteger().Sign() == 0
	case value.KindBigDecimal:
		return v.AsBigDecimal().Unscaled().Sign() == 0
	}
	return real64(v) == 0
}

// longMath calculates with Integers and Longs. The result is of the larger
// type, or of one still larger if it does not fit.
func longMath(op nodeKind, av, bv value.Value) (value.Value, error) {
	a, b := num(av), num(bv)
	var n int64
	overflow := false
	switch op {
	case nodeAdd:
		n = a + b
		overflow = (n^a) < 0 && (n^b) < 0
	case nodeSubtract:
		n = a - b
		overflow = (n^a) < 0 && (n^^b) < 0
	case nodeMultiply:
		n = a * b
		overflow = b != 0 && n/b != a
	case nodeDivide:
		n = a / b
	default:
		n = a % b
	}
	switch {
	case overflow:
		return bigMath(op, big.NewInt(a), big.NewInt(b))
	case av.Kind() == value.KindLong || bv.Kind() == value.KindLong:
		return value.Long(n), nil
	}
	return value.Int(n), nil
}

func bigMath(op nodeKind, a, b *big.Int) (value.Value, error) {
	if a.BitLen()+b.BitLen() > maxBits {
		return value.Value{}, errTooBig
	}
	n := new(big.Int)
	switch op {
	case nodeAdd:
		n.Add(a, b)
	case nodeSubtract:
		n.Sub(a, b)
	case nodeMultiply:
		n.Mul(a, b)
	case nodeDivide:
		n.Quo(a, b)
	default:
		if b.Sign() < 0 {
			return value.Value{}, errModulus
		}
		n.Mod(a, b)
	}
	return value.BigInteger(n), nil
}

// floatMath calculates with floating numbers, rounding to 32 bits if single.
func floatMath(op nodeKind, a, b float64, single bool) float64 {
	if single {
		a, b = float64(float32(a)), float64(float32(b))
	}
	switch op {
	case nodeAdd:
		return a + b
	case nodeSubtract:
		return a - b
	case nodeMultiply:
		return a * b
	case nodeDivide:
		return a / b
	}
	return math.Mod(a, b)
}

// toDecimal returns a number as a BigDecimal: of a floating number all digits
// of its binary fraction.
func toDecimal(v value.Value) (*value.Decimal, error) {
	if d := v.AsBigDecimal(); d != nil {
		return d, nil
	}
	if v.Kind() == value.KindBigInteger {
		return value.NewDecimal(v.AsBigInteger(), 0), nil
	}
	return exactDecimal(real64(v))
}

// exactDecimal returns the value of f without rounding.
func exactDecimal(f float64) (*value.Decimal, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, errNoDecimal
	}
	frac, exp := math.Frexp(f)
	mantissa := big.NewInt(int64(frac * (1 << 53)))
	exp -= 53
	for exp < 0 && mantissa.Bit(0) == 0 && mantissa.Sign() != 0 {
		mantissa.Rsh(mantissa, 1)
		exp++
	}
	switch {
	case mantissa.Sign() == 0:
		return value.NewDecimal(mantissa, 0), nil
	case exp >= 0:
		return value.NewDecimal(mantissa.Lsh(mantissa, uint(exp)), 0), nil
	}
	five := new(big.Int).Exp(big.NewInt(5), big.NewInt(int64(-exp)), nil)
	return value.NewDecimal(mantissa.Mul(mantissa, five), int32(-exp)), nil
}

// pow10 returns 10^n.
func pow10(n int64) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil)
}

// align returns the digits of two decimals at the larger scale of the two.
func align(a, b *value.Decimal) (x, y *big.Int, scale int32, err error) {
	x, y = a.Unscaled(), b.Unscaled()
	diff := int64(a.Scale()) - int64(b.Scale())
	if max(diff, -diff) > maxDigits || x.BitLen()+y.BitLen() > maxBits {
		return nil, nil, 0, errTooBig
	}
	switch {
	case diff > 0:
		y = new(big.Int).Mul(y, pow10(diff))
	case diff < 0:
		x = new(big.Int).Mul(x, pow10(-diff))
	}
	return x, y, max(a.Scale(), b.Scale()), nil
}

func decimalMath(op nodeKind, av, bv value.Value) (value.Value, error) {
	a, err := toDecimal(av)
	if err != nil {
		return value.Value{}, err
	}
	b, err := toDecimal(bv)
	if err != nil {
		return value.Value{}, err
	}
	switch op {
	case nodeMultiply:
		scale := int64(a.Scale()) + int64(b.Scale())
		if a.Unscaled().BitLen()+b.Unscaled().BitLen() > maxBits || scale != int64(int32(scale)) {
			return value.Value{}, errTooBig
		}
		return value.BigDecimal(value.NewDecimal(new(big.Int).Mul(a.Unscaled(), b.Unscaled()), int32(scale))), nil
	case nodeDivide:
		return divideDecimals(a, b)
	case nodeModulo:
		return value.Value{}, errDecimalModulo
	}
	x, y, scale, err := align(a, b)
	if err != nil {
		return value.Value{}, err
	}
	n := new(big.Int)
	if op == nodeAdd {
		n.Add(x, y)
	} else {
		n.Sub(x, y)
	}
	return value.BigDecimal(value.NewDecimal(n, scale)), nil
}

// divideDecimals divides at the scale of a, rounding halves down.
func divideDecimals(a, b *value.Decimal) (value.Value, error) {
	scale := int64(b.Scale())
	if max(scale, -scale) > maxDigits || a.Unscaled().BitLen()+b.Unscaled().BitLen() > maxBits {
		return value.Value{}, errTooBig
	}
	n, d := a.Unscaled(), b.Unscaled()
	if scale > 0 {
		n = new(big.Int).Mul(n, pow10(scale))
	} else if scale < 0 {
		d = new(big.Int).Mul(d, pow10(-scale))
	}
	q, rest := new(big.Int).QuoRem(n, d, new(big.Int))
	if rest.Lsh(rest.Abs(rest), 1).CmpAbs(d) > 0 {
		q.Add(q, big.NewInt(int64(n.Sign()*d.Sign())))
	}
	return value.BigDecimal(value.NewDecimal(q, a.Scale())), nil
}

// compareNumbers returns -1, 0 or 1. Floating numbers that are no numbers
// equal everything, as in Velocity.
func compareNumbers(a, b value.Value) (int, error) {
	switch baseOf(a.Kind(), b.Kind()) {
	case baseLong:
		return order(num(a), num(b)), nil
	case baseBigInteger:
		return a.AsBigInteger().Cmp(b.AsBigInteger()), nil
	case baseFloat:
		return order(float32(real64(a)), float32(real64(b))), nil
	case baseDouble:
		return order(real64(a), real64(b)), nil
	}
	x, err := toDecimal(a)
	if err != nil {
		return 0, err
	}
	y, err := toDecimal(b)
	if err != nil {
		return 0, err
	}
	return compareDecimals(x, y)
}

// order returns -1, 0 or 1; 0 also when there is no order.
func order[T int64 | float32 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// compareDecimals compares by value; first by magnitude, since scaling
// 10^2000000000 is out of the question.
func compareDecimals(a, b *value.Decimal) (int, error) {
	sign := a.Unscaled().Sign()
	if s := b.Unscaled().Sign(); s != sign || s == 0 {
		return order(int64(sign), int64(s)), nil
	}
	if c := order(magnitude(a), magnitude(b)); c != 0 {
		return c * sign, nil
	}
	x, y, _, err := align(a, b)
	if err != nil {
		return 0, err
	}
	return x.Cmp(y), nil
}

// magnitude returns the exponent of the first digit.
func magnitude(d *value.Decimal) int64 {
	digits := new(big.Int).Abs(d.Unscaled()).String()
	return int64(len(digits)) - int64(d.Scale())
}

// integerPart returns d without its fraction; false when that is too long.
func integerPart(d *value.Decimal) (*big.Int, bool) {
	scale := int64(d.Scale())
	switch {
	case scale == 0:
		return d.Unscaled(), true
	case max(scale, -scale) > maxDigits:
		return new(big.Int), scale > 0
	case scale < 0:
		return new(big.Int).Mul(d.Unscaled(), pow10(-scale)), true
	}
	return new(big.Int).Quo(d.Unscaled(), pow10(scale)), true
}

// lowBits returns the lower 64 bits of n in two's complement.
func lowBits(n *big.Int) int64 {
	if n.IsInt64() {
		return n.Int64()
	}
	low := new(big.Int).And(n, new(big.Int).SetUint64(math.MaxUint64))
	return int64(low.Uint64())
}
