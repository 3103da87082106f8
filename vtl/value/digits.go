package value

import (
	"cmp"
	"math"
	"math/big"
	"math/bits"
)

// A floatParts is a floating number above zero: mantissa × 2^(exp-52), with
// bit 52 of the mantissa set. sig is how many bits of it the number's type
// has; fewer for one near zero.
type floatParts struct {
	mantissa uint64
	exp      int
	sig      int
}

const (
	mantissaBits   = 52
	mantissaBits32 = 23
)

// decompose takes |f| apart.
func decompose(f float64) floatParts {
	b := math.Float64bits(f)
	return newParts(b&(1<<mantissaBits-1), int(b>>mantissaBits&0x7FF), 1023, mantissaBits)
}

// decompose32 takes |f| apart.
func decompose32(f float32) floatParts {
	b := math.Float32bits(f)
	return newParts(uint64(b&(1<<mantissaBits32-1)), int(b>>mantissaBits32&0xFF), 127, mantissaBits32)
}

func newParts(mantissa uint64, exp, bias, width int) floatParts {
	p := floatParts{mantissa: mantissa | 1<<width, exp: exp - bias, sig: width + 1}
	if exp == 0 { // no hidden bit
		p.sig = bits.Len64(mantissa)
		p.mantissa = mantissa << (width + 1 - p.sig)
		p.exp = 1 - bias - (width + 1 - p.sig)
	}
	p.mantissa <<= mantissaBits - width
	return p
}

// digits appends the decimal digits of p as Java up to version 18 chooses
// them, and returns the exponent for 0.digits × 10^exp.
//
// Java generates digits until what remains is less than half the distance to
// the next floating number. That finds the shortest text, but for some cases
// that this method repeats: a text that lies exactly between two numbers is
// not taken; around a power of two the smaller of the two distances counts for
// both sides; integers beyond 2^53 are rounded by another rule; and a text
// with an exponent has at least two digits.
func (p floatParts) digits(dst []byte) (digits []byte, exp int) {
	tail := bits.TrailingZeros64(p.mantissa)
	width := mantissaBits + 1 - tail  // of the mantissa without the zeros
	fraction := max(0, width-p.exp-1) // bits after the point
	if fraction == 0 && p.exp <= 62 {
		return p.integerDigits(dst)
	}
	exp = p.estimate()
	fives := max(0, -exp)
	b2 := fives + fraction + p.exp // p = b/s × 10^exp; m is half the distance
	s5 := max(0, exp)
	s2 := s5 + fraction
	m2 := b2 - p.sig
	b2 -= width - 1
	common := min(b2, s2)
	b2, s2, m2 = b2-common, s2-common, m2-common
	if width == 1 {
		m2-- // a power of two
	}
	if m2 < 0 {
		b2, s2, m2 = b2-m2, s2-m2, 0
	}
	g := generator{dst: dst, exp: exp}
	if width+b2+fiveBits(fives) < 64 && s2+1+fiveBits(s5+1) < 64 {
		five := pow5(fives)
		g.small(int64(p.mantissa>>tail*five<<b2), int64(pow5(s5)<<s2), int64(five<<m2))
	} else {
		five := new(big.Int).Exp(big.NewInt(5), big.NewInt(int64(fives)), nil)
		b := new(big.Int).SetUint64(p.mantissa >> tail)
		s := new(big.Int).Exp(big.NewInt(5), big.NewInt(int64(s5)), nil)
		g.large(b.Mul(b, five).Lsh(b, uint(b2)), s.Lsh(s, uint(s2)), five.Lsh(five, uint(m2)))
	}
	return g.dst, g.exp + 1
}

