package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"
	"sync"
	"time"
)

// skew is how far a signature's time may be from ours.
const skew = 5 * time.Minute

// maxExpires is the longest life of a presigned request: a week, in seconds.
const maxExpires = 604800

// Bounds on what is looked at.
const (
	maxAuthorization = 8 << 10   // bytes of an Authorization header
	maxPath          = 16 << 10  // bytes
	maxQuery         = 64 << 10  // bytes
	maxParams        = 2000      // parameters of a query
	maxLines         = 1000      // header lines
	maxHeaderBytes   = 128 << 10 // bytes of all header lines
	maxSigned        = 100       // signed headers
	maxShown         = 16 << 10  // bytes of a canonical request that an error repeats
	maxKept          = 64 << 10  // bytes of a buffer that is kept for the next request
)

// EmptyBody is the SHA-256 of no bytes, in hexadecimal.
const EmptyBody = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// A Credential is what belongs to an access key id: what its signatures are made
// with, and whether they count.
type Credential struct {
	SecretAccessKey string
	SessionToken    string    // "" for a long-term key
	Expires         time.Time // zero for never
	Disabled        bool
}

// IsOver reports whether a credential has expired.
func (c *Credential) IsOver(now time.Time) bool { return !c.Expires.IsZero() && !now.Before(c.Expires) }

// String hides the secrets.
func (Credential) String() string { return "Credential{…}" }

// GoString hides the secrets.
func (c Credential) GoString() string { return c.String() }

// Options say which signatures a Verifier takes.
type Options struct {
	// Service is the service that requests must be signed for, such as
	// "apigateway" or "execute-api". "" takes any, S3 among them.
	Service string

	// Forwards says that the body is for another server, who reads what signatures say of
	// it. UNSIGNED-PAYLOAD is taken, and so are the forms of S3 whose signatures are in the
	// body (STREAMING-…) or do not cover it: they prove who sends, and not what.
	Forwards bool

	// Lookup finds the credential of an access key id that came with a session
	// token, "" for none. It must be set and may be called concurrently.
	Lookup func(accessKeyID, token string) (Credential, bool)

	// Now is the clock. Nil means time.Now.
	Now func() time.Time
}

// A Verifier verifies signatures. It is safe for concurrent use.
type Verifier struct {
	options Options
	pool    sync.Pool // of *scratch
	keys    keyCache  // of signatures that were right
}

// NewVerifier makes a Verifier.
func NewVerifier(options Options) *Verifier {
	if options.Now == nil {
		options.Now = time.Now
	}
	v := &Verifier{options: options}
	v.pool.New = func() any {
		s := new(scratch)
		s.yield = s.add
		return s
	}
	return v
}

// Verify checks the signature of a request and returns whose key made it. The
// error is an *[Error]. The request is not changed or kept.
func (v *Verifier) Verify(r *Request) (Scope, error) {
	c := Claim{verifier: v, scratch: v.pool.Get().(*scratch)}
	defer v.release(c.scratch)
	if err := c.read(r); err != nil {
		return Scope{}, err
	}
	return c.scope, c.match(r, c.payload(r))
}

// A Claim is a request's signature of which everything is right that can be
// known before the body: its form, what it is for, when it was made, that there
// is the key, and the signature itself where the request says what its body is.
type Claim struct {
	verifier   *Verifier
	scratch    *scratch // nil once the signature is known to be right
	request    Request
	scope      Scope
	signed     time.Time
	credential Credential
	declared   string // last line of the canonical request, where it is signed before the body comes
}

