package sigv4

import (
	"iter"
	"strings"
)

// A Request is the parts of an HTTP request that a signature can cover.
type Request struct {
	Method string
	Path   string // raw path as it came, not decoded; "" counts as "/"
	Query  string // raw query without "?"
	Host   string // Host header or :authority, with the port if there is one

	// Region is the region that the request must be signed for; "" takes any.
	Region string

	// Protected says that the connection protects the body, so that a signature need
	// not cover it (UNSIGNED-PAYLOAD).
	Protected bool

	// Cover names a header, in lower case, that must be signed where the request has it,
	// as x-amz-* headers must; "" is none.
	Cover string

	// Header yields every header line, names in any case, the lines of one
	// name in their order. A Host among them is ignored. Nil means none.
	Header iter.Seq2[string, string]

	Body []byte

	// BodyHash is the SHA-256 of the body in lower-case hexadecimal, where the
	// caller has it already. Body is not looked at then.
	BodyHash string
}

// A Scope is what a signature says of itself: whose key made it, on which day
// (YYYYMMDD), for which region and service.
type Scope struct {
	AccessKeyID string
	Date        string
	Region      string
	Service     string
}

// ScopeOf reads the scope of a request's signature without verifying anything.
// It is false when there is no signature or its credential is malformed.
func ScopeOf(r *Request) (Scope, bool) {
	credential, found := "", false
	if r.Header != nil {
		for name, value := range r.Header {
			if !strings.EqualFold(name, "Authorization") {
				continue
			}
			var a authorization
			if found || len(value) > maxAuthorization || a.parse(value) != nil || a.algorithm != algorithm {
				return Scope{}, false
			}
			credential, found = a.credential, true
		}
	}
	if !found {
		p, err := parsePresigned(r.Query)
		if err != nil {
			return Scope{}, false
		}
		credential = p.credential
	}
	scope, end, ok := parseCredential(credential)
	return scope, ok && end == terminator
}

// parseCredential takes a credential apart: key, date, region, service and
// what should be the terminator.
func parseCredential(s string) (scope Scope, end string, ok bool) {
	if strings.Count(s, "/") != 4 {
		return Scope{}, "", false
	}
	scope.AccessKeyID, s, _ = strings.Cut(s, "/")
	scope.Date, s, _ = strings.Cut(s, "/")
	scope.Region, s, _ = strings.Cut(s, "/")
	scope.Service, end, _ = strings.Cut(s, "/")
	return scope, end, scope.AccessKeyID != ""
}
