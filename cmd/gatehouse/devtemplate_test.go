package main

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/template"
)

// TestTemplatesAreDeployed deploys the templates of package template's corpus, all but those
// of which something is an error there: what is made of a template is what the control
// plane takes.
func TestTemplatesAreDeployed(t *testing.T) {
	c := defaults()
	c.InMemory, c.Listen, c.AccessLog, c.AWS = true, "127.0.0.1:0", "", false
	c.VPCLinks = map[string][]string{"link": {"127.0.0.1:1"}}
	s, err := start(t.Context(), c, io.Discard, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.close() }()
	names, err := filepath.Glob("../../internal/template/testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range names {
		a, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		wants := make(map[string]string)
		for _, f := range a.Files {
			of := filepath.Join(dir, f.Name)
			if err := os.MkdirAll(filepath.Dir(of), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(of, f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
			wants[f.Name] = string(f.Data)
		}
		for _, f := range a.Files {
			if want := wants[strings.TrimSuffix(f.Name, filepath.Ext(f.Name))+".want"]; want != "" && template.Is(f.Data) {
				t.Run(f.Name, func(t *testing.T) { deployTemplate(t, s, filepath.Join(dir, f.Name), want) })
			}
		}
	}
}

// deployTemplate deploys the APIs of a template, of which want tells.
func deployTemplate(t *testing.T, s *server, file, want string) {
	all, err := newDevelopers(s, file, &templateCode{file: file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := all.create(t.Context()); err != nil {
		t.Fatal(err)
	}
	var wrong []openapi.Finding
	for _, d := range all.apis {
		r := d.read(t.Context())
		wrong = append(wrong, r.wrong...)
		if r.def == nil {
			continue
		}
		for _, f := range r.def.Findings {
			if strings.Contains(f.Text, "the stage's setting") {
				t.Error(f)
			}
		}
	}
	failed := strings.Contains(want, "error: ") || !strings.Contains(want, "api ")
	if failed != (len(wrong) > 0) {
		t.Errorf("refused for %v; want\n%s", wrong, want)
	}
}
