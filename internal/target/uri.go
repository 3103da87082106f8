package target

import (
	"fmt"
	"slices"
	"strings"
)

// A URI is the URI of an integration, or another text of the same form, parsed
// once: text, {path variables} and ${stageVariables.name}. It never changes.
type URI struct {
	text  string
	parts []uriPart
}

// A uriPart is a run of text or a reference.
type uriPart struct {
	kind uriPartKind
	text string // literal text, or the name referred to
}

type uriPartKind uint8

const (
	uriText uriPartKind = iota
	uriPath
	uriStage
)

const stageVariableOpen = "${stageVariables."

// ParseURI splits a URI into its parts. What looks like a reference but is
// none stays text, as AWS sends it on.
func ParseURI(text string) *URI {
	t := &URI{text: text}
	literal := 0 // where the text begins that no part has yet
	for i := 0; i < len(text); {
		part, n := uriPart{}, 0
		if text[i] == '{' || text[i] == '$' {
			part, n = parseReference(text[i:])
		}
		if n == 0 {
			i++
			continue
		}
		t.literal(text[literal:i])
		t.parts = append(t.parts, part)
		i += n
		literal = i
	}
	t.literal(text[literal:])
	return t
}

// literal appends a part of text, if there is any.
func (t *URI) literal(s string) {
	if s != "" {
		t.parts = append(t.parts, uriPart{uriText, s})
	}
}

// parseReference reads a reference at the start of s and its length, 0 when
// there is none.
func parseReference(s string) (uriPart, int) {
	kind, open := uriPath, "{"
	if s[0] == '$' {
		kind, open = uriStage, stageVariableOpen
	}
	name, ok := strings.CutPrefix(s, open)
	if !ok {
		return uriPart{}, 0
	}
	end := strings.IndexAny(name, "}{/?#")
	if end <= 0 || name[end] != '}' {
		return uriPart{}, 0
	}
	return uriPart{kind, strings.TrimSuffix(name[:end], "+")}, len(open) + end + 1
}

// String returns the URI as it is written.
func (t *URI) String() string { return t.text }

// HasStageVariable reports whether the URI is another one under other variables of
// a stage.
func (t *URI) HasStageVariable() bool {
	return slices.ContainsFunc(t.parts, func(p uriPart) bool { return p.kind == uriStage })
}

// Unset returns the first of the stage variables that the URI has and the stage does
// not, "" when there is none.
func (t *URI) Unset(vars map[string]string) string {
	for _, p := range t.parts {
		if _, ok := vars[p.text]; p.kind == uriStage && !ok {
			return p.text
		}
	}
	return ""
}

// Explain adds to the reason why the URI leads nowhere under a stage's variables that
// one of them is not set, which is what is wrong then.
func (t *URI) Explain(err error, vars map[string]string) error {
	if name := t.Unset(vars); name != "" {
		return fmt.Errorf("the stage variable %s is not set: %w", name, err)
	}
	return err
}

// WithStage returns the URI with its stage variables filled in; one that the
// stage does not have is empty text.
func (t *URI) WithStage(vars map[string]string) *URI {
	out := &URI{}
	var text, run strings.Builder // of the whole, and between two path variables
	for _, p := range t.parts {
		switch p.kind {
		case uriStage:
			run.WriteString(vars[p.text])
		case uriText:
			run.WriteString(p.text)
		case uriPath:
			out.literal(run.String())
			out.parts = append(out.parts, p)
			text.WriteString(run.String() + "{" + p.text + "}")
			run.Reset()
		}
	}
	out.literal(run.String())
	text.WriteString(run.String())
	out.text = text.String()
	return out
}
