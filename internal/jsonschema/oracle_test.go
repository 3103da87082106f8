package jsonschema

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	oracle "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/gatehouse-gw/gatehouse/internal/javaregexp"
)

// A javaPattern lets the other validator find patterns as Java does.
type javaPattern struct{ *javaregexp.Regexp }

func (p javaPattern) MatchString(s string) bool {
	found, _ := p.Find(s, javaregexp.Bounds{})
	return found
}

// judge compiles a schema with another implementation of draft 4.
func judge(schema string) (*oracle.Schema, error) {
	c := oracle.NewCompiler()
	c.DefaultDraft(oracle.Draft4)
	c.UseLoader(oracle.SchemeURLLoader{})
	c.UseRegexpEngine(func(s string) (oracle.Regexp, error) {
		re, err := javaregexp.Compile(s)
		return javaPattern{re}, err
	})
	doc, err := oracle.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		return nil, err
	}
	if err := c.AddResource("http://test/m", doc); err != nil {
		return nil, err
	}
	return c.Compile("http://test/m")
}

// A maker makes random schemas and documents out of a small vocabulary, so
// that they meet.
type maker struct{ *rand.Rand }

func (m maker) one(of ...any) any { return of[m.IntN(len(of))] }

func (m maker) name() string { return m.one("a", "b", "ab", "c").(string) }

func (m maker) names() []string {
	names := []string{"a", "b", "ab"}
	m.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	return names[:1+m.IntN(3)]
}

func (m maker) value(depth int) any {
	switch n := m.IntN(10); {
	case n < 2 && depth > 0:
		out := map[string]any{}
		for range m.IntN(4) {
			out[m.name()] = m.value(depth - 1)
		}
		return out
	case n < 4 && depth > 0:
		out := []any{}
		for range m.IntN(4) {
			out = append(out, m.value(depth-1))
		}
		if m.IntN(8) == 0 { // long enough to be hashed
			for i := range 8 {
				out = append(out, fmt.Sprint("x", i))
			}
		}
		return out
	case n < 6:
		return m.one("", "a", "ab", "b1", "äö")
	}
	return m.one(nil, true, false, 0, 1, 2, -3, 10, 1.5, 0.25, json.Number("12345678901234567890"), json.Number("1.234567890123456789012"), json.Number("25e-1"))
}

func (m maker) schemas(depth int) []any {
	out := make([]any, 1+m.IntN(3))
	for i := range out {
		out[i] = m.schema(depth)
	}
	return out
}

func (m maker) named(depth int) map[string]any {
	out := map[string]any{}
	for range 1 + m.IntN(2) {
		out[m.name()] = m.schema(depth)
	}
	return out
}

// schema leaves out what the two are known to see differently: integers with
// a fraction of 0 are only made where type is not asked for.
func (m maker) schema(depth int) any {
	out := map[string]any{}
	if depth <= 0 {
		return map[string]any{"type": m.one("string", "null", "object", "array", []any{"boolean", "number"}, "integer")}
	}
	for range 1 + m.IntN(3) {
		switch m.IntN(20) {
		case 0, 1:
			out["type"] = m.one("string", "object", "array", "number", []any{"integer", "null"})
		case 2:
			out["enum"] = []any{m.value(1), m.value(0)}
			if fmt.Sprint(out["enum"].([]any)[0]) == fmt.Sprint(out["enum"].([]any)[1]) {
				delete(out, "enum")
			}
		case 3, 4:
			out["properties"] = m.named(depth - 1)
		case 5:
			out["patternProperties"] = map[string]any{m.one("^a", "b$", "[bc]").(string): m.schema(depth - 1)}
		case 6:
			out["additionalProperties"] = m.one(false, true, m.schema(depth-1))
		case 7:
			out["items"] = m.one(m.schema(depth-1), m.schemas(depth-1))
			out["additionalItems"] = m.one(false, true, m.schema(depth-1))
		case 8:
			out[m.one("allOf", "anyOf", "oneOf").(string)] = m.schemas(depth - 1)
		case 9:
			out["not"] = m.schema(depth - 1)
		case 10:
			out["required"] = m.names()
		case 11:
			out["dependencies"] = map[string]any{m.name(): m.one(m.names(), m.schema(depth-1))}
		case 12:
			out["minimum"], out["exclusiveMinimum"] = m.one(0, 1.5, 2, json.Number("1.234567890123456789011")), m.one(true, false)
		case 13:
			out["maximum"], out["exclusiveMaximum"] = m.one(0, 1.5, 2), m.one(true, false)
		case 14:
			out["multipleOf"] = m.one(2, 0.5, 0.01, 3)
		case 15:
			out["pattern"] = m.one("^a", "b", "(?=a)\\w", "[äö]")
		case 16:
			out[m.one("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties").(string)] = m.IntN(3)
		case 17:
			out["uniqueItems"] = m.one(true, false)
		case 18:
			return map[string]any{"$ref": m.one("#/definitions/d", "#/definitions/e", "#")}
		}
	}
	return out
}

func (m maker) root() map[string]any {
	root, ok := m.schema(3).(map[string]any)
	if !ok || root["$ref"] != nil {
		root = map[string]any{}
	}
	root["definitions"] = map[string]any{"d": m.schema(1), "e": map[string]any{"type": "string"}}
	return root
}

// TestOracle compares verdicts with another implementation.
func TestOracle(t *testing.T) {
	pairs, invalid := 0, 0
	for seed := range uint64(800) {
		m := maker{rand.New(rand.NewPCG(seed, 1))}
		schema, _ := json.Marshal(m.root())
		ours, err := NewCompiler(schemas(map[string]string{"m": string(schema)})).Compile("m")
		theirs, errTheirs := judge(string(schema))
		if err != nil || errTheirs != nil {
			if loops := err != nil && strings.Contains(err.Error(), "leads to itself"); !loops {
				t.Fatalf("%s\nours %v\ntheirs %v", schema, err, errTheirs)
			}
			continue
		}
		for range 20 {
			text, _ := json.Marshal(m.value(3))
			got := ours.Validate(text)
			if errors.Is(got, ErrLimit) {
				continue // a schema that refers to itself
			}
			doc, _ := oracle.UnmarshalJSON(strings.NewReader(string(text)))
			want := theirs.Validate(doc)
			if want != nil && strings.Contains(want.Error(), "reference cycle") {
				continue
			}
			if (got == nil) != (want == nil) {
				t.Fatalf("%s\n%s\nours %v\ntheirs %v", schema, text, got, want)
			}
			pairs++
			if got != nil {
				invalid++
				checkMessages(t, got)
			}
		}
	}
	t.Logf("%d pairs, %d invalid", pairs, invalid)
}

func checkMessages(t *testing.T, err error) {
	var is *Invalid
	if !errors.As(err, &is) || len(is.Messages) == 0 || slices.Contains(is.Messages, "") {
		t.Fatalf("%v says nothing", err)
	}
}
