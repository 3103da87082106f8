package archtest

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	withoutRace = regexp.MustCompile(`(?m)^(?:LINEAR|COSTS|SHIPPED) := .* -run '([^']*)' \\\n\t(\./internal/.*)`)
	testFunc    = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	notUnderIt  = regexp.MustCompile(`(?m)^//go:build .*!race`)
)

// TestCostsAreTested holds make test to run the tests that the race detector leaves
// out, which it does package by package.
func TestCostsAreTested(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../internal/*/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	left := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(text, []byte("//go:build !race\n")) {
			continue
		}
		dir := "./internal/" + filepath.Base(filepath.Dir(name))
		for _, test := range testFunc.FindAllSubmatch(text, -1) {
			left++
			if !runs(makefile, dir, string(test[1])) {
				t.Errorf("make test does not run %s of %s without the race detector", test[1], dir)
			}
		}
	}
	if left == 0 {
		t.Error("no test is left out by the race detector")
	}
}

// TestShippedIsTested holds make test to run all tests of a package without the race
// detector as well, where some of its code is compiled without it alone: that is the code
// which is shipped, and the tests with the detector have another in its place.
func TestShippedIsTested(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../internal/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	left := map[string]bool{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "_test.go") && notUnderIt.Match(text) {
			left[filepath.Dir(name)] = true
		}
	}
	if len(left) == 0 {
		t.Error("no code is left out by the race detector")
	}
	for _, name := range files {
		if !strings.HasSuffix(name, "_test.go") || !left[filepath.Dir(name)] {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		dir := "./internal/" + filepath.Base(filepath.Dir(name))
		for _, test := range testFunc.FindAllSubmatch(text, -1) {
			if !runs(makefile, dir, string(test[1])) {
				t.Errorf("make test runs %s of %s with the race detector alone", test[1], dir)
			}
		}
	}
}

// runs reports whether what the Makefile runs without the race detector has a test of a package.
func runs(makefile []byte, dir, test string) bool {
	for _, line := range withoutRace.FindAllSubmatch(makefile, -1) {
		if slices.Contains(strings.Fields(string(line[2])), dir) && regexp.MustCompile(string(line[1])).MatchString(test) {
			return true
		}
	}
	return false
}
