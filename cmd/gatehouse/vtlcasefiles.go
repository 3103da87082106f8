package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// readCaseFiles sets the members of a case that stand in files: template for
// templateFile, and so on. The files are in dir.
func readCaseFiles(row *value.Map, dir string) error {
	for _, name := range []string{"template", "output", "document"} {
		if err := readMember(row, name, dir); err != nil {
			return err
		}
	}
	if err := readMember(object(row, "input"), "body", dir); err != nil {
		return fmt.Errorf("input: %w", err)
	}
	return nil
}

// readMember sets the member called name from the file that nameFile names, if
// there is one.
func readMember(row *value.Map, name, dir string) error {
	v, given := row.Get(name + "File")
	switch {
	case !given:
		return nil
	case !v.IsString() || v.AsString() == "":
		return fmt.Errorf("%sFile: not the name of a file", name)
	case row.Has(name):
		return fmt.Errorf("%sFile: there is %s already", name, name)
	}
	file := filepath.FromSlash(v.AsString())
	if !filepath.IsAbs(file) {
		file = filepath.Join(dir, file)
	}
	text, err := readNamedFile(file)
	if err != nil {
		return fmt.Errorf("%sFile: %w", name, err)
	}
	row.Set(name, value.String(string(text)))
	return nil
}

// firstDifference shows where two texts begin to differ: the place, what is there in
// both, and a mark below. It is "" for texts that are the same.
func firstDifference(want, got string) string {
	if want == got {
		return ""
	}
	at := 0
	for at < len(want) && at < len(got) && want[at] == got[at] {
		at++
	}
	for at > 0 && (at < len(want) && !utf8.RuneStart(want[at]) || at < len(got) && !utf8.RuneStart(got[at])) {
		at--
	}
	before := want[strings.LastIndexByte(want[:at], '\n')+1 : at]
	const most = 40
	if len(before) > most {
		before = strings.ToValidUTF8(before[len(before)-most:], "")
	}
	mark := strings.Repeat(" ", utf8.RuneCountInString(strconv.Quote(before))-1)
	return fmt.Sprintf("  they differ at %s\n    want %s\n    got  %s\n         %s^\n",
		placeIn(want, at), strconv.Quote(before+restOfLine(want[at:])), strconv.Quote(before+restOfLine(got[at:])), mark)
}

// restOfLine returns a text up to the end of its first line, which is part of it, or
// the beginning of that.
func restOfLine(s string) string {
	const most = 40
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		s = s[:i+1]
	}
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
