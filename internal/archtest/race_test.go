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
	withoutRace = regexp.MustCompile(`(?m)^(?:LINEAR|COSTS) := .* -run '([^']*)' \\\n\t(\./internal/.*)`)
	testFunc    = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
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

// runs reports whether the Makefile's LINEAR or COSTS, which make test runs, has a test of a package.
func runs(makefile []byte, dir, test string) bool {
	for _, line := range withoutRace.FindAllSubmatch(makefile, -1) {
		if slices.Contains(strings.Fields(string(line[2])), dir) && regexp.MustCompile(string(line[1])).MatchString(test) {
			return true
		}
	}
	return false
}
