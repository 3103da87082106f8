package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// Bounds on the size of what people read; generated files (z*.go) and tests
// are not bounded.
const (
	maxFileLines = 600
	maxFuncLines = 80
)

// TestSizes leaves out bench, whose programs are there to be compared with. It
// also holds the rules that need the syntax: no init outside cmd, no
// hyphens in file names.
func TestSizes(t *testing.T) {
	files := token.NewFileSet()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != "../.." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules" || name == "bin" || name == "bench") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "z") {
			return nil
		}
		if strings.Contains(name, "-") {
			t.Errorf("%s: hyphen in a file name", path)
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		checkFile(t, files, path, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkFile(t *testing.T, files *token.FileSet, path string, file *ast.File) {
	if n := files.Position(file.End()).Line; n > maxFileLines {
		t.Errorf("%s has %d lines, more than %d", path, n, maxFileLines)
	}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		start, end := files.Position(f.Pos()).Line, files.Position(f.End()).Line
		if n := end - start + 1; n > maxFuncLines {
			t.Errorf("%s:%d: %s has %d lines, more than %d", path, start, f.Name.Name, n, maxFuncLines)
		}
		if f.Name.Name == "init" && f.Recv == nil && !strings.Contains(path, "/cmd/") {
			t.Errorf("%s:%d: init() outside cmd", path, start)
		}
	}
}
