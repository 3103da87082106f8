package authz

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
)

// Bounds on what is read of a token before its signature is known to be good.
const (
	maxToken        = 16 << 10 // bytes
	maxTokenDepth   = 16       // objects and lists within one another
	maxHeaderFields = 32
	maxClaims       = 256
	maxKeyID        = 512 // bytes
)

// Why a token is refused, for the log and traces. They say nothing of what is in it.
var (
	errTokenSize    = errors.New("the token is too long")
	errTokenForm    = errors.New("the token is no signed JWT in compact form")
	errTokenText    = errors.New("the token is not UTF-8")
	errTokenTwice   = errors.New("the token has a member twice")
	errTokenCrit    = errors.New("the token's header asks for an extension")
	errTokenType    = errors.New("the token is of another type than JWT")
	errTokenKeyID   = errors.New("the token's kid is too long")
	errAlgorithm    = errors.New("the token's signature is of an algorithm that is not allowed")
	errTokenMembers = errors.New("the token has too many members")
)

// A claim is a member of a token's payload, as it stands there.
type claim struct {
	name string
	kind jsontext.Kind
	raw  string
}

// A parsedToken is a token whose signature nobody has verified yet.
type parsedToken struct {
	algorithm *algorithm
	kid       string
	hasKid    bool
	access    bool // its type says that it is an access token, after RFC 9068
	claims    []claim
	signed    []byte // the text that is signed
	signature []byte
}

// parseToken reads a JWT in compact form (RFC 7515, 7519), strictly: each part is
// base64url without padding and in its one spelling, header and payload are one JSON
// object each, in UTF-8, no member is there twice, and nothing of it asks for more
// than is understood here.
func parseToken(text string) (*parsedToken, error) {
	if len(text) > maxToken {
		return nil, errTokenSize
	}
	header, rest, _ := strings.Cut(text, ".")
	payload, signature, ok := strings.Cut(rest, ".")
	if !ok || header == "" || payload == "" || signature == "" {
		return nil, errTokenForm
	}
	t := &parsedToken{signed: []byte(text[:len(text)-len(signature)-1])}
	head, err := decodePart(header)
	if err != nil {
		return nil, err
	}
	if err := t.readHeader(head); err != nil {
		return nil, err
	}
	body, err := decodePart(payload)
	if err != nil {
		return nil, err
	}
	if t.signature, err = decodePart(signature); err != nil {
		return nil, err
	}
	return t, t.readPayload(body)
}

// base64url is the one spelling of a token's parts.
var base64url = base64.RawURLEncoding.Strict()

// decodePart decodes a part, which has to be the one spelling of its bytes. The package
// base64 passes over ends of lines.
func decodePart(part string) ([]byte, error) {
	if strings.ContainsAny(part, "\r\n") {
		return nil, errTokenForm
	}
	text, err := base64url.DecodeString(part)
	if err != nil {
		return nil, errTokenForm
	}
	return text, nil
}

// readHeader reads what of the header says how the token is signed. Members that
// bring keys along or say where there are some (jwk, jku, x5c, x5u) are not looked at.
func (t *parsedToken) readHeader(text []byte) error {
	if !utf8.Valid(text) {
		return errTokenText
	}
	seen := make([]string, 0, 8)
	r := jsontext.NewReader(text, maxTokenDepth, 0)
	err := r.Object(func(name []byte) (err error) {
		if seen, err = note(seen, name, maxHeaderFields); err != nil {
			return err
		}
		switch string(name) {
		case "alg":
			err = t.readAlgorithm(&r)
		case "kid":
			t.hasKid = true
			if t.kid, err = r.Text(); err == nil && len(t.kid) > maxKeyID {
				err = errTokenKeyID
			}
		case "typ":
			var typ string
			if typ, err = r.Text(); err == nil {
				err = t.setType(typ)
			}
		case "crit", "b64", "enc", "zip", "cty":
			err = errTokenCrit
		default:
			err = r.Skip()
		}
		return err
	})
	switch {
	case err != nil:
		return plainForm(err)
	case t.algorithm == nil:
		return errAlgorithm
	}
	return plainForm(r.End())
}

