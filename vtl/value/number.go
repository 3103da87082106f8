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
	abs := math.Abs(f)
	mantissa := math.Float64bits(f) & (1<<52 - 1)
	// Among numbers of few digits, neither huge nor tiny, Java finds the
	// shortest like everybody else; see decompose for the others.
	if abs < 1<<53 && abs >= 0x1p-1022 && (mantissa != 0 || abs >= 1) {
		start := len(dst)
		if 1e-3 <= abs && abs < 1e7 {
			dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
			if len(dst)-start <= 16 {
				if bytes.IndexByte(dst[start:], '.') < 0 {
					dst = append(dst, ".0"...)
				}
				return dst
			}
			dst = dst[:start]
		}
	}
	return appendFloat(dst, f, decompose(f))
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
