package httpmsg

// The bytes of a token as RFC 9110 section 5.6.2 lists them, one bit each for
// the codes 0 to 63 and 64 to 127.
const (
	tokenLow  = 1<<'!' | 1<<'#' | 1<<'$' | 1<<'%' | 1<<'&' | 1<<'\'' | 1<<'*' | 1<<'+' | 1<<'-' | 1<<'.' | (1<<10-1)<<'0'
	tokenHigh = (1<<26-1)<<('A'-64) | (1<<26-1)<<('a'-64) | 1<<('^'-64) | 1<<('_'-64) | 1<<('`'-64) | 1<<('|'-64) | 1<<('~'-64)
)

// ValidName reports whether s is a token: what HTTP allows as the name of a
// header line, and as a method.
func ValidName(s string) bool {
	for i := 0; i < len(s); i++ {
		if !tokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func tokenByte(c byte) bool {
	if c < 64 {
		return uint64(tokenLow)>>c&1 != 0
	}
	return c < 128 && uint64(tokenHigh)>>(c-64)&1 != 0
}

// ValidValue reports whether s can stand as the value of a header line: no
// CR, LF, NUL or other control but tab, and no space or tab at either end,
// which a reader would strip. Bytes above 127 are allowed, as is "".
func ValidValue(s string) bool {
	if s == "" {
		return true
	}
	if blank(s[0]) || blank(s[len(s)-1]) {
		return false
	}
	return ValidText(s)
}

// ValidText reports whether s holds no control but tab: what may stand
// between the colon of a header line and its CRLF.
func ValidText(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// TrimValue removes the spaces and tabs around a header value.
func TrimValue(s string) string {
	for s != "" && blank(s[0]) {
		s = s[1:]
	}
	for s != "" && blank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func blank(c byte) bool { return c == ' ' || c == '\t' }
