package value

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"order and last duplicate":      {`{"b":1,"a":2,"b":3}`, `{"b":3,"a":2}`},
		"white space":                   {" \r\n\t[ 1 , 2 ] ", `[1,2]`},
		"integers of all sizes":         {`[0,-0,2147483647,2147483648,9223372036854775807,9223372036854775808,-12345678901234567890]`, `[0,0,2147483647,2147483648,9223372036854775807,9223372036854775808,-12345678901234567890]`},
		"doubles":                       {`[1.0,1.10,1E5,1e+2,-0.0,1e-7,100000000.0,5.]`, `[1.0,1.1,100000.0,100.0,-0.0,1.0E-7,1.0E8,5.0]`},
		"decimals":                      {`[1.234567890123456789012,0.1000000000000000055,123456.7890123456789]`, `[1.234567890123456789012,0.1000000000000000055,123456.7890123456789]`},
		"a long text is never a double": {`[1.7976931348623157E308,2.2250738585072014e-308]`, `[1.7976931348623157E+308,2.2250738585072014E-308]`},
		"too large for a double":        {`[1e400,-1e400]`, `[null,null]`},
		"escapes":                       {`"\u00e9\u4e16\ud83d\ude00\/\"\\\b\f\n\r\t\x41"`, `"é世😀/\"\\\b\f\n\r\tA"`},
		"lone surrogates":               {`"\ud83d\ud83d\ude00\ude00\ud83dx"`, `"�😀��x"`},
		"unknown escapes are dropped":   {`"a\qb"`, `"ab"`},
		"control characters are kept":   {"\"a\x01\x7fb\"", `"a\u0001\u007Fb"`},
		"or dropped beside a backslash": {"\"a\x01\x7f\\nb\"", `"a\nb"`},
		"single quotes":                 {`{'a':'b"c'}`, `{"a":"b\"c"}`},
		"no quotes":                     {`{a: b c , d:[x, 1 2, 12abc, nul, truely]}`, `{"a":"b c","d":["x","1 2","12abc","nul","truely"]}`},
		"useless commas":                {`{,"a":1,,"b":[,1,,2,],}`, `{"a":1,"b":[1,2]}`},
		"missing commas":                {`["a" "b" {"c":1} [2] 3]`, `["a","b",{"c":1},[2],3]`},
		"leading zeros":                 {`[007,-01,00.5]`, `[7,-1,0.5]`},
		"trailing text":                 {`{"a":1} and more }`, `{"a":1}`},
		"plain text":                    {`not json`, `"not json"`},
		"plain text like a number":      {`12 34`, `"12 34"`},
		"blanks":                        {`  `, `""`},
		"a missing value":               {`{"a":,"b":1}`, `{"a":"","b":1}`},
		"a lone sign":                   {`[-]`, `[0]`},
		"words":                         {`[null,true,false,NaN]`, `[null,true,false,NaN]`},
		"bytes that are not UTF-8":      {"\"\xff\xe2\x82\"", `"���"`},
		"scalars":                       {`"x"`, `"x"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := string(mustParse(t, tt.in).AppendJSON(nil)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestShortFloats(t *testing.T) {
	for _, s := range []string{"0.1", "-0.0", "0.0", "1.", ".5", "123456789012.345", "99999999999999.9", "0.00000000000001", "-7.25", "3.14159265358979", "17.10"} {
		want, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := shortFloat(s); !ok || math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("%s: got %v, %v, want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"1e3", "1.2.3", "1234567890123456.7"} {
		if got, ok := shortFloat(s); ok {
			t.Errorf("%s: got %v", s, got)
		}
	}
}

func TestParseErrors(t *testing.T) {
	tests := map[string]struct {
		in     string
		offset int
	}{
		"empty":              {``, 0},
		"open list":          {`[1,2`, 4},
		"open object":        {`{"a":1`, 6},
		"open string":        {`{"a`, 3},
		"no value":           {`{"a"}`, 4},
		"closed too early":   {`{"a":}`, 5},
		"two values":         {`{"a":"x" "b":1}`, 9},
		"wrong bracket":      {`["a"}`, 4},
		"bad unicode":        {`"\u12g4"`, 5},
		"no digits":          {`[-.]`, 3},
		"too deep":           {strings.Repeat("[", 401), 400},
		"number too long":    {"[" + strings.Repeat("1", 5000) + "]", 5001},
		"exponent too large": {`[1e99999999999999999999]`, 23},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			v, err := Parse(tt.in, Limits{})
			var pe *ParseError
			if !errors.As(err, &pe) {
				t.Fatalf("got %s, %v", v.Text(), err)
			}
			if pe.Offset != tt.offset {
				t.Errorf("%v: want offset %d", pe, tt.offset)
			}
		})
	}
	if _, err := Parse("[[1]]", Limits{Depth: 1}); err == nil {
		t.Error("two levels under a limit of one")
	}
	if _, err := ParseBytes([]byte("[1234]"), Limits{Bytes: 5}); err == nil {
		t.Error("six bytes under a limit of five")
	}
}

