package httpmsg

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
