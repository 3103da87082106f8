package control

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/jsonschema"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// maxSchemaSize is AWS's bound on one model's schema, in bytes.
const maxSchemaSize = 400 << 10

// A schemaChecker checks the schemas of models: JSON schema, draft 4. It is
// safe for concurrent use.
type schemaChecker struct {
	meta *jsonschema.Schema // what a schema has to look like
	err  error              // why there is no meta
}

func newSchemaChecker() *schemaChecker {
	meta, err := jsonschema.NewCompiler(func(string) (string, bool) { return metaSchema, true }).Compile("meta")
	return &schemaChecker{meta, err}
}

// badSchema is AWS's refusal of a schema.
func badSchema(reasons ...string) error {
	return wire.BadRequest("Invalid model specified: Validation Result: warnings : [], errors : [%s]", strings.Join(reasons, ", "))
}

const badModelSchema = "Invalid model schema specified"

// check wants a schema, and in a JSON model a schema of draft 4. It returns
// what the schema refers to outside of itself. The text of the first refusal
// is AWS's, whose condition is narrower than it says: an object without
// properties is taken (recorded).
func (c *schemaChecker) check(contentType, schema string) (refs []string, err error) {
	switch {
	case strings.TrimSpace(schema) == "":
		return nil, wire.BadRequest("Model schema must have at least 1 property or array items defined")
	case len(schema) > maxSchemaSize:
		return nil, wire.BadRequest("Model schema must not be larger than %d bytes", maxSchemaSize)
	case !isJSONType(contentType):
		return nil, nil
	case c.err != nil:
		return nil, fmt.Errorf("compile the schema of schemas: %w", c.err)
	}
	schema = schemaDocument(schema)
	doc, err := value.ParseStrict(schema, value.Limits{})
	if err != nil {
		return nil, badSchema(badModelSchema)
	}
	var w schemaWalk
	w.schema(doc)
	if len(w.unknown) > 0 {
		slices.Sort(w.unknown)
		names, err := json.Marshal(slices.Compact(w.unknown))
		if err != nil {
			return nil, err
		}
		return nil, badSchema(badModelSchema + ". Unsupported keyword(s): " + wire.Truncated(string(names)))
	}
	if c.meta.Validate([]byte(schema)) != nil {
		return nil, badSchema(badModelSchema)
	}
	slices.Sort(w.refs)
	return slices.Compact(w.refs), nil
}

// isJSONType reports whether a model's content type is a kind of JSON.
func isJSONType(contentType string) bool { return strings.Contains(contentType, "json") }

// schemaDocument is the JSON document that a schema begins with. AWS's parser
// stops where the document ends: a sample of its guide has a brace too many.
func schemaDocument(schema string) string {
	var doc json.RawMessage
	d := json.NewDecoder(strings.NewReader(schema))
	if d.Decode(&doc) != nil {
		return schema // which its parser will refuse
	}
	return schema[:d.InputOffset()]
}

// A schemaWalk visits a schema with those inside it.
type schemaWalk struct {
	unknown []string // keywords that draft 4 does not have
	refs    []string // references that lead out of the schema
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
				w.refs = append(w.refs, ref)
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

// modelRefPattern is the form in which a model refers to another.
var modelRefPattern = regexp.MustCompile(`^https://apigateway\.amazonaws\.com(?:\.cn)?/restapis/([^/]+)/models/([a-zA-Z0-9]+)$`)

// referred returns the name of the model of this API that a reference leads
// to, "" for none.
func (t *tx) referred(ref string) string {
	m := modelRefPattern.FindStringSubmatch(ref)
	if m == nil || m[1] != t.api {
		return ""
	}
	return m[2]
}

// checkModelRefs wants the references of a model to be in AWS's form and to
// lead to models that exist.
func (t *tx) checkModelRefs(model string, refs []string) error {
	for _, ref := range refs {
		if !modelRefPattern.MatchString(ref) {
			return badSchema(badModelSchema, "Model reference must be in canonical form")
		}
		name := t.referred(ref)
		if name == model {
			continue
		}
		missing := badSchema(badModelSchema, "Model reference does not exist: "+wire.Truncated(ref))
		if name == "" {
			return missing
		}
		if err := t.require(kindModel, name, missing); err != nil {
			return err
		}
	}
	return nil
}

// refersTo reports whether a model refers to the one called name.
func (t *tx) refersTo(m *wire.Model, name string) bool {
	if !isJSONType(text(m.ContentType)) || !strings.Contains(text(m.Schema), "/models/"+name) {
		return false
	}
	refs, err := t.svc.schemas.check(text(m.ContentType), text(m.Schema))
	return err == nil && slices.ContainsFunc(refs, func(ref string) bool { return t.referred(ref) == name })
}