// integerDigits is digits for an integer of up to 63 bits: exactly, but for
// as many digits as the bits that the type does not have are worth.
func (p floatParts) integerDigits(dst []byte) ([]byte, int) {
	n := p.mantissa
	if p.exp >= mantissaBits {
		n <<= p.exp - mantissaBits
	} else {
		n >>= mantissaBits - p.exp
	}
	exp := 0
	if p.exp > p.sig {
		unit := uint64(1)
		for worth := uint64(1) << (p.exp - p.sig - 1); worth >= 10; worth /= 10 {
			unit *= 10
			exp++
		}
		rest := n % unit
		n /= unit
		if unit > 1 && rest >= unit/2 {
			n++
		}
	}
	for n%10 == 0 {
		n /= 10
		exp++
	}
	start := len(dst)
	for ; n > 0; n /= 10 {
		dst = append(dst, byte('0'+n%10))
		exp++
	}
	for i, j := start, len(dst)-1; i < j; i, j = i+1, j-1 {
		dst[i], dst[j] = dst[j], dst[i]
	}
	return dst, exp
}

// estimate returns the decimal exponent of the first digit, or one too much.
func (p floatParts) estimate() int {
	d := math.Ldexp(float64(p.mantissa), -mantissaBits)
	return int(math.Floor((d-1.5)*0.289529654 + 0.176091259 + float64(p.exp)*0.301029995663981))
}

// pow5 returns 5^n, which must fit.
func pow5(n int) uint64 {
	p := uint64(1)
	for range n {
		p *= 5
	}
	return p
}

// fiveBits returns the number of bits of 5^n, roughly for large n.
func fiveBits(n int) int {
	switch {
	case n == 0:
		return 0
	case n < 28:
		return bits.Len64(pow5(n))
	}
	return 3 * n
}

// A generator produces the digits of b/s until what remains is below m.
type generator struct {
	dst []byte
	exp int
}

// first takes the first digit, and reports whether generating goes on although
// it was enough.
func (g *generator) first(q byte, high bool) bool {
	if q == 0 && !high {
		g.exp-- // the estimate was too high
	} else {
		g.dst = append(g.dst, '0'+q)
	}
	return g.exp < -3 || g.exp >= 8
}

// small generates digits in 64 bits with a sign; m can overflow, as it does in
// Java.
func (g *generator) small(b, s, m int64) {
	tens := s * 10
	low, high := false, false
	step := func() byte {
		q := b / s
		b, m = 10*(b%s), m*10
		low, high = b < m, b+m > tens
		return byte(q)
	}
	q := step()
	if g.first(q, high) {
		low, high = false, false
	}
	for !low && !high {
		g.dst = append(g.dst, '0'+step())
		if m <= 0 {
			low, high = true, true
		}
	}
	g.round(low, high, cmp.Compare(2*b-tens, 0))
}

// large generates digits in any size.
func (g *generator) large(b, s, m *big.Int) {
	ten := big.NewInt(10)
	tens := new(big.Int).Mul(s, ten)
	sum, q := new(big.Int), new(big.Int)
	low, high := false, false
	step := func() byte {
		q.QuoRem(b, s, b)
		b.Mul(b, ten)
		m.Mul(m, ten)
		low, high = b.Cmp(m) < 0, sum.Add(b, m).Cmp(tens) >= 0
		return byte(q.Uint64())
	}
	d := step()
	if g.first(d, high) {
		low, high = false, false
	}
	for !low && !high {
		g.dst = append(g.dst, '0'+step())
	}
	g.round(low, high, sum.Lsh(b, 1).Cmp(tens))
}

// round rounds the last digit up if that is nearer; half says on which side
// of one half the rest is.
func (g *generator) round(low, high bool, half int) {
	last := len(g.dst) - 1
	if !high || low && (half < 0 || half == 0 && g.dst[last]%2 == 0) {
		return
	}
	for ; last > 0 && g.dst[last] == '9'; last-- {
		g.dst[last] = '0'
	}
	if g.dst[last] == '9' {
		g.dst[last] = '1'
		g.exp++
		return
	}
	g.dst[last]++
}
