package openapi

import (
	"fmt"
	"slices"
	"strings"
)

// A schemaWriter turns a schema of OpenAPI into the JSON schema of a model. The
// service keeps what both have and drops the rest; references to other models
// become their URLs.
type schemaWriter struct {
	im    *importer
	model string // its name, for messages
}

// location is how the service's messages call c: the names that lead to it. Items
// of a list have the name of the list.
func (c *cursor) location() string {
	var names []string
	for ; c != nil && c.up != nil; c = c.up {
		if !c.up.is(list) {
			names = append(names, brief(c.key))
		}
	}
	slices.Reverse(names)
	return strings.Join(names, ".")
}

// A located is a cursor that messages print as its location.
type located struct{ *cursor }

// String returns the location.
func (l located) String() string { return l.location() }

// A keyword says what becomes of a member of a schema.
type keyword uint8

const (
	unknown      keyword = iota
	kept                 // copied as it is
	dropped              // not supported by the service, which leaves it out
	oneSchema            // holds a schema
	schemaList           // holds a list of schemas
	schemaMap            // holds schemas by name
	special              // has a rule of its own
	documentOnly         // says nothing about values
)

// keywords are the members of schemas, by what the service makes of them.
var keywords = map[string]keyword{
	"type": special, "format": special, "required": special, "$ref": special,
	"oneOf": special, "exclusiveMinimum": special, "exclusiveMaximum": special, "const": special,

	"title": kept, "description": kept, "enum": kept, "minimum": kept, "maximum": kept,
	"multipleOf": kept, "minLength": kept, "maxLength": kept, "pattern": kept,
	"uniqueItems": kept, "minProperties": kept, "maxProperties": kept,

	"properties": schemaMap,
	"allOf":      schemaList, "anyOf": schemaList,
	"items": oneSchema, "not": oneSchema, "additionalProperties": oneSchema,

	"minItems": special, "maxItems": special,
	"nullable": dropped, "discriminator": dropped, "readOnly": dropped,
	"writeOnly": dropped, "default": dropped,

	"example": documentOnly, "examples": documentOnly, "deprecated": documentOnly,
	"externalDocs": documentOnly, "xml": documentOnly,
	"$defs": documentOnly, "$schema": documentOnly, "$comment": documentOnly,
}

// schema returns the JSON schema of c.
func (s *schemaWriter) schema(c *cursor) *node {
	if c.is(boolean) && (c.key == "additionalProperties" || s.im.dialect == openapi31) {
		return booleanSchema(c)
	}
	if !c.is(object) {
		s.im.wrongType(c, located{c}, object)
		return newObject()
	}
	if ref := c.get("$ref"); ref.is(text) {
		return s.reference(c, ref)
	}
	var fields []field
	for name, member := range c.members() {
		if value, as := s.member(c, name, member); value != nil {
			fields = append(fields, field{name: as, value: value})
		}
	}
	return newObject(fields...)
}

// booleanSchema returns the schema that allows any value or none. Draft 4 writes
// it as a boolean in additionalProperties alone, OpenAPI 3.1 anywhere.
func booleanSchema(c *cursor) *node {
	switch {
	case c.key == "additionalProperties":
		return c.node
	case c.node.value == "true":
		return newObject()
	}
	return newObject(field{name: "not", value: newObject()})
}

// member returns what becomes of one member of a schema and the name it then has,
// nil when it is left out.
func (s *schemaWriter) member(c *cursor, name string, member *cursor) (value *node, as string) {
	switch keywords[name] {
	case kept:
		value = member.node
	case special:
		return s.special(c, name, member)
	case oneSchema:
		if name == "items" && c.get("prefixItems") != nil { // it is for the items after those
			return nil, ""
		}
		value = s.schema(member)
	case schemaList:
		value = s.schemas(member)
	case schemaMap:
		value = s.named(member)
	case dropped:
		s.im.drop(member, "%s is not supported in models", brief(name))
	case documentOnly:
	case unknown:
		switch {
		case strings.HasPrefix(name, "x-"):
		case s.im.dialect == openapi31:
			s.im.drop(member, "%s is not supported in models", brief(name))
		default:
			s.im.warn(member, "Parse issue: attribute %s is unexpected", located{member})
		}
	}
	return value, name
}

