package main

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	conformanceRow = regexp.MustCompile(`^\| .* \| .* \| (.*) \|$`)
	namedInRow     = regexp.MustCompile("`([^`]+)`")
	goTest         = regexp.MustCompile(`^([a-z0-9]+)\.(Test\w+)(?:/(.+))?$`)
)

// TestConformanceDocs holds docs/conformance.md and the cases to each other:
// what a row names exists, and each case is named in its topic's section.
func TestConformanceDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/conformance.md")
	if err != nil {
		t.Fatal(err)
	}
	named := make(map[string]map[string]bool) // by title
	title := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "## "); ok {
			title = rest
			named[title] = make(map[string]bool)
			continue
		}
		row := conformanceRow.FindStringSubmatch(line)
		if row == nil || strings.HasPrefix(row[1], "tested by") {
			continue
		}
		names := namedInRow.FindAllStringSubmatch(row[1], -1)
		if len(names) == 0 && !strings.HasPrefix(row[1], "differs: ") && !strings.HasPrefix(row[1], "not built yet") {
			t.Errorf("%s: a row names no test and does not say why: %s", title, line)
		}
		for _, name := range names {
			if m := goTest.FindStringSubmatch(name[1]); m != nil {
				checkGoTest(t, m[1], m[2], m[3])
				continue
			}
			named[title][name[1]] = true
		}
	}
	for _, topic := range conformanceTopics() {
		cases := make(map[string]bool)
		for _, c := range topic.cases {
			cases[c.name] = true
		}
		for _, name := range lacking(cases, named[topic.title]) {
			t.Errorf("%s: docs/conformance.md does not name the case %q", topic.title, name)
		}
		for _, name := range lacking(named[topic.title], cases) {
			t.Errorf("%s: docs/conformance.md names %q, which is no case", topic.title, name)
		}
		delete(named, topic.title)
	}
	for title := range named {
		t.Errorf("docs/conformance.md has a section %q, which is no topic", title)
	}
}

// lacking returns what of names is not in others, in order.
func lacking(names, others map[string]bool) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(names)), func(name string) bool { return others[name] })
}

// checkGoTest wants a package's test, and its case of that name, to exist.
func checkGoTest(t *testing.T, pkg, test, name string) {
	t.Helper()
	dir := "../../internal/" + pkg
	if pkg == "gatehouse" {
		dir = "."
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Errorf("%s.%s: %v", pkg, test, err)
		return
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(dir + "/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		_, body, found := strings.Cut(string(text), "func "+test+"(t *testing.T)")
		if !found {
			continue
		}
		body, _, _ = strings.Cut(body, "\n}\n")
		if name == "" || strings.Contains(body, strconv.Quote(name)) {
			return
		}
	}
	t.Errorf("docs/conformance.md names %s.%s/%s, which does not exist", pkg, test, name)
}
