package jsonschema

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/gatehouse-gw/gatehouse/internal/hexdigit"
	"github.com/gatehouse-gw/gatehouse/internal/javaregexp"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A format is a form of text with a name. It returns why s does not have it,
// "" when it has.
type format func(s string) string

func (k format) holds(r *run, v value.Value) bool {
	return !v.IsString() || r.spend(1+len(v.AsString())/64) && r.inTime() && k(v.AsString()) == ""
}

func (k format) message(_ *run, v value.Value) string { return k(v.AsString()) }

// formatNamed returns a format of json-schema-validator's draft 4 library, nil
// for a name that is not in it, such as date, int32 or password.
func formatNamed(name string) format {
	switch name {
	case "date-time":
		return unless(isDateTime, `string "%s" is invalid against requested date format(s) [yyyy-MM-dd'T'HH:mm:ssZ, yyyy-MM-dd'T'HH:mm:ss.[0-9]{1,12}Z]`)
	case "email":
		return unless(isEmail, `string "%s" is not a valid email address`)
	case "hostname":
		return unless(isHostname, `string "%s" is not a valid hostname`)
	case "ipv4":
		return unless(isIPv4, `string "%s" is not a valid IPv4 address`)
	case "ipv6":
		return unless(isIPv6, `string "%s" is not a valid IPv6 address`)
	case "regex":
		return unless(isRegexp, `string "%s" is not a valid ECMA 262 regular expression`)
	case "uri":
		return unless(isURI, `string "%s" is not a valid URI`)
	case "json-pointer":
		return unless(isJSONPointer, `input string "%s" is not a valid JSON Pointer`)
	case "mac":
		return unless(isMAC, `input string "%s" is not a valid MAC address`)
	case "uuid":
		return unless(isUUID, `input string "%s" is not a valid UUID`)
	case "base64":
		return checkBase64
	case "md5":
		return hexOf(32)
	case "sha1":
		return hexOf(40)
	case "sha256":
		return hexOf(64)
	case "sha512":
		return hexOf(128)
	}
	return nil
}

// unless makes a format of a test and the message that repeats the text.
func unless(is func(string) bool, message string) format {
	return func(s string) string {
		if is(s) {
			return ""
		}
		return fmt.Sprintf(message, cut(s))
	}
}

// isDateTime reads RFC 3339 with 1 to 12 digits of fraction; as Joda does it
// takes an offset without colon too.
func isDateTime(s string) bool {
	if len(s) < len("2006-01-02T15:04:05Z") || len(s) > 64 {
		return false
	}
	s = strings.ToUpper(s)
	if _, err := time.Parse("2006-01-02T15:04:05", s[:19]); err != nil {
		return false
	}
	rest := s[19:]
	if fraction, ok := strings.CutPrefix(rest, "."); ok {
		n := len(fraction) - len(strings.TrimLeft(fraction, "0123456789"))
		if n < 1 || n > 12 {
			return false
		}
		rest = fraction[n:]
	}
	return isOffset(rest)
}

func isOffset(s string) bool {
	if s == "Z" {
		return true
	}
	if s == "" || s[0] != '+' && s[0] != '-' {
		return false
	}
	for _, layout := range []string{"15:04", "1504"} {
		if _, err := time.Parse(layout, s[1:]); err == nil && len(s) == 1+len(layout) {
			return true
		}
	}
	return false
}

// isEmail takes an address as javax.mail does when it is strict: a local part
// and a domain, which need no dot.
func isEmail(s string) bool {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at == len(s)-1 {
		return false
	}
	local, domain := s[:at], s[at+1:]
	quoted := len(local) > 2 && local[0] == '"' && local[len(local)-1] == '"'
	if !quoted && (badDots(local) || strings.ContainsFunc(local, notInLocal)) {
		return false
	}
	if strings.HasPrefix(domain, "[") && strings.HasSuffix(domain, "]") {
		return !strings.ContainsFunc(domain, isBlank)
	}
	return !badDots(domain) && !strings.ContainsFunc(domain, notInDomain)
}

