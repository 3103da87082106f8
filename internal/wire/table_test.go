package wire

import (
	"bufio"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// A tableOf is a service's operations with the facts that they are made from.
type tableOf struct {
	service, facts    string
	operations, known int // of the service, and of them those whose shapes are known
	table             []Operation
	recorders         map[string]func(*recording) Handler
}

var tables = []tableOf{
	{V1, ".", 124, 124, operations[:], recorders},
	{V2, "v2", 103, 23, operationsV2[:], recordersV2},
}

// readFacts returns the rows of a facts file without comments and heading.
func readFacts(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join("facts", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows [][]string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if !strings.HasPrefix(lines.Text(), "# ") {
			rows = append(rows, strings.Split(lines.Text(), "\t"))
		}
	}
	return rows[1:]
}

func TestOperationsAreTheFacts(t *testing.T) {
	for _, of := range tables {
		of.checkOperations(t)
	}
	if got := len(OperationsV2()); got != len(recordersV2) {
		t.Errorf("%d operations of %s, want %d", got, V2, len(recordersV2))
	}
}

func (of *tableOf) checkOperations(t *testing.T) {
	rows := readFacts(t, of.facts+"/operations.tsv")
	if len(rows) != of.operations || len(of.table) != of.operations || len(of.recorders) != of.known {
		t.Fatalf("%d operations, %d in the facts, %d with shapes, want %d and %d", len(of.table), len(rows), len(of.recorders), of.operations, of.known)
	}
	for i, op := range of.table {
		uri := op.Path
		if op.Query != "" {
			uri += "?" + op.Query
		}
		output := op.output
		switch {
		case op.input == &unread:
			output = "?"
		case output == "":
			output = "-"
		}
		got := []string{op.Name, op.Method, uri, strconv.Itoa(op.Status), awsName(output)}
		want := append(rows[i][:4:4], strings.ToLower(rows[i][4]))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("operation %q, want %q", got, want)
		}
		if op.Service != of.service {
			t.Errorf("%s is of %s", op.Name, op.Service)
		}
		if op.input != &unread && awsName(op.input.name) != strings.ToLower(op.Name+"Request") {
			t.Errorf("%s takes %s", op.Name, op.input.name)
		}
		if n := strings.Count(op.Path, "{"); n > maxLabels {
			t.Errorf("%s has %d labels", op.Name, n)
		}
	}
}

// Every structure that an operation reaches has the members of the facts, with
// their JSON names, in their order, and the table of an input agrees.
func TestShapesAreTheFacts(t *testing.T) {
	for _, of := range tables {
		of.checkShapes(t)
	}
}

func (of *tableOf) checkShapes(t *testing.T) {
	facts := make(map[string][][]string)
	for _, row := range readFacts(t, of.facts+"/structures.tsv") {
		name := strings.ToLower(row[0])
		if row[2] == "-" {
			facts[name] = [][]string{}
			continue
		}
		facts[name] = append(facts[name], row)
	}
	seen := make(map[reflect.Type]bool)
	for _, make := range of.recorders {
		h := make(&recording{})
		checkType(t, h.in, facts, seen)
		if h.out != reflect.TypeFor[Empty]() {
			checkType(t, h.out, facts, seen)
		}
	}
	if len(seen) != len(facts) {
		t.Errorf("the operations reach %d structures of %d", len(seen), len(facts))
	}
	for _, op := range of.table {
		if op.input != &unread {
			checkTable(t, op.input, facts)
		}
	}
}

