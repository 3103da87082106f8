package pipeline

import (
	"errors"
	"strings"
)

var errBadEscape = errors.New("path has a malformed percent-escape")

const upperHex = "0123456789ABCDEF"

// unescape decodes %XX in one raw path segment; "+" stays.
func unescape(s string) (string, error) {
	first := strings.IndexByte(s, '%')
	if first < 0 {
		return s, nil
	}
	out := make([]byte, 0, len(s))
	out = append(out, s[:first]...)
	for i := first; i < len(s); i++ {
		if s[i] != '%' {
			out = append(out, s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", errBadEscape
		}
		hi, ok1 := unhex(s[i+1])
		lo, ok2 := unhex(s[i+2])
		if !ok1 || !ok2 {
			return "", errBadEscape
		}
		out = append(out, hi<<4|lo)
		i += 2
	}
	return string(out), nil
}

func unhex(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// appendSegment appends a decoded path segment encoded for a URI: all but
// unreserved characters and the sub-delimiters that a segment may hold.
func appendSegment(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; segmentByte(c) {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}

func segmentByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("-._~!$&'()*+,;=:@", c) >= 0
}

// appendRawPath appends a raw path, decoding and encoding each segment once,
// so that %2F stays %2F and every spelling of a character becomes one.
func appendRawPath(dst []byte, raw string) []byte {
	for first := true; ; first = false {
		seg, rest, more := strings.Cut(raw, "/")
		if !first {
			dst = append(dst, '/')
		}
		plain, err := unescape(seg)
		if err != nil {
			plain = seg
		}
		dst = appendSegment(dst, plain)
		if !more {
			return dst
		}
		raw = rest
	}
}

// appendPath appends a decoded value in which slashes separate segments.
func appendPath(dst []byte, value string) []byte {
	for first := true; ; first = false {
		seg, rest, more := strings.Cut(value, "/")
		if !first {
			dst = append(dst, '/')
		}
		dst = appendSegment(dst, seg)
		if !more {
			return dst
		}
		value = rest
	}
}

// hasDotSegment reports whether a decoded value holds "." or ".." between
// slashes.
func hasDotSegment(value string) bool {
	for more := true; more; {
		var seg string
		seg, value, more = strings.Cut(value, "/")
		if seg == "." || seg == ".." {
			return true
		}
	}
	return false
}
