package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestSecurityPage holds the tables of docs/security.md to the cases that
// TestSecurity runs.
func TestSecurityPage(t *testing.T) {
	const page = "../../docs/security.md"
	for _, g := range wireGroups() {
		b := tableOf("case", "sent, without Host", "client gets", "backend sees")
		for _, c := range g.cases {
			b.row(c.name, code(strings.ReplaceAll(c.send, "{host}", "")), c.got, seenText(c.seen))
		}
		generated(t, page, g.name, b.String())
	}
	b := tableOf("case", "sent, where not as usual", "client gets", "backend sees")
	for _, c := range frameCases() {
		b.row(c.name, code(frameText(&c)), c.got, seenText(c.seen))
	}
	generated(t, page, "http2", b.String())
	b = tableOf("case", "backend sends", "client gets")
	for _, c := range answerCases() {
		b.row(c.name, code(c.send), code(c.got))
	}
	generated(t, page, "answers", b.String())
}

// TestSecurityDomainsPage holds the table of custom domain names to the cases that
// TestSecurityDomains runs.
func TestSecurityDomainsPage(t *testing.T) {
	b := tableOf("case", "sent", "client gets")
	for _, c := range slices.Concat(domainCases(), ruleCases()) {
		b.row(c.name, code(c.send), code(c.got))
	}
	generated(t, "../../docs/security.md", "domains", b.String())
}

// TestSecurityPrivatePage holds the table of private domain names to the cases that
// TestSecurityPrivate runs.
func TestSecurityPrivatePage(t *testing.T) {
	b := tableOf("case", "by", "sent", "client gets")
	for _, c := range privateCases() {
		b.row(c.name, c.by, code(c.send), code(c.got))
	}
	generated(t, "../../docs/security.md", "private", b.String())
}

// TestSecurityLogsPage holds the table of execution logs to the cases that
// TestSecurityLogs runs.
func TestSecurityLogsPage(t *testing.T) {
	b := tableOf("case", "sent", "in the log")
	for _, c := range logCases() {
		sent, line := c.shown()
		b.row(c.name, code(sent), "`"+line+"`")
	}
	generated(t, "../../docs/security.md", "logs", b.String())
}

// TestSecurityTokensPage holds the table of tokens to the cases that TestSecurityTokens
// runs.
func TestSecurityTokensPage(t *testing.T) {
	b := tableOf("what is wrong with it", "case", "client gets")
	for _, g := range tokenGroups() {
		for _, c := range g.cases {
			got := c.got
			if got == "" {
				got = "401"
			}
			b.row(g.name, c.name, got)
		}
	}
	generated(t, "../../docs/security.md", "tokens", b.String())
}

// TestSecuritySignaturesPage holds the table of signatures to the cases that
// TestSecuritySignatures runs.
func TestSecuritySignaturesPage(t *testing.T) {
	b := tableOf("what is wrong with", "case", "client gets", "when")
	for _, g := range signatureGroups() {
		for _, c := range g.cases {
			got, when := c.got, "at once"
			if got == "" {
				got = wrongSignature
			}
			if c.late || got == letIn {
				when = "with the body"
			}
			if c.sign.noBody && !c.late {
				when = ""
			}
			b.row(g.name, c.name, got, when)
		}
	}
	generated(t, "../../docs/security.md", "signatures", b.String())
}

// A table is one in Markdown.
type table struct{ strings.Builder }

func tableOf(heads ...string) *table {
	b := new(table)
	b.row(heads...)
	b.WriteString(strings.Repeat("|---", len(heads)) + "|\n")
	return b
}

func (b *table) row(cells ...string) {
	for _, c := range cells {
		b.WriteString("| " + strings.ReplaceAll(strings.ToValidUTF8(c, "\ufffd"), "|", `\|`) + " ")
	}
	b.WriteString("|\n")
}

// code shows bytes as Go would, shortened.
func code(text string) string {
	const longest = 120
	quoted := strings.ReplaceAll(fmt.Sprintf("%q", text[:min(len(text), 2*longest)]), `\"`, `"`)
	quoted = quoted[1 : len(quoted)-1]
	if len(quoted) > longest {
		quoted = quoted[:longest] + "…"
	}
	if quoted == "" {
		return ""
	}
	return "`" + strings.ReplaceAll(quoted, "`", "'") + "`"
}

func seenText(requests seen) string {
	if len(requests) == 0 {
		return "nothing"
	}
	shown := make([]string, len(requests))
	for i, r := range requests {
		shown[i] = code(r)
	}
	return strings.Join(shown, ", ")
}

// frameText is what makes a case over HTTP/2 one.
func frameText(c *frameCase) string {
	var parts []string
	for _, l := range c.lines {
		parts = append(parts, strings.TrimPrefix(l[0], "+")+": "+l[1])
	}
	if c.data != "" {
		parts = append(parts, "DATA "+c.data)
	}
	for _, l := range c.trailers {
		parts = append(parts, "trailer "+l[0]+": "+l[1])
	}
	return strings.Join(parts, " ¶ ")
}
