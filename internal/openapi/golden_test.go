package openapi

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the wanted parts of testdata/*.txtar")

// TestGolden reads each archive in testdata: options in its comment, the document
// as its first file, files that it refers to, and the wanted result as want.json.
// An archive with "load: true" is read by Load, others by Parse.
func TestGolden(t *testing.T) {
	dir, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	archives, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := readArchive(t, archive)
			want := &archive.Files[len(archive.Files)-1]
			if want.Name != "want.json" {
				archive.Files = append(archive.Files, txtar.File{Name: "want.json"})
				want = &archive.Files[len(archive.Files)-1]
			}
			if *update {
				want.Data = got
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if string(got) != string(want.Data) {
				t.Errorf("got\n%s\nwant\n%s", got, want.Data)
			}
		})
	}
}

// archives returns the archives in testdata.
func archives(tb testing.TB) []*txtar.Archive {
	tb.Helper()
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		tb.Fatalf("no archives: %v", err)
	}
	var out []*txtar.Archive
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, archive)
	}
	return out
}

// readArchive returns the text of what the document in archive becomes.
func readArchive(t *testing.T, archive *txtar.Archive) []byte {
	t.Helper()
	var o Options
	load := false
	for line := range strings.Lines(string(archive.Comment)) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			continue
		}
		switch key {
		case "basepath":
			o.BasePath = BasePath(value)
		case "lenient":
			o.Lenient = value == "true"
		case "load":
			load = value == "true"
		case "apiId":
			o.APIID = value
		case "region":
			o.Region, o.AccountID, o.Partition = value, "123456789012", "aws"
		case "ignore":
			o.IgnoreDocumentation = value == "documentation"
		}
	}
	if !load {
		api, err := Parse(archive.Files[0].Data, o)
		return dump(t, api, err)
	}
	t.Chdir(t.TempDir())
	for _, f := range archive.Files {
		if err := os.MkdirAll(filepath.Dir(f.Name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f.Name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	api, _, err := Load(archive.Files[0].Name, o)
	return dump(t, api, err)
}

// dump returns api, or err with its findings, as text to compare.
func dump(t *testing.T, api *API, err error) []byte {
	t.Helper()
	var shown struct {
		Error string `json:"error,omitzero"`
		*API
		Features []string `json:"features,omitzero"`
		Findings []string `json:"findings,omitzero"`
	}
	var findings []Finding
	if err != nil {
		shown.Error = err.Error()
		if input, ok := err.(*InputError); ok {
			findings = input.Findings
		}
	} else {
		shown.API, findings = api, api.Findings
		for _, f := range api.Features {
			shown.Features = append(shown.Features, string(f.Name)+" "+f.Position.String()+" "+f.Path)
		}
	}
	for _, f := range findings {
		shown.Findings = append(shown.Findings, f.String())
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(shown); err != nil {
		t.Fatal(err)
	}
	return []byte(b.String())
}
