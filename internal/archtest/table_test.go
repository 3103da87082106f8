package archtest

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// architecture has the table of the packages and what each may import.
const architecture = "docs/architecture.md"

// An allowance is what a package may import of ours.
type allowance struct {
	everything bool
	packages   []string
}

func (a allowance) has(name string) bool { return a.everything || slices.Contains(a.packages, name) }

// importTable reads the table of the document, by package.
func importTable(t *testing.T) map[string]allowance {
	t.Helper()
	text, err := os.ReadFile("../../" + architecture)
	if err != nil {
		t.Fatal(err)
	}
	table, err := parseTable(string(text))
	if err != nil {
		t.Fatalf("%s: %v", architecture, err)
	}
	return table
}

// parseTable reads the first table of a document: rows of a package, what it is
// and what it may import: "everything", "nothing" or packages of the table.
func parseTable(text string) (map[string]allowance, error) {
	const head = "| package | what it is | may import |\n|---|---|---|\n"
	_, text, found := strings.Cut(text, head)
	if !found {
		return nil, fmt.Errorf("no table with the head %q", head)
	}
	table := make(map[string]allowance)
	for row := range strings.Lines(text) {
		if !strings.HasPrefix(row, "|") {
			break
		}
		cells := strings.Split(strings.Trim(row, "|\n"), "|")
		if len(cells) != 3 || strings.TrimSpace(cells[1]) == "" {
			return nil, fmt.Errorf("not a package, what it is and what it may import: %s", row)
		}
		if strings.Contains(cells[1], " and ") || strings.Contains(cells[1], ";") {
			return nil, fmt.Errorf("a package that is two things: %s", row)
		}
		names, err := packageNames(cells[0])
		if err != nil || len(names) != 1 {
			return nil, fmt.Errorf("not one package: %s", row)
		}
		if _, twice := table[names[0]]; twice {
			return nil, fmt.Errorf("%s has two rows", names[0])
		}
		if table[names[0]], err = parseAllowance(cells[2]); err != nil {
			return nil, fmt.Errorf("%w: %s", err, row)
		}
	}
	for name, may := range table {
		for _, imp := range may.packages {
			if _, known := table[imp]; !known {
				return nil, fmt.Errorf("%s may import %s, which has no row", name, imp)
			}
		}
	}
	return table, nil
}

func parseAllowance(cell string) (may allowance, err error) {
	switch strings.TrimSpace(cell) {
	case "everything":
		may.everything = true
	case "nothing":
	default:
		may.packages, err = packageNames(cell)
	}
	return may, err
}

var quotedName = regexp.MustCompile("^`([a-z0-9/]+)`$")

// packageNames reads a list of packages, each in backquotes, by their paths in
// the module: what begins with no folder of the root is in internal.
func packageNames(cell string) (names []string, err error) {
	for item := range strings.SplitSeq(cell, ",") {
		m := quotedName.FindStringSubmatch(strings.TrimSpace(item))
		if m == nil {
			return nil, fmt.Errorf("%q is no package in backquotes", item)
		}
		name := m[1]
		if root, _, _ := strings.Cut(name, "/"); root != "vtl" && root != "cmd" && root != "examples" {
			name = "internal/" + name
		}
		names = append(names, name)
	}
	return names, nil
}

func TestParseTable(t *testing.T) {
	const head = "text\n\n| package | what it is | may import |\n|---|---|---|\n"
	table, err := parseTable(head + "| `cmd/g` | all | everything |\n| `vtl` | templates | nothing |\n| `a` | some | `vtl`, `a/b` |\n| `a/b` | other | nothing |\n\n| `c` |\n")
	if err != nil || len(table) != 4 {
		t.Fatalf("%v, %v", table, err)
	}
	a := table["internal/a"]
	if !table["cmd/g"].has("internal/a") || table["vtl"].has("internal/a") || !a.has("vtl") || !a.has("internal/a/b") || a.has("cmd/g") {
		t.Errorf("%+v", table)
	}
	for name, rows := range map[string]string{
		"two cells":         "| `a` | nothing |\n",
		"says not what":     "| `a` | | nothing |\n",
		"two things":        "| `a` | this and that | nothing |\n",
		"two packages":      "| `a`, `b` | some | nothing |\n",
		"two rows":          "| `a` | some | nothing |\n| `a` | some | nothing |\n",
		"unknown package":   "| `a` | some | `b` |\n",
		"without quotes":    "| `a` | some | vtl |\n",
		"nothing and some":  "| `a` | some | nothing, `a` |\n",
		"no imports at all": "| `a` | some | |\n",
	} {
		if table, err := parseTable(head + rows); err == nil {
			t.Errorf("%s: read as %v", name, table)
		}
	}
	if _, err := parseTable("no table"); err == nil {
		t.Error("a document without a table is read")
	}
}
