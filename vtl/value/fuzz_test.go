package value

import (
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
)

// FuzzParse compares what is JSON with encoding/json, and checks that what is
// not is handled all the same.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,-2.5e3,"x\né\ud83d\ude00",null,true],"a":{}}`, `[[],{},"",0,-0,1e400,12345678901234567890,0.1000000000000000055]`,
		`{'a':b, c:[x y,,1 2]}`, `not json`, ` "lone \ud800 \udc00" `, "\"\xff\x00\x7f\\n\"", `{"a":1} tail`, `[-]`, `{"a"`, `[NaN]`, order100()[:300],
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := Parse(s, Limits{Bytes: 1 << 20})
		if err != nil {
			var pe *ParseError
			if !errors.As(err, &pe) || pe.Offset < 0 || pe.Offset > 3*len(s) {
				t.Fatalf("%q: got %v", s, err)
			}
		} else {
			checkPrinted(t, s, v)
		}
		if !json.Valid([]byte(s)) {
			if v, err := ParseStrict(s, Limits{}); err == nil {
				t.Fatalf("%q was read strictly as %s", s, v.Text())
			}
			return
		}
		if err != nil {
			if !strings.Contains(err.Error(), "nested") && !strings.Contains(err.Error(), "number") {
				t.Fatalf("%q is JSON: %v", s, err)
			}
			return
		}
		if strings.Contains(s, "\x7F") {
			return // is dropped beside a backslash
		}
		dec := json.NewDecoder(strings.NewReader(s))
		dec.UseNumber()
		var want any
		if err := dec.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if !same(v, want) {
			t.Errorf("%q: got %s, want %v", s, v.AppendJSON(nil), want)
		}
	})
}

// checkPrinted checks that v's JSON can be read and printed again alike, and
// that the other printer and its bound work.
func checkPrinted(t *testing.T, s string, v Value) {
	out := v.AppendJSON(nil)
	again, err := Parse(string(out), Limits{})
	if err != nil {
		t.Fatalf("%q: its JSON %s: %v", s, out, err)
	}
	// A BigDecimal may print shorter than it was, and is a Double then.
	if got := again.AppendJSON(nil); string(got) != string(out) && !hasDecimal(v) {
		t.Errorf("%q: %s, read again %s", s, out, got)
	}
	if !strings.Contains(string(out), "NaN") && !json.Valid(out) {
		t.Errorf("%q: %s is no JSON", s, out)
	}
	text := v.AppendText(nil)
	if cut, err := v.AppendTextMax(nil, len(text)/2); len(text) > 1 && (err != ErrTooLong || len(cut) > len(text)/2) {
		t.Errorf("%q: half of %q is %q, %v", s, text, cut, err)
	}
	if !Equal(v, v) || Equal(v, again) != Equal(again, v) {
		t.Errorf("%q: Equal contradicts itself", s)
	}
}

func hasDecimal(v Value) bool {
	for _, e := range v.AsList().Values() {
		if hasDecimal(e) {
			return true
		}
	}
	for i := range v.AsMap().Len() {
		if _, e := v.AsMap().At(i); hasDecimal(e) {
			return true
		}
	}
	return v.Kind() == KindBigDecimal
}

// same reports whether v is what encoding/json read.
func same(v Value, want any) bool {
	switch want := want.(type) {
	case nil:
		return v.IsNull()
	case bool:
		b, ok := v.AsBool()
		return ok && b == want
	case string:
		return v.IsString() && v.AsString() == want
	case json.Number:
		return sameNumber(v, string(want))
	case []any:
		l := v.AsList()
		if l == nil || l.Len() != len(want) || !l.IsJSON() {
			return false
		}
		for i := range want {
			if !same(l.At(i), want[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		m := v.AsMap()
		if m == nil || m.Len() != len(want) {
			return false
		}
		for key, w := range want {
			got, ok := m.Get(key)
			if !ok || !same(got, w) {
				return false
			}
		}
		return true
	}
	return false
}

func sameNumber(v Value, s string) bool {
	if n, ok := new(big.Int).SetString(s, 10); ok {
		got := v.AsBigInteger()
		return got != nil && got.Cmp(n) == 0
	}
	if d := v.AsBigDecimal(); d != nil {
		want, ok := ParseDecimal(s)
		return ok && d.String() == want.String()
	}
	f, _ := json.Number(s).Float64() // out of range is an infinity
	got, ok := v.AsFloat()
	return ok && v.Kind() == KindDouble && got == f
}
