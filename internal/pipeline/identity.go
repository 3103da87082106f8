package pipeline

import (
	"encoding/base64"
	"encoding/binary"
	"math/rand/v2"
	"strings"
)

// The ids of a request need to be unique, not secret, so they come from the
// runtime's per-thread ChaCha8 generator, seeded by the system.

const lowerHex = "0123456789abcdef"

// newRequestID returns a random (version 4) UUID.
func newRequestID() string {
	var raw [16]byte
	binary.LittleEndian.PutUint64(raw[:8], rand.Uint64())
	binary.LittleEndian.PutUint64(raw[8:], rand.Uint64())
	raw[6] = raw[6]&0x0f | 0x40
	raw[8] = raw[8]&0x3f | 0x80
	var out [36]byte
	n := 0
	for i, b := range raw {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out[n] = '-'
			n++
		}
		out[n], out[n+1] = lowerHex[b>>4], lowerHex[b&15]
		n += 2
	}
	return string(out[:])
}

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
		if _, ok := unhex(s[i]); !ok {
			return false
		}
	}
	return true
}

// newExtendedID returns the value of x-amz-apigw-id: 15 characters and "=".
func newExtendedID() string {
	var raw [16]byte
	binary.LittleEndian.PutUint64(raw[:8], rand.Uint64())
	binary.LittleEndian.PutUint64(raw[8:], rand.Uint64())
	var out [16]byte
	base64.URLEncoding.Encode(out[:], raw[:11])
	return string(out[:])
}

// newTraceID returns what X-Amzn-Trace-Id says for a request that came with
// the given value, at a time in epoch seconds. Root and Parent of the client
// are kept, missing ones made.
func newTraceID(incoming string, now int64) string {
	root, parent, sampled, rest := parseTrace(incoming)
	buf := make([]byte, 0, 128)
	buf = append(buf, "Root="...)
	if root == "" {
		buf = append(buf, "1-"...)
		buf = appendHex(buf, uint64(now), 8)
		buf = append(buf, '-')
		buf = appendHex(buf, rand.Uint64(), 16)
		buf = appendHex(buf, rand.Uint64(), 8)
	} else {
		buf = append(buf, root...)
	}
	buf = append(buf, ";Parent="...)
	hadParent := parent != ""
	if hadParent {
		buf = append(buf, parent...)
	} else {
		buf = appendHex(buf, rand.Uint64(), 16)
	}
	if sampled == "" {
		sampled = "0"
		if hadParent {
			sampled = "1"
		}
	}
	buf = append(append(buf, ";Sampled="...), sampled...)
	return string(append(buf, rest...))
}

// appendHex appends the low digits of v.
func appendHex(dst []byte, v uint64, digits int) []byte {
	for shift := (digits - 1) * 4; shift >= 0; shift -= 4 {
		dst = append(dst, lowerHex[v>>shift&15])
	}
	return dst
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
