package authz

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/javaregexp"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// The messages that clients get. The second is reported of AWS.
const (
	unauthorizedMessage = "Unauthorized"
	expiredMessage      = "The incoming token has expired"
)

// A UserPoolAuthorizer lets those in who bring a token of a user pool. It is compiled
// with the deployment and never changes.
type UserPoolAuthorizer struct {
	id       string
	header   string             // that has the token
	audience *javaregexp.Regexp // that the token's has to match as a whole; nil takes any
	arns     []string           // of the pools
}

var errIdentitySource = errors.New("the identity source is no header, such as method.request.header.Authorization")

// NewUserPoolAuthorizer compiles an authorizer of the type COGNITO_USER_POOLS.
func NewUserPoolAuthorizer(from *snapshot.Authorizer) (*UserPoolAuthorizer, error) {
	if from.Type != "COGNITO_USER_POOLS" {
		return nil, fmt.Errorf("the authorizer is of the type %q", from.Type)
	}
	header, ok := strings.CutPrefix(from.IdentitySource, "method.request.header.")
	switch {
	case from.IdentitySource == "":
		header = "Authorization"
	case !ok || !httpmsg.ValidName(header):
		return nil, errIdentitySource
	}
	if len(from.ProviderARNs) == 0 {
		return nil, errors.New("the authorizer names no user pool")
	}
	a := &UserPoolAuthorizer{id: from.ID, header: header, arns: from.ProviderARNs}
	if from.IdentityValidation != "" {
		var err error
		if a.audience, err = javaregexp.Compile(from.IdentityValidation); err != nil {
			return nil, fmt.Errorf("the identity validation expression: %w", err)
		}
	}
	return a, nil
}

// Bind finds the authorizer's pools, and has their keys fetched if nobody has yet. A
// pool that there is none of says so when a token is to be verified.
func (a *UserPoolAuthorizer) Bind(pools *Pools) *UserPools {
	u := &UserPools{authorizer: a, cache: &pools.cache}
	for _, arn := range a.arns {
		p := pools.Pool(arn)
		p.warm()
		u.pools = append(u.pools, p)
	}
	return u
}

// UserPools are the pools of an authorizer. It is safe for concurrent use.
type UserPools struct {
	authorizer *UserPoolAuthorizer
	pools      []*Pool
	cache      *tokenCache
}

// ID is the authorizer's.
func (u *UserPools) ID() string { return u.authorizer.id }

// Header is the name of the header that has the token.
func (u *UserPools) Header() string { return u.authorizer.header }

// A Token is one that a user pool has signed. It never changes and may be shared.
type Token struct {
	Claims []mapping.Param // as templates and events show them

	issuer     string
	access     bool // it says what its bearer may do, and not who it is
	audience   []string
	scopes     []string
	notBefore  int64 // seconds since 1970
	expiration int64
}

// String says what the token is, and of whom, for traces.
func (t *Token) String() string {
	if t.access {
		return "an access token of " + t.issuer
	}
	return "an ID token of " + t.issuer
}

// A TokenRequest is a call that brings a token.
type TokenRequest struct {
	Values []string  // of the lines of the authorizer's header
	Scopes []string  // any of which lets the call in; empty wants an ID token
	Now    time.Time // when the call came
	Until  time.Time // when it has to be answered; bounds how long it waits for keys
}

// Verify returns the token of a call that may go on. An error is a *Refusal.
func (u *UserPools) Verify(r *TokenRequest) (*Token, error) {
	text, err := bearer(r.Values)
	if err != nil {
		return nil, unauthorized(err)
	}
	d, short := digestOf(text)
	t := u.cache.find(&d, u.pools)
	if t == nil {
		kept, err := u.verify(text, r)
		if err != nil {
			return nil, err
		}
		if t, kept.digest = kept.token, d; short {
			u.cache.keep(kept)
		}
	}
	if err := t.admits(r, u.authorizer.audience); err != nil {
		return nil, err
	}
	return t, nil
}

var (
	errNoToken     = errors.New("the request has no token")
	errManyTokens  = errors.New("the request has several headers with a token")
	errNoIssuer    = errors.New("the token is of an issuer that is not the authorizer's")
	errNoKey       = errors.New("the issuer has no such key for the token's algorithm")
	errSignature   = errors.New("the token's signature is wrong")
	errTimes       = errors.New("the token has no time at which it expires, or a time that is none")
	errNotYet      = errors.New("the token is not valid yet")
	errExpired     = errors.New("the token has expired")
	errAudience    = errors.New("the token's audience does not match the identity validation expression")
	errScope       = errors.New("the token has none of the method's scopes")
	errWantsID     = errors.New("the token is no ID token, which a method without scopes wants")
	errWantsAccess = errors.New("the token is no access token, which a method with scopes wants")
	errTokenUse    = errors.New("the token does not say that it is an ID token or an access token")
)

// bearer returns the token of a header. One that is there twice is nobody's: whose of
// the two would be verified, and whose would a backend read?
func bearer(values []string) (string, error) {
	switch len(values) {
	case 0:
		return "", errNoToken
	case 1:
	default:
		return "", errManyTokens
	}
	const scheme = "Bearer "
	text := values[0]
	if len(text) > len(scheme) && strings.EqualFold(text[:len(scheme)], scheme) {
		text = text[len(scheme):]
	}
	if text == "" {
		return "", errNoToken
	}
	return text, nil
}

