package httpmsg

import "strings"

// ValidHost reports whether s can be a Host header: a name or an address, with
// or without a port, of bytes that every reader takes for one. "" can.
func ValidHost(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '-', c == '.', c == '_', c == ':', c == '[', c == ']':
		default:
			return false
		}
	}
	return true
}

// ValidHostname reports whether s is a name in lower case or an IPv4 address
// that can be connected to. A name outside ASCII must be in its xn-- form.
func ValidHostname(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_':
		case c == '.' && i > 0 && s[i-1] != '.':
		default:
			return false
		}
	}
	return s != "" && len(s) <= 254
}

// hostLabel is the second label of the hosts that AWS serves stages at.
const hostLabel = "execute-api"

// SplitStageHost takes apart a Host whose second label is execute-api. The first is
// the id of an API, or that and the id of a VPC endpoint with a dash between them, or
// the name of a VPC endpoint alone, which begins with vpce-. Both are in the client's
// spelling, "" where the host does not have them.
func SplitStageHost(host string) (api, vpce string, ok bool) {
	api, rest, _ := strings.Cut(host, ".")
	if len(rest) < len(hostLabel) || !EqualFold(rest[:len(hostLabel)], hostLabel) {
		return "", "", false
	}
	if rest = rest[len(hostLabel):]; rest != "" && rest[0] != '.' && rest[0] != ':' {
		return "", "", false
	}
	const mark = "vpce-"
	switch at := strings.Index(api, "-"+mark); {
	case len(api) > len(mark) && EqualFold(api[:len(mark)], mark):
		return "", api, true
	case at > 0:
		return api[:at], api[at+1:], true
	}
	return api, "", true
}
