package pipeline

import (
	"crypto/tls"
	"errors"
	"strings"
	"sync/atomic"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/percent"
)

// A target is an integration URI with a stage's variables filled in: where to
// connect, and the path and query with what is left to fill in per call.
type target struct {
	endpoint *integration.Endpoint // nil when the host itself holds variables
	whole    *uriTemplate          // the whole URI, when endpoint is nil
	parts    []uriPart             // path and query
	hasQuery bool                  // the URI itself brings a query
	aws      *awsTarget            // what a service of AWS has besides; else nil
	err      error                 // the URI cannot be called
	config   *tls.Config           // of handshakes; nil is the usual one

	link, linkID string // key and id of the VPC link that calls take; "" for none
	backends     *Backends
	route        atomic.Pointer[route] // by way of the link, as it was last
}

// newTarget resolves a URI for one stage.
func newTarget(uri *uriTemplate, vars map[string]string, config *tls.Config) *target {
	t := uri.withStage(vars)
	if authorityHasVariable(t.text) {
		return &target{whole: t, config: config}
	}
	endpoint, path, err := integration.ParseURL(t.text, config)
	if err != nil {
		return &target{err: err}
	}
	return &target{endpoint: endpoint, parts: parseURI(path).parts, hasQuery: strings.Contains(path, "?"), config: config}
}

// authorityHasVariable reports whether a {variable} stands before the path.
func authorityHasVariable(uri string) bool {
	_, rest, ok := strings.Cut(uri, "://")
	if !ok {
		return strings.Contains(uri, "{")
	}
	if end := strings.IndexAny(rest, "/?"); end >= 0 {
		rest = rest[:end]
	}
	return strings.Contains(rest, "{")
}

// A pathValue is what fills in one {variable} of a URI.
type pathValue struct {
	name string
	text string
	raw  bool // text is the client's own spelling, percent-escapes included
}

// resolve returns the endpoint and appends the path and query to dst, with
// values in place of their variables. A variable without a value stays as it
// is written, its braces escaped, as AWS sends it. Values are encoded for the
// place they stand in; one that would lead elsewhere is an error, and so are
// those that make a path begin with two slashes.
func (t *target) resolve(dst []byte, values []pathValue) (*integration.Endpoint, []byte, error) {
	if t.err != nil {
		return nil, nil, t.err
	}
	if t.endpoint != nil {
		start := len(dst)
		dst, err := appendParts(dst, inPath, t.parts, values)
		if err != nil {
			return nil, nil, err
		}
		if likeAuthority(dst[start:]) && !strings.HasPrefix(t.parts[0].text, "//") {
			return nil, nil, errMisleads
		}
		endpoint, err := t.through(t.endpoint)
		return endpoint, dst, err
	}
	text, err := appendParts(nil, inHost, t.whole.parts, values)
	if err != nil {
		return nil, nil, err
	}
	endpoint, path, err := integration.ParseURL(string(text), t.config)
	if err == nil && likeAuthority(path) {
		return nil, nil, errMisleads
	}
	if err == nil {
		endpoint, err = t.through(endpoint)
	}
	return endpoint, append(dst, path...), err
}

// likeAuthority reports whether a request target begins with two slashes: who
// reads it as a reference to a URI takes what follows for a host.
func likeAuthority[T string | []byte](target T) bool {
	return len(target) > 1 && target[0] == '/' && target[1] == '/'
}

// A place is where in a URI a part stands.
type place uint8

const (
	inHost place = iota
	inPath
	inQuery
)

// behind returns the place of what follows text that begins at p.
func (p place) behind(text string) place {
	if p == inHost {
		if _, rest, ok := strings.Cut(text, "://"); ok {
			text = rest
		}
		if strings.ContainsAny(text, "/?") {
			p = inPath
		}
	}
	if p == inPath && strings.Contains(text, "?") {
		p = inQuery
	}
	return p
}

// errEndsHost refuses a value that would make the host another one.
var errEndsHost = errors.New("a value for the host holds a slash")

// appendParts joins the parts of a URI, the first of which stands at.
func appendParts(dst []byte, at place, parts []uriPart, values []pathValue) ([]byte, error) {
	for i := range parts {
		p := &parts[i]
		if p.kind == uriText {
			dst = append(dst, p.text...)
			at = at.behind(p.text)
			continue
		}
		v := findValue(values, p.text)
		switch {
		case v == nil:
			dst = append(append(append(dst, "%7B"...), p.text...), "%7D"...)
		case at == inQuery:
			text := v.text
			if v.raw {
				text, _ = unescape(v.text) // checked at the door
			}
			dst = appendQueryText(dst, text)
		case at == inHost && strings.Contains(v.text, "/"):
			return nil, errEndsHost
		case v.raw:
			if misleadsRaw(v.text) {
				return nil, errMisleads
			}
			dst = appendRawPath(dst, v.text)
		default:
			if misleads(v.text) {
				return nil, errMisleads
			}
			dst = appendPath(dst, v.text)
		}
	}
	return dst, nil
}

// findValue returns the last value of that name: overrides stand behind what
// they override.
func findValue(values []pathValue, name string) *pathValue {
	for i := len(values) - 1; i >= 0; i-- {
		if values[i].name == name {
			return &values[i]
		}
	}
	return nil
}

// appendQueryText appends text form-encoded, as AWS encodes the names and
// values of a query.
func appendQueryText(dst []byte, s string) []byte {
	return percent.Append(dst, s, queryText)
}

var queryText = percent.Letters("-._~*")

// appendQueryPair appends name=value behind what dst holds of a query.
func appendQueryPair(dst []byte, first bool, name, value string) []byte {
	sep := byte('&')
	if first {
		sep = '?'
	}
	dst = append(dst, sep)
	dst = appendQueryText(dst, name)
	dst = append(dst, '=')
	return appendQueryText(dst, value)
}

// cleanQuery reports whether a raw query can go to a backend as it came:
// names and values of unreserved characters and well-formed escapes.
func cleanQuery(q string) bool {
	for i := 0; i < len(q); i++ {
		switch c := q[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '%':
			if _, ok := percent.Decode(q[i:]); !ok {
				return false
			}
			i += 2
		case strings.IndexByte("-_.~=&+*!'(),:@/$?", c) >= 0:
		default:
			return false
		}
	}
	return true
}
