package sigv4

import "strings"

// A line is one header line.
type line struct{ name, value string }

// A span is a part of a buffer.
type span struct{ start, end int }

// A scratch is what verifying or signing one request needs, kept for the next.
type scratch struct {
	signs bool // for a Signer
	lines []line
	bytes int // of all lines

	// The headers that speak of the signature. A repeated one is the joined
	// value, as it is signed, which is then no date, no token and no hash.
	authorization  string
	authorizations int
	amzDate, date  string
	token          string
	hasToken       bool
	contentHash    string

	sig    signature
	arena  []byte // recoded names and values of the query
	params []param
	text   []byte // canonical request
	path   span   // in text
	query  span   // in text
	toSign []byte
	key    []byte
	sum    []byte
	yield  func(name, value string) bool
}

// reset forgets the request and keeps the memory.
func (s *scratch) reset() {
	clear(s.lines)
	clear(s.key[:cap(s.key)]) // no secrets in the pool
	*s = scratch{
		signs: s.signs, lines: s.lines[:0], arena: s.arena[:0], params: s.params[:0], text: s.text[:0], toSign: s.toSign[:0],
		key: s.key[:0], sum: s.sum[:0], yield: s.yield,
	}
}

// keepable reports whether the buffers are small enough to be kept.
func (s *scratch) keepable() bool {
	return cap(s.text) <= maxKept && cap(s.arena) <= maxKept
}

// collect reads the headers and checks the bounds.
func (s *scratch) collect(r *Request) error {
	if r.Header != nil {
		r.Header(s.yield)
	}
	switch {
	case len(s.lines) > maxLines:
		return errTooLarge("header lines", maxLines)
	case s.bytes > maxHeaderBytes:
		return errTooLarge("bytes of headers", maxHeaderBytes)
	case len(s.authorization) > maxAuthorization:
		return errTooLarge("bytes of the Authorization header", maxAuthorization)
	case len(r.Path) > maxPath:
		return errTooLarge("bytes of path", maxPath)
	case len(r.Query) > maxQuery:
		return errTooLarge("bytes of query", maxQuery)
	case strings.Count(r.Query, "&") >= maxParams:
		return errTooLarge("query parameters", maxParams)
	case s.authorizations > 1:
		return errIncomplete("Authorization header must be present once.")
	}
	return nil
}

// add takes one header line; it is false when there are too many.
func (s *scratch) add(name, value string) bool {
	s.lines = append(s.lines, line{name, value})
	s.bytes += len(name) + len(value)
	if len(s.lines) > maxLines || s.bytes > maxHeaderBytes {
		return false
	}
	switch len(name) {
	case len("date"):
		if equalLower(name, "date") {
			join(&s.date, value)
		}
	case len("x-amz-date"):
		if equalLower(name, "x-amz-date") {
			join(&s.amzDate, value)
		}
	case len("authorization"):
		if equalLower(name, "authorization") {
			s.authorization = strings.Trim(value, " \t")
			s.authorizations++
		}
	case len("x-amz-security-token"): // and of x-amz-content-sha256
		switch {
		case equalLower(name, "x-amz-security-token"):
			s.hasToken = true
			join(&s.token, value)
		case equalLower(name, "x-amz-content-sha256"):
			join(&s.contentHash, value)
		}
	}
	return true
}

// join adds the value of one more line of a name.
func join(to *string, value string) {
	value = strings.Trim(value, " \t")
	if *to != "" {
		value = *to + "," + value
	}
	*to = value
}

// unsigned finds an x-amz-* header, or the one that must be covered, that is not among
// the signed ones, but for the one that CloudFront adds on the way from the signer to
// us.
func (s *scratch) unsigned(signed, cover string) (name string, found bool) {
	for i := range s.lines {
		name := s.lines[i].name
		ours := len(name) >= len("x-amz-") && equalLower(name[:len("x-amz-")], "x-amz-") && !equalLower(name, "x-amz-cf-id")
		if !ours && !(cover != "" && equalLower(name, cover)) {
			continue
		}
		if !named(signed, name) {
			return name, true
		}
	}
	return "", false
}

// named reports whether a list of signed headers holds name in some case.
func named(signed, name string) bool {
	for s := range strings.SplitSeq(signed, ";") {
		if equalLower(name, s) {
			return true
		}
	}
	return false
}
