package lambdaproxy

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
)

func FuzzAppendJSON(f *testing.F) {
	for _, s := range []string{"", "plain", "q\"b\\s/", "\x00\x1f\x7f\b\t\n\f\r", "é😀\u2028", "\xff\xc3", "\xed\xa0\x80", "a\xf0\x9f\x98"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := appendJSON([]byte("x"), s)
		if same := appendJSON([]byte("x"), []byte(s)); !bytes.Equal(got, same) {
			t.Errorf("text gives %q, bytes %q", got, same)
		}
		var back string
		if err := json.Unmarshal(got[1:], &back); err != nil {
			t.Fatalf("%q: %v", got, err)
		}
		if want := strings.ToValidUTF8(s, "\uFFFD"); utf8.ValidString(s) && back != want {
			t.Errorf("%q comes back as %q", s, back)
		}
		if !utf8.Valid(got) {
			t.Errorf("%q is no UTF-8", got)
		}
	})
}

// A function's output leads to an answer that can be sent, or to an error.
func FuzzOutput(f *testing.F) {
	f.Add([]byte(`{"isBase64Encoded":true,"statusCode":"201","headers":{"A":"b","C":true},"multiValueHeaders":{"a":["b","c"]},"body":"aGk="}`))
	f.Add([]byte(`{"statusCode":1e400,"headers":null,"body":"\ud800"}`))
	f.Add([]byte(`"hello world"`))
	f.Add([]byte("{\"statusCode\":201}\x00\x00\x00\x00\x00\x00\x00\x00payload"))
	f.Fuzz(func(t *testing.T, text []byte) {
		a := Output{Body: make([]byte, 0, len(text))}
		room := a.Body[:0:cap(a.Body)]
		if a.Read(text) != nil {
			return
		}
		metadata, _, streamed := CutMetadata(text, 0)
		if !streamed {
			metadata = text
		}
		if !json.Valid(metadata) {
			t.Fatalf("%q is taken", text)
		}
		if a.Status < 200 || a.Status > 599 {
			t.Errorf("status %d", a.Status)
		}
		if cap(a.Body) != cap(room) {
			t.Errorf("a body of %d bytes does not fit in the text's %d", len(a.Body), len(text))
		}
		a.AppendHeader(nil)
		_ = a.Decode()
	})
}

// A request leads to an event that is JSON.
func FuzzEvent(f *testing.F) {
	f.Add("/a/b%2Fc", "x=1&x=2&%zz=;y", "X-a", "v\x01\xff", []byte("body\xff"))
	f.Fuzz(func(t *testing.T, path, query, name, value string, body []byte) {
		for _, binary := range []bool{false, true} {
			r := Request{
				Path: path, StageVariables: AppendVariables(nil, map[string]string{name: value}), OperationName: name,
				Headers:       []httpmsg.Field{{Name: name, Value: value}, {Name: "X-A", Value: value}},
				Query:         []httpmsg.Field{{Name: query, Value: value}, {Name: name, Value: query}},
				PathVariables: []httpmsg.Field{{Name: "p", Value: path}},
				Context:       &mapping.Context{DomainName: value, Authorizer: mapping.Authorizer{PrincipalID: name}},
			}
			event := r.AppendEvent(nil, body, binary)
			if !json.Valid(event) || !utf8.Valid(event) {
				t.Errorf("%q", event)
			}
			if size := len(appendBody(nil, body, binary)) - len(`,"body":,"isBase64Encoded":false`); len(body) > 0 && size > BodySize(body, binary) {
				t.Errorf("a body of %d bytes takes %d and not %d", len(body), size, BodySize(body, binary))
			}
		}
	})
}

func TestDeepMessage(t *testing.T) {
	if got := ErrorMessage([]byte(`{"a":` + strings.Repeat("[", 100_000))); got != "" {
		t.Errorf("got %q", got)
	}
}