func badDots(s string) bool {
	return s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..")
}

func isBlank(c rune) bool { return c <= ' ' || c == 0x7F }

func notInLocal(c rune) bool { return isBlank(c) || strings.ContainsRune(`()<>,;:\"[]@`, c) }

func notInDomain(c rune) bool {
	return c < 0x80 && !isAlphanumeric(byte(c)) && c != '-' && c != '.'
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// isHostname takes what Guava's InternetDomainName does.
func isHostname(s string) bool {
	s = strings.TrimSuffix(s, ".")
	if len(s) > 253 {
		return false
	}
	labels := strings.Split(s, ".")
	for _, label := range labels {
		if !isLabel(label) {
			return false
		}
	}
	first := labels[len(labels)-1][0]
	return first < '0' || first > '9'
}

func isLabel(s string) bool {
	if s == "" || len(s) > 63 || strings.ContainsRune("-_", rune(s[0])) || strings.ContainsRune("-_", rune(s[len(s)-1])) {
		return false
	}
	return !strings.ContainsFunc(s, func(c rune) bool { return c < 0x80 && !isAlphanumeric(byte(c)) && c != '-' && c != '_' })
}

func isIPv4(s string) bool {
	addr, err := netip.ParseAddr(s)
	return err == nil && addr.Is4()
}

func isIPv6(s string) bool {
	addr, err := netip.ParseAddr(s)
	return err == nil && addr.Is6() && addr.Zone() == ""
}

// maxRegexp bounds the regular expressions that are compiled to see whether
// they are some.
const maxRegexp = 1 << 10

func isRegexp(s string) bool {
	if len(s) > maxRegexp {
		return false
	}
	_, err := javaregexp.Compile(s)
	return err == nil
}

// isURI takes absolute and relative references, as java.net.URI does.
func isURI(s string) bool {
	if strings.ContainsFunc(s, func(c rune) bool { return isBlank(c) || strings.ContainsRune("\"<>\\^`{|}", c) }) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "" || len(s) > len(u.Scheme)+1)
}

func isJSONPointer(s string) bool {
	if s != "" && s[0] != '/' {
		return false
	}
	for i := range len(s) {
		if s[i] == '~' && (i+1 == len(s) || s[i+1] != '0' && s[i+1] != '1') {
			return false
		}
	}
	return true
}

func isMAC(s string) bool {
	if len(s) != 17 {
		return false
	}
	for i := range len(s) {
		if i%3 == 2 && s[i] != ':' || i%3 < 2 && !isAlphanumeric(s[i]) {
			return false
		}
	}
	return true
}

// isUUID takes what java.util.UUID reads: five hexadecimal numbers.
func isUUID(s string) bool {
	if len(s) > 36 || strings.Count(s, "-") != 4 {
		return false
	}
	for part := range strings.SplitSeq(s, "-") {
		if part == "" || len(part) > 16 || !hexdigit.Only(part) {
			return false
		}
	}
	return true
}

// units is the length of s in Java.
func units(s string) int {
	n := 0
	for _, c := range s {
		n += utf16.RuneLen(c)
	}
	return n
}

func hexOf(length int) format {
	return func(s string) string {
		switch n := units(s); {
		case n != length:
			return fmt.Sprintf("input string has bad length (%d, expected %d)", n, length)
		case !hexdigit.Only(s):
			return "input string has illegal characters"
		}
		return ""
	}
}

func checkBase64(s string) string {
	if n := units(s); n%4 != 0 {
		return fmt.Sprintf("input has illegal length (must be a multiple of 4, found %d)", n)
	}
	s = strings.TrimSuffix(strings.TrimSuffix(s, "="), "=")
	if strings.ContainsFunc(s, func(c rune) bool { return c >= 0x80 || !isAlphanumeric(byte(c)) && c != '+' && c != '/' }) {
		return "input is not a valid Base64 string: illegal characters"
	}
	return ""
}
