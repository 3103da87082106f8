package mapping

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDocs renders the examples of docs/templates.md: the rows of its first
// table, whose second column is a body or a parameter.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/templates.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| template | with | gives |\n|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	code := regexp.MustCompile("`([^`]*)`")
	body := ""
	rows := strings.Split(table, "\n")
	if len(rows) < 10 {
		t.Fatalf("the table has %d rows", len(rows))
	}
	for _, row := range rows {
		cells := code.FindAllStringSubmatch(row, -1)
		template, want := cells[0][1], cells[len(cells)-1][1]
		s := &Scope{PathParams: []Param{{"id", "7"}}}
		switch _, with, _ := strings.Cut(row, "` | "); {
		case strings.HasPrefix(with, "body"):
			body = cells[1][1]
		case strings.HasPrefix(with, "tags a, b"):
			body = `{"tags":["a","b"]}`
		}
		s.RequestBody = []byte(body)
		compiled, err := ParseTemplate("docs", template)
		if err != nil {
			t.Errorf("%s: %v", template, err)
			continue
		}
		got, err := compiled.Render(nil, s, RequestSide)
		if err != nil || string(got) != want {
			t.Errorf("%s\ngot  %q (%v)\nwant %q", template, got, err, want)
		}
	}
}
