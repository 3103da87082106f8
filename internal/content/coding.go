package content

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// Coding returns the content coding that a header tells of, "" for none. Several
// are one that nobody supports.
func Coding(headers httpmsg.Header) string {
	coding := ""
	for i := range headers {
		if f := &headers[i]; httpmsg.EqualFold(f.Name, "Content-Encoding") && !strings.EqualFold(f.Value, "identity") {
			if coding != "" {
				return coding + ", " + f.Value
			}
			coding = f.Value
		}
	}
	return coding
}

// Reads reports whether a content coding is one of those that bodies can be read
// in.
func Reads(coding string) bool {
	return strings.EqualFold(coding, "gzip") || strings.EqualFold(coding, "deflate")
}

// PreferredCoding returns gzip or deflate if a client's Accept-Encoding ranks
// one of them first, else "": of codings with the same quality the one named
// first counts. "*" is what a client without the header means, whom AWS sends
// no compressed answer.
func PreferredCoding(headers httpmsg.Header) string {
	best, quality := "", 0
	for i := range headers {
		if !httpmsg.EqualFold(headers[i].Name, "Accept-Encoding") {
			continue
		}
		for part := range strings.SplitSeq(headers[i].Value, ",") {
			coding, params, _ := strings.Cut(part, ";")
			coding = strings.TrimSpace(coding)
			if q := parseQuality(params); coding != "" && q > quality {
				best, quality = coding, q
			}
		}
	}
	switch {
	case strings.EqualFold(best, "gzip"):
		return "gzip"
	case strings.EqualFold(best, "deflate"):
		return "deflate"
	}
	return ""
}

// Takes reports whether a client's Accept-Encoding says that it can read a content
// coding: by its name, else by "*". A client without the header is taken for one that
// reads none.
func Takes(headers httpmsg.Header, coding string) bool {
	if coding == "" {
		return true
	}
	named, others := -1, 0
	for i := range headers {
		if !httpmsg.EqualFold(headers[i].Name, "Accept-Encoding") {
			continue
		}
		for part := range strings.SplitSeq(headers[i].Value, ",") {
			name, params, _ := strings.Cut(part, ";")
			switch name = strings.TrimSpace(name); {
			case name == "*":
				others = max(others, parseQuality(params))
			case strings.EqualFold(name, coding):
				named = max(named, parseQuality(params))
			}
		}
	}
	if named < 0 {
		return others > 0
	}
	return named > 0
}

// parseQuality returns the weight in a coding's parameters in thousandths, 1000
// when it has none, 0 when it is malformed.
func parseQuality(params string) int {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		return parseWeight(strings.TrimSpace(value))
	}
	return 1000
}

// parseWeight reads 0 to 1 with at most three decimals.
func parseWeight(s string) int {
	whole, decimals, _ := strings.Cut(s, ".")
	if whole != "0" && whole != "1" || len(decimals) > 3 {
		return 0
	}
	q := int(whole[0] - '0')
	for i := range 3 {
		q *= 10
		if i < len(decimals) {
			if decimals[i] < '0' || decimals[i] > '9' {
				return 0
			}
			q += int(decimals[i] - '0')
		}
	}
	if q > 1000 {
		return 0
	}
	return q
}
