package value

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unsafe"
)

func TestValueIsSmall(t *testing.T) {
	if got := unsafe.Sizeof(Value{}); got != 24 {
		t.Errorf("a Value takes %d bytes, want 24", got)
	}
}

func mustParse(t testing.TB, s string) Value {
	t.Helper()
	v, err := Parse(s, Limits{})
	if err != nil {
		t.Fatalf("Parse(%q): %v", s, err)
	}
	return v
}

type property struct{ name string }

func (p *property) Get(name string) (Value, bool) { return String(p.name + "." + name), true }
func (p *property) Call(string, []Value) (Value, bool, error) {
	return Value{}, false, nil
}

func TestKinds(t *testing.T) {
	big20, _ := new(big.Int).SetString("12345678901234567890", 10)
	dec, _ := ParseDecimal("1.50")
	tests := []struct {
		v    Value
		kind Kind
		text string
	}{
		{Value{}, KindNull, "null"},
		{Bool(true), KindBool, "true"},
		{Bool(false), KindBool, "false"},
		{Int(-7), KindInteger, "-7"},
		{Int(math.MaxInt32), KindInteger, "2147483647"},
		{Int(math.MaxInt32 + 1), KindLong, "2147483648"},
		{Int(math.MinInt32), KindInteger, "-2147483648"},
		{Long(1), KindLong, "1"},
		{Float(3.3), KindFloat, "3.3"},
		{Double(3), KindDouble, "3.0"},
		{BigInteger(big20), KindBigInteger, "12345678901234567890"},
		{BigInteger(nil), KindNull, "null"},
		{BigDecimal(dec), KindBigDecimal, "1.50"},
		{BigDecimal(nil), KindNull, "null"},
		{String(""), KindString, ""},
		{String("a"), KindString, "a"},
		{FromList(NewList(Int(1), String("x"))), KindList, "[1, x]"},
		{FromList(NewJSONList(Int(1), String("x"))), KindList, `[1,"x"]`},
		{FromList(nil), KindNull, "null"},
		{FromMap(NewMap(0)), KindMap, "{}"},
		{FromMap(nil), KindNull, "null"},
		{FromObject(&property{"p"}), KindObject, ""},
		{FromObject(nil), KindNull, "null"},
	}
	for _, tt := range tests {
		if got := tt.v.Kind(); got != tt.kind {
			t.Errorf("%s: kind %v, want %v", tt.text, got, tt.kind)
		}
		if got := tt.v.Text(); got != tt.text {
			t.Errorf("%v: text %q, want %q", tt.kind, got, tt.text)
		}
		if got, want := tt.v.IsNull(), tt.kind == KindNull; got != want {
			t.Errorf("%v: IsNull %v, want %v", tt.kind, got, want)
		}
	}
}

func TestStringsSurviveCollection(t *testing.T) {
	var vals []Value
	for i := range 1000 {
		vals = append(vals, String(strings.Repeat("x", i)+fmt.Sprint(i)))
	}
	runtime.GC()
	for i, v := range vals {
		if got, want := v.AsString(), strings.Repeat("x", i)+fmt.Sprint(i); got != want {
			t.Fatalf("string %d is %q", i, got)
		}
	}
}

func TestDoublePrintsAsJava(t *testing.T) {
	tests := map[float64]string{
		0: "0.0", 1: "1.0", -1.5: "-1.5", 100: "100.0", 1e7: "1.0E7", 9999999: "9999999.0", 9999999.999: "9999999.999",
		0.001: "0.001", 9.9e-4: "9.9E-4", 12345678: "1.2345678E7", 1e21: "1.0E21", 1e-7: "1.0E-7", 5e-324: "4.9E-324",
		9007199254740993: "9.007199254740992E15", math.MaxFloat64: "1.7976931348623157E308", 0.30000000000000004: "0.30000000000000004",
		2.2250738585072014e-308: "2.2250738585072014E-308", math.Inf(1): "Infinity", math.Inf(-1): "-Infinity", -5e-324: "-4.9E-324",
		1e-5: "1.0E-5", 2e-300: "2.0E-300", -1e100: "-1.0E100", 1e23: "9.999999999999999E22",
	}
	for f, want := range tests {
		if got := string(AppendDouble(nil, f)); got != want {
			t.Errorf("%g: got %s, want %s", f, got, want)
		}
	}
	if got := Double(math.NaN()).Text(); got != "NaN" {
		t.Errorf("NaN: got %s", got)
	}
	if got := Double(math.Copysign(0, -1)).Text(); got != "-0.0" {
		t.Errorf("-0: got %s", got)
	}
}

