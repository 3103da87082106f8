package vtl

import (
	"math/bits"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// An integral is java.lang.Integer or java.lang.Long, which have the same
// methods.
type integral struct {
	param  string // the letter of the primitive
	object string // the letter of the class
	parse  string // the name of the method that reads a number
	size   int    // in bits
}

var (
	javaInteger = integral{"i", "I", "parseInt", 32}
	javaLong    = integral{"l", "L", "parseLong", 64}

	integerMethods    = javaInteger.methods()
	integerBitMethods = javaInteger.bitMethods()
	longMethods       = javaLong.methods()
	longBitMethods    = javaLong.bitMethods()
)

// wrap returns n as a value of the class.
func (t integral) wrap(n int64) value.Value {
	if t.size == 64 {
		return value.Long(n)
	}
	return value.Int(int64(int32(n)))
}

// one makes a static method from a function of one number.
func (t integral) one(f func(n int64) value.Value) []overload {
	return []overload{{t.param, func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
		return f(num(args[0])), nil
	}}}
}

// two makes a static method from a function of two numbers.
func (t integral) two(f func(a, b int64) value.Value) []overload {
	return []overload{{t.param + t.param, func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
		return f(num(args[0]), num(args[1])), nil
	}}}
}

// inBase makes a method that prints a number without its sign.
func (t integral) inBase(base int) []overload {
	return t.one(func(n int64) value.Value {
		return value.String(strconv.FormatUint(unsigned(n, t.size), base))
	})
}

func (t integral) methods() methodTable {
	reads := []overload{{"S", t.read}, {"Si", t.read}}
	return methodTable{
		"compareTo": {{t.object, func(_ *run, self value.Value, args []value.Value) (value.Value, error) {
			if args[0].IsNull() {
				return value.Value{}, errNull
			}
			return value.Int(int64(order(num(self), num(args[0])))), nil
		}}},
		"compare":        t.two(func(a, b int64) value.Value { return value.Int(int64(order(a, b))) }),
		"max":            t.two(func(a, b int64) value.Value { return t.wrap(max(a, b)) }),
		"min":            t.two(func(a, b int64) value.Value { return t.wrap(min(a, b)) }),
		"sum":            t.two(func(a, b int64) value.Value { return t.wrap(a + b) }),
		"signum":         t.one(func(n int64) value.Value { return value.Int(int64(order(n, 0))) }),
		"hashCode":       t.one(func(n int64) value.Value { return value.Int(int64(hashLong(n, t.size))) }),
		"toHexString":    t.inBase(16),
		"toOctalString":  t.inBase(8),
		"toBinaryString": t.inBase(2),
		"toString": append([]overload{{t.param + "i", printInRadix}},
			t.one(func(n int64) value.Value { return value.String(strconv.FormatInt(n, 10)) })...),
		"decode":  {{"S", t.decode}},
		t.parse:   reads,
		"valueOf": append(reads[:2:2], t.one(t.wrap)...),
	}
}

func (t integral) bitMethods() methodTable {
	return methodTable{
		"bitCount": t.one(func(n int64) value.Value {
			return value.Int(int64(bits.OnesCount64(unsigned(n, t.size))))
		}),
		"numberOfLeadingZeros": t.one(func(n int64) value.Value {
			return value.Int(int64(bits.LeadingZeros64(unsigned(n, t.size)) - (64 - t.size)))
		}),
		"numberOfTrailingZeros": t.one(func(n int64) value.Value {
			return value.Int(int64(min(t.size, bits.TrailingZeros64(unsigned(n, t.size)))))
		}),
		"highestOneBit": t.one(func(n int64) value.Value {
			return t.wrap(highestBit(unsigned(n, t.size)))
		}),
		"lowestOneBit": t.one(func(n int64) value.Value { return t.wrap(n & -n) }),
		"reverse": t.one(func(n int64) value.Value {
			return t.wrap(int64(bits.Reverse64(uint64(n)) >> (64 - t.size)))
		}),
		"toUnsignedString": t.inBase(10),
	}
}

// highestBit returns the highest bit of n alone.
func highestBit(n uint64) int64 {
	if n == 0 {
		return 0
	}
	return int64(uint64(1) << (bits.Len64(n) - 1))
}

// printInRadix is toString(n, radix).
func printInRadix(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
	radix := int(num(args[1]))
	if radix < 2 || radix > 36 {
		radix = 10
	}
	return value.String(strconv.FormatInt(num(args[0]), radix)), nil
}

// read is parseInt and parseLong, with a radix or without.
func (t integral) read(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
	radix := 10
	if len(args) == 2 {
		radix = int(num(args[1]))
	}
	if args[0].IsNull() || radix < 2 || radix > 36 {
		return value.Value{}, errNumber
	}
	n, err := strconv.ParseInt(args[0].AsString(), radix, t.size)
	if err != nil {
		return value.Value{}, errNumber
	}
	return t.wrap(n), nil
}

func (t integral) decode(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
	n, ok := decodeInteger(args[0].AsString(), t.size)
	if !ok {
		return value.Value{}, errNumber
	}
	return t.wrap(n), nil
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
