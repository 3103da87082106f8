package archtest

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/gatehouse-gw/gatehouse/"

// imports is what each package may import of ours. docs/architecture.md says
// why; a change here changes it too.
var imports = map[string]string{
	"vtl":                  "vtl/value internal/javaregexp",
	"vtl/value":            "",
	"internal/archtest":    "",
	"internal/control":     "internal/wire internal/snapshot internal/store internal/openapi vtl/value internal/sigv4 internal/policy internal/mapping internal/jsonschema internal/httpmsg",
	"internal/gateway":     "internal/snapshot internal/httpmsg internal/pipeline internal/observe",
	"internal/httpmsg":     "",
	"internal/integration": "internal/httpmsg internal/sigv4 internal/observe",
	"internal/javaregexp":  "",
	"internal/jsonpath":    "vtl/value internal/javaregexp",
	"internal/jsonschema":  "vtl/value internal/javaregexp",
	"internal/limit":       "",
	"internal/mapping":     "vtl vtl/value internal/jsonpath internal/httpmsg internal/javaregexp",
	"internal/observe":     "",
	"internal/openapi":     "internal/wire vtl/value",
	"internal/pipeline":    "vtl internal/snapshot internal/httpmsg internal/mapping internal/integration internal/authz internal/limit internal/cache internal/jsonpath internal/jsonschema internal/javaregexp vtl/value internal/observe",
	"internal/policy":      "",
	"internal/sigv4":       "",
	"internal/snapshot":    "",
	"internal/store":       "",
	"internal/wire":        "",
	"internal/wire/gen":    "",
}

type pkg struct {
	ImportPath   string
	Doc          string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// packages lists the module's packages.
func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Doc,Imports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		if strings.HasPrefix(name, "cmd/") || strings.HasPrefix(name, "examples/") {
			continue // cmd joins everything; examples are programs of their own
		}
		allowed, known := imports[name]
		if !known {
			t.Errorf("package %s is not in the table of imports", name)
			continue
		}
		for _, imp := range p.Imports {
			imp, ours := strings.CutPrefix(imp, module)
			if ours && !slices.Contains(strings.Fields(allowed), imp) {
				t.Errorf("%s imports %s", name, imp)
			}
		}
	}
}

func TestNetHTTPStaysAtTheDoor(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		switch name {
		case "internal/pipeline", "internal/mapping", "internal/integration", "internal/httpmsg", "internal/snapshot", "vtl", "vtl/value", "internal/store":
			if slices.Contains(p.Imports, "net/http") {
				t.Errorf("%s imports net/http", name)
			}
		}
	}
}

func TestPackageDocs(t *testing.T) {
	for _, p := range packages(t) {
		if p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}