// testdata/floats.txt has bits and what Java 17 prints, of floats after an F,
// half of them where the shortest text is another.
func TestFloatsPrintAsJava(t *testing.T) {
	data, err := os.ReadFile("testdata/floats.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		hex, want, _ := strings.Cut(strings.TrimSpace(line), " ")
		b, err := strconv.ParseUint(strings.TrimPrefix(hex, "F"), 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		got := Double(math.Float64frombits(b)).Text()
		if hex[0] == 'F' {
			got = Float(math.Float32frombits(uint32(b))).Text()
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", hex, got, want)
		}
	}
}

func TestDecimalPrintsAsJava(t *testing.T) {
	tests := map[string]string{
		"1.234567890123456789012": "1.234567890123456789012", "0": "0", "0.00": "0.00", "1e3": "1E+3", "12e3": "1.2E+4", "1e-6": "0.000001",
		"1e-7": "1E-7", "12e-8": "1.2E-7", "-0.5": "-0.5", "-12345.678e-3": "-12.345678", "0e5": "0E+5", "1e-2000000000": "1E-2000000000",
		"0.000001234": "0.000001234", "0.0000001234": "1.234E-7",
	}
	for s, want := range tests {
		d, ok := ParseDecimal(s)
		if !ok {
			t.Errorf("%s: not read", s)
		} else if got := d.String(); got != want {
			t.Errorf("%s: got %s, want %s", s, got, want)
		}
	}
	for _, s := range []string{"", "x", "1e", "1e99999999999", "1.2.3", "--1", "1e2147483648"} {
		if d, ok := ParseDecimal(s); ok {
			t.Errorf("%q: read as %s", s, d)
		}
	}
}

func TestMapKeepsOrder(t *testing.T) {
	m := NewMap(0)
	ref := map[string]int{}
	for i := range 200 { // crosses from scanning to the index
		key := fmt.Sprint("k", i*7%100)
		m.Set(key, Int(int64(i)))
		ref[key] = i
	}
	if m.Len() != len(ref) {
		t.Fatalf("%d entries, want %d", m.Len(), len(ref))
	}
	for i := range m.Len() {
		key, v := m.At(i)
		if want := fmt.Sprint("k", i*7%100); key != want {
			t.Errorf("entry %d: key %s, want %s", i, key, want)
		}
		if n, _ := v.AsInt(); int(n) != ref[key] {
			t.Errorf("%s: got %d, want %d", key, n, ref[key])
		}
	}
	for i := 0; i < 100; i += 3 {
		key := fmt.Sprint("k", i)
		if !m.Delete(key) || m.Has(key) || m.Delete(key) {
			t.Errorf("%s was not deleted once", key)
		}
		delete(ref, key)
	}
	for key, n := range ref {
		if v, ok := m.Get(key); !ok || v.Text() != fmt.Sprint(n) {
			t.Errorf("%s after deleting others: %v %v", key, v.Text(), ok)
		}
	}
	m.Clear()
	if m.Len() != 0 || m.Has("k1") {
		t.Error("not empty after Clear")
	}
}

func TestMapKeysOfOtherKinds(t *testing.T) {
	m := NewMap(0)
	list := FromList(NewList(Int(1), String("a")))
	keys := []Value{Int(1), String("1"), Long(1), Double(1), {}, Bool(true), list, String("true")}
	for i, k := range keys {
		m.SetKey(k, Int(int64(i)))
	}
	if got, want := FromMap(m).Text(), "{1=0, 1=1, 1=2, 1.0=3, null=4, true=5, [1, a]=6, true=7}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for i, k := range keys {
		if at := m.Find(k); at != i {
			t.Errorf("%s is found at %d, want %d", k.Text(), at, i)
		}
		if !Equal(m.Key(i), k) {
			t.Errorf("key %d is %s, want %s", i, m.Key(i).Text(), k.Text())
		}
	}
	m.DeleteAt(0)
	if m.Find(Int(1)) >= 0 || m.Find(String("1")) != 0 {
		t.Error("the Integer 1 was not deleted alone")
	}
}

