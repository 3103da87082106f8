package main

import (
	"fmt"
	"strconv"
	"strings"
)

// operationsFile writes the tables that routing, binding and validation read.
func operationsFile(m *model) string {
	var b strings.Builder
	b.WriteString(header)
	b.WriteString("// operations holds every operation, sorted by name.\nvar operations = [...]Operation{\n")
	for _, o := range m.operations {
		path, query, _ := strings.Cut(o.uri, "?")
		fmt.Fprintf(&b, "{Name: %q, Method: %q, Path: %q, ", o.name, o.method, path)
		if query != "" {
			fmt.Fprintf(&b, "Query: %q, ", query)
		}
		fmt.Fprintf(&b, "Status: %s, place: %q, input: &%s", o.status, operationInput(o.name), tableName(o.input()))
		if o.output != "-" {
			fmt.Fprintf(&b, ", output: %q", goName(o.output))
		}
		b.WriteString("},\n")
	}
	b.WriteString("}\n\n")
	used := m.inputEnums()
	for _, e := range m.enums {
		if !used[e.name] {
			continue
		}
		fmt.Fprintf(&b, "var %s = typ{kind: kindString, enum: %s}\n", enumName(e.name), goStrings(printedOrder(e.values)))
	}
	b.WriteString("\n")
	for _, s := range m.structures {
		if !m.hasTable(s) {
			continue
		}
		fmt.Fprintf(&b, "var %s = shape{name: %q, members: []member{\n", tableName(s.name), goName(s.name))
		for _, mem := range s.members {
			b.WriteString(m.tableMember(mem))
		}
		b.WriteString("}}\n\n")
	}
	return b.String()
}

// hasTable reports whether the server needs to know the members of s: it reads
// inputs, and encoding/json writes outputs.
func (m *model) hasTable(s *structure) bool { return s.side != "output" }

// inputEnums returns the enumerations that some table refers to.
func (m *model) inputEnums() map[string]bool {
	used := make(map[string]bool)
	for _, s := range m.structures {
		for _, mem := range s.members {
			if m.hasTable(s) {
				used[mem.typ.leaf()] = true
			}
		}
	}
	return used
}

// operationInput is what the service calls the input of an operation in the
// place names of its validation errors.
func operationInput(op string) string { return strings.ToLower(op[:1]) + op[1:] + "Input" }

func tableName(structure string) string { return lowerFirst(goName(structure)) + "Shape" }

func enumName(enum string) string { return lowerFirst(goName(enum)) + "Enum" }

func (m *model) tableMember(mem member) string {
	var b strings.Builder
	fmt.Fprintf(&b, "{name: %q, wire: %q, location: in%s, typ: %s", mem.name, mem.wire, goName(mem.location), m.tableType(mem.typ))
	if mem.required {
		b.WriteString(", required: true")
	}
	if mem.pattern != "" {
		fmt.Fprintf(&b, ", pattern: %s", goString(mem.pattern))
	}
	if mem.location == "query" && m.commas[mem.name] {
		b.WriteString(", commas: true")
	}
	b.WriteString("},\n")
	return b.String()
}

// tableType is an expression for a *typ.
func (m *model) tableType(t typeExpr) string {
	switch {
	case t.list != nil:
		return fmt.Sprintf("&typ{kind: kindList, elem: %s}", m.tableType(*t.list))
	case t.dict != nil:
		return fmt.Sprintf("&typ{kind: kindMap, elem: %s}", m.tableType(*t.dict))
	case m.isEnum[t.name]:
		return "&" + enumName(t.name)
	case m.byName[t.name] != nil:
		return fmt.Sprintf("&typ{kind: kindStructure, shape: &%s}", tableName(t.name))
	}
	return "&" + scalars[t.name].tableType
}

// goString quotes s the way one would by hand.
func goString(s string) string {
	if strconv.CanBackquote(s) {
		return "`" + s + "`"
	}
	return strconv.Quote(s)
}

func goStrings(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = strconv.Quote(s)
	}
	return "[]string{" + strings.Join(quoted, ", ") + "}"
}
