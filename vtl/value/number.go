package value

import (
	"math"
	"strconv"
)

// AppendDouble appends f as Java's Double.toString prints it: the fewest
// digits that read back as f, with at least one after the point, and with an
// exponent from 10^7 up and below 10^-3 (`1.0`, `1.0E7`, `9.9E-4`).
func AppendDouble(dst []byte, f float64) []byte { return appendFloat(dst, f, 64) }

// AppendFloat appends f as Java's Float.toString prints it.
func AppendFloat(dst []byte, f float32) []byte { return appendFloat(dst, float64(f), 32) }

func appendFloat(dst []byte, f float64, bits int) []byte {
	abs := math.Abs(f)
	switch {
	case f != f:
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case f == 0 && math.Signbit(f):
		return append(dst, "-0.0"...)
	case f == 0:
		return append(dst, "0.0"...)
	case 1e-3 <= abs && abs < 1e7:
		start := len(dst)
		dst = strconv.AppendFloat(dst, f, 'f', -1, bits)
		for _, c := range dst[start:] {
			if c == '.' {
				return dst
			}
		}
		return append(dst, ".0"...)
	}
	return appendScientific(dst, f, bits)
}

// appendScientific appends f as d.dddE±n. Where one digit would do Java
// prints the nearest number of two, hence 4.9E-324.
func appendScientific(dst []byte, f float64, bits int) []byte {
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'e', -1, bits)
	point := start + 1
	if f < 0 {
		point++
	}
	if dst[point] != '.' {
		dst = strconv.AppendFloat(dst[:start], f, 'e', 1, bits)
	}
	for i := point; i < len(dst); i++ {
		if dst[i] != 'e' {
			continue
		}
		exp := dst[i+1:] // such as +07 or -324
		dst[i] = 'E'
		out := dst[:i+1]
		if exp[0] == '-' {
			out = append(out, '-')
		}
		exp = exp[1:]
		for len(exp) > 1 && exp[0] == '0' {
			exp = exp[1:]
		}
		return append(out, exp...)
	}
	return dst
}
