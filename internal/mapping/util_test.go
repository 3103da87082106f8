package mapping

import (
	"testing"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

func TestUtil(t *testing.T) {
	tests := []struct{ method, in, want string }{
		{"escapeJavaScript", "it's \"x\" a\\b */*", `it\'s \"x\" a\\b *\/*`},
		{"escapeJavaScript", "\n\t\r\f\b\x01\x7f", `\n\t\r\f\b\u0001` + "\x7f"},
		{"escapeJavaScript", "é世😀", `\u00E9\u4E16\uD83D\uDE00`},
		{"escapeJavaScript", "plain", "plain"},
		{"urlEncode", `{"some": "value"}`, "%7B%22some%22%3A+%22value%22%7D"},
		{"urlEncode", "é~*-._", "%C3%A9%7E*-._"},
		{"urlEncode", "", ""},
		{"urlDecode", "%7B%22a%22%3A+1%7D", `{"a": 1}`},
		{"urlDecode", "%FF", "\uFFFD"},
		{"urlDecode", "a%2", "error"},
		{"urlDecode", "a%zz", "error"},
		{"base64Encode", "héllo", "aMOpbGxv"},
		{"base64Decode", "aMOpbGxv", "héllo"},
		{"base64Decode", "aMOp\nbGxv==ignored", "héllo"},
		{"base64Decode", "_-8", "\uFFFD"},
		{"base64Decode", "YWJjZ", "abc"},
		{"base64Decode", "", ""},
		{"parseJson", `{"a":[1,"x"]}`, `{a=[1,"x"]}`},
		{"parseJson", `{"a":`, "error"},
		{"parseJson", `5`, "5"},
	}
	for _, tt := range tests {
		v, found, err := new(utilObject).Call(tt.method, []value.Value{value.String(tt.in)})
		got := v.Text()
		if err != nil {
			got = "error"
		}
		if !found || got != tt.want {
			t.Errorf("%s(%q): got %q, want %q", tt.method, tt.in, got, tt.want)
		}
	}
}

func TestUtilOfNullIsNull(t *testing.T) {
	for _, method := range []string{"escapeJavaScript", "parseJson", "urlEncode", "urlDecode", "base64Encode", "base64Decode"} {
		v, found, err := new(utilObject).Call(method, make([]value.Value, 1))
		if !found || err != nil || !v.IsNull() {
			t.Errorf("%s: got %v %v %v", method, v, found, err)
		}
	}
	if _, found, _ := new(utilObject).Call("escapeJavaScript", nil); found {
		t.Error("found without an argument")
	}
}

func FuzzUtil(f *testing.F) {
	f.Add("é'\"/\x00")
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		call := func(method, arg string) string {
			v, _, err := new(utilObject).Call(method, []value.Value{value.String(arg)})
			if err != nil {
				t.Fatalf("%s(%q): %v", method, arg, err)
			}
			return v.Text()
		}
		if got := call("base64Decode", call("base64Encode", s)); got != s {
			t.Errorf("base64: got %q, want %q", got, s)
		}
		if got := call("urlDecode", call("urlEncode", s)); got != s {
			t.Errorf("url: got %q, want %q", got, s)
		}
		for _, c := range []byte(call("escapeJavaScript", s)) {
			if c < ' ' || c > 0x7F {
				t.Errorf("escapeJavaScript left %#x", c)
			}
		}
	})
}
