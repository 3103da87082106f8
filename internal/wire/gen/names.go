package main

import (
	"strings"
	"unicode"
)

// initialisms are the words of AWS's names that Go spells in capitals, and
// their plurals.
var initialisms = map[string]string{
	"acl": "ACL", "api": "API", "apis": "APIs", "arn": "ARN", "arns": "ARNs", "http": "HTTP",
	"id": "ID", "ids": "IDs", "ip": "IP", "pem": "PEM", "sdk": "SDK", "tls": "TLS",
	"ttl": "TTL", "uri": "URI", "vpc": "VPC",
}

// goName spells one of AWS's names as an exported Go name: "restApiId" is
// RestAPIID.
func goName(s string) string {
	var b strings.Builder
	for _, word := range words(s) {
		if caps, ok := initialisms[strings.ToLower(word)]; ok {
			b.WriteString(caps)
			continue
		}
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// goType is the Go name of a structure: one whose name another service has, too, has
// the version of its own behind it.
func (m *model) goType(structure string) string {
	name := goName(structure)
	if m.taken[name] {
		name += m.service.version
	}
	return name
}

// words splits a name where a capital follows a letter that is none.
func words(s string) []string {
	var out []string
	start := 0
	for i := 1; i < len(s); i++ {
		if unicode.IsUpper(rune(s[i])) && !unicode.IsUpper(rune(s[i-1])) {
			out = append(out, s[start:i])
			start = i
		}
	}
	return append(out, s[start:])
}

// lowerFirst spells an exported Go name as an unexported one.
func lowerFirst(s string) string {
	end := 1
	for end < len(s) && unicode.IsUpper(rune(s[end])) {
		end++
	}
	if end > 1 && end < len(s) {
		end-- // the last capital starts the next word
	}
	return strings.ToLower(s[:end]) + s[end:]
}