func (t *parsedToken) readAlgorithm(r *jsontext.Reader) error {
	name, err := r.Bytes()
	if err == nil && len(name) < 8 {
		t.algorithm, _ = algorithmCalled(string(name))
	}
	return err
}

// setType takes the types of tokens that say who somebody is or what they may do.
// Others that an issuer signs, such as those that tell of a logout, are for others.
func (t *parsedToken) setType(typ string) error {
	switch strings.ToLower(typ) {
	case "jwt", "application/jwt":
	case "at+jwt", "application/at+jwt":
		t.access = true
	default:
		return errTokenType
	}
	return nil
}

// readPayload notes each claim and where it stands.
func (t *parsedToken) readPayload(text []byte) error {
	if !utf8.Valid(text) {
		return errTokenText
	}
	const usual = 24
	t.claims = make([]claim, 0, usual)
	whole := string(text) // of which claims are parts
	r := jsontext.NewReader(text, maxTokenDepth, 0)
	err := r.Object(func(name []byte) error {
		c, err := readClaim(&r, name, whole)
		switch {
		case err != nil:
			return err
		case t.claim(c.name).kind != 0:
			return errTokenTwice
		case len(t.claims) == maxClaims:
			return errTokenMembers
		}
		t.claims = append(t.claims, c)
		return nil
	})
	if err != nil {
		return plainForm(err)
	}
	return plainForm(r.End())
}

// readClaim reads the value of a claim of a name. whole is the text that is read.
func readClaim(r *jsontext.Reader, name []byte, whole string) (c claim, err error) {
	from := r.NameOffset() + 1
	if end := from + len(name); whole[from:end] == string(name) {
		c.name = whole[from:end]
	} else {
		c.name = string(name) // it has escapes
	}
	if c.kind, err = r.Peek(); err != nil {
		return c, err
	}
	from = r.Offset()
	err = r.Skip()
	c.raw = whole[from:r.Offset()]
	return c, err
}

// note adds a name to those that an object has.
func note(seen []string, name []byte, most int) ([]string, error) {
	for _, s := range seen {
		if s == string(name) {
			return seen, errTokenTwice
		}
	}
	if len(seen) == most {
		return seen, errTokenMembers
	}
	return append(seen, string(name)), nil
}

// plainForm keeps what a reader quotes of a token out of the log.
func plainForm(err error) error {
	var syntax *jsontext.SyntaxError
	var depth *jsontext.DepthError
	if errors.As(err, &syntax) || errors.As(err, &depth) {
		return errTokenForm
	}
	return err
}

// claim returns a claim; its kind is 0 where it is not there.
func (t *parsedToken) claim(name string) claim {
	for _, c := range t.claims {
		if c.name == name {
			return c
		}
	}
	return claim{}
}

// text returns a claim that is a string. ok is false for one of another kind, and for
// none.
func (t *parsedToken) text(name string) (text string, ok bool) {
	c := t.claim(name)
	if c.kind != jsontext.String {
		return "", false
	}
	return c.text(), true
}

// text returns the text of a string.
func (c claim) text() string {
	if !strings.Contains(c.raw, `\`) {
		return c.raw[1 : len(c.raw)-1]
	}
	r := jsontext.NewReader([]byte(c.raw), 0, 0)
	s, _ := r.Text() // it has been read before
	return s
}

// texts returns a claim that is a string or a list of strings, nil for none and for
// what is something else.
func (c claim) texts() []string {
	switch c.kind {
	case jsontext.String:
		return []string{c.text()}
	case jsontext.Array:
		var list []string
		r := jsontext.NewReader([]byte(c.raw), 1, 0)
		if r.Array(func() error {
			s, err := r.Text()
			list = append(list, s)
			return err
		}) != nil {
			return nil
		}
		return list
	}
	return nil
}

// maxDate is the last time that a claim may name, in seconds since 1970: what is
// later is no time that somebody means.
const maxDate = 1 << 37

// date returns a claim that is a time, in whole seconds since 1970. ok is false for
// what is none.
func (c claim) date() (seconds int64, ok bool) {
	if c.kind != jsontext.Number {
		return 0, false
	}
	f, err := strconv.ParseFloat(c.raw, 64)
	if err != nil || f < 0 || f > maxDate {
		return 0, false
	}
	return int64(f), true
}