func TestParseStrict(t *testing.T) {
	if v, err := ParseStrict(` {"a":[1,"x"]} `, Limits{}); err != nil || v.Text() != `{a=[1,"x"]}` {
		t.Errorf("got %s, %v", v.Text(), err)
	}
	for _, s := range []string{`{'a':1}`, `not json`, `[1,]`, `01`, `{} x`, `"a` + "\x01" + `"`, ``} {
		if v, err := ParseStrict(s, Limits{}); err == nil {
			t.Errorf("%q was read as %s", s, v.Text())
		}
	}
}

// Changing a parsed list must not reach its neighbours in the same slab.
func TestParsedListsAreApart(t *testing.T) {
	v := mustParse(t, `[[1],[2],{"a":1},{"b":2}]`)
	l := v.AsList()
	l.At(0).AsList().Append(Int(9))
	l.At(2).AsMap().Set("z", Int(9))
	if got, want := v.Text(), `[[1,9],[2],{"a":1,"z":9},{"b":2}]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Objects with the same keys share them; changing one must not show in another.
func TestParsedObjectsAreApart(t *testing.T) {
	const doc = `[{"a":1,"b":2,"c":3},{"a":1,"b":2,"c":3},{"a":1,"b":2},{"b":1,"a":2},{"a":1,"b":2,"c":3,"d":4},{"a":1,"a":2,"b":3},{}]`
	changes := map[string]func(m *Map){
		"delete": func(m *Map) { m.Delete("a") },
		"add":    func(m *Map) { m.Set("z", Int(0)) },
		"both":   func(m *Map) { m.Delete("b"); m.Set("y", Int(1)); m.Set("b", Int(2)) },
		"clear":  func(m *Map) { m.Clear(); m.Set("x", Int(1)) },
		"odd":    func(m *Map) { m.SetKey(Int(1), Int(1)) },
	}
	for name, change := range changes {
		for i := range 7 {
			v := mustParse(t, doc)
			change(v.AsList().At(i).AsMap())
			for j := range 7 {
				fresh := mustParse(t, doc).AsList().At(j)
				if j == i {
					change(fresh.AsMap())
				}
				if got, want := v.AsList().At(j).Text(), fresh.Text(); got != want {
					t.Errorf("%s in object %d: object %d is %s, want %s", name, i, j, got, want)
				}
			}
		}
	}
}

func TestParseManyMembers(t *testing.T) {
	var b strings.Builder
	b.WriteByte('{')
	for i := range 5000 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"k` + Int(int64(i%2500)).Text() + `":` + Int(int64(i)).Text())
	}
	b.WriteByte('}')
	m := mustParse(t, b.String()).AsMap()
	if m.Len() != 2500 {
		t.Fatalf("%d members, want 2500", m.Len())
	}
	if v, _ := m.Get("k17"); v.Text() != "2517" {
		t.Errorf("k17 is %s", v.Text())
	}
}
