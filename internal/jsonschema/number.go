package jsonschema

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"strconv"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A bound is minimum or maximum.
type bound struct {
	limit     value.Value
	most      bool // it is the maximum
	exclusive bool
}

func (k *bound) holds(_ *run, v value.Value) bool {
	if !v.Kind().IsNumber() {
		return true
	}
	c := compare(v, k.limit)
	if k.most {
		c = -c
	}
	return c > 0 || c == 0 && !k.exclusive
}

func (k *bound) message(_ *run, v value.Value) string {
	equal := compare(v, k.limit) == 0
	switch {
	case k.most && equal:
		return "numeric instance is not strictly lower than the required maximum " + text(k.limit)
	case k.most:
		return fmt.Sprintf("numeric instance is greater than the required maximum (maximum: %s, found: %s)", text(k.limit), text(v))
	case equal:
		return "numeric instance is not strictly greater than the required minimum " + text(k.limit)
	}
	return fmt.Sprintf("numeric instance is lower than the required minimum (minimum: %s, found: %s)", text(k.limit), text(v))
}

// multipleOf is the number that numbers must be multiples of; it is not 0.
type multipleOf struct{ divisor value.Value }

func (k *multipleOf) holds(_ *run, v value.Value) bool {
	return !v.Kind().IsNumber() || divides(k.divisor, v)
}

func (k *multipleOf) message(_ *run, v value.Value) string {
	return fmt.Sprintf("remainder of division is not zero (%s / %s)", text(v), text(k.divisor))
}

// maxExact is up to where a double holds every integer.
const maxExact = 1 << 53

// compare compares two numbers by value: 1 and 1.0 are the same.
func compare(a, b value.Value) int {
	x, aInt := a.AsInt()
	y, bInt := b.AsInt()
	if aInt && bInt {
		return cmp.Compare(x, y)
	}
	if isDouble(a, x, aInt) && isDouble(b, y, bInt) {
		f, _ := a.AsFloat()
		g, _ := b.AsFloat()
		return cmp.Compare(f, g)
	}
	return decimalOf(a).compare(decimalOf(b))
}

// isDouble reports whether a number, n if it is an integer, is exactly what
// AsFloat gives.
func isDouble(v value.Value, n int64, isInt bool) bool {
	if isInt {
		return -maxExact <= n && n <= maxExact
	}
	k := v.Kind()
	return k == value.KindDouble || k == value.KindFloat
}

// A decimal is digits × 10^exp, exactly.
type decimal struct {
	digits *big.Int
	exp    int64
}

// decimalOf returns a number as a decimal. A double is the number that its
// shortest text says, which is what the document said; an infinity, which
// stands for what no double can hold, a number larger than all of them.
func decimalOf(v value.Value) decimal {
	if n := v.AsBigInteger(); n != nil {
		return decimal{n, 0}
	}
	d := v.AsBigDecimal()
	if d == nil {
		f, _ := v.AsFloat()
		if math.IsInf(f, 0) {
			return decimal{big.NewInt(int64(math.Copysign(1, f))), math.MaxInt32}
		}
		d, _ = value.ParseDecimal(strconv.FormatFloat(f, 'e', -1, 64))
	}
	if d == nil { // not a number: nothing of JSON's is one
		return decimal{new(big.Int), 0}
	}
	return decimal{d.Unscaled(), -int64(d.Scale())}
}

// magnitude is the position of the first digit: 10^magnitude > |d|.
func (d decimal) magnitude() int64 {
	return d.exp + int64(len(new(big.Int).Abs(d.digits).Text(10)))
}

// compare looks at the digits only where signs and magnitudes are the same, so
// that 1e2000000000 is never written out.
func (d decimal) compare(o decimal) int {
	sign := d.digits.Sign()
	if c := cmp.Compare(sign, o.digits.Sign()); c != 0 || sign == 0 {
		return c
	}
	if c := cmp.Compare(d.magnitude(), o.magnitude()); c != 0 {
		return c * sign
	}
	return d.scaledTo(o.exp).Cmp(o.scaledTo(d.exp))
}

// scaledTo returns the digits that d has at an exponent that is not above its
// own, else d's own digits.
func (d decimal) scaledTo(exp int64) *big.Int {
	if exp >= d.exp {
		return d.digits
	}
	return new(big.Int).Mul(d.digits, pow10(d.exp-exp))
}

func pow10(n int64) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil) }

// divides reports whether v is a multiple of divisor.
func divides(divisor, v value.Value) bool {
	n, ok1 := v.AsInt()
	d, ok2 := divisor.AsInt()
	if ok1 && ok2 {
		return n%d == 0
	}
	return decimalOf(v).multipleOf(decimalOf(divisor))
}

// multipleOf never writes an exponent out: a large power of ten is reduced
// modulo the divisor, and against a larger one nothing but 0 stands.
func (d decimal) multipleOf(o decimal) bool {
	if d.digits.Sign() == 0 {
		return true
	}
	divisor := new(big.Int).Abs(o.digits)
	if d.exp >= o.exp {
		rest := new(big.Int).Exp(big.NewInt(10), big.NewInt(d.exp-o.exp), divisor)
		rest.Mul(rest, d.digits)
		return rest.Mod(rest, divisor).Sign() == 0
	}
	if o.exp-d.exp > int64(len(d.digits.Text(10))) {
		return false
	}
	divisor.Mul(divisor, pow10(o.exp-d.exp))
	return new(big.Int).Rem(d.digits, divisor).Sign() == 0
}
