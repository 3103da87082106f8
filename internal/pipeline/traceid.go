package pipeline

import (
	"math/rand/v2"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/hexdigit"
)

// isUUID reports whether s has the form of a UUID: AWS takes such a request
// id over from the client.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return false
			}
			continue
		}
		if _, ok := hexdigit.Value(s[i]); !ok {
			return false
		}
	}
	return true
}

// A trail is a request's place in a trace, made when it is first needed.
type trail struct {
	full string // of HTTP backends and of the answer
	seen string // of AWS services, events and templates
}

// fullTrace returns the trace id that HTTP backends get.
func (c *call) fullTrace() string {
	if c.trail.full == "" {
		incoming, _ := c.req.Header.Last(traceHeader)
		switch s := &c.spans; {
		case s.sampled:
			_, _, _, rest := parseTrace(incoming)
			c.trail.full = s.header(s.integration, rest)
		case s.root != "":
			c.trail.full = newTraceID("Root="+s.root, c.req.Received.Unix())
		default:
			var room [128]byte
			c.trail.full = c.texts.of(appendTraceID(room[:0], incoming, c.req.Received.Unix()))
		}
	}
	return c.trail.full
}

// seenTrace returns the trace id that AWS services get, and that events and
// templates see.
func (c *call) seenTrace() string {
	if c.trail.seen == "" {
		incoming, _ := c.req.Header.Last(traceHeader)
		c.trail.seen = serviceTrace(incoming, c.fullTrace(), c.req.Received.Unix())
	}
	return c.trail.seen
}

// serviceTrace is the trace id that AWS services get, in a header and in
// events: the new root alone, or what the client sent behind an id of this hop
// (recorded). full is the trace id of the answer.
func serviceTrace(incoming, full string, now int64) string {
	if root, _, _, _ := parseTrace(incoming); root != "" {
		return string(append(append(appendRoot([]byte("Self="), now), ';'), incoming...))
	}
	root, _, _ := strings.Cut(full, ";")
	return root
}

// newTraceID returns what X-Amzn-Trace-Id says for a request that came with
// the given value, at a time in epoch seconds. Root and Parent of the client
// are kept, missing ones made.
func newTraceID(incoming string, now int64) string {
	return string(appendTraceID(make([]byte, 0, 128), incoming, now))
}

// appendTraceID appends what newTraceID returns.
func appendTraceID(buf []byte, incoming string, now int64) []byte {
	root, parent, sampled, rest := parseTrace(incoming)
	buf = append(buf, "Root="...)
	if root == "" {
		buf = appendRoot(buf, now)
	} else {
		buf = append(buf, root...)
	}
	buf = append(buf, ";Parent="...)
	hadParent := parent != ""
	if hadParent {
		buf = append(buf, parent...)
	} else {
		buf = hexdigit.Append(buf, rand.Uint64(), 16, hexdigit.Lower)
	}
	if sampled == "" {
		sampled = "0"
		if hadParent {
			sampled = "1"
		}
	}
	buf = append(append(buf, ";Sampled="...), sampled...)
	return append(buf, rest...)
}

// appendRoot appends a new id of a trace: its time and 96 random bits.
func appendRoot(dst []byte, now int64) []byte {
	dst = hexdigit.Append(append(dst, "1-"...), uint64(now), 8, hexdigit.Lower)
	dst = hexdigit.Append(append(dst, '-'), rand.Uint64(), 16, hexdigit.Lower)
	return hexdigit.Append(dst, rand.Uint64(), 8, hexdigit.Lower)
}

// maxTrace bounds how much of a client's trace header is carried on.
const maxTrace = 512

// parseTrace takes X-Amzn-Trace-Id apart. rest holds the other fields, each
// with a ";" before it.
func parseTrace(s string) (root, parent, sampled, rest string) {
	if len(s) > maxTrace {
		return "", "", "", ""
	}
	for s != "" {
		var field string
		field, s, _ = strings.Cut(s, ";")
		name, value, ok := strings.Cut(strings.TrimSpace(field), "=")
		if !ok || value == "" {
			continue
		}
		switch name {
		case "Root":
			root = value
		case "Parent":
			parent = value
		case "Sampled":
			sampled = value
		default:
			rest += ";" + name + "=" + value
		}
	}
	return root, parent, sampled, rest
}