// special returns what becomes of a member that has a rule of its own.
func (s *schemaWriter) special(c *cursor, name string, member *cursor) (*node, string) {
	switch name {
	case "format":
		f, _ := member.text()
		if c.str("type") == "number" && (f == "int32" || f == "int64" || f == "decimal") {
			s.im.drop(member, "format %s is not supported for numbers", f)
			return nil, ""
		}
	case "type":
		if !member.is(text) && (s.im.dialect != openapi31 || !member.is(list)) {
			s.im.wrongType(member, located{member}, text)
			return nil, ""
		}
	case "required":
		if !member.is(list) {
			s.im.wrongType(member, located{member}, list)
			return nil, ""
		}
		if len(member.node.items) == 0 { // it says nothing, and draft 4 wants one at least: CreateModel refuses it
			return nil, ""
		}
	case "minItems", "maxItems":
		// AWS's notes say that models lack both. A recorded import of OpenAPI 3.0
		// keeps minItems, so the notes are taken to be about Swagger.
		if s.im.dialect == swagger2 {
			s.im.drop(member, "%s is not supported in models", name)
			return nil, ""
		}
	case "oneOf":
		if s.im.dialect == swagger2 {
			s.im.drop(member, "oneOf is not supported in Swagger 2.0")
			return nil, ""
		}
		return s.schemas(member), name
	case "exclusiveMinimum", "exclusiveMaximum":
		return s.exclusive(c, name, member)
	case "const":
		return newList(member.node), "enum"
	case "$ref":
		s.im.wrongType(member, located{member}, text)
		return nil, ""
	}
	return member.node, name
}

// exclusive returns what becomes of an exclusive bound. Draft 4 has a boolean beside
// the bound, of which the service takes the upper one only; OpenAPI 3.1 has the
// bound itself, which is then taken as an inclusive one.
func (s *schemaWriter) exclusive(c *cursor, name string, member *cursor) (*node, string) {
	bound := strings.ToLower(strings.TrimPrefix(name, "exclusive"))
	switch {
	case member.is(number) && c.get(bound) == nil:
		s.im.drop(member, "%s is read as %s", name, bound)
		return member.node, bound
	case member.is(boolean) && name == "exclusiveMaximum":
		return member.node, name
	}
	s.im.drop(member, "%s is not supported in models", brief(name))
	return nil, ""
}

// schemas returns the schemas of a list.
func (s *schemaWriter) schemas(c *cursor) *node {
	if !c.is(list) {
		s.im.wrongType(c, located{c}, list)
		return nil
	}
	out := newList()
	for _, item := range c.items() {
		out.items = append(out.items, s.schema(item))
	}
	return out
}

// named returns the schemas of an object whose member names are free.
func (s *schemaWriter) named(c *cursor) *node {
	if !c.is(object) {
		s.im.wrongType(c, located{c}, object)
		return nil
	}
	out := newObject()
	for name, member := range c.members() {
		out.fields = append(out.fields, field{name: name, value: s.schema(member)})
	}
	return out
}

// reference returns the schema that refers to another model. Members beside a
// reference mean nothing before OpenAPI 3.1, where they add to it.
func (s *schemaWriter) reference(c, ref *cursor) *node {
	target := s.im.localRef(ref.node.value)
	to, err := s.im.docs.resolve(c.node.src, target)
	if err != nil {
		s.unresolved(ref, err)
		return newObject()
	}
	out := newObject(field{name: "$ref", value: newText(s.im.modelRef(s.im.modelNamed(to)))})
	if len(c.node.fields) == 1 {
		return out
	}
	if s.im.dialect != openapi31 {
		s.im.drop(c, "what stands beside $ref means nothing")
		return out
	}
	rest := s.schema(c.without("$ref", "title", "description"))
	if len(rest.fields) == 0 {
		return out
	}
	return newObject(field{name: "allOf", value: newList(out, rest)})
}

// unresolved tells of a reference that leads nowhere.
func (s *schemaWriter) unresolved(ref *cursor, err error) {
	why := fmt.Sprintf("cannot follow %s: %v", brief(ref.node.value), err)
	if s.im.forgiving() {
		s.im.refuseModel(s.model, ref, why)
		return
	}
	answer := "Invalid model schema specified"
	if isOutside(err) {
		answer = "Model reference must be in canonical form"
	}
	s.im.refuseModel(s.model, ref, answer)
	s.im.note(Error, ref, "%s", why)
}

// without returns c without some of its members.
func (c *cursor) without(names ...string) *cursor {
	n := &node{kind: object, src: c.node.src, line: c.node.line, column: c.node.column}
	for _, f := range c.node.fields {
		if !slices.Contains(names, f.name) {
			n.fields = append(n.fields, f)
		}
	}
	return &cursor{node: n, up: c.up, key: c.key, at: c.at}
}
