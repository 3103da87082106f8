package jsonpath

import (
	"math"
	"math/big"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/javaregexp"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A nodeKind says what a filter takes an operand for.
type nodeKind uint8

const (
	nodeUndefined nodeKind = iota // what a path that leads nowhere is
	nodeNull
	nodeBool
	nodeNumber
	nodeString
	nodeJSON    // a list or map
	nodePattern // /re/
	nodeText    // a string within a list that looks like JSON
	nodeOpaque  // a string within a list that looks like a path: equals nothing
)

// A node is an operand as filters see it.
type node struct {
	kind    nodeKind
	val     value.Value // of nodeBool, nodeNumber and nodeJSON
	text    string      // of nodeString and nodeText, and a JSON literal's source
	pattern *javaregexp.Regexp
	literal bool // JSON that stands in the filter
	bad     bool // such JSON that cannot be read
}

func boolNode(b bool) node { return node{kind: nodeBool, val: value.Bool(b)} }

func numberLiteral(text string) (node, bool) {
	d, ok := value.ParseDecimal(text)
	if !ok {
		return node{}, false
	}
	n := node{kind: nodeNumber, val: value.BigDecimal(d)}
	if u := d.Unscaled(); d.Scale() == 0 && u.IsInt64() {
		n.val = value.Int(u.Int64())
	}
	return n, true
}

// nodeOf turns the result of a path into a node.
func nodeOf(v value.Value) (node, error) {
	switch k := v.Kind(); {
	case v.IsNull():
		return node{kind: nodeNull}, nil
	case k == value.KindBool:
		return node{kind: nodeBool, val: v}, nil
	case k == value.KindString:
		return node{kind: nodeString, text: v.AsString()}, nil
	case k.IsNumber():
		if f, _ := v.AsFloat(); (k == value.KindDouble || k == value.KindFloat) && (math.IsInf(f, 0) || math.IsNaN(f)) {
			return node{}, evalError("not a number: " + v.Text())
		}
		return node{kind: nodeNumber, val: v}, nil
	case k == value.KindList && v.AsList().IsJSON(), k == value.KindMap:
		return node{kind: nodeJSON, val: v}, nil
	}
	return node{}, evalError("Could not convert " + v.Kind().String() + " to a ValueNode")
}

// elementNode turns a member of a list into a node. Strings are read once
// more: they lose quotes and escapes, and those that look like a path or JSON
// become that.
func (b *budget) elementNode(v value.Value) (node, error) {
	switch v.Kind() {
	case value.KindList, value.KindMap, value.KindObject:
		return node{}, evalError("Could not determine value type")
	case value.KindString:
		return b.stringElement(v.AsString())
	}
	return nodeOf(v)
}

func (b *budget) stringElement(s string) (node, error) {
	if err := b.work(len(s) / shallowParts); err != nil {
		return node{}, err
	}
	if t := strings.Trim(s, javaBlanks); t != "" {
		first, last := t[0], t[len(t)-1]
		if first == '@' || first == '$' {
			if _, err := compile(s, 0); err == nil {
				return node{kind: nodeOpaque}, nil
			}
		}
		if len(t) > 1 && (first == '[' && last == ']' || first == '{' && last == '}') {
			_, err := value.Parse(t, value.Limits{Memory: (*loan)(b)})
			if err == nil {
				return node{kind: nodeText, text: s}, nil
			}
			if _, malformed := err.(*value.ParseError); !malformed {
				return node{}, err
			}
		}
	}
	if len(s) < 2 {
		return node{kind: nodeString, text: s}, nil
	}
	if q := s[0]; (q == '\'' || q == '"') && s[len(s)-1] == q {
		s = s[1 : len(s)-1]
	}
	s, err := unescape(s)
	if err != nil {
		return node{}, evalError(err.Error())
	}
	return node{kind: nodeString, text: s}, nil
}

// javaBlanks is what String.trim removes.
const javaBlanks = "\x00\x01\x02\x03\x04\x05\x06\x07\b\t\n\v\f\r\x0e\x0f" +
	"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f "

// equal is ValueNode.equals, which is not symmetric.
func (n node) equal(o node) bool {
	switch n.kind {
	case nodeNull:
		return o.kind == nodeNull
	case nodeBool:
		a, _ := n.val.AsBool()
		b, isBool := o.val.AsBool()
		return isBool && o.kind == nodeBool && a == b
	case nodeNumber:
		switch o.kind {
		case nodeNumber:
			return compareNumbers(n.val, o.val) == 0
		case nodeString:
			d, ok := value.ParseDecimal(o.text)
			return ok && compareNumbers(n.val, value.BigDecimal(d)) == 0
		}
	case nodeString:
		switch o.kind {
		case nodeString:
			return n.text == o.text
		case nodeNumber:
			return n.text == numberText(o.val)
		}
	case nodeText:
		return o.kind == nodeText && n.text == o.text
	case nodePattern:
		return o.kind == nodePattern && n.pattern == o.pattern
	}
	return false
}

// equalJSON compares two lists or maps as Jayway does: a literal on the left
// is still text, and equals only itself.
func (n node) equalJSON(o node) bool {
	return !n.literal && !o.bad && value.Equal(n.val, o.val)
}

// input is what a pattern is matched against.
func (n node) input() string {
	switch n.kind {
	case nodeString:
		return n.text
	case nodeNumber:
		return numberText(n.val)
	case nodeBool:
		return n.val.Text()
	}
	return ""
}

// decimal returns a finite number with all its digits.
func decimal(v value.Value) *value.Decimal {
	if d := v.AsBigDecimal(); d != nil {
		return d
	}
	if n := v.AsBigInteger(); n != nil {
		return value.NewDecimal(n, 0)
	}
	d, ok := value.ParseDecimal(v.Text())
	if !ok {
		return value.NewDecimal(new(big.Int), 0)
	}
	return d
}

func numberText(v value.Value) string {
	if _, ok := v.AsInt(); ok {
		return v.Text()
	}
	return decimal(v).String()
}

// compareNumbers compares two finite numbers by their exact values, a Double
// by the digits it prints as.
func compareNumbers(a, b value.Value) int {
	const exact = 1 << 53
	x, xInt := a.AsInt()
	y, yInt := b.AsInt()
	small := func(n int64, isInt bool, v value.Value) bool {
		return isInt && -exact < n && n < exact || v.Kind() == value.KindDouble
	}
	switch {
	case xInt && yInt:
		return compareOrdered(x, y)
	case small(x, xInt, a) && small(y, yInt, b):
		f, _ := a.AsFloat()
		g, _ := b.AsFloat()
		return compareOrdered(f, g)
	}
	return compareDecimals(decimal(a), decimal(b))
}

func compareOrdered[T int64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// compareDecimals looks at signs and sizes first, so that numbers are written
// out only when their lengths are alike.
func compareDecimals(a, b *value.Decimal) int {
	x, y := a.Unscaled(), b.Unscaled()
	if x.Sign() != y.Sign() || x.Sign() == 0 {
		return compareOrdered(int64(x.Sign()), int64(y.Sign()))
	}
	if c := compareOrdered(magnitude(a), magnitude(b)); c != 0 {
		return c * x.Sign()
	}
	if d := int64(a.Scale()) - int64(b.Scale()); d > 0 {
		y = new(big.Int).Mul(y, pow10(d))
	} else if d < 0 {
		x = new(big.Int).Mul(x, pow10(-d))
	}
	return x.Cmp(y)
}

// magnitude is the position of the first digit before the point.
func magnitude(d *value.Decimal) int64 {
	digits := len(new(big.Int).Abs(d.Unscaled()).String())
	return int64(digits) - int64(d.Scale())
}

func pow10(n int64) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil) }

// compareText orders strings by their UTF-16 units.
func compareText(a, b string) int {
	for a != "" && b != "" {
		x, n := utf8.DecodeRuneInString(a)
		y, m := utf8.DecodeRuneInString(b)
		if x != y {
			if (x >= 0x10000) != (y >= 0x10000) {
				if high, _ := utf16.EncodeRune(x); x >= 0x10000 {
					x = high
				}
				if high, _ := utf16.EncodeRune(y); y >= 0x10000 {
					y = high
				}
			}
			return compareOrdered(int64(x), int64(y))
		}
		a, b = a[n:], b[m:]
	}
	return compareOrdered(int64(len(a)), int64(len(b)))
}

// textLength is String.length.
func textLength(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}
