package content

import "strings"

// MediaType returns the media type of a Content-Type, without its parameters,
// in lower case.
func MediaType(contentType string) string {
	t, _, _ := strings.Cut(contentType, ";")
	t = strings.TrimSpace(t)
	for i := 0; i < len(t); i++ {
		if 'A' <= t[i] && t[i] <= 'Z' {
			return strings.ToLower(t)
		}
	}
	return t
}

// FirstMediaType returns the first media type of an Accept header.
func FirstMediaType(accept string) string {
	first, _, _ := strings.Cut(accept, ",")
	return MediaType(first)
}

// BinaryTypes are an API's binary media types.
type BinaryTypes []string

// Has reports whether a media type, lower case and without parameters, is one
// of them or matches one with a wildcard behind its slash. "*/*" matches all,
// even none; any other entry that begins with a wildcard matches nothing, not
// even its own text (recorded).
func (types BinaryTypes) Has(mediaType string) bool {
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
