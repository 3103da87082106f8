package openapi

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Position is a place in a definition. Lines and columns count from 1, columns
// in characters; a zero Line means that the place is not known.
type Position struct {
	File   string `json:"file,omitzero"` // as it was given or referred to, "" for the body of a request
	Line   int    `json:"line,omitzero"`
	Column int    `json:"column,omitzero"`
}

// String returns p as compilers write it: file:line:column.
func (p Position) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		if p.File != "" {
			b.WriteByte(':')
		}
		fmt.Fprintf(&b, "%d:%d", p.Line, p.Column)
	}
	return b.String()
}

// A Severity says what a Finding means for the import.
type Severity uint8

const (
	// Dropped marks a part of the document that the service leaves out of the
	// API without a word.
	Dropped Severity = iota
	// Warning marks what the service would warn about; the texts are in
	// API.Warnings too.
	Warning
	// Error marks what keeps the API from being created or from working.
	Error
)

// String returns "dropped", "warning" or "error".
func (s Severity) String() string {
	return [...]string{"dropped", "warning", "error"}[s]
}

// A Concern says what a finding is about.
type Concern uint8

const (
	// Detail is what most findings are about: a part that has less effect
	// than it seems to have.
	Detail Concern = iota
	// Serving is an operation or a model that is left out.
	Serving
	// Security is an operation that is not protected as the document says.
	Security
)

// A Finding is something to say about a place in a definition.
type Finding struct {
	Severity Severity
	Concern  Concern
	Position Position
	Path     string // a reference to the element, such as #/paths/~1pets/get
	Text     string
}

// String returns f on one line: file:line:column: severity: text (path).
func (f Finding) String() string {
	var b strings.Builder
	if p := f.Position.String(); p != "" {
		b.WriteString(p + ": ")
	}
	fmt.Fprintf(&b, "%s: %s", f.Severity, strings.ReplaceAll(f.Text, "\n", `\n`))
	if f.Path != "" {
		fmt.Fprintf(&b, " (%s)", f.Path)
	}
	return b.String()
}

// RestLeftOut is the text of the last finding of a severity and a concern where
// there are more than are kept.
const RestLeftOut = "too many findings; the rest is left out"

// Bounds on the findings of each severity and concern, the warnings and the errors
// of one import, so that a document full of mistakes does not become an answer many
// times its size: how many there are, and the bytes of each.
const (
	maxFindings = 500
	maxFinding  = 2000
)

// maxShown bounds what a message repeats of a name, in bytes.
const maxShown = 300

// brief is a name as messages show it.
func brief(name string) string { return cut(name, maxShown) }

// cut returns the first bytes of s with an ellipsis when s has more.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// note adds a finding about c.
func (im *importer) note(s Severity, c *cursor, format string, args ...any) {
	im.noteOf(Detail, s, c, format, args...)
}

// noteOf adds a finding about c that is of more concern.
func (im *importer) noteOf(about Concern, s Severity, c *cursor, format string, args ...any) {
	if im.told[s][about] < maxFindings {
		im.tell(about, s, c, cut(fmt.Sprintf(format, args...), maxFinding))
	}
}

// tell adds a finding, unless it is there already, and reports whether it is new.
func (im *importer) tell(about Concern, s Severity, c *cursor, message string) bool {
	f := Finding{Severity: s, Concern: about, Text: message}
	if c != nil {
		f.Position, f.Path = c.place(), c.reference()
	}
	if im.noted[f] { // the parameters of a path are read for each of its operations
		return false
	}
	im.noted[f] = true
	told := &im.told[s][about]
	if *told++; *told == maxFindings {
		f = Finding{Severity: s, Concern: about, Text: RestLeftOut}
	}
	im.api.Findings = append(im.api.Findings, f)
	return true
}

// mistakes returns the errors among findings.
func mistakes(findings []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return f.Severity != Error })
}

// sortFindings brings findings into the order of the document, file by file; those
// without a place come last.
func sortFindings(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		p, q := a.Position, b.Position
		if (p.Line == 0) != (q.Line == 0) {
			return cmp.Compare(q.Line, p.Line)
		}
		return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
	})
}

// drop says that c does not become part of the API although it could matter.
func (im *importer) drop(c *cursor, format string, args ...any) {
	im.note(Dropped, c, format, args...)
}

// dropOf says that c, which is of more concern, does not become part of the API.
func (im *importer) dropOf(about Concern, c *cursor, format string, args ...any) {
	im.noteOf(about, Dropped, c, format, args...)
}

// warn adds one of the service's warnings.
func (im *importer) warn(c *cursor, format string, args ...any) {
	im.say(Warning, &im.api.Warnings, c, format, args)
}

// fail adds one of the service's errors: the import goes on to find more, but
// nothing comes of it.
func (im *importer) fail(c *cursor, format string, args ...any) {
	im.say(Error, &im.api.Errors, c, format, args)
}

// say adds a message to the finding of a severity and to the service's own list.
func (im *importer) say(s Severity, list *[]string, c *cursor, format string, args []any) {
	findings, listed := im.told[s][Detail] < maxFindings, len(*list) < maxFindings
	if !findings && !listed {
		return
	}
	message := cut(fmt.Sprintf(format, args...), maxFinding)
	if findings && !im.tell(Detail, s, c, message) {
		return
	}
	if listed {
		*list = append(*list, message)
	}
}
