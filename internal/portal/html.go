package portal

import (
	"strings"
	"unicode/utf8"
)

// maxPage is how large a page may be, in bytes.
const maxPage = 16 << 20

// A markup is a page that is being written. The names of elements and attributes are
// this package's own, and what is between them is escaped, whoever it comes from.
// Beyond maxPage nothing is written any more.
type markup struct {
	b    []byte
	open []string // elements that are still to be ended
}

// An attr is an attribute of an element.
type attr struct{ name, value string }

// start begins an element, which end ends.
func (h *markup) start(tag string, attrs ...attr) {
	h.tag(tag, attrs)
	h.open = append(h.open, tag)
}

// end ends the element that was started last.
func (h *markup) end() {
	last := len(h.open) - 1
	h.raw("</", h.open[last], ">")
	h.open = h.open[:last]
}

// element writes an element that holds text alone.
func (h *markup) element(tag, text string, attrs ...attr) {
	h.start(tag, attrs...)
	h.text(text)
	h.end()
}

// void writes an element that can hold nothing.
func (h *markup) void(tag string, attrs ...attr) { h.tag(tag, attrs) }

func (h *markup) tag(tag string, attrs []attr) {
	h.raw("<", tag)
	for _, a := range attrs {
		h.raw(" ", a.name, `="`)
		h.text(a.value)
		h.raw(`"`)
	}
	h.raw(">")
}

// raw writes this package's own text.
func (h *markup) raw(parts ...string) {
	for _, s := range parts {
		if !h.full() {
			h.b = append(h.b, s...)
		}
	}
}

func (h *markup) full() bool { return len(h.b) > maxPage }

// text writes a stranger's text. What is no character of UTF-8, or none of HTML, is
// written as U+FFFD.
func (h *markup) text(s string) {
	for len(s) > 0 && !h.full() {
		next := strings.IndexFunc(s, special)
		if next < 0 {
			next = len(s)
		}
		h.b = append(h.b, s[:next]...)
		if s = s[next:]; s == "" {
			return
		}
		r, size := utf8.DecodeRuneInString(s)
		h.b = append(h.b, escaped(r)...)
		s = s[size:]
	}
}

// special reports whether a character is not written as it is.
func special(r rune) bool {
	switch r {
	case '&', '<', '>', '"', '\'', utf8.RuneError, '\u007f':
		return true
	}
	return r < ' ' && r != '\n' && r != '\t' || 0x80 <= r && r < 0xa0
}

func escaped(r rune) string {
	switch r {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '"':
		return "&quot;"
	case '\'':
		return "&#39;"
	}
	return "\uFFFD"
}
