package vtl

import (
	"unicode"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// characterMethods are the common methods of java.lang.Character. Those
// that are static take a character or a code point.
var characterMethods = methodTable{
	"charValue": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) { return self, nil }}},
	"compareTo": {{"X", func(_ *run, self value.Value, args []value.Value) (value.Value, error) {
		if args[0].IsNull() {
			return value.Value{}, errNull
		}
		return value.Int(int64(unitOf(self)) - int64(unitOf(args[0]))), nil
	}}},
	"isLetter":        testCharacter(unicode.IsLetter),
	"isDigit":         testCharacter(unicode.IsDigit),
	"isLetterOrDigit": testCharacter(func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }),
	"isUpperCase":     testCharacter(unicode.IsUpper),
	"isLowerCase":     testCharacter(unicode.IsLower),
	"isWhitespace":    testCharacter(isJavaSpace),
	"toUpperCase":     mapCharacter(unicode.ToUpper),
	"toLowerCase":     mapCharacter(unicode.ToLower),
	"toString": {{"c", func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
		return value.String(args[0].Text()), nil
	}},
		{"i", func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
			return value.String(string(codePoint(args[0]))), nil
		}}},
	"getNumericValue": {{"c", numericValue}, {"i", numericValue}},
}

func unitOf(v value.Value) uint16 {
	c, _ := v.AsObject().(*javaChar)
	return c.unit
}

// codePoint returns the character that is an argument.
func codePoint(v value.Value) rune {
	if v.Kind() == value.KindInteger {
		return rune(num(v))
	}
	return rune(unitOf(v))
}

func testCharacter(f func(rune) bool) []overload {
	m := func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
		return value.Bool(f(codePoint(args[0]))), nil
	}
	return []overload{{"c", m}, {"i", m}}
}

func mapCharacter(f func(rune) rune) []overload {
	return []overload{
		{"c", func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
			return value.FromObject(&javaChar{unit: uint16(f(codePoint(args[0])))}), nil
		}},
		{"i", func(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
			return value.Int(int64(f(codePoint(args[0])))), nil
		}},
	}
}

// numericValue is Character.getNumericValue of ASCII digits and letters.
func numericValue(_ *run, _ value.Value, args []value.Value) (value.Value, error) {
	r := codePoint(args[0])
	switch {
	case '0' <= r && r <= '9':
		return value.Int(int64(r - '0')), nil
	case r < 0x80 && isLetter(byte(r)):
		return value.Int(int64(r|0x20-'a') + 10), nil
	}
	return value.Int(-1), nil
}
