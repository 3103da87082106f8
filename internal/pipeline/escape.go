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

// errMisleads refuses a value for the path of a backend's URI.
var errMisleads = errors.New("a value could be read as another path")

// misleads reports whether a backend could read a decoded value as the path of
// another thing: whether it holds "." or ".." between slashes, for which some
// readers take %2F and backslashes too, behind which some cut off ";parameters",
// or a control, at which some end the path or a header line.
func misleads(value string) bool {
	start := 0
	for i := 0; i <= len(value); i++ {
		switch {
		case i == len(value), value[i] == '/', value[i] == '\\':
			if seg, _, _ := strings.Cut(value[start:i], ";"); seg == "." || seg == ".." {
				return true
			}
			start = i + 1
		case value[i] < ' ', value[i] == 0x7f:
			return true
		}
	}
	return false
}

// misleadsRaw is misleads for a value in the client's own spelling.
func misleadsRaw(raw string) bool {
	if strings.IndexByte(raw, '%') < 0 && strings.IndexByte(raw, '.') < 0 {
		return false // a target holds no bare control
	}
	value, err := unescape(raw)
	return err != nil || misleads(value)
}
