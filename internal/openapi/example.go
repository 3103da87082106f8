package openapi

import (
	"slices"
	"strconv"
)

const (
	// maxExampleDepth bounds how deep schemas nest in an example.
	maxExampleDepth = 40
	// maxExampleValues bounds the values of one example, maxExamples those of
	// all examples of a definition.
	maxExampleValues = 5000
	maxExamples      = 2_000_000
	// maxExampleItems bounds the items of an array.
	maxExampleItems = 20
)

// An exampler makes a value that fits a schema: the one that the schema gives,
// else one made from what it demands. A schema that holds itself is cut off where
// it comes up again.
type exampler struct {
	im     *importer
	values int     // made so far
	open   []*node // the schemas that are being filled in, outermost first
}

// example returns a value for schema. It is nil when none can be made, or when the
// examples of the definition are too many already.
func (im *importer) example(schema *cursor) *node {
	if im.examples > maxExamples || im.bodies > maxTemplates {
		im.drop(im.doc, "the examples are too many; the rest is left out")
		return nil
	}
	e := &exampler{im: im}
	out := e.value(schema)
	im.examples += e.values
	return out
}

// value returns a value for schema, nil where the example is cut off.
func (e *exampler) value(schema *cursor) *node {
	if schema = e.target(schema); schema == nil {
		return nil
	}
	if schema.is(boolean) {
		if schema.node.value == "false" {
			return nil
		}
		return newObject()
	}
	if e.values++; e.values > maxExampleValues {
		return nil
	}
	if given := givenExample(schema); given != nil {
		e.values += given.weight
		return given
	}
	if len(e.open) >= maxExampleDepth || slices.Contains(e.open, schema.node) {
		return nil
	}
	e.open = append(e.open, schema.node)
	defer func() { e.open = e.open[:len(e.open)-1] }()
	if composed := e.composed(schema); composed != nil {
		return composed
	}
	return e.typed(schema)
}

// target follows the references of a schema, without a word when they lead
// nowhere: the models that are made of the same schemas have told already.
func (e *exampler) target(schema *cursor) *cursor {
	for range maxHops {
		ref := schema.get("$ref")
		if !ref.is(text) {
			return schema
		}
		to, err := e.im.docs.resolve(schema.node.src, e.im.localRef(ref.node.value))
		if err != nil {
			return nil
		}
		schema = to
	}
	return nil
}

// givenExample returns the value that the schema itself gives, nil when it gives
// none.
func givenExample(schema *cursor) *node {
	for _, key := range []string{"example", "const", "default"} {
		if n := schema.node.get(key); n != nil {
			return n
		}
	}
	for _, key := range []string{"examples", "enum"} {
		if c := schema.get(key); c.is(list) && len(c.node.items) > 0 {
			return c.node.items[0]
		}
	}
	return nil
}

