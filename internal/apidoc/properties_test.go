package apidoc

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestCheckProperties(t *testing.T) {
	for name, tt := range map[string]struct{ text, err string }{
		"AWS's example": {text: "{\n\t\"info\": {\n\t\t\"description\" : \"Your first API with Amazon API Gateway.\"\n\t}\n}"},
		"nothing":       {text: "{}"},
		"deep":          {text: strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100)},
		"too deep":      {text: strings.Repeat(`{"a":`, 101) + "1" + strings.Repeat("}", 101), err: "it is no JSON: nested more than 100 levels deep"},
		"a list":        {text: "[]", err: "it is no object"},
		"a text":        {text: `"x"`, err: "it is no object"},
		"no JSON":       {text: "{a: 1}", err: "it is no JSON: invalid character 'a' looking for beginning of object key string"},
		"two of them":   {text: "{} {}", err: "it is no JSON: invalid character '{' after top-level value"},
		"empty":         {text: "", err: "it is no JSON: unexpected end"},
	} {
		t.Run(name, func(t *testing.T) {
			err := CheckProperties(tt.text)
			if got := errorText(err); got != tt.err {
				t.Errorf("got error %q, want %q", got, tt.err)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestMergeProperties(t *testing.T) {
	for name, tt := range map[string]struct{ existing, imported, want string }{
		"a member replaces its like": {`{"a": 1, "b": [2]}`, `{"a":"x"}`, `{"a":"x","b": [2]}`},
		"others are added":           {`{"b":2}`, `{"c":3,"a":1}`, `{"b":2,"c":3,"a":1}`},
		"nothing stays as it is":     {"{ \"a\" : 1 }\n", `{}`, "{ \"a\" : 1 }\n"},
		"so does the same":           {"{ \"a\":1 }", `{"a":1}`, "{ \"a\":1 }"},
		"names are told by meaning":  {`{"\u0061":1}`, `{"a":2}`, `{"a":2}`},
		"values are not merged":      {`{"info":{"a":1,"b":2}}`, `{"info":{"a":3}}`, `{"info":{"a":3}}`},
		"the last of two is meant":   {`{}`, `{"a":1,"a":2}`, `{"a":2}`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := MergeProperties(tt.existing, tt.imported); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// Several texts are merged as one after the other would be.
func TestMergeSeveralProperties(t *testing.T) {
	got := MergeProperties(`{"a":1,"b":2}`, `{"a":3}`, `{"c":4}`, `{"a":5,"c": 6}`)
	if want := `{"a":5,"b":2,"c": 6}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What is merged says what both said, the imported before the existing, and
// merging it again changes nothing.
func FuzzMergeProperties(f *testing.F) {
	f.Add(`{"a":1}`, `{"b":{"c":[1,2]}}`)
	f.Add(`{"a":1,"a":2}`, `{"\u0061": null}`)
	f.Add("{\"\xff\":1}", `{"":""}`)
	f.Fuzz(func(t *testing.T, existing, imported string) {
		if CheckProperties(existing) != nil || CheckProperties(imported) != nil {
			return
		}
		got := MergeProperties(existing, imported)
		if again := MergeProperties(got, imported); again != got {
			t.Fatalf("merged again: %q, want %q", again, got)
		}
		want := object(t, existing)
		for name, value := range object(t, imported) {
			want[name] = value
		}
		made := object(t, got)
		for name, value := range want {
			if string(made[name]) != string(value) {
				t.Fatalf("%q has %q for %q, want %q", got, made[name], name, value)
			}
		}
		if len(made) != len(want) {
			t.Fatalf("%q has %d members, want %d", got, len(made), len(want))
		}
	})
}

func object(t *testing.T, text string) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return out
}
