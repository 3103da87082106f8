package value

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// A Decimal is a java.math.BigDecimal: unscaled × 10^-scale, exactly. It is
// immutable. A nil Decimal is not valid.
type Decimal struct {
	unscaled *big.Int
	scale    int32
}

// NewDecimal returns unscaled × 10^-scale. It takes unscaled over.
func NewDecimal(unscaled *big.Int, scale int32) *Decimal {
	return &Decimal{unscaled, scale}
}

// ParseDecimal reads a decimal number such as 1.50 or -2e-7, of which all
// digits are kept; false when s is none, or longer than 4,096 characters.
func ParseDecimal(s string) (*Decimal, bool) {
	if len(s) > maxNumber {
		return nil, false
	}
	mantissa, exp := s, int64(0)
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		n, err := strconv.ParseInt(s[i+1:], 10, 64)
		if err != nil || n > math.MaxInt32 || n < -math.MaxInt32 {
			return nil, false
		}
		mantissa, exp = s[:i], n
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	digits := whole + frac
	for i := range len(digits) {
		if !isDigit(digits[i]) && (i > 0 || digits[i] != '-' && digits[i] != '+') {
			return nil, false
		}
	}
	unscaled, ok := new(big.Int).SetString(digits, 10)
	scale := int64(len(frac)) - exp
	if !ok || scale > math.MaxInt32 || scale < math.MinInt32 {
		return nil, false
	}
	return &Decimal{unscaled, int32(scale)}, true
}

// Unscaled returns the digits of d as an integer, which must not be changed.
func (d *Decimal) Unscaled() *big.Int { return d.unscaled }

// Scale returns how many of the digits stand after the point; it is negative
// when zeros are missing before it.
func (d *Decimal) Scale() int32 { return d.scale }

// Float64 returns the nearest floating number.
func (d *Decimal) Float64() float64 {
	s := d.unscaled.String() + "e" + strconv.FormatInt(-int64(d.scale), 10)
	f, _ := strconv.ParseFloat(s, 64) // out of range is an infinity or zero
	return f
}

// String returns d as BigDecimal.toString does.
func (d *Decimal) String() string { return string(d.AppendText(nil)) }

// AppendText appends d as BigDecimal.toString prints it: with an exponent
// when the scale is negative or more than five zeros would follow the point.
func (d *Decimal) AppendText(dst []byte) []byte {
	if d.unscaled.Sign() < 0 {
		dst = append(dst, '-')
	}
	digits := new(big.Int).Abs(d.unscaled).String()
	exp := int64(len(digits)) - 1 - int64(d.scale)
	switch {
	case d.scale == 0:
		return append(dst, digits...)
	case d.scale < 0 || exp < -6:
		dst = append(dst, digits[0])
		if len(digits) > 1 {
			dst = append(dst, '.')
			dst = append(dst, digits[1:]...)
		}
		if exp == 0 {
			return dst
		}
		dst = append(dst, 'E')
		if exp > 0 {
			dst = append(dst, '+')
		}
		return strconv.AppendInt(dst, exp, 10)
	}
	point := len(digits) - int(d.scale)
	if point > 0 {
		dst = append(dst, digits[:point]...)
		dst = append(dst, '.')
		return append(dst, digits[point:]...)
	}
	dst = append(dst, "0."...)
	for ; point < 0; point++ {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}
