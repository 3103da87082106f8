package jsonschema

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
)

// FuzzCompile compiles any text and validates any other against it: nothing
// panics, nothing takes long, an invalid document has a message.
func FuzzCompile(f *testing.F) {
	for _, schema := range []string{
		`{"type":"object","properties":{"a":{"$ref":"#/definitions/x"}},"definitions":{"x":{"type":["string","null"],"pattern":"^a"}}}`,
		`{"oneOf":[{"required":["a"]},{"items":[{},{"type":"null"}],"additionalItems":false}],"dependencies":{"a":["b"]}}`,
		`{"minimum":1e999,"exclusiveMinimum":true,"multipleOf":0.0000000000000000000001,"enum":[1,1.0]}`,
		`{"format":"date-time","uniqueItems":true,"not":{"$ref":"#"},"patternProperties":{"a":{}},"additionalProperties":false}`,
		`{"$ref":"m#/items/0"}`,
	} {
		f.Add(schema, `{"a":[1,2,3e99999999]}`)
	}
	f.Fuzz(func(t *testing.T, schema, body string) {
		c := NewCompiler(schemas(map[string]string{"m": schema, "": schema}))
		s, err := c.Compile("m")
		if err != nil {
			return
		}
		start := time.Now()
		err = s.Validate([]byte(body))
		if took := time.Since(start); took > 4*maxTime {
			t.Fatalf("took %v", took)
		}
		switch {
		case errors.Is(err, ErrNotJSON) == json.Valid([]byte(body)) && len(body) < 400:
			t.Fatalf("is JSON: %v, but %v", json.Valid([]byte(body)), err)
		case err != nil && !errors.Is(err, ErrNotJSON) && !errors.Is(err, ErrLimit):
			checkMessages(t, err)
		}
	})
}

// FuzzFormats gives any text to every format.
func FuzzFormats(f *testing.F) {
	for _, text := range []string{"2026-11-22T10:00:00.5+0100", "a@b", "a.b-c", "::1", "1.2.3.4", "http://a/b?c#d", "/a~0b", "00:11:22:33:44:55", "0-0-0-0-0", "QQ==", `"a b"@[1]`} {
		f.Add(text)
	}
	names := []string{"date-time", "email", "hostname", "ipv4", "ipv6", "regex", "uri", "json-pointer", "mac", "uuid", "base64", "md5", "sha1", "sha256", "sha512"}
	f.Fuzz(func(_ *testing.T, text string) {
		for _, name := range names {
			formatNamed(name)(text)
		}
	})
}
