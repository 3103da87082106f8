package jsonschema

import (
	"strings"
	"testing"

	oracle "github.com/santhosh-tekuri/jsonschema/v6"
)

const (
	orderSchema = `{"$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "required": ["id", "customer", "lines"], "additionalProperties": false,
		"properties": {"id": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{6}$"}, "placed": {"type": "string", "format": "date-time"},
		"customer": {"$ref": "#/definitions/customer"}, "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/line"}}, "note": {"type": "string", "maxLength": 200}},
		"definitions": {"customer": {"type": "object", "required": ["email"], "properties": {"email": {"type": "string", "format": "email"}, "name": {"type": "string"}, "vip": {"type": "boolean"}}},
		"line": {"type": "object", "required": ["sku", "count"], "properties": {"sku": {"type": "string", "minLength": 3}, "count": {"type": "integer", "minimum": 1, "maximum": 1000},
		"price": {"type": "number", "minimum": 0}, "kind": {"enum": ["book", "toy", "food"]}}}}}`
	line = `{"sku": "ABC-1234567", "count": 12, "price": 19.95, "kind": "toy", "text": "a short text"}`
)

// order is a body of about 1 KB.
var order = []byte(`{"id": "AB-123456", "placed": "2026-11-22T10:00:00Z", "customer": {"email": "someone@example.com", "name": "Some One", "vip": true}, "lines": [` +
	line + strings.Repeat(", "+line, 9) + `], "note": "please ring twice"}`)

func BenchmarkValidate(b *testing.B) {
	s := compile(b, orderSchema)
	b.SetBytes(int64(len(order)))
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Validate(order); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkInvalid(b *testing.B) {
	s := compile(b, orderSchema)
	body := []byte(strings.Replace(string(order), `"count": 12`, `"count": "12"`, 1))
	b.ReportAllocs()
	for b.Loop() {
		if s.Validate(body) == nil {
			b.Fatal("valid")
		}
	}
}

// BenchmarkOracle is the same on the library that the tests compare with.
func BenchmarkOracle(b *testing.B) {
	s, err := judge(orderSchema)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		doc, err := oracle.UnmarshalJSON(strings.NewReader(string(order)))
		if err != nil || s.Validate(doc) != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	load := schemas(map[string]string{"m": orderSchema})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := NewCompiler(load).Compile("m"); err != nil {
			b.Fatal(err)
		}
	}
}
