package portal

import (
	"net/url"
	"strings"
)

// maxNesting is how deep emphasis may stand in emphasis.
const maxNesting = 4

// prose writes a description: paragraphs, lists, code, emphasis and links of Markdown.
// What else Markdown has, HTML included, stands there as it was written.
func (h *markup) prose(text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	h.start("div", attr{"class", "prose"})
	defer h.end()
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for len(lines) > 0 {
		lines = h.block(lines)
	}
}

// block writes the block that begins with the first of some lines, and returns those
// behind it.
func (h *markup) block(lines []string) []string {
	first := strings.TrimSpace(lines[0])
	switch {
	case first == "":
		return lines[1:]
	case strings.HasPrefix(first, "```"):
		return h.fence(lines[1:])
	case strings.HasPrefix(first, "#"):
		h.start("p", attr{"class", "heading"})
		h.inline(strings.TrimSpace(strings.Trim(first, "#")), 0)
		h.end()
		return lines[1:]
	}
	if _, ok := item(first); ok {
		return h.items(lines)
	}
	n := 1
	for n < len(lines) && inParagraph(lines[n]) {
		n++
	}
	h.start("p")
	h.inline(strings.Join(lines[:n], "\n"), 0)
	h.end()
	return lines[n:]
}

// inParagraph reports whether a line goes on with the paragraph before it.
func inParagraph(line string) bool {
	line = strings.TrimSpace(line)
	_, begins := item(line)
	return line != "" && !begins && !strings.HasPrefix(line, "```") && !strings.HasPrefix(line, "#")
}

// fence writes the lines of code up to its end, and returns those behind that.
func (h *markup) fence(lines []string) []string {
	n := 0
	for n < len(lines) && !strings.HasPrefix(strings.TrimSpace(lines[n]), "```") {
		n++
	}
	h.start("pre")
	h.element("code", strings.Join(lines[:n], "\n"))
	h.end()
	return lines[min(n+1, len(lines)):]
}

// items writes the items of a list, and returns the lines behind it.
func (h *markup) items(lines []string) []string {
	h.start("ul")
	defer h.end()
	for len(lines) > 0 {
		text, ok := item(strings.TrimSpace(lines[0]))
		if !ok {
			break
		}
		n := 1
		for n < len(lines) && inParagraph(lines[n]) {
			n++
		}
		h.start("li")
		h.inline(strings.Join(append([]string{text}, lines[1:n]...), "\n"), 0)
		h.end()
		lines = lines[n:]
	}
	return lines
}

// item is the text of a line that begins an item of a list.
func item(line string) (string, bool) {
	for _, mark := range []string{"- ", "* ", "+ "} {
		if text, ok := strings.CutPrefix(line, mark); ok {
			return text, true
		}
	}
	digits := strings.TrimLeft(line, "0123456789")
	if n := len(line) - len(digits); n == 0 || n > 9 {
		return "", false
	}
	return strings.CutPrefix(digits, ". ")
}

// inline writes text with code, emphasis and links in it. Each character is looked at a
// bounded number of times: a mark whose end is not there is looked for once.
func (h *markup) inline(s string, depth int) {
	if depth > maxNesting {
		h.text(s)
		return
	}
	ends := map[string]bool{"`": true, "**": true, "*": true} // marks that may still have an end
	for s != "" {
		at := strings.IndexAny(s, "`*[\\")
		if at < 0 {
			h.text(s)
			return
		}
		h.text(s[:at])
		s = h.marked(s[at:], depth, ends)
	}
}

// marked writes what a text begins with, which is a mark, and returns what is behind it.
func (h *markup) marked(s string, depth int, ends map[string]bool) string {
	switch {
	case s[0] == '\\' && len(s) > 1 && strings.IndexByte("\\`*_{}[]()#+-.!<>|", s[1]) >= 0:
		h.text(s[1:2])
		return s[2:]
	case s[0] == '[':
		return h.link(s, depth)
	case s[0] == '`':
		if within, rest, ok := enclosed(s, "`", ends); ok {
			h.element("code", within)
			return rest
		}
	case strings.HasPrefix(s, "**"):
		if within, rest, ok := enclosed(s, "**", ends); ok {
			h.start("strong")
			h.inline(within, depth+1)
			h.end()
			return rest
		}
		h.text("**")
		return s[2:]
	case s[0] == '*':
		if within, rest, ok := enclosed(s, "*", ends); ok {
			h.start("em")
			h.inline(within, depth+1)
			h.end()
			return rest
		}
	}
	h.text(s[:1])
	return s[1:]
}

// enclosed is what stands between a mark and its next, with no space at its ends, and
// what is behind that.
func enclosed(s, mark string, ends map[string]bool) (within, rest string, ok bool) {
	if !ends[mark] {
		return "", "", false
	}
	within, rest, ok = strings.Cut(s[len(mark):], mark)
	if ends[mark] = ok; !ok || within == "" || strings.TrimSpace(within) != within {
		return "", "", false
	}
	return within, rest, true
}

// link writes [text](URL) where that is a link, else the bracket, and returns what is
// behind it.
func (h *markup) link(s string, depth int) string {
	end := strings.IndexAny(s[1:], "[]") + 1
	if end == 0 || s[end] == '[' || !strings.HasPrefix(s[end+1:], "(") {
		h.text("[")
		return s[1:]
	}
	text, target := s[1:end], s[end+2:]
	stop := strings.IndexAny(target, ") \n[")
	if stop < 0 || target[stop] != ')' {
		h.text("[")
		return s[1:]
	}
	if !h.anchor(target[:stop], func() { h.inline(text, depth+1) }) {
		h.text(s[:end+2+stop+1])
	}
	return target[stop+1:]
}

// anchor writes a link around what content writes. It writes nothing, and reports false,
// for a URL that leads anywhere but to a web page or a mail address.
func (h *markup) anchor(target string, content func()) bool {
	u, err := url.Parse(target)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https" || u.Host == "") && (u.Scheme != "mailto" || u.Opaque == "") {
		return false
	}
	h.start("a", attr{"href", u.String()}, attr{"rel", "noopener noreferrer nofollow"})
	content()
	h.end()
	return true
}
