package mapping

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A GatewayTemplate is a compiled gateway response template: text with
// $context, $stageVariables and $method.request references, no VTL. It is
// immutable and used by any number of calls at once.
type GatewayTemplate struct{ parts []gatewayPart }

// A gatewayPart is text, or a reference when it has a lookup.
type gatewayPart struct {
	text   string
	lookup func(s *Scope, name string) (string, bool)
}

// ParseGatewayTemplate never fails: what is no reference is text. A reference
// may stand in braces, and one to method.request may lack its dollar sign.
func ParseGatewayTemplate(text string) *GatewayTemplate {
	t := &GatewayTemplate{}
	start := 0
	for i := 0; i < len(text); {
		part, n := gatewayReference(text, i)
		if n == 0 {
			i++
			continue
		}
		if i > start {
			t.parts = append(t.parts, gatewayPart{text: text[start:i]})
		}
		t.parts = append(t.parts, part)
		i += n
		start = i
	}
	if start < len(text) {
		t.parts = append(t.parts, gatewayPart{text: text[start:]})
	}
	return t
}

// gatewayReference reads a reference at text[at:]; n is 0 when none is there.
func gatewayReference(text string, at int) (part gatewayPart, n int) {
	rest := text[at:]
	switch {
	case strings.HasPrefix(rest, "${"):
		path := dottedPath(rest[2:])
		if part = resolveGateway(path); part.lookup == nil || !strings.HasPrefix(rest[2+len(path):], "}") {
			return part, 0
		}
		return part, len(path) + 3
	case rest[0] == '$':
		path := dottedPath(rest[1:])
		if part = resolveGateway(path); part.lookup == nil {
			return part, 0
		}
		return part, len(path) + 1
	case strings.HasPrefix(rest, "method.request.") && (at == 0 || !isNameByte(text[at-1]) && text[at-1] != '.'):
		path := dottedPath(rest)
		if part = resolveGateway(path); part.lookup == nil {
			return part, 0
		}
		return part, len(path)
	}
	return part, 0
}

// dottedPath returns the names joined by dots that s starts with.
func dottedPath(s string) string {
	n := 0
	for n < len(s) && (isNameByte(s[n]) || s[n] == '.' && n+1 < len(s) && isNameByte(s[n+1])) {
		n++
	}
	return s[:n]
}

func isNameByte(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}

// resolveGateway returns the reference that a path means, without lookup when
// it means none.
func resolveGateway(path string) gatewayPart {
	for _, r := range [...]struct {
		prefix string
		lookup func(*Scope, string) (string, bool)
	}{
		{"context.", (*Scope).contextText},
		{"stageVariables.", (*Scope).stageVariable},
		{"method.request.header.", (*Scope).headerParam},
		{"method.request.querystring.", (*Scope).queryParam},
		{"method.request.path.", (*Scope).pathParam},
	} {
		if name, ok := strings.CutPrefix(path, r.prefix); ok && name != "" {
			return gatewayPart{text: name, lookup: r.lookup}
		}
	}
	return gatewayPart{}
}

// Append appends the template's text for a call. What is unknown is empty. The
// error says that there is no memory for it, or that it is longer than an
// answer may be.
func (t *GatewayTemplate) Append(dst []byte, s *Scope) ([]byte, error) {
	paid := len(dst) + firstPrint
	for i := range t.parts {
		p := &t.parts[i]
		text := p.text
		if p.lookup != nil {
			text, _ = p.lookup(s, p.text)
		}
		if need := len(dst) + len(text); need > paid {
			if need > httpmsg.MaxBody {
				return dst, httpmsg.ErrTooLarge
			}
			if err := s.take(ResponseSide, 2*need-paid); err != nil {
				return dst, err
			}
			paid = 2 * need
		}
		dst = append(dst, text...)
	}
	return dst, nil
}

func (s *Scope) contextText(path string) (string, bool) { return s.Context.Lookup(path) }

func (s *Scope) stageVariable(name string) (string, bool) {
	v, ok := s.StageVariables[name]
	return v, ok
}
