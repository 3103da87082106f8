package sigv4

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/percent"
)

// appendByte appends a byte, percent-encoded unless it is unreserved.
func appendByte(dst []byte, c byte) []byte {
	if percent.Unreserved[c] {
		return append(dst, c)
	}
	return percent.AppendByte(dst, c)
}

// A pathForm is what becomes of a raw path in the canonical request.
type pathForm int

const (
	encodedAgain pathForm = iota // the raw path encoded once more
	collapsed                    // the same, with repeated slashes as one
	encodedOnce                  // S3's: decoded, then encoded
)

// appendPath appends the canonical path.
func appendPath(dst []byte, path string, form pathForm) []byte {
	if path == "" {
		return append(dst, '/')
	}
	for i := 0; i < len(path); i++ {
		c := path[i]
		if form == encodedOnce && c == '%' {
			if decoded, ok := percent.Decode(path[i:]); ok {
				dst = appendByte(dst, decoded)
				i += 2
				continue
			}
		}
		switch {
		case c != '/':
			dst = appendByte(dst, c)
		case form != collapsed || i == 0 || path[i-1] != '/':
			dst = append(dst, '/')
		}
	}
	return dst
}

// A param is a parameter of the canonical query, as places in scratch.arena.
type param struct {
	start, equals, end int // key from start to equals, value from equals to end
}

// appendQuery appends the canonical query: names and values decoded, encoded
// anew and sorted. A presigned request's own signature is left out. It is
// false for a query that cannot be decoded. A Signer leaves out the parameters
// that the SDK for Go does.
func (s *scratch) appendQuery(dst []byte, query string) ([]byte, bool) {
	if query == "" {
		return dst, true
	}
	s.arena, s.params = s.arena[:0], s.params[:0]
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if pair == "" || s.signs && strings.IndexByte(pair, ';') >= 0 {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		p := param{start: len(s.arena)}
		ok := s.recode(key)
		p.equals = len(s.arena)
		if !ok || !s.recode(value) {
			if s.signs {
				s.arena = s.arena[:p.start]
				continue
			}
			return dst, false
		}
		p.end = len(s.arena)
		if s.sig.presigned && string(s.arena[p.start:p.equals]) == "X-Amz-Signature" {
			continue
		}
		s.params = append(s.params, p)
	}
	slices.SortFunc(s.params, func(a, b param) int {
		if c := bytes.Compare(s.arena[a.start:a.equals], s.arena[b.start:b.equals]); c != 0 {
			return c
		}
		return bytes.Compare(s.arena[a.equals:a.end], s.arena[b.equals:b.end])
	})
	for i, p := range s.params {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(dst, s.arena[p.start:p.equals]...)
		dst = append(dst, '=')
		dst = append(dst, s.arena[p.equals:p.end]...)
	}
	return dst, true
}

// recode appends one name or value to the arena in its canonical encoding. It
// is false when the text holds a malformed escape.
func (s *scratch) recode(text string) bool {
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch c {
		case '+':
			c = ' '
		case '%':
			decoded, ok := percent.Decode(text[i:])
			if !ok {
				return false
			}
			c, i = decoded, i+2
		}
		s.arena = appendByte(s.arena, c)
	}
	return true
}

// appendHeaders appends the canonical headers, a line each. It is false when a
// signed header is not in the request.
func (s *scratch) appendHeaders(dst []byte, host, signed string) ([]byte, bool) {
	for signed != "" {
		var name string
		name, signed, _ = strings.Cut(signed, ";")
		dst = append(append(dst, name...), ':')
		if name == "host" {
			dst = append(appendValue(dst, host), '\n')
			continue
		}
		found := false
		for i := range s.lines {
			if !equalLower(s.lines[i].name, name) {
				continue
			}
			if found {
				dst = append(dst, ',')
			}
			dst, found = appendValue(dst, s.lines[i].value), true
		}
		if !found {
			return dst, false
		}
		dst = append(dst, '\n')
	}
	return dst, true
}

// equalLower reports whether name is the lower-case name want in some case.
func equalLower(name, want string) bool {
	if len(name) != len(want) {
		return false
	}
	for i := 0; i < len(name); i++ {
		if lower(name[i]) != want[i] {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// appendValue appends a header's value without the white space around it, runs
// of spaces as one.
func appendValue(dst []byte, value string) []byte {
	value = strings.Trim(value, " \t")
	for i := 0; i < len(value); i++ {
		if value[i] == ' ' && value[i-1] == ' ' { // i > 0: the value is trimmed
			continue
		}
		dst = append(dst, value[i])
	}
	return dst
}

// canonical builds the canonical request in s.text. It is false when no
// signature can be of this request.
func (s *scratch) canonical(r *Request, payload string, form pathForm) bool {
	ok := true
	b := append(append(s.text[:0], r.Method...), '\n')
	s.path.start = len(b)
	b = appendPath(b, r.Path, form)
	s.path.end = len(b)
	b = append(b, '\n')
	s.query.start = len(b)
	if b, ok = s.appendQuery(b, r.Query); !ok {
		return false
	}
	s.query.end = len(b)
	b = append(b, '\n')
	if b, ok = s.appendHeaders(b, r.Host, s.sig.signedHeaders); !ok {
		return false
	}
	b = append(b, '\n')
	b = append(append(b, s.sig.signedHeaders...), '\n')
	s.text = append(b, payload...)
	return true
}

// stringToSign builds the string to sign of the canonical request in s.text, in
// s.toSign. date is the signature's time.
func (s *scratch) stringToSign(scope Scope, date string) {
	b := append(append(s.toSign[:0], algorithm...), '\n')
	b = append(append(b, date...), '\n')
	b = append(appendScope(b, &scope), '\n')
	sum := sha256.Sum256(s.text)
	s.toSign = hex.AppendEncode(b, sum[:])
}

// appendScope appends a scope as the string to sign and credentials have it.
func appendScope(dst []byte, scope *Scope) []byte {
	for _, part := range [...]string{scope.Date, scope.Region, scope.Service} {
		dst = append(append(dst, part...), '/')
	}
	return append(dst, terminator...)
}