// Claim checks what can be checked before a request's body has been read, with
// the errors of Verify and in its order. It keeps what r refers to until the
// Claim is verified. A request without a body says so with its BodyHash.
func (v *Verifier) Claim(r *Request) (*Claim, error) {
	c := &Claim{verifier: v, scratch: v.pool.Get().(*scratch), request: *r}
	err := c.read(r)
	if err == nil && c.declares(r) {
		err = c.match(r, c.declared)
	}
	if err != nil || c.declared != "" {
		v.release(c.scratch)
		c.scratch = nil
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Payload is what the signature says of the body where it is settled: the SHA-256 in
// hexadecimal, or UNSIGNED-PAYLOAD, or a word that begins with STREAMING-.
func (c *Claim) Payload() string { return c.declared }

// Settled reports whether the signature is known to be right before the body has
// been read: only a body is missing that is the one which was signed.
func (c *Claim) Settled() bool { return c.declared != "" }

// Scope is what the signature says of itself. It counts for nothing before the Claim
// is settled or verified.
func (c *Claim) Scope() Scope { return c.scope }

// Token is the session token that came, "" for none.
func (c *Claim) Token() string { return c.credential.SessionToken }

// Verify checks the signature with the body and returns whose key made it. The
// error is an *[Error]. It is to be called once at the most.
func (c *Claim) Verify(body []byte) (Scope, error) {
	c.request.Body = body
	if !c.Settled() {
		defer c.verifier.release(c.scratch)
		return c.scope, c.match(&c.request, c.payload(&c.request))
	}
	if isHash(c.declared) && c.declared != bodyHash(&c.request) {
		return c.scope, errInvalid(WrongSignature, textMismatch)
	}
	return c.scope, nil
}

// declares finds out what the request says of its body, where that is enough to
// verify the signature.
func (c *Claim) declares(r *Request) bool {
	told := c.scratch.sig.contentHash
	if told == "" && c.scope.Service == s3 && c.scratch.sig.presigned {
		told = unsignedPayload // what a presigned URL of S3 means without saying it
	}
	switch {
	case c.verifier.options.Forwards && (told == unsignedPayload || strings.HasPrefix(told, streaming)):
		c.declared = told
	case told == unsignedPayload:
		if r.Protected {
			c.declared = told
		}
	case r.BodyHash != "":
		if told == "" || told == r.BodyHash {
			c.declared = r.BodyHash
		}
	case isHash(told):
		c.declared = told
	}
	return c.declared != ""
}

// isHash reports whether a text is a SHA-256 in lower-case hexadecimal.
func isHash(text string) bool {
	return len(text) == 2*sha256.Size && strings.Trim(text, "0123456789abcdef") == ""
}

// read is the part of Verify before the body.
func (c *Claim) read(r *Request) error {
	v, s := c.verifier, c.scratch
	if err := s.collect(r); err != nil {
		return err
	}
	var sig *signature
	var err error
	if s.authorizations > 0 {
		sig, err = fromHeader(s)
	} else {
		sig, err = fromQuery(s, r.Query)
	}
	if err != nil {
		return err
	}
	c.scope, c.signed, err = sig.check()
	if err != nil {
		return err
	}
	if name, found := s.unsigned(sig.signedHeaders, r.Cover); found {
		return errInvalid(WrongSignature, "'%s' must be a 'SignedHeader' in the AWS Authorization.", strings.ToLower(name))
	}
	now := v.options.Now().UTC()
	if err := v.admit(r, c.scope, sig, c.signed, now); err != nil {
		return err
	}
	var ok bool
	c.credential, ok = v.options.Lookup(c.scope.AccessKeyID, sig.token)
	if !ok || c.credential.SecretAccessKey == "" || !c.credential.owns(sig) {
		return errUnknown()
	}
	if c.credential.IsOver(now) {
		return errExpiredToken()
	}
	return nil
}

// release gives a scratch back for the next request.
func (v *Verifier) release(s *scratch) {
	if s.keepable() {
		s.reset()
		v.pool.Put(s)
	}
}

// admit checks what a signature is for and when it was made.
func (v *Verifier) admit(r *Request, scope Scope, sig *signature, signed, now time.Time) error {
	if v.options.Service != "" && scope.Service != v.options.Service {
		return errInvalid(WrongService, "Credential should be scoped to correct service: '%s'. ", v.options.Service)
	}
	if scope.Region == "" || r.Region != "" && scope.Region != r.Region {
		return errInvalid(WrongRegion, "Credential should be scoped to a valid region. ")
	}
	valid := skew
	if sig.expires != "" {
		var err error
		if valid, err = parseExpires(sig.expires); err != nil {
			return err
		}
	}
	if signed.After(now.Add(skew)) {
		return errNotYetCurrent(signed, now)
	}
	if now.After(signed.Add(valid)) {
		return errExpired(signed, now, valid)
	}
	return nil
}

// match checks that the signature was made for this request with the secret of
// the key that it names. payload is the last line of the canonical request, "" where
// there can be none.
func (c *Claim) match(r *Request, payload string) error {
	s, form := c.scratch, encodedAgain
	if c.scope.Service == s3 {
		form = encodedOnce
	}
	if payload == "" || !s.canonical(r, payload, form) {
		return errInvalid(WrongSignature, textMismatch)
	}
	key, known := c.verifier.keys.get(c.credential.SecretAccessKey, &c.scope)
	if !known {
		s.deriveKey(c.credential.SecretAccessKey, c.scope)
		key = newSigningKey(s.key)
	}
	if !s.signedBy(key, c.scope, c.signed) {
		mismatch := errMismatch(s.text, s.toSign)
		if form == encodedOnce || !strings.Contains(r.Path, "//") || !s.canonical(r, payload, collapsed) || !s.signedBy(key, c.scope, c.signed) {
			return mismatch
		}
	}
	if !known { // a stranger, who has no secret, fills no memory
		c.verifier.keys.put(c.credential.SecretAccessKey, &c.scope, key)
	}
	if c.credential.Disabled {
		return errDisabled()
	}
	return nil
}

// owns reports whether the session token that came is the credential's, or
// both have none.
func (c *Credential) owns(sig *signature) bool {
	if c.SessionToken == "" {
		return !sig.hasToken
	}
	return subtle.ConstantTimeCompare([]byte(c.SessionToken), []byte(sig.token)) == 1
}

// unsignedPayload is what a request says whose signature does not cover the body.
const unsignedPayload = "UNSIGNED-PAYLOAD"

// streaming is what the words begin with that say that a body comes in chunks, of which
// each has a signature or none.
const streaming = "STREAMING-"

// s3 is the service whose paths are signed in one encoding.
const s3 = "s3"

// payload is the last line of the canonical request of a body that has come; "" when
// it is not the body that the request says it is.
func (c *Claim) payload(r *Request) string {
	declared := c.scratch.sig.contentHash
	if declared == unsignedPayload && r.Protected {
		return declared
	}
	hash := bodyHash(r)
	// A body that is not signed here is one whose signature does not match;
	// the error shows the hash that it should have been.
	if declared == "" || declared == hash || declared == unsignedPayload {
		return hash
	}
	return ""
}

// deriveKey makes the signing key of a secret for a scope, in s.key.
func (s *scratch) deriveKey(secret string, scope Scope) {
	s.key = append(append(s.key[:0], "AWS4"...), secret...)
	for _, part := range [...]string{scope.Date, scope.Region, scope.Service, terminator} {
		s.sum = append(s.sum[:0], part...)
		s.key = mac(s.key, s.sum)
	}
}

// mac computes HMAC-SHA256 into the space of key.
func mac(key, message []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(message)
	return h.Sum(key[:0])
}

// signedBy reports whether the request's signature is that of the canonical
// request in s.text with a key. The time of the comparison does not tell how much of
// the signature is right.
func (s *scratch) signedBy(key *signingKey, scope Scope, signed time.Time) bool {
	var date [len(timeFormat)]byte
	s.stringToSign(scope, string(signed.AppendFormat(date[:0], timeFormat)))
	s.sum = key.sign(s.sum[:0], s.toSign)
	var want [2 * sha256.Size]byte
	hex.Encode(want[:], s.sum)
	return subtle.ConstantTimeCompare(want[:], []byte(s.sig.value)) == 1
}
