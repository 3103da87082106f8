package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"time"
)

// A Signer signs requests in the Authorization header. The zero value is ready
// to use. It is safe for concurrent use.
type Signer struct {
	pool sync.Pool // of *scratch
	keys keyCache
}

// A Target is what a request is signed for: the region and the service, by the
// name that its signatures have.
type Target struct{ Region, Service string }

// A Signed is what has to be sent so that the signature is right.
type Signed struct {
	// Values of the headers X-Amz-Date, X-Amz-Content-Sha256 and Authorization.
	// A credential with a session token has it sent as X-Amz-Security-Token too.
	Date, ContentSHA256, Authorization string
	// Path is the path to send: the request's own, but for S3, which signs a
	// path in one encoding, with every byte escaped but the unreserved ones.
	Path string
	// Query is the query to send: the canonical one, sorted and escaped anew.
	// Parameters that Go's net/url does not read, as the SDK for Go does not,
	// are left out: those with a semicolon or a malformed escape.
	Query string
}

// Sign signs a request with a credential at a time. The signature covers Host,
// Content-Type and every x-amz-* line of the header, with the three lines of
// Signed and the session token in place of what the header has under their
// names. BodyHash may be "UNSIGNED-PAYLOAD". The request is not changed or kept.
func (s *Signer) Sign(r *Request, accessKeyID string, c *Credential, to Target, at time.Time) Signed {
	x, ok := s.pool.Get().(*scratch)
	if !ok {
		x = &scratch{signs: true}
		x.yield = x.addSigned
	}
	var buf [len(timeFormat)]byte
	out := Signed{Date: string(at.UTC().AppendFormat(buf[:0], timeFormat)), ContentSHA256: bodyHash(r), Path: r.Path}
	scope := Scope{AccessKeyID: accessKeyID, Date: out.Date[:len("20060102")], Region: to.Region, Service: to.Service}
	form := encodedAgain
	if to.Service == s3 {
		form = encodedOnce
	}
	x.coverHeaders(r, c.SessionToken, &out)
	x.canonical(r, out.ContentSHA256, form)
	if form == encodedOnce && r.Path != "" {
		out.Path = same(r.Path, x.text[x.path.start:x.path.end])
	}
	out.Query = same(r.Query, x.text[x.query.start:x.query.end])
	x.stringToSign(scope, out.Date)
	x.sum = s.keys.find(x, c.SecretAccessKey, &scope).sign(x.sum[:0], x.toSign)
	out.Authorization = x.authorize(&scope)
	if x.keepable() {
		x.reset()
		s.pool.Put(x)
	}
	return out
}

// same is b as a string, s itself where that is the same.
func same(s string, b []byte) string {
	if string(b) == s {
		return s
	}
	return string(b)
}

// bodyHash is the SHA-256 of a request's body in hexadecimal, or what the
// request has in its place.
func bodyHash(r *Request) string {
	switch {
	case r.BodyHash != "":
		return r.BodyHash
	case len(r.Body) == 0:
		return EmptyBody
	}
	var text [2 * sha256.Size]byte
	sum := sha256.Sum256(r.Body)
	hex.Encode(text[:], sum[:])
	return string(text[:])
}

// coverHeaders collects the header lines that the signature covers, and their
// names.
func (s *scratch) coverHeaders(r *Request, token string, out *Signed) {
	s.hasToken = token != ""
	if r.Header != nil {
		r.Header(s.yield)
	}
	s.lines = append(s.lines, line{"host", r.Host}, line{"x-amz-content-sha256", out.ContentSHA256}, line{"x-amz-date", out.Date})
	if s.hasToken {
		s.lines = append(s.lines, line{"x-amz-security-token", token})
	}
	slices.SortStableFunc(s.lines, func(a, b line) int { return compareLower(a.name, b.name) })
	b := s.arena[:0]
	for i := range s.lines {
		name := s.lines[i].name
		if i > 0 && compareLower(name, s.lines[i-1].name) == 0 {
			continue
		}
		if i > 0 {
			b = append(b, ';')
		}
		for j := range len(name) {
			b = append(b, lower(name[j]))
		}
	}
	s.arena = b
	s.sig.signedHeaders = string(b)
}

// addSigned takes a header line if signatures cover it: what says how a service
// reads the request, but for the lines that the signer writes itself.
func (s *scratch) addSigned(name, value string) bool {
	const prefix = "x-amz-"
	switch {
	case len(name) > len(prefix) && equalLower(name[:len(prefix)], prefix):
		if equalLower(name, "x-amz-date") || equalLower(name, "x-amz-content-sha256") || s.hasToken && equalLower(name, "x-amz-security-token") {
			return true
		}
	case !equalLower(name, "content-type"):
		return true
	}
	s.lines = append(s.lines, line{name, value})
	return true
}

// compareLower orders names by their lower-case forms.
func compareLower(a, b string) int {
	for i := range min(len(a), len(b)) {
		if c, d := lower(a[i]), lower(b[i]); c != d {
			return int(c) - int(d)
		}
	}
	return len(a) - len(b)
}

// authorize makes the Authorization header of the signature in s.sum.
func (s *scratch) authorize(scope *Scope) string {
	b := append(s.arena[:0], algorithm+" Credential="...)
	b = append(append(b, scope.AccessKeyID...), '/')
	b = appendScope(b, scope)
	b = append(append(b, ", SignedHeaders="...), s.sig.signedHeaders...)
	b = append(b, ", Signature="...)
	s.arena = hex.AppendEncode(b, s.sum)
	return string(s.arena)
}