// unauthorized refuses a token. The reason is for the log alone.
func unauthorized(reason error) *Refusal {
	message := unauthorizedMessage
	if errors.Is(reason, errExpired) {
		message = expiredMessage
	}
	return &Refusal{Kind: Unauthorized, Message: message, Reason: reason.Error()}
}

// verify finds the pool that says to have signed a token, and verifies that it has.
func (u *UserPools) verify(text string, r *TokenRequest) (*keptToken, error) {
	parsed, err := parseToken(text)
	if err != nil {
		return nil, unauthorized(err)
	}
	issuer, _ := parsed.text("iss")
	var refusal error = unauthorized(errNoIssuer)
	for _, p := range u.pools {
		if p.issuer == "" { // the definition does not name a pool
			refusal = unreachable(p.nowhere)
			continue
		}
		if p.issuer != issuer {
			continue
		}
		set, err := p.verify(parsed, r)
		if err != nil {
			refusal = err
			continue
		}
		token, err := newToken(parsed, p)
		if err != nil {
			return nil, unauthorized(err)
		}
		return &keptToken{pool: p, keys: set, token: token}, nil
	}
	return nil, refusal
}

// unreachable refuses a call whose token nobody can verify, because the keys of its
// pool are not known. The kind is AWS's for a user pool that it does not reach
// (documented).
func unreachable(cause error) *Refusal {
	return &Refusal{Kind: AuthorizerConfig, Reason: "the keys of the user pool are not known", Cause: cause}
}

// verify checks the signature of a token that names the pool's issuer. It returns the
// keys that it was checked with.
func (p *Pool) verify(t *parsedToken, r *TokenRequest) (*keySet, error) {
	set, key, err := p.keyOf(t, r.Until)
	switch {
	case err != nil:
		return nil, unreachable(err)
	case key == nil:
		return nil, unauthorized(errNoKey)
	}
	if !t.algorithm.verifies(key.key, t.signed, t.signature) {
		return nil, unauthorized(errSignature)
	}
	return set, nil
}

// leeway is how far the clock of an issuer may be ahead of ours, in seconds. No
// leeway is given to a token that has expired.
const leeway = 60

// newToken reads what a token of a pool says, whose signature has been verified.
func newToken(t *parsedToken, p *Pool) (*Token, error) {
	exp, ok := t.claim("exp").date()
	if !ok {
		return nil, errTimes
	}
	out := &Token{issuer: p.issuer, expiration: exp}
	for _, name := range [...]string{"nbf", "iat"} {
		c := t.claim(name)
		if c.kind == 0 {
			continue
		}
		at, ok := c.date()
		if !ok {
			return nil, errTimes
		}
		out.notBefore = max(out.notBefore, at-leeway)
	}
	var err error
	if out.access, err = p.use(t); err != nil {
		return nil, err
	}
	out.audience = t.claim("aud").texts()
	out.scopes = p.scopes(t)
	out.Claims = printClaims(t.claims)
	return out, nil
}

// use reports whether a token says what its bearer may do, and not who it is. Cognito
// says so in token_use. Others do not have that claim: an access token has the type
// of one, or scopes, and Keycloak tells the two apart in typ. A token that tells of an
// event, such as a logout, is neither.
func (p *Pool) use(t *parsedToken) (access bool, err error) {
	switch use := t.claim("token_use"); {
	case use.kind != 0:
		text, _ := t.text("token_use")
		if text != "id" && text != "access" {
			return false, errTokenUse
		}
		return text == "access", nil
	case p.cognito, t.claim("events").kind != 0:
		return false, errTokenUse
	}
	if typ := t.claim("typ"); typ.kind != 0 {
		switch text, _ := t.text("typ"); text {
		case "ID":
			return false, nil
		case "Bearer":
			return true, nil
		}
		return false, errTokenUse
	}
	return t.access || t.claim("scope").kind != 0 || t.claim("scp").kind != 0, nil
}

// scopes are those of a token: the words of scope, or the texts of a list. Okta and
// Microsoft call them scp.
func (p *Pool) scopes(t *parsedToken) []string {
	c := t.claim("scope")
	if c.kind == 0 && !p.cognito {
		c = t.claim("scp")
	}
	list := c.texts()
	if len(list) == 1 {
		return strings.Fields(list[0])
	}
	return list
}

// admits checks a token that is its pool's against what an authorizer and a method ask
// for.
func (t *Token) admits(r *TokenRequest, audience *javaregexp.Regexp) error {
	now := r.Now.Unix()
	switch {
	case now >= t.expiration:
		return unauthorized(errExpired)
	case now < t.notBefore:
		return unauthorized(errNotYet)
	case len(r.Scopes) == 0 && t.access:
		return unauthorized(errWantsID)
	case len(r.Scopes) > 0 && !t.access:
		return unauthorized(errWantsAccess)
	case len(r.Scopes) > 0 && !shared(r.Scopes, t.scopes):
		return unauthorized(errScope)
	}
	if audience == nil {
		return nil
	}
	for _, aud := range t.audience {
		if ok, err := audience.Matches(aud, javaregexp.Bounds{}); err == nil && ok {
			return nil
		}
	}
	return unauthorized(errAudience)
}

// shared reports whether a text is in both lists.
func shared(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