func TestEqual(t *testing.T) {
	same := [][2]Value{
		{Value{}, Value{}}, {Int(1), Int(1)}, {String("a"), String("a")}, {Double(math.NaN()), Double(math.NaN())},
		{mustParse(t, `{"a":1,"b":[1,2]}`), mustParse(t, `{"b":[1,2],"a":1}`)},
		{mustParse(t, `[1]`), FromList(NewList(Int(1)))},
		{mustParse(t, `12345678901234567890`), mustParse(t, `12345678901234567890`)},
	}
	for _, p := range same {
		if !Equal(p[0], p[1]) {
			t.Errorf("%s is not equal to %s", p[0].Text(), p[1].Text())
		}
	}
	p := &property{}
	differ := [][2]Value{
		{Value{}, String("")}, {Int(1), Long(1)}, {Int(1), Double(1)}, {Int(1), String("1")}, {Double(0), Double(math.Copysign(0, -1))},
		{mustParse(t, `{"a":1}`), mustParse(t, `{"a":2}`)}, {mustParse(t, `{"a":1}`), mustParse(t, `{"b":1}`)}, {mustParse(t, `[1]`), mustParse(t, `[1,2]`)},
		{mustParse(t, `{"a":1}`), mustParse(t, `{"a":1,"b":1}`)}, {FromObject(p), FromObject(&property{"x"})},
	}
	for _, p := range differ {
		if Equal(p[0], p[1]) {
			t.Errorf("%s is equal to %s", p[0].Text(), p[1].Text())
		}
	}
	if !Equal(FromObject(p), FromObject(p)) {
		t.Error("an object is not itself")
	}
}

func TestPrintingEndlessValues(t *testing.T) {
	self := NewList()
	self.Append(FromList(self))
	if got := FromList(self).Text(); got != "[(this Collection)]" {
		t.Errorf("got %s", got)
	}
	selfMap := NewMap(0)
	selfMap.Set("me", FromMap(selfMap))
	if got := FromMap(selfMap).Text(); got != "{me=(this Map)}" {
		t.Errorf("got %s", got)
	}
	outer, inner := NewList(), NewList()
	outer.Append(FromList(inner))
	inner.Append(FromList(outer))
	if _, err := FromList(outer).AppendTextMax(nil, 1<<20); err != ErrTooDeep {
		t.Errorf("cycle: got %v", err)
	}
	l := FromList(NewList())
	for range 60 {
		l = FromList(NewList(l, l))
	}
	out, err := l.AppendTextMax(nil, 1000)
	if err != ErrTooLong || len(out) > 1000 {
		t.Errorf("2^60 lists: got %d bytes, %v", len(out), err)
	}
	if out, err := l.AppendJSONMax(nil, 1000); err != ErrTooLong || len(out) > 1000 {
		t.Errorf("2^60 lists as JSON: got %d bytes, %v", len(out), err)
	}
	other := FromList(NewList())
	for range 60 {
		other = FromList(NewList(other, other))
	}
	if Equal(l, other) {
		t.Error("2^60 lists were compared")
	}
}

func TestJSONStyle(t *testing.T) {
	v := mustParse(t, `{"u":"æ 世 😀\u2028\u0080/","c":"a\tb\u0001","n":[1.0,null,true,1e400],"e":{}}`)
	want := `{"u":"æ 世 😀\u2028\u0080/","c":"a\tb\u0001","n":[1.0,null,true,null],"e":{}}`
	if got := string(v.AppendJSON(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	want = "{u=æ 世 😀\u2028\u0080/, c=a\tb\x01, n=[1.0,null,true,null], e={}}"
	if got := v.Text(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := mustParse(t, `["a/b",{"c":"d/e"}]`).Text(), `["a\/b",{"c":"d\/e"}]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !json.Valid(v.AppendJSON(nil)) {
		t.Error("not JSON")
	}
}

// A long string is printed as a short one is, and stops soon behind its limit,
// however long its escapes make it.
func TestLongStringAsJSON(t *testing.T) {
	text := strings.Repeat("a\u2028é\x01", 3*quotePiece)
	if got, want := string(String(text).AppendJSON(nil)), string(AppendQuoted(nil, text)); got != want {
		t.Error("a long string is not printed in one piece")
	}
	controls := String(strings.Repeat("\x01", 1<<20))
	p := Printer{max: 1<<20 + 2}
	if p.JSON(controls); p.err != ErrTooLong || len(p.buf) > 1<<20+6*quotePiece {
		t.Errorf("%v after %d bytes", p.err, len(p.buf))
	}
}
