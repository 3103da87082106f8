package apimodel

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/jsonschema"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// maxSchema is AWS's bound on one model's schema, in bytes.
const maxSchema = 400 << 10

// A Checker checks the schemas of models: JSON schema, draft 4. It is safe for
// concurrent use.
type Checker struct {
	meta *jsonschema.Schema // what a schema has to look like
	err  error              // why there is no meta
}

// NewChecker returns a Checker.
func NewChecker() *Checker {
	meta, err := jsonschema.NewCompiler(func(string) (string, bool) { return metaSchema, true }).Compile("meta")
	return &Checker{meta, err}
}

// invalid is AWS's refusal of a schema.
func invalid(reasons ...string) error {
	return wire.BadRequest("Invalid model specified: Validation Result: warnings : [], errors : [%s]", strings.Join(reasons, ", "))
}

const badSchema = "Invalid model schema specified"

// Check wants a schema, in a JSON model one of draft 4 with nothing but its
// keywords, of at most 400 KiB. It returns what the schema refers to outside of
// itself. The text of the first refusal is AWS's, whose condition is narrower than
// it says: an object without properties is taken (recorded).
func (c *Checker) Check(contentType, schema string) (references []string, err error) {
	switch {
	case strings.TrimSpace(schema) == "":
		return nil, wire.BadRequest("Model schema must have at least 1 property or array items defined")
	case len(schema) > maxSchema:
		return nil, wire.BadRequest("Model schema must not be larger than %d bytes", maxSchema)
	case !IsJSON(contentType):
		return nil, nil
	case c.err != nil:
		return nil, fmt.Errorf("compile the schema of schemas: %w", c.err)
	}
	schema = Document(schema)
	doc, err := value.ParseStrict(schema, value.Limits{})
	if err != nil {
		return nil, invalid(badSchema)
	}
	var w schemaWalk
	w.schema(doc)
	if len(w.unknown) > 0 {
		slices.Sort(w.unknown)
		names, err := json.Marshal(slices.Compact(w.unknown))
		if err != nil {
			return nil, err
		}
		return nil, invalid(badSchema + ". Unsupported keyword(s): " + wire.Truncated(string(names)))
	}
	if c.meta.Validate([]byte(schema)) != nil {
		return nil, invalid(badSchema)
	}
	slices.Sort(w.references)
	return slices.Compact(w.references), nil
}

// A schemaWalk visits a schema with those inside it.
type schemaWalk struct {
	unknown    []string // keywords that draft 4 does not have
	references []string // that lead out of the schema
}

// plainKeywords are draft 4's that hold no schema.
const plainKeywords = " $schema id title description default type enum format multipleOf maximum exclusiveMaximum minimum exclusiveMinimum" +
	" maxLength minLength pattern maxItems minItems uniqueItems maxProperties minProperties required "

// schema visits v if it is a schema; other values some keywords hold instead.
// Keywords that draft 4 does not have AWS refuses.
func (w *schemaWalk) schema(v value.Value) {
	object := v.AsMap()
	for i := range object.Len() {
		name, held := object.At(i)
		switch name {
		case "$ref":
			if ref := held.AsString(); held.IsString() && !strings.HasPrefix(ref, "#") {
				w.references = append(w.references, ref)
			}
		case "allOf", "anyOf", "oneOf", "items", "additionalItems", "additionalProperties", "not":
			w.schemas(held)
		case "properties", "patternProperties", "definitions", "dependencies":
			named := held.AsMap()
			for i := range named.Len() {
				_, schema := named.At(i)
				w.schema(schema)
			}
		default:
			if strings.Contains(name, " ") || !strings.Contains(plainKeywords, " "+name+" ") {
				w.unknown = append(w.unknown, name)
			}
		}
	}
}

// schemas visits a schema or a list of them.
func (w *schemaWalk) schemas(v value.Value) {
	items := v.AsList()
	if items == nil {
		w.schema(v)
		return
	}
	for i := range items.Len() {
		w.schema(items.At(i))
	}
}
