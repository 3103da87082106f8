package main

import (
	"fmt"
	"io"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

// A teller prints what there is to say about a file, save after save, without
// saying it again.
type teller struct {
	out     io.Writer
	file    string
	verbose bool            // details are told, not counted
	known   map[string]bool // what the last good version was told of; nil before the first
	details int             // of the last good version
}

// tell prints what a definition that is served does not do: what concerns
// security always, the rest when the last version did not have it. Details
// that were there from the start are counted.
func (t *teller) tell(def *openapi.API) {
	known := make(map[string]bool, len(def.Findings))
	var security, fresh []openapi.Finding
	details, some := 0, ""
	for _, f := range def.Findings {
		key := fmt.Sprint(f.Severity, f.Path, " ", f.Text) // lines move
		known[key] = true
		detail := isDetail(def, f)
		switch {
		case detail && f.Text == openapi.RestLeftOut:
			some = "more than "
		case detail:
			details++
		}
		switch {
		case f.Concern == openapi.Security:
			security = append(security, f)
		case t.known[key] || detail && t.known == nil && !t.verbose:
		default:
			fresh = append(fresh, f)
		}
	}
	t.grouped(security)
	t.list(fresh)
	if details > 0 && details != t.details && !t.verbose {
		fmt.Fprintf(t.out, "%s: %s%s no effect (--verbose tells each)\n", t.file, some, count(details, "part has", "parts have"))
	}
	t.known, t.details = known, details
}

// isDetail reports whether a finding is one of the many that nobody needs to
// read. What AWS warns of is one where the document was not written for AWS.
func isDetail(def *openapi.API, f openapi.Finding) bool {
	return f.Concern == openapi.Detail && (f.Severity == openapi.Dropped || f.Severity == openapi.Warning && def.Plain)
}

// grouped prints the first of the findings that say the same, and how many
// more places there are.
func (t *teller) grouped(findings []openapi.Finding) {
	places := make(map[string]int)
	for _, f := range findings {
		places[f.Text]++
	}
	for _, f := range findings {
		switch n := places[f.Text] - 1; {
		case n < 0: // printed already
		case n == 0:
			fmt.Fprintln(t.out, f)
		default:
			fmt.Fprintf(t.out, "%s, and %s\n", f, count(n, "more place", "more places"))
		}
		places[f.Text] = 0
	}
}

// list prints findings, not too many unless all are asked for.
func (t *teller) list(findings []openapi.Finding) {
	n := len(findings)
	if !t.verbose {
		n = min(n, openapi.MaxTold)
	}
	for _, f := range findings[:n] {
		fmt.Fprintln(t.out, f)
	}
	if more := len(findings) - n; more > 0 {
		fmt.Fprintf(t.out, "and %d more (--verbose tells each)\n", more)
	}
}

// count is a number of things: 1 route, 2 routes.
func count(n int, one, many string) string {
	if n == 1 {
		many = one
	}
	return fmt.Sprint(n, " ", many)
}

// refuse says that the file is not served, and the first reasons.
func (d *developer) refuse(wrong []openapi.Finding) {
	for _, f := range wrong[:min(len(wrong), openapi.MaxTold)] {
		fmt.Fprintln(d.out, f)
	}
	if more := len(wrong) - openapi.MaxTold; more > 0 {
		fmt.Fprintf(d.out, "and %s\n", count(more, "more error", "more errors"))
	}
	if !d.server.health.empty.Load() {
		fmt.Fprintf(d.out, "%s: not deployed, the last good version is still served\n", d.file)
		return
	}
	fmt.Fprintf(d.out, "%s: not deployed; save it without errors to serve it\n", d.file)
}
