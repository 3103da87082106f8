package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// operationsFile writes the tables that routing, binding and validation read.
func operationsFile(m *model) string {
	var b strings.Builder
	b.WriteString(header)
	if len(m.patterns) > 0 {
		b.WriteString("import \"regexp\"\n\n")
	}
	table := "operations" + m.service.version
	fmt.Fprintf(&b, "// %s holds every operation of %s, sorted by name.\nvar %s = [...]Operation{\n", table, m.service.name, table)
	for _, o := range m.operations {
		path, query, _ := strings.Cut(o.uri, "?")
		fmt.Fprintf(&b, "{Service: %q, Name: %q, Method: %q, Path: %q, ", m.service.name, o.name, o.method, path)
		if query != "" {
			fmt.Fprintf(&b, "Query: %q, ", query)
		}
		fmt.Fprintf(&b, "Status: %s, place: %q, input: &%s", o.status, operationInput(o.name), m.inputTable(o))
		if o.spoken() && o.output != "-" {
			fmt.Fprintf(&b, ", output: %q", m.goType(o.output))
		}
		b.WriteString("},\n")
	}
	b.WriteString("}\n\n")
	used := m.inputEnums()
	for _, e := range m.enums {
		if !used[e.name] {
			continue
		}
		fmt.Fprintf(&b, "var %s = typ{kind: kindString, enum: %s}\n", m.enumName(e.name), goStrings(printedOrder(e.values)))
	}
	b.WriteString("\n")
	for _, text := range m.patterns {
		fmt.Fprintf(&b, "var %s = pattern{text: %s, re: regexp.MustCompile(%s)}\n", m.patternName(text), goString(text), goString(goPattern(text)))
	}
	b.WriteString("\n")
	for _, s := range m.structures {
		if !m.hasTable(s) {
			continue
		}
		fmt.Fprintf(&b, "var %s = shape{name: %q, members: []member{\n", m.tableName(s.name), m.goType(s.name))
		for _, mem := range s.members {
			b.WriteString(m.tableMember(mem))
		}
		b.WriteString("}}\n\n")
	}
	return b.String()
}

// inputTable is the table of what an operation takes, for one that is known by name
// alone an empty one.
func (m *model) inputTable(o operation) string {
	if !o.spoken() {
		return "unread"
	}
	return m.tableName(o.input())
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

// isChecked reports whether the service's model constrains the value of mem or
// of something inside it.
func (m *model) isChecked(mem member) bool {
	if mem.required || mem.pattern != "" {
		return true
	}
	leaf := mem.typ.leaf()
	if s := m.byName[leaf]; s != nil {
		return slices.ContainsFunc(s.members, m.isChecked)
	}
	return m.isEnum[leaf]
}

// patternName names the table entry of a pattern.
func (m *model) patternName(text string) string {
	return "pattern" + m.service.version + strconv.Itoa(slices.Index(m.patterns, text)+1)
}

// goPattern translates a Java regular expression that must match all of a
// value. Java's \s has the vertical tab, Go's has not.
func goPattern(text string) string {
	return `^(?:` + strings.ReplaceAll(text, `\s`, `[\s\x0B]`) + `)$`
}

// operationInput is what the service calls the input of an operation in the
// place names of its validation errors.
func operationInput(op string) string { return strings.ToLower(op[:1]) + op[1:] + "Input" }

func (m *model) tableName(structure string) string { return lowerFirst(m.goType(structure)) + "Shape" }

func (m *model) enumName(enum string) string {
	return lowerFirst(goName(enum)) + "Enum" + m.service.version
}

func (m *model) tableMember(mem member) string {
	var b strings.Builder
	fmt.Fprintf(&b, "{name: %q, wire: %q, location: in%s, typ: %s", mem.name, mem.wire, goName(mem.location), m.tableType(mem.typ))
	if mem.required {
		b.WriteString(", required: true")
	}
	if mem.pattern != "" {
		fmt.Fprintf(&b, ", pattern: &%s", m.patternName(mem.pattern))
	}
	if m.isChecked(mem) {
		b.WriteString(", checked: true")
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
		return "&" + m.enumName(t.name)
	case m.byName[t.name] != nil:
		return fmt.Sprintf("&typ{kind: kindStructure, shape: &%s}", m.tableName(t.name))
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

// operationsTestFile writes a table of recording handlers, one an operation,
// for the tests.
func operationsTestFile(m *model) string {
	var b strings.Builder
	b.WriteString(header)
	table := "recorders" + m.service.version
	fmt.Fprintf(&b, "// %s makes a handler of each operation of %s that notes its input.\nvar %s = map[string]func(*recording) Handler{\n", table, m.service.name, table)
	for _, o := range m.operations {
		if !o.spoken() {
			continue
		}
		out := "Empty"
		if o.output != "-" {
			out = m.goType(o.output)
		}
		fmt.Fprintf(&b, "%q: record[%s, %s],\n", o.name, m.goType(o.input()), out)
	}
	b.WriteString("}\n")
	return b.String()
}
