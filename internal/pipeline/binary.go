package pipeline

import "strings"

// mediaTypes are an API's binary media types.
type mediaTypes []string

// has reports whether a media type, lower case and without parameters, is one
// of them or matches one with a wildcard. "*/*" matches all, even none.
func (types mediaTypes) has(mediaType string) bool {
	for _, t := range types {
		if t == "*/*" || strings.EqualFold(t, mediaType) {
			return true
		}
		if family, ok := strings.CutSuffix(t, "/*"); ok && len(mediaType) > len(family) && mediaType[len(family)] == '/' && strings.EqualFold(family, mediaType[:len(family)]) {
			return true
		}
	}
	return false
}

// binaryRequest reports whether the request's body is of a binary type.
func (c *call) binaryRequest() bool {
	ct, _ := c.headers.Last("Content-Type")
	return mediaTypes(c.stage.program.deployment.BinaryMediaTypes).has(mediaType(ct))
}

// binaryResponse reports whether the client asks for a binary type: the first
// that it accepts counts.
func (c *call) binaryResponse() bool {
	accept, _ := c.headers.Last("Accept")
	return mediaTypes(c.stage.program.deployment.BinaryMediaTypes).has(firstMediaType(accept))
}
