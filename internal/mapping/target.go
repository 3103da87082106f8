package mapping

import "strings"

// An InvalidError is a key or expression that AWS refuses. Its text is the
// reason that AWS gives, see ValidationMessage.
type InvalidError struct {
	Text string

	// Undeclared says that the text is well formed but names a parameter that
	// the method or method response does not declare.
	Undeclared bool
}

func (e *InvalidError) Error() string {
	if e.Undeclared {
		return "Invalid mapping expression parameter specified: " + e.Text
	}
	return "Invalid mapping expression specified: " + e.Text
}

// ValidationMessage is the message of the BadRequestException that AWS answers
// for reasons such as an InvalidError's text.
func ValidationMessage(reasons ...string) string {
	return "Invalid mapping expression specified: Validation Result: warnings : [], errors : [" +
		strings.Join(reasons, ", ") + "]"
}

// A Target is the left side of a parameter mapping, or a parameter that a
// method declares.
type Target struct {
	Of       string // "method.request", "integration.request", "method.response" or "gatewayresponse"
	Location string // "header", "querystring", "path", "multivalueheader" or "multivaluequerystring"
	Name     string
}

// String returns the key that was parsed.
func (t Target) String() string { return t.Of + "." + t.Location + "." + t.Name }

// ParseTarget splits a key such as "integration.request.header.X-A". of is
// what the key must start with, without its last dot: Target.Of. The error is
// an *InvalidError.
func ParseTarget(key, of string) (Target, error) {
	t := Target{Of: of}
	rest, ok := strings.CutPrefix(key, of+".")
	if ok {
		t.Location, t.Name, ok = strings.Cut(rest, ".")
	}
	if !ok || !validLocation(of, t.Location) || !ValidName(t.Name) {
		return Target{}, &InvalidError{Text: key}
	}
	return t, nil
}

func validLocation(of, location string) bool {
	switch location {
	case "header":
		return true
	case "path", "querystring": // a gateway response takes them, without effect
		return of != "method.response"
	case "multivalueheader", "multivaluequerystring":
		return of == "method.request"
	}
	return false
}

// ValidName reports whether a parameter may be called name in a mapping.
func ValidName(name string) bool {
	for i := 0; i < len(name); i++ {
		if c := name[i]; !isNameByte(c) && c != '.' && c != '$' {
			return false
		}
	}
	return name != ""
}
