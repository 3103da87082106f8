package target

import (
	"crypto/tls"
	"errors"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/percent"
)

// A Target is where the calls of one integration go under a stage's settings:
// where to connect, and the path and query with what is left to fill in for each
// call. It is safe for concurrent use.
type Target struct {
	endpoint    *integration.Endpoint // nil when the host itself holds variables
	whole       *URI                  // the whole URI, when endpoint is nil
	parts       []uriPart             // path and query
	hasQuery    bool                  // the URI itself brings a query
	err         error                 // why there is nowhere to go
	config      *tls.Config           // of handshakes; nil is the usual one
	certificate *clientCertificate    // that config shows; nil for none
	link        *link                 // that calls take; nil for none
}

// New makes the target of an endpoint with a path and query, in which path
// variables may stand.
func New(endpoint *integration.Endpoint, path string) *Target {
	return &Target{endpoint: endpoint, parts: ParseURI(path).parts, hasQuery: strings.Contains(path, "?")}
}

// Failed makes the target of an integration that cannot be called: Resolve
// returns err.
func Failed(err error) *Target { return &Target{err: err} }

// newTarget resolves a URI for one stage.
func newTarget(uri *URI, vars map[string]string, config *tls.Config) *Target {
	t := uri.WithStage(vars)
	if authorityHasVariable(t.text) {
		return &Target{whole: t, config: config}
	}
	endpoint, path, err := integration.ParseURL(t.text, config)
	if err != nil {
		return Failed(uri.Explain(err, vars))
	}
	return New(endpoint, path)
}

// Err returns why no call can go there, whatever the request, the VPC links and the
// client certificates; nil where some may.
func (t *Target) Err() error { return t.err }

// Check returns why no call can go there as VPC links and client certificates are
// now; nil where some may.
func (t *Target) Check() error {
	switch {
	case t.err != nil:
		return t.err
	case t.link == nil:
		return t.withdrawn()
	}
	_, err := t.link.upstream()
	if err == nil {
		err = t.withdrawn()
	}
	return err
}

// withdrawn returns why the client certificate that calls show is not to be shown
// any more, nil when it is.
func (t *Target) withdrawn() error {
	if c := t.certificate; c != nil && c.withdrawn.Load() {
		return noCertificate(c.source.ID)
	}
	return nil
}

// HasQuery reports whether what Resolve appends has a query.
func (t *Target) HasQuery() bool { return t.hasQuery }

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

// A Value is what fills in one {variable} of a URI.
type Value struct {
	Name string
	Text string
	Raw  bool // Text is the client's own spelling, percent-escapes included
}

// Resolve returns the endpoint and appends the path and query to dst, with
// values in place of their variables. A variable without a value stays as it
// is written, its braces escaped, as AWS sends it. Values are encoded for the
// component of the URI that they stand in. A value that would lead elsewhere is
// ErrMisleads, and so are values that make a path begin with two slashes. A
// *ConfigError says what of the stage's settings or the server's is missing; any
// other error, that there is no such address.
func (t *Target) Resolve(dst []byte, values []Value) (*integration.Endpoint, []byte, error) {
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
			return nil, nil, ErrMisleads
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
		return nil, nil, ErrMisleads
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

// A component is where in a URI a part stands.
type component uint8

const (
	inHost component = iota
	inPath
	inQuery
)

// behind returns the component of what follows text that begins in c.
func (c component) behind(text string) component {
	if c == inHost {
		if _, rest, ok := strings.Cut(text, "://"); ok {
			text = rest
		}
		if strings.ContainsAny(text, "/?") {
			c = inPath
		}
	}
	if c == inPath && strings.Contains(text, "?") {
		c = inQuery
	}
	return c
}

// errEndsHost refuses a value that would make the host another one.
var errEndsHost = errors.New("a value for the host holds a slash")

// appendParts joins the parts of a URI, the first of which stands at.
func appendParts(dst []byte, at component, parts []uriPart, values []Value) ([]byte, error) {
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
			text := v.Text
			if v.Raw {
				text, _ = percent.Unescape(v.Text) // checked at the door
			}
			dst = percent.Append(dst, text, queryText)
		case at == inHost && strings.Contains(v.Text, "/"):
			return nil, errEndsHost
		case v.Raw:
			if misleadsRaw(v.Text) {
				return nil, ErrMisleads
			}
			dst = appendRawPath(dst, v.Text)
		default:
			if misleads(v.Text) {
				return nil, ErrMisleads
			}
			dst = appendPath(dst, v.Text)
		}
	}
	return dst, nil
}

// findValue returns the last value of that name: overrides stand behind what
// they override.
func findValue(values []Value, name string) *Value {
	for i := len(values) - 1; i >= 0; i-- {
		if values[i].Name == name {
			return &values[i]
		}
	}
	return nil
}
