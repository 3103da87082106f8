package openapi

import "strings"

// checkFiles tells of the references to files that cannot be followed, wherever in the
// files of the definition they stand: also where nothing is read that they lead to.
// Files that only such references lead to are not read further.
func (l *loader) checkFiles(api *API) {
	told := make(map[Position]bool)
	for _, f := range api.Findings {
		if f.Severity == Error {
			told[f.Position] = true
		}
	}
	sources := []*source{l.docs.main}
	for _, src := range l.docs.files {
		if src != nil && src.root != nil {
			sources = append(sources, src)
		}
	}
	for _, src := range sources {
		w := walker{seen: make(map[*node]bool)}
		w.visit = func(n *node) {
			f := n.field("$ref")
			if f == nil || f.value.kind != text || strings.HasPrefix(f.value.value, "#") {
				return
			}
			at := Position{File: src.name, Line: f.line, Column: f.column}
			name, _, _ := strings.Cut(f.value.value, "#")
			if _, err := l.docs.file(src, name); err != nil && !told[at] && len(told) < maxFindings {
				told[at] = true
				api.Findings = append(api.Findings, Finding{
					Severity: Error, Position: at, Text: "cannot follow " + brief(f.value.value) + ": " + err.Error(),
				})
			}
		}
		w.walk(src.root, "")
	}
}
