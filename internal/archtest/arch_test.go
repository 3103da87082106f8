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

// TestImports holds the packages and the table of docs/architecture.md to each other.
func TestImports(t *testing.T) {
	allowed := importTable(t)
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		may, known := allowed[name]
		if !known {
			t.Errorf("package %s has no row in the table of %s", name, architecture)
			continue
		}
		delete(allowed, name)
		for _, imp := range p.Imports {
			if imp, ours := strings.CutPrefix(imp, module); ours && !may.has(imp) {
				t.Errorf("%s imports %s, which the table of %s does not have", name, imp, architecture)
			}
		}
		for _, imp := range may.packages {
			if !slices.Contains(p.Imports, module+imp) {
				t.Errorf("the table of %s has %s import %s, which it does not", architecture, name, imp)
			}
		}
	}
	for name := range allowed {
		t.Errorf("the table of %s has package %s, which does not exist", architecture, name)
	}
}

// TestNetHTTPStaysAtTheDoor keeps net/http to what talks to clients, or to the programs
// of functions, or is a client in tests: a call of the data plane is made of httpmsg's
// types.
func TestNetHTTPStaysAtTheDoor(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		root, _, _ := strings.Cut(name, "/")
		switch {
		case name == "internal/gateway", name == "internal/wire", name == "internal/control", strings.HasPrefix(name, "internal/neighbours"), name == "internal/upstream", name == "internal/functions", name == "internal/sdktest", name == "internal/oidctest", name == "internal/acmetest", root == "cmd", root == "examples":
		case slices.Contains(p.Imports, "net/http"):
			t.Errorf("%s imports net/http", name)
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
