package wire

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// readJSON reads text as one value of any kind.
func readJSON(text string) error {
	r := jsonReader{data: []byte(text)}
	if err := r.skip(); err != nil {
		return err
	}
	if r.space(); r.pos < len(r.data) {
		return r.syntaxError("unexpected character after the end")
	}
	return nil
}

func TestJSONSyntax(t *testing.T) {
	valid := []string{
		`null`, `true`, `false`, `0`, `-0`, `10`, `-1.5e+3`, `1E-2`, `""`, `"a\"\\\/\b\f\n\r\t\u00e9"`, `"\ud83d\ude00"`,
		`[]`, `[1]`, ` [ 1 , [ ] ] `, `{}`, `{"a":{"b":[null]}}`, "\t\r\n {\"a\" : 1 } ",
		strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth),
	}
	for _, text := range valid {
		if err := readJSON(text); err != nil {
			t.Errorf("%.40s: %v", text, err)
		}
	}
	invalid := []string{
		``, ` `, `nul`, `nulL`, `tru`, `True`, `01`, `-`, `.5`, `1.`, `1e`, `+1`, `0x1`, `NaN`, `'a'`, `"`, `"\`, `"\x"`, `"\u12"`, `"\u12g4"`,
		`"\ud83d"`, `"\ud83dx"`, `"\ud83d\n"`, `"\ude00\ud83d"`, "\"\n\"", "\"\\n\n\"", `[`, `[1`, `[1,`, `[1,]`, `[,]`, `[1 2]`, `{`, `{"a"`, `{"a":`, `{"a":1,}`,
		`{a:1}`, `{"a" 1}`, `{1:2}`, `[}`, `{]`, `1 2`, `{} {}`, "\ufeff{}", "\"\xff\"", "\"\\n\xff\"", "\"\xed\xa0\x80\"", "\xff",
		strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1),
		strings.Repeat(`{"a":`, maxDepth+1),
		"[" + strings.Repeat("0,", maxElements) + "0]",
	}
	for _, text := range invalid {
		if got := typeOf(readJSON(text)); got != "SerializationException" {
			t.Errorf("%.40q: got the error %q", text, got)
		}
	}
}

// Our reader takes what encoding/json takes, but for the stricter rules on
// text and the bounds, and reads strings alike.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,-2.5e7,"x\u00e9\n\ud83d\ude00",true,false,null]}`, `"\ud800"`, `[[[[]]]]`, `{"a":"\`, "\"\xff\""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := readJSON(string(data))
		if err == nil && !json.Valid(data) {
			t.Fatalf("took %q", data)
		}
		strict := !utf8.Valid(data) || strings.Contains(strings.ToLower(string(data)), `\ud`) || len(data) > maxDepth
		if err != nil && json.Valid(data) && !strict {
			t.Fatalf("refused %q: %v", data, err)
		}
		var want string
		if err == nil && json.Unmarshal(data, &want) == nil {
			r := jsonReader{data: data}
			if kind, _ := r.peek(); kind != jsonString {
				return // null
			}
			if got, _ := r.str(); got != want {
				t.Fatalf("read %q as %q, want %q", data, got, want)
			}
		}
	})
}
