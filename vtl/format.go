package vtl

import (
	"errors"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

func stringFormat(r *run, _ value.Value, args []value.Value) (value.Value, error) {
	if args[0].IsNull() {
		return value.Value{}, errNull
	}
	return r.format(args[0].AsString(), args[1:])
}

func stringFormatted(r *run, self value.Value, args []value.Value) (value.Value, error) {
	return r.format(self.AsString(), args)
}

// A formatSpec is a %[index$][flags][width][.precision]conversion.
type formatSpec struct {
	index, width, precision int // -1 when absent
	flags                   string
	conversion              byte
}

// parseSpec reads what follows a % and returns its length, 0 if it is wrong.
func parseSpec(s string) (formatSpec, int) {
	spec := formatSpec{index: -1, width: -1, precision: -1}
	i := 0
	number := func() int {
		from := i
		i += span(s[i:], isDigit)
		n, err := strconv.Atoi(s[from:i])
		if err != nil {
			return -1
		}
		return n
	}
	if n := span(s, isDigit); n > 0 && s[0] != '0' && n < len(s) && s[n] == '$' {
		spec.index = number() - 1
		i++
	}
	from := i
	i += span(s[i:], func(c byte) bool { return strings.IndexByte("-#+ 0,(", c) >= 0 })
	spec.flags = s[from:i]
	spec.width = number()
	if i < len(s) && s[i] == '.' {
		i++
		if spec.precision = number(); spec.precision < 0 {
			return spec, 0
		}
	}
	if i == len(s) {
		return spec, 0
	}
	spec.conversion = s[i]
	return spec, i + 1
}

func (s *formatSpec) has(flag byte) bool { return strings.IndexByte(s.flags, flag) >= 0 }

// format is String.format with the conversions of strings and numbers.
func (r *run) format(layout string, args []value.Value) (value.Value, error) {
	var out strings.Builder
	used := 0
	for {
		before, rest, found := strings.Cut(layout, "%")
		out.WriteString(before)
		if !found {
			return value.String(out.String()), r.chargeString(out.Len())
		}
		spec, n := parseSpec(rest)
		if n == 0 {
			return value.Value{}, errors.New("bad format")
		}
		layout = rest[n:]
		if max(spec.width, spec.precision) > r.t.limits.String-out.Len() {
			return value.Value{}, r.chargeString(noLimit)
		}
		switch spec.conversion {
		case 'n':
			out.WriteByte('\n')
			continue
		case '%':
			out.WriteString(spec.pad("%"))
			continue
		}
		at := spec.index
		if at < 0 {
			at = used
			used++
		}
		if at >= len(args) {
			return value.Value{}, errors.New("format has no argument left")
		}
		text, err := r.formatOne(&spec, args[at])
		if err != nil {
			return value.Value{}, err
		}
		out.WriteString(spec.pad(text))
		if out.Len() > r.t.limits.String {
			return value.Value{}, r.chargeString(noLimit)
		}
	}
}

// formatOne formats an argument, without padding by spaces.
func (r *run) formatOne(spec *formatSpec, v value.Value) (string, error) {
	bad := errors.New("format %" + string(spec.conversion) + " does not take this argument")
	switch spec.conversion {
	case 's', 'S', 'b', 'B':
		return r.formatText(spec, v)
	case 'c', 'C':
		if s, err := needle(v); err == nil && length16(s) <= 2 {
			return s, nil
		}
	case 'd':
		if n := v.AsBigInteger(); n != nil {
			return spec.sign(n.Sign() < 0, strings.TrimPrefix(n.String(), "-")), nil
		}
	case 'x', 'X', 'o':
		base := 16
		if spec.conversion == 'o' {
			base = 8
		}
		if n := v.AsBigInteger(); n != nil {
			text := unsignedText(v, base)
			if spec.conversion == 'X' {
				text = strings.ToUpper(text)
			}
			return spec.sign(false, text), nil
		}
	case 'f', 'e', 'E':
		if f, ok := v.AsFloat(); ok && !isInteger(v.Kind()) {
			precision := spec.precision
			if precision < 0 {
				precision = 6
			}
			if precision > maxDigits {
				return "", errTooBig
			}
			text := strconv.FormatFloat(f, spec.conversion, precision, 64)
			return spec.sign(text[0] == '-', strings.TrimPrefix(text, "-")), nil
		}
	}
	if v.IsNull() {
		return "null", nil
	}
	return "", bad
}

// formatText formats %s and %b.
func (r *run) formatText(spec *formatSpec, v value.Value) (string, error) {
	text := "null"
	switch b, isBool := v.AsBool(); {
	case spec.conversion|0x20 == 'b':
		text = strconv.FormatBool(b || !isBool && !v.IsNull())
	case !v.IsNull():
		t, c := r.text(0, v)
		if c != next {
			return "", r.err
		}
		text = t.AsString()
	}
	if spec.precision >= 0 && spec.precision < length16(text) {
		text, _ = slice16(text, 0, int64(spec.precision))
	}
	if spec.conversion < 'a' {
		text = upper(text)
	}
	return text, nil
}

// sign adds a number's sign, thousands separators and leading zeros.
func (s *formatSpec) sign(negative bool, digits string) string {
	if s.has(',') {
		whole, frac, point := strings.Cut(digits, ".")
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + "," + whole[i:]
		}
		digits = whole
		if point {
			digits += "." + frac
		}
	}
	before, after := "", ""
	switch {
	case negative && s.has('('):
		before, after = "(", ")"
	case negative:
		before = "-"
	case s.has('+'):
		before = "+"
	case s.has(' '):
		before = " "
	}
	if s.has('0') {
		if n := s.width - len(before) - len(digits) - len(after); n > 0 {
			digits = strings.Repeat("0", n) + digits
		}
	}
	return before + digits + after
}

// pad fills up to the width with spaces.
func (s *formatSpec) pad(text string) string {
	n := s.width - length16(text)
	switch {
	case n <= 0:
		return text
	case s.has('-'):
		return text + strings.Repeat(" ", n)
	}
	return strings.Repeat(" ", n) + text
}
