package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A model is the service as the facts describe it.
type model struct {
	service    service
	operations []operation
	structures []*structure // in the order of the facts: by name
	byName     map[string]*structure
	enums      []enum
	isEnum     map[string]bool
	patterns   []string        // in the order of their first use
	nullable   map[string]bool // map members whose values may be null
	commas     map[string]bool // query lists that also split at commas
	elements   map[string]bool // structures that lists of inputs hold, and those within
	taken      map[string]bool // Go names of the structures of the services before
}

type operation struct {
	name, method, uri, status, output string
}

// spoken reports whether the facts have the structures of the operation; it is known by
// name alone otherwise.
func (o operation) spoken() bool { return o.output != "?" }

// input names the structure that the operation takes.
func (o operation) input() string { return o.name + "Request" }

type structure struct {
	name    string
	side    string // input, output or input+output
	members []member
}

type member struct {
	name, location, wire string
	typ                  typeExpr
	required             bool
	pattern              string // "" for none
}

type enum struct {
	name   string
	values []string // in the model's order
}

// A typeExpr is a type of the facts: a name, a list or a map with string keys.
type typeExpr struct {
	name string    // scalar, enumeration or structure; "" for a collection
	list *typeExpr // element of a list
	dict *typeExpr // value of a map
}

func readModel(dir string) (*model, error) {
	m := &model{
		byName:   make(map[string]*structure),
		isEnum:   make(map[string]bool),
		nullable: make(map[string]bool),
		commas:   make(map[string]bool),
		elements: make(map[string]bool),
	}
	for _, table := range []struct {
		file    string
		columns int
		row     func([]string) error
	}{
		{"enums.tsv", 2, m.addEnum},
		{"measured.tsv", 2, m.addMeasured},
		{"structures.tsv", 8, m.addMember},
		{"operations.tsv", 5, m.addOperation},
	} {
		if err := eachRow(filepath.Join(dir, table.file), table.columns, table.row); err != nil {
			return nil, err
		}
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	for _, s := range m.structures {
		for _, mem := range s.members {
			if m.hasTable(s) && mem.typ.list != nil {
				m.noteElement(mem.typ.leaf())
			}
		}
	}
	return m, nil
}

// noteElement notes a structure that lists of inputs hold, with those within it.
func (m *model) noteElement(name string) {
	s := m.byName[name]
	if s == nil || m.elements[name] {
		return
	}
	m.elements[name] = true
	for _, mem := range s.members {
		m.noteElement(mem.typ.leaf())
	}
}

// eachRow calls row for every row of a table but its comments and its heading.
func eachRow(path string, columns int, row func([]string) error) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	heading := true
	for i, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		if strings.HasPrefix(line, "# ") {
			continue
		}
		if heading {
			heading = false
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != columns {
			return fmt.Errorf("%s:%d: %d columns, want %d", path, i+1, len(cells), columns)
		}
		if err := row(cells); err != nil {
			return fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
	}
	return nil
}

func (m *model) addEnum(r []string) error {
	m.enums = append(m.enums, enum{r[0], strings.Fields(r[1])})
	m.isEnum[r[0]] = true
	return nil
}

func (m *model) addMeasured(r []string) error {
	switch r[0] {
	case "nullable":
		m.nullable[r[1]] = true
	case "commas":
		m.commas[r[1]] = true
	default:
		return fmt.Errorf("unknown fact %q", r[0])
	}
	return nil
}

func (m *model) addMember(r []string) error {
	s := m.byName[r[0]]
	if s == nil {
		s = &structure{name: r[0], side: r[1]}
		m.byName[s.name] = s
		m.structures = append(m.structures, s)
	}
	if r[2] == "-" {
		return nil
	}
	t, err := parseType(r[5])
	if err != nil {
		return err
	}
	mem := member{name: r[2], location: r[3], wire: r[4], typ: t, required: r[6] == "yes"}
	if r[7] != "-" {
		mem.pattern = r[7]
		if !slices.Contains(m.patterns, r[7]) {
			m.patterns = append(m.patterns, r[7])
		}
	}
	s.members = append(s.members, mem)
	return nil
}

func (m *model) addOperation(r []string) error {
	o := operation{r[0], r[1], r[2], r[3], r[4]}
	switch {
	case !o.spoken():
	case m.byName[o.input()] == nil:
		return fmt.Errorf("no input structure %s", o.input())
	case o.output != "-" && m.byName[o.output] == nil:
		return fmt.Errorf("no output structure %s", o.output)
	}
	m.operations = append(m.operations, o)
	return nil
}

// check reports a member whose type nothing defines.
func (m *model) check() error {
	for _, s := range m.structures {
		for _, mem := range s.members {
			t := mem.typ.leaf()
			if scalars[t] == (scalar{}) && !m.isEnum[t] && m.byName[t] == nil {
				return fmt.Errorf("%s.%s: unknown type %s", s.name, mem.name, t)
			}
		}
	}
	return nil
}

func parseType(s string) (typeExpr, error) {
	switch {
	case strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]"):
		elem, err := parseType(s[1 : len(s)-1])
		return typeExpr{list: &elem}, err
	case strings.HasPrefix(s, "{string:") && strings.HasSuffix(s, "}"):
		value, err := parseType(s[len("{string:") : len(s)-1])
		return typeExpr{dict: &value}, err
	case s == "" || strings.ContainsAny(s, "[]{}:"):
		return typeExpr{}, fmt.Errorf("bad type %q", s)
	}
	return typeExpr{name: s}, nil
}

// leaf is the name of the scalar, enumeration or structure at the bottom of t.
func (t typeExpr) leaf() string {
	for {
		switch {
		case t.list != nil:
			t = *t.list
		case t.dict != nil:
			t = *t.dict
		default:
			return t.name
		}
	}
}
