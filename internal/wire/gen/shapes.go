package main

import (
	"fmt"
	"strings"
)

// A scalar is how a scalar of the facts is written in Go and in the tables.
type scalar struct{ goType, tableType string }

var scalars = map[string]scalar{
	"string":    {"string", "stringType"},
	"boolean":   {"bool", "booleanType"},
	"integer":   {"int32", "integerType"},
	"long":      {"int64", "longType"},
	"double":    {"Double", "doubleType"},
	"timestamp": {"Timestamp", "timestampType"},
	"datetime":  {"DateTime", "stringType"},
	"blob":      {"[]byte", "blobType"},
}

// shapesFile writes the Go types of all structures. In those that lists of
// inputs hold a required scalar is a pointer, too: the decoder notes by their places in memory which plain
// ones are missing, which must be few, and elements move while their list grows.
func shapesFile(m *model) string {
	var b strings.Builder
	b.WriteString(header)
	inputOf := make(map[string]string)
	for _, o := range m.operations {
		inputOf[o.input()] = o.name
	}
	for _, s := range m.structures {
		name := m.goType(s.name)
		if op, ok := inputOf[s.name]; ok {
			fmt.Fprintf(&b, "// %s is the input of %s.\n", name, op)
		} else {
			fmt.Fprintf(&b, "// %s is AWS's structure %s.\n", name, s.name)
		}
		fmt.Fprintf(&b, "type %s struct {\n", name)
		for _, mem := range s.members {
			if m.elements[s.name] {
				mem.required = false
			}
			fmt.Fprintf(&b, "\t%s %s %s\n", goName(mem.name), m.fieldType(mem), fieldTag(mem))
		}
		b.WriteString("}\n\n")
	}
	return b.String()
}

// fieldType is the Go type of a member: an optional scalar and a structure are
// pointers, a required scalar is a plain value.
func (m *model) fieldType(mem member) string {
	t := mem.typ
	switch {
	case t.dict != nil && m.nullable[mem.name]:
		return "map[string]*" + m.elementType(*t.dict)
	case t.list != nil || t.dict != nil || t.name == "blob":
		return m.elementType(t)
	case mem.required && m.byName[t.name] == nil:
		return m.elementType(t)
	}
	return "*" + m.elementType(t)
}

// elementType is the Go type of a value inside a list or a map.
func (m *model) elementType(t typeExpr) string {
	switch {
	case t.list != nil:
		return "[]" + m.elementType(*t.list)
	case t.dict != nil:
		return "map[string]" + m.elementType(*t.dict)
	case m.isEnum[t.name]:
		return "string"
	case m.byName[t.name] != nil:
		return m.goType(t.name)
	}
	return scalars[t.name].goType
}

// fieldTag is the JSON tag of a member, with its place on the wire in a
// comment when that is not the body.
func fieldTag(mem member) string {
	switch mem.location {
	case "body":
		if mem.required {
			return fmt.Sprintf("`json:%q`", mem.wire)
		}
		return fmt.Sprintf("`json:%q`", mem.wire+",omitzero")
	case "uri":
		return fmt.Sprintf("`json:\"-\"` // path label %s", mem.wire)
	case "payload":
		return "`json:\"-\"` // the whole body"
	case "query":
		if mem.wire == "*" {
			return "`json:\"-\"` // every query parameter that is no other member"
		}
	}
	return fmt.Sprintf("`json:\"-\"` // %s %s", mem.location, mem.wire)
}
