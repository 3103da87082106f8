package pipeline

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// mediaTypes are an API's binary media types.
type mediaTypes []string

// has reports whether a media type, lower case and without parameters, is one
// of them or matches one with a wildcard behind its slash. "*/*" matches all,
// even none; any other entry that begins with a wildcard matches nothing, not
// even its own text (recorded).
func (types mediaTypes) has(mediaType string) bool {
	for _, t := range types {
		if strings.HasPrefix(t, "*") {
			if t == "*/*" {
				return true
			}
			continue
		}
		if strings.EqualFold(t, mediaType) {
			return true
		}
		if family, ok := strings.CutSuffix(t, "/*"); ok && len(mediaType) > len(family) && mediaType[len(family)] == '/' && strings.EqualFold(family, mediaType[:len(family)]) {
			return true
		}
	}
	return false
}

// binaryRequest reports whether the request's body is of a binary type.
func (c *call) binaryRequest() bool { return c.isBinary(c.headers, "Content-Type") }

// binaryResponse reports whether the client asks for a binary type: the first
// that it accepts counts.
func (c *call) binaryResponse() bool { return c.isBinary(c.headers, "Accept") }

// isBinary reports whether the first media type in a header is one of the
// API's binary types.
func (c *call) isBinary(headers httpmsg.Header, name string) bool {
	types := mediaTypes(c.stage.program.deployment.BinaryMediaTypes)
	if len(types) == 0 {
		return false
	}
	value, _ := headers.Last(name)
	return types.has(firstMediaType(value))
}
