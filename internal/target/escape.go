package target

import (
	"errors"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/percent"
)

// appendRawPath appends a raw path, decoding and encoding each segment once,
// so that %2F stays %2F and every spelling of a character becomes one.
func appendRawPath(dst []byte, raw string) []byte {
	for first := true; ; first = false {
		seg, rest, more := strings.Cut(raw, "/")
		if !first {
			dst = append(dst, '/')
		}
		plain, ok := percent.Unescape(seg)
		if !ok {
			plain = seg
		}
		dst = percent.Append(dst, plain, percent.Segment)
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
		dst = percent.Append(dst, seg, percent.Segment)
		if !more {
			return dst
		}
		value = rest
	}
}

// ErrMisleads refuses a value for the path of a backend's URI, the fault of who
// chose the value.
var ErrMisleads = errors.New("a value could be read as another path")

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
	value, ok := percent.Unescape(raw)
	return !ok || misleads(value)
}
