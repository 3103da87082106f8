package openapi

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// definitionIn writes files into dir and returns the name of the definition
// api/openapi.yaml, whose only path is what ref leads to.
func definitionIn(t *testing.T, dir, ref string, files map[string]string) string {
	t.Helper()
	name := filepath.Join(dir, "api", "openapi.yaml")
	files["api/openapi.yaml"] = "openapi: 3.0.0\ninfo: {title: t, version: '1'}\npaths: {/a: {$ref: '" + ref + "'}}\n"
	for file, data := range files {
		file = filepath.Join(dir, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return name
}

const pathItem = "get: {responses: {}}\n"

// TestLoadRefuses checks what references cannot reach.
func TestLoadRefuses(t *testing.T) {
	const outside = "references to files outside of the definition's directory are not followed"
	secret := filepath.Join(t.TempDir(), "secret.yaml")
	if err := os.WriteFile(secret, []byte(pathItem), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ ref, want string }{
		"parent directory":    {"../secret.yaml", outside},
		"parent by escapes":   {"%2e%2e/secret.yaml", outside},
		"absolute":            {filepath.ToSlash(secret), outside},
		"URL":                 {"https://example.com/a.yaml", "references to URLs are not followed"},
		"URL without scheme":  {"//example.com/a.yaml", "references to URLs are not followed"},
		"file URL":            {"file://" + filepath.ToSlash(secret), "references to URLs are not followed"},
		"symbolic link":       {"link.yaml", outside},
		"symbolic directory":  {"dir/secret.yaml", outside},
		"missing":             {"no.yaml", "there is no such file"},
		"directory":           {"sub", "sub is no regular file"},
		"pipe":                {"pipe", "pipe is no regular file"},
		"not YAML":            {"bad.yaml", "bad.yaml: mapping values are not allowed in this context"},
		"no such place":       {"good.yaml#/nowhere", `there is no "nowhere" in`},
		"no pointer":          {"good.yaml#nowhere", "#nowhere is no JSON pointer"},
		"malformed escape":    {"good.yaml#/%zz", "invalid URL escape"},
		"malformed file name": {"%zz.yaml", "invalid URL escape"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := definitionIn(t, dir, tt.ref, map[string]string{
				"secret.yaml": pathItem, "api/good.yaml": pathItem, "api/bad.yaml": "a: b: c", "api/sub/x.yaml": pathItem,
			})
			for link, to := range map[string]string{"link.yaml": secret, "dir": filepath.Dir(secret)} {
				if err := os.Symlink(to, filepath.Join(dir, "api", link)); err != nil {
					t.Fatal(err)
				}
			}
			if err := syscall.Mkfifo(filepath.Join(dir, "api", "pipe"), 0o644); err != nil {
				t.Fatal(err)
			}
			api, _, err := Load(file, Options{Lenient: true})
			if err != nil {
				t.Fatal(err)
			}
			if len(api.Resources) != 1 {
				t.Errorf("got resources %v", api.Resources)
			}
			last := api.Findings[len(api.Findings)-1]
			if last.Severity != Error || !strings.Contains(last.Text, tt.want) || last.Position.Line != 3 {
				t.Errorf("got %s, want %q", last, tt.want)
			}
		})
	}
}

// TestLoadReads checks what references do reach, and that the files are listed.
func TestLoadReads(t *testing.T) {
	tests := map[string]struct {
		ref   string
		o     Options
		files []string // in the order in which they are read, after the definition
	}{
		"whole file":      {"./a.yaml", Options{}, []string{"api/a.yaml"}},
		"hash alone":      {"a.yaml#", Options{}, []string{"api/a.yaml"}},
		"into a file":     {"sub/b.json#/items/0", Options{}, []string{"api/sub/b.json"}},
		"escaped name":    {"with%20space.yaml#/x~1y", Options{}, []string{"api/with space.yaml"}},
		"through another": {"sub/c.yaml#/there", Options{}, []string{"api/sub/c.yaml", "api/a.yaml"}},
		"link inside":     {"inside.yaml", Options{}, []string{"api/inside.yaml"}},
		"wider root":      {"../common.yaml", Options{RefRoot: "."}, []string{"common.yaml"}},
		"itself":          {"../api/openapi.yaml#/x-item", Options{}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			file := definitionIn(t, "", tt.ref, map[string]string{
				"common.yaml":         pathItem,
				"api/a.yaml":          pathItem,
				"api/sub/b.json":      `{"items": [{"get": {"responses": {}}}]}`,
				"api/with space.yaml": "x/y: {get: {responses: {}}}\n",
				"api/sub/c.yaml":      "there: {$ref: '../a.yaml'}\n",
			})
			if err := os.Symlink("a.yaml", "api/inside.yaml"); err != nil {
				t.Fatal(err)
			}
			if name == "itself" {
				data, _ := os.ReadFile(file)
				if err := os.WriteFile(file, append(data, "x-item: {get: {responses: {}}}\n"...), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			api, files, err := Load(file, tt.o)
			if err != nil {
				t.Fatal(err)
			}
			if len(api.Resources) != 2 || len(api.Resources[1].Methods) != 1 {
				t.Fatalf("got resources %+v, findings %v", api.Resources, api.Findings)
			}
			for i := range files {
				files[i] = filepath.ToSlash(files[i])
			}
			if want := append([]string{"api/openapi.yaml"}, tt.files...); !slices.Equal(files, want) {
				t.Errorf("read %v, want %v", files, want)
			}
			if p, ok := api.Locate(api.Resources[1].Methods[0].Ref); !ok || p.Line == 0 {
				t.Errorf("no place for %s", api.Resources[1].Methods[0].Ref)
			}
		})
	}
}

// TestLoadFails checks definitions that cannot be read, whose files are listed all
// the same.
func TestLoadFails(t *testing.T) {
	t.Chdir(t.TempDir())
	_, files, err := Load("missing.yaml", Options{})
	if !errors.Is(err, fs.ErrNotExist) || !slices.Equal(files, []string{"missing.yaml"}) {
		t.Errorf("got %v, %v", files, err)
	}
	if err := os.WriteFile("bad.yaml", []byte("a: b: c"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, files, err = Load("bad.yaml", Options{})
	var input *InputError
	if !errors.As(err, &input) || input.Findings[0].Position.File != "bad.yaml" || len(files) != 1 {
		t.Errorf("got %v, %v", files, err)
	}
	if _, _, err := Load(".", Options{}); err == nil {
		t.Error("a directory was read")
	}
}

// TestParseFollowsNoFiles checks that a definition that came over the wire reaches
// no file.
func TestParseFollowsNoFiles(t *testing.T) {
	doc := "openapi: 3.0.0\ninfo: {title: t, version: '1'}\npaths: {/a: {$ref: '/etc/passwd'}}\n" +
		"components: {schemas: {A: {type: object, properties: {p: {$ref: './b.yaml#/B'}}}}}\n"
	api, err := Parse([]byte(doc), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := "Unable to create model for 'A': Invalid model specified: Validation Result: warnings : [], errors : [Model reference must be in canonical form]"
	if len(api.Resources) != 1 || !slices.Equal(api.Errors, []string{want}) {
		t.Errorf("got %+v, errors %q", api.Resources, api.Errors)
	}
}

// TestExample checks that the example is read without anything to say about it,
// strictly as leniently, and that none of its routes is a mock of ours.
func TestExample(t *testing.T) {
	for _, lenient := range []bool{false, true} {
		api, files, err := Load("../../examples/petstore/openapi.yaml", Options{Lenient: lenient})
		if err != nil {
			t.Fatal(err)
		}
		if len(api.Findings) > 0 || len(api.Features) > 0 || len(files) != 1 {
			t.Errorf("findings %v, features %v, files %v", api.Findings, api.Features, files)
		}
		var got []string
		for _, r := range api.Resources {
			for _, m := range r.Methods {
				if m.Mocked {
					t.Errorf("%s %s is mocked", *m.HTTPMethod, r.Path)
				}
				got = append(got, *m.HTTPMethod+" "+r.Path+" "+*m.MethodIntegration.Type)
			}
		}
		want := []string{
			"GET /health MOCK", "GET /pets HTTP_PROXY", "POST /pets HTTP_PROXY", "GET /pets/{id} HTTP_PROXY",
			"GET /pets/{id}/card HTTP", "GET /summary HTTP", "GET /advice/{type} AWS_PROXY",
			"ANY /files/{proxy+} HTTP_PROXY",
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A larger bound of the file's size takes more values too, and no more than it
// says.
func TestLargeFiles(t *testing.T) {
	const head = "{\"openapi\": \"3.0.0\", \"info\": {\"title\": \"t\"}, \"paths\": {}, \"x-a\": ["
	write := func(name, data string) string {
		name = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(name, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	large := head + "1" + strings.Repeat(" ", MaxSize) + "]}"
	many := head + "1" + strings.Repeat(",1", maxWeight) + strings.Repeat(" ", 5*maxWeight) + "]}"
	tests := map[string]struct {
		name, data string
		max        int
		want       string
	}{
		"the service's":      {"a.json", large, 0, "larger than 6291456 bytes"},
		"larger":             {"a.json", large, 2 * MaxSize, ""},
		"too large for that": {"a.json", large + large, 2 * MaxSize, "larger than 12582912 bytes"},
		"many values":        {"a.json", many, 2 * MaxSize, ""},
		"too many in YAML":   {"a.yaml", "# YAML\n" + many, MaxSize + maxWeight, "more than 1000000 values"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := Load(write(tt.name, tt.data), Options{MaxSize: tt.max})
			got := ""
			var input *InputError
			if errors.As(err, &input) {
				got = input.Findings[0].Text
			}
			if got != tt.want || err != nil && input == nil {
				t.Errorf("got %q, error %v, want %q", got, err, tt.want)
			}
		})
	}
}
