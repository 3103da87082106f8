package jsontext

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

const depth = 100

func TestCheck(t *testing.T) {
	valid := []string{
		`null`, `true`, `false`, `0`, `-0`, `10`, `-1.5e+3`, `1E-2`, `""`, `"a\"\\\/\b\f\n\r\t\u00e9"`, `"\ud83d\ude00"`, `"\ud83d"`, "\"\xff\"",
		`[]`, `[1]`, ` [ 1 , [ ] ] `, `{}`, `{"a":{"b":[null]}}`, "\t\r\n {\"a\" : 1 } ", `{"a":1,"a":2}`,
		strings.Repeat("[", depth) + strings.Repeat("]", depth), "[" + strings.Repeat("[],", 2*depth) + "{}]",
	}
	for _, text := range valid {
		if err := Check([]byte(text), depth); err != nil {
			t.Errorf("%.40s: %v", text, err)
		}
	}
}

// Every mistake has its place and its words.
func TestErrors(t *testing.T) {
	tests := []struct {
		text    string
		offset  int
		problem string
	}{
		{``, 0, "unexpected end"},
		{` `, 1, "unexpected end"},
		{`nul`, 3, "unexpected end"},
		{`nulL`, 3, "invalid character 'L' in literal null"},
		{`True`, 0, "invalid character 'T' looking for beginning of value"},
		{`fals `, 4, "invalid character ' ' in literal false"},
		{`01`, 1, "invalid character '1' after top-level value"},
		{`-`, 1, "unexpected end"},
		{`-a`, 1, "invalid character 'a' in numeric literal"},
		{`.5`, 0, "invalid character '.' looking for beginning of value"},
		{`1.`, 2, "unexpected end"},
		{`[1.]`, 3, "invalid character ']' in numeric literal"},
		{`1e+x`, 3, "invalid character 'x' in numeric literal"},
		{`0x1`, 1, "invalid character 'x' after top-level value"},
		{`"`, 1, "unexpected end"},
		{`"\`, 2, "unexpected end"},
		{`"\x"`, 2, "invalid character 'x' in string escape code"},
		{`"\u12`, 5, "unexpected end"},
		{`"\u12g4"`, 5, `invalid character 'g' in \u hexadecimal character escape`},
		{`"\ud83d\u12g4"`, 11, `invalid character 'g' in \u hexadecimal character escape`},
		{"\"a\n\"", 2, `invalid character '\n' in string literal`},
		{"\"\\n\n\"", 3, `invalid character '\n' in string literal`},
		{`[`, 1, "unexpected end"},
		{`[1,]`, 3, "invalid character ']' looking for beginning of value"},
		{`[1 é]`, 3, "invalid character 'é' after array element"},
		{`[}`, 1, "invalid character '}' looking for beginning of value"},
		{`{`, 1, "unexpected end"},
		{`{"a"`, 4, "unexpected end"},
		{`{"a":1,}`, 7, "invalid character '}' looking for beginning of object key string"},
		{`{a:1}`, 1, "invalid character 'a' looking for beginning of object key string"},
		{`{"a" 1}`, 5, "invalid character '1' after object key"},
		{`{"a":1]`, 6, "invalid character ']' after object key:value pair"},
		{`{} {}`, 3, "invalid character '{' after top-level value"},
		{"\ufeff{}", 0, `invalid character '\ufeff' looking for beginning of value`},
		{"\xff", 0, "invalid character '�' looking for beginning of value"},
	}
	for _, tt := range tests {
		err, _ := errors.AsType[*SyntaxError](Check([]byte(tt.text), depth))
		if err == nil || err.Offset != tt.offset || err.Error() != tt.problem {
			t.Errorf("%q: got %+v, want %q at %d", tt.text, err, tt.problem, tt.offset)
		}
	}
	for _, text := range []string{strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 100_000)} {
		if err, ok := errors.AsType[*DepthError](Check([]byte(text), depth)); !ok || err.Max != depth || err.Offset < depth {
			t.Errorf("%.20s: got %+v", text, err)
		}
	}
}