// checkType compares a Go type, and what it is made of, with the facts.
func checkType(t *testing.T, typ reflect.Type, facts map[string][][]string, seen map[reflect.Type]bool) {
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		checkType(t, typ.Elem(), facts, seen)
		return
	case reflect.Struct:
	default:
		return
	}
	if seen[typ] {
		return
	}
	seen[typ] = true
	rows, ok := facts[awsName(typ.Name())]
	if !ok || typ.NumField() != len(rows) {
		t.Errorf("%s has %d members, want %d", typ.Name(), typ.NumField(), len(rows))
		return
	}
	for i, row := range rows {
		f := typ.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		wantName := row[4]
		if row[3] != "body" {
			wantName = "-"
		}
		if !strings.EqualFold(f.Name, row[2]) || name != wantName {
			t.Errorf("%s.%s is %q in JSON, want %s as %q", typ.Name(), f.Name, name, row[2], wantName)
		}
		if f.Type.Kind() == reflect.Slice && row[1] != "output" {
			checkElement(t, f.Type.Elem())
		}
		if got, want := wireType(f.Type), factType(row[5]); got != want {
			t.Errorf("%s.%s is %s on the wire, want %s", typ.Name(), f.Name, got, want)
		}
		checkType(t, f.Type, facts, seen)
	}
}

// checkElement wants no plain values in a structure that lists of inputs hold: elements move
// while their list grows, so the decoder cannot remember which required scalars they
// lack.
func checkElement(t *testing.T, typ reflect.Type) {
	if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[Timestamp]() {
		return
	}
	for i := range typ.NumField() {
		switch typ.Field(i).Type.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
		default:
			t.Errorf("lists hold %s, whose %s is no pointer", typ.Name(), typ.Field(i).Name)
		}
	}
}

// checkTable compares the table of a structure with the facts.
func checkTable(t *testing.T, s *shape, facts map[string][][]string) {
	rows := facts[awsName(s.name)]
	if len(s.members) != len(rows) || len(rows) > 64 {
		t.Errorf("the table of %s has %d members, want %d and at most 64", s.name, len(s.members), len(rows))
		return
	}
	locations := map[string]location{"body": inBody, "uri": inURI, "query": inQuery, "header": inHeader, "payload": inPayload}
	for i, row := range rows {
		m := &s.members[i]
		pattern := "-"
		if m.pattern != nil {
			pattern = m.pattern.text
		}
		if m.name != row[2] || m.wire != row[4] || m.location != locations[row[3]] || m.required != (row[6] == "yes") || pattern != row[7] {
			t.Errorf("%s has the member %+v, want %q", s.name, *m, row)
		}
		if m.required && !m.checked {
			t.Errorf("%s.%s is required and not checked", s.name, m.name)
		}
		if m.typ.kind == kindStructure {
			checkTable(t, m.typ.shape, facts)
		}
		if elem := m.typ.elem; elem != nil && elem.kind == kindStructure {
			checkTable(t, elem.shape, facts)
		}
	}
}

// awsName is AWS's name of a structure, in lower case: where both services have one of a
// name, ours of the second ends in V2.
func awsName(structure string) string {
	return strings.ToLower(strings.TrimSuffix(structure, "V2"))
}

// wireType describes a Go type in the terms of the facts.
func wireType(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[Timestamp]():
		return "timestamp"
	case reflect.TypeFor[DateTime]():
		return "datetime"
	case reflect.TypeFor[Double]():
		return "double"
	case reflect.TypeFor[[]byte]():
		return "blob"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return wireType(t.Elem())
	case reflect.Slice:
		return "[" + wireType(t.Elem()) + "]"
	case reflect.Map:
		return "{string:" + wireType(t.Elem()) + "}"
	case reflect.Bool:
		return "boolean"
	case reflect.Int32:
		return "integer"
	case reflect.Int64:
		return "long"
	case reflect.Struct:
		return awsName(t.Name())
	}
	return t.Kind().String()
}

// factType is a type of the facts with structures in lower case and
// enumerations as the strings they are.
func factType(s string) string {
	for name := range enumNames() {
		if s == name || s == "["+name+"]" {
			s = strings.Replace(s, name, "string", 1)
		}
	}
	return strings.ToLower(s)
}

func enumNames() map[string]bool {
	names := make(map[string]bool)
	data, _ := os.ReadFile(filepath.Join("facts", "enums.tsv"))
	for line := range strings.Lines(string(data)) {
		name, _, _ := strings.Cut(line, "\t")
		names[name] = true
	}
	return names
}
