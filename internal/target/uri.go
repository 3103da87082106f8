package target

import (
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
	rest := text
	for rest != "" {
		i := strings.IndexAny(rest, "{$")
		if i < 0 {
			break
		}
		part, n := parseReference(rest[i:])
		if n == 0 {
			t.literal(rest[:i+1])
			rest = rest[i+1:]
			continue
		}
		t.literal(rest[:i])
		t.parts = append(t.parts, part)
		rest = rest[i+n:]
	}
	t.literal(rest)
	return t
}

// literal appends text, joined to text that stands before it.
func (t *URI) literal(s string) {
	if s == "" {
		return
	}
	if n := len(t.parts); n > 0 && t.parts[n-1].kind == uriText {
		t.parts[n-1].text += s
		return
	}
	t.parts = append(t.parts, uriPart{uriText, s})
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
	end := strings.IndexByte(name, '}')
	if end <= 0 || strings.ContainsAny(name[:end], "{/?#") {
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

// WithStage returns the URI with its stage variables filled in; one that the
// stage does not have is empty text.
func (t *URI) WithStage(vars map[string]string) *URI {
	out := &URI{}
	for _, p := range t.parts {
		if p.kind == uriStage {
			out.literal(vars[p.text])
			continue
		}
		if p.kind == uriText {
			out.literal(p.text)
			continue
		}
		out.parts = append(out.parts, p)
	}
	for _, p := range out.parts {
		if p.kind == uriPath {
			out.text += "{" + p.text + "}"
			continue
		}
		out.text += p.text
	}
	return out
}