// composed returns a value for a schema that is made of others, nil when it is
// not.
func (e *exampler) composed(schema *cursor) *node {
	var parts []*node
	for _, part := range schema.get("allOf").items() {
		if v := e.value(part); v != nil {
			parts = append(parts, v)
		}
	}
	for _, key := range []string{"oneOf", "anyOf"} {
		if v := e.first(schema, schema.get(key)); v != nil {
			parts = append(parts, v)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	if schema.get("properties") != nil {
		parts = append(parts, e.object(schema))
	}
	return merged(parts)
}

// first returns a value for the first of several schemas that has one.
func (e *exampler) first(schema, choices *cursor) *node {
	for _, choice := range choices.items() {
		if v := e.value(choice); v != nil && v.kind != null {
			return discriminated(schema, choice, v)
		}
	}
	return nil
}

// discriminated sets the property of v that tells which schema was chosen.
func discriminated(schema, choice *cursor, v *node) *node {
	property := schema.get("discriminator").str("propertyName")
	ref, ok := choice.get("$ref").text()
	if property == "" || !ok || v.kind != object {
		return v
	}
	name := lastKey(ref)
	for key, to := range schema.get("discriminator").get("mapping").members() {
		if s, _ := to.text(); s == ref {
			name = key
			break
		}
	}
	return merged([]*node{v, newObject(field{name: property, value: newText(name)})})
}

// merged returns one object with the members of all that are objects, the last of
// each name, or the last value when none is an object.
func merged(parts []*node) *node {
	out := newObject()
	index := make(map[string]int)
	for _, part := range parts {
		for _, f := range part.fields {
			if i, ok := index[f.name]; ok {
				out.fields[i].value = f.value
				continue
			}
			index[f.name] = len(out.fields)
			out.fields = append(out.fields, field{name: f.name, value: f.value})
		}
	}
	if last := parts[len(parts)-1]; len(out.fields) == 0 && last.kind != object {
		return last
	}
	return out
}

// typed returns a value of the schema's type.
func (e *exampler) typed(schema *cursor) *node {
	switch schemaType(schema) {
	case "object":
		return e.object(schema)
	case "array":
		return e.array(schema)
	case "string":
		return newText(sampleText(schema))
	case "integer":
		return newNumber(sampleNumber(schema, true))
	case "number":
		return newNumber(sampleNumber(schema, false))
	case "boolean":
		return &node{kind: boolean, value: "true"}
	case "null":
		return &node{kind: null}
	}
	return newObject()
}

// schemaType returns the type of a schema, the first but null when it has several,
// or the one that its keywords are for.
func schemaType(schema *cursor) string {
	if t, ok := schema.get("type").text(); ok {
		return t
	}
	for _, item := range schema.get("type").items() {
		if t, _ := item.text(); t != "null" {
			return t
		}
	}
	for _, hint := range [][2]string{
		{"properties", "object"}, {"additionalProperties", "object"}, {"items", "array"},
		{"pattern", "string"}, {"format", "string"}, {"minLength", "string"}, {"maxLength", "string"},
		{"minimum", "number"}, {"maximum", "number"},
	} {
		if schema.get(hint[0]) != nil {
			return hint[1]
		}
	}
	return ""
}

// object returns an object with all properties of the schema, but for those that
// are only for requests and optional ones that would not end.
func (e *exampler) object(schema *cursor) *node {
	out := newObject()
	required := make(map[string]bool)
	for _, item := range schema.get("required").items() {
		name, _ := item.text()
		required[name] = true
	}
	for name, property := range schema.get("properties").members() {
		if writeOnly, _ := property.get("writeOnly").bool(); writeOnly {
			continue
		}
		v := e.value(property)
		if v == nil && !required[name] {
			continue
		}
		if v == nil {
			v = &node{kind: null}
		}
		out.fields = append(out.fields, field{name: name, value: v})
	}
	e.additional(schema, out)
	return out
}

// additional adds members with free names: one to an object that has no others,
// and as many as it has to have.
func (e *exampler) additional(schema *cursor, out *node) {
	more := schema.get("additionalProperties")
	if more == nil || more.is(boolean) && more.node.value == "false" {
		return
	}
	want := 0
	if least, ok := schema.get("minProperties").int32(); ok {
		want = int(min(least, maxExampleItems))
	}
	if more.is(object) {
		want = max(want, 1)
	}
	for i := 1; len(out.fields) < want; i++ {
		v := e.value(more)
		if v == nil {
			return
		}
		out.fields = append(out.fields, field{name: "key" + strconv.Itoa(i), value: v})
	}
}

// array returns an array with one item, or as many as it has to have.
func (e *exampler) array(schema *cursor) *node {
	count := 1
	if least, ok := schema.get("minItems").int32(); ok {
		count = max(count, int(min(least, maxExampleItems)))
	}
	if most, ok := schema.get("maxItems").int32(); ok {
		count = min(count, max(int(most), 0))
	}
	out := newList()
	for _, first := range schema.get("prefixItems").items() {
		if v := e.value(first); v != nil {
			out.items = append(out.items, v)
		}
	}
	items := schema.get("items")
	if items == nil {
		return out
	}
	for len(out.items) < count {
		v := e.value(items)
		if v == nil {
			return out
		}
		out.items = append(out.items, v)
	}
	return out
}