// A method refuses what it does not read.
func TestOtherValue(t *testing.T) {
	reads := map[string]func(r *Reader) error{
		"null":   (*Reader).Null,
		"bool":   func(r *Reader) error { _, err := r.Bool(); return err },
		"number": func(r *Reader) error { _, err := r.Number(); return err },
		"text":   func(r *Reader) error { _, err := r.Text(); return err },
		"append": func(r *Reader) error { _, err := r.AppendText(nil); return err },
		"array":  func(r *Reader) error { return r.Array(r.Skip) },
		"object": func(r *Reader) error { return r.Object(func([]byte) error { return r.Skip() }) },
	}
	values := map[string]string{"null": "null", "bool": "false", "number": "1", "text": `"a"`, "array": "[1]", "object": `{"a":1}`}
	for name, read := range reads {
		for kind, text := range values {
			r := NewReader([]byte(" "+text), depth, 0)
			if err := read(&r); (err == nil) != (kind == strings.Replace(name, "append", "text", 1)) {
				t.Errorf("%s of %s: %v", name, text, err)
			}
		}
	}
}

func TestHalves(t *testing.T) {
	tests := map[string]string{
		`"\ud83d"`: "?", `"\ud83dx"`: "?x", `"\ud83d\n"`: "?\n", `"\ude00\ud83d"`: "??", `"\ud800\ud83d\ude00"`: "?😀", `"\ud800\u0041"`: "?A",
	}
	for text, want := range tests {
		r := NewReader([]byte(text), depth, '?')
		if got, err := r.Text(); got != want || err != nil {
			t.Errorf("%s: %q, %v", text, got, err)
		}
		r = NewReader([]byte(text), depth, 0)
		if _, err := r.Text(); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

func TestPlaces(t *testing.T) {
	r := NewReader([]byte(` { "a" : [ 1 ] }`), depth, 0)
	err := r.Object(func(name []byte) error {
		_, err := r.Peek()
		if string(name) != "a" || r.NameOffset() != 3 || r.Offset() != 9 {
			t.Errorf("%s at %d, its value at %d", name, r.NameOffset(), r.Offset())
		}
		return errors.Join(err, r.Skip())
	})
	if err != nil || r.Offset() != 16 {
		t.Error(err, r.Offset())
	}
}

// Only what is asked for takes memory.
func TestNoMemory(t *testing.T) {
	text := []byte(`{"statusCode": 200, "h\u0065aders": {"a": ["b\n", null, true, -1.5e3]}, "body": "` + strings.Repeat(`x\"`, 1000) + `"}`)
	body := make([]byte, 0, len(text))
	if n := testing.AllocsPerRun(10, func() { _ = Check(text, depth) }); n != 0 {
		t.Errorf("Check takes memory %v times", n)
	}
	n := testing.AllocsPerRun(10, func() {
		r := NewReader(text, depth, 0)
		_ = r.Object(func(name []byte) (err error) {
			if string(name) == "body" {
				body, err = r.AppendText(body[:0])
				return err
			}
			return r.Skip()
		})
	})
	if n > 1 || len(body) != 2000 { // the buffer of the name that has an escape
		t.Errorf("reading takes memory %v times, the body has %d bytes", n, len(body))
	}
}

// A Reader takes what encoding/json takes and reads strings alike.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-2.5e7,"x\u00e9\n\ud83d\ude00",true,false,null],"b":{"c":{}}}`, `"\ud800"`, `[[[[]]]]`, `{"a":"\`, "\"\xff\"", ` "x" `, `01`, `1.`, `-`, `[1,]`,
		`{"a"}`, `"\x"`, "\"\t\"", `{"a":1,}`, `nul`, `1e`, ``, `[`, "\v1",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		err := Check(text, len(text))
		if (err == nil) != json.Valid(text) {
			t.Fatalf("%q: %v", text, err)
		}
		var want string
		if err != nil || json.Unmarshal(text, &want) != nil || text[0] == 'n' {
			return
		}
		r := NewReader(text, 0, utf8.RuneError)
		if kind, _ := r.Peek(); kind != String {
			return // null
		}
		appended := r
		got, _ := r.Text()
		if same, _ := appended.AppendText(nil); got != string(same) || len(same) > len(text) {
			t.Errorf("%q is read as %q and %q", text, got, same)
		}
		if strings.ToValidUTF8(got, "\uFFFD") != strings.ToValidUTF8(want, "\uFFFD") && utf8.Valid(text) {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	text := []byte(`{"items":[` + strings.Repeat(`{"id":"i1","name":"item number 1","price":1.99,"stock":1,"tags":["t\t1","u2"]},`, 100) + `null]}`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Check(text, depth); err != nil {
			b.Fatal(err)
		}
	}
}
