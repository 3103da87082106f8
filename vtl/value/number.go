package value

import (
	"bytes"
	"math"
	"strconv"
)

// AppendDouble appends f as Double.toString prints it in Java up to 18: about
// the fewest digits that read back as f, at least one of them after the point,
// and with an exponent from 10^7 up and below 10^-3 (`1.0`, `1.0E7`,
// `9.9E-4`).
func AppendDouble(dst []byte, f float64) []byte {
	if abs := math.Abs(f); 1e-3 <= abs && abs < 1e7 {
		if n := math.RoundToEven(f * 1000); n/1000 == f {
			return appendThousandths(dst, int64(n))
		}
		// A number of at most 15 digits is the only one of its length that
		// reads back as f, so every algorithm finds it.
		start := len(dst)
		dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
		if len(dst)-start <= 16 && bytes.IndexByte(dst[start:], '.') >= 0 {
			return dst
		}
		dst = dst[:start]
	}
	return appendFloat(dst, f, decompose(f))
}

// appendThousandths appends n/1000 with one to three digits after the point.
func appendThousandths(dst []byte, n int64) []byte {
	if n < 0 {
		dst = append(dst, '-')
		n = -n
	}
	dst = strconv.AppendInt(dst, n/1000, 10)
	n %= 1000
	dst = append(dst, '.', byte('0'+n/100))
	if n%100 == 0 {
		return dst
	}
	dst = append(dst, byte('0'+n/10%10))
	if n%10 == 0 {
		return dst
	}
	return append(dst, byte('0'+n%10))
}

// AppendFloat appends f as Float.toString prints it.
func AppendFloat(dst []byte, f float32) []byte {
	return appendFloat(dst, float64(f), decompose32(f))
}

// appendFloat appends f, of which p is the absolute value.
func appendFloat(dst []byte, f float64, p floatParts) []byte {
	switch {
	case f != f:
		return append(dst, "NaN"...)
	case math.Signbit(f):
		dst = append(dst, '-')
	}
	if math.IsInf(f, 0) {
		return append(dst, "Infinity"...)
	}
	if f == 0 {
		return append(dst, "0.0"...)
	}
	var buf [24]byte
	digits, exp := p.digits(buf[:0]) // 0.digits × 10^exp
	switch {
	case 0 < exp && exp < 8:
		whole := min(len(digits), exp)
		dst = append(dst, digits[:whole]...)
		for range exp - whole {
			dst = append(dst, '0')
		}
		dst = append(dst, '.')
		return appendFraction(dst, digits[whole:])
	case -3 < exp && exp <= 0:
		dst = append(dst, "0."...)
		for range -exp {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	dst = append(dst, digits[0], '.')
	dst = appendFraction(dst, digits[1:])
	dst = append(dst, 'E')
	return strconv.AppendInt(dst, int64(exp-1), 10)
}

// appendFraction appends digits, of which there must be one.
func appendFraction(dst, digits []byte) []byte {
	if len(digits) == 0 {
		return append(dst, '0')
	}
	return append(dst, digits...)
}
