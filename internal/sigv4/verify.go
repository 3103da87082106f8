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

const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// A Credential is what belongs to an access key id: what its signatures are made
// with, and whether they count.
type Credential struct {
	SecretAccessKey string
	SessionToken    string    // "" for a long-term key
	Expires         time.Time // zero for never
	Disabled        bool
}

// String hides the secrets.
func (Credential) String() string { return "Credential{…}" }

// GoString hides the secrets.
func (c Credential) GoString() string { return c.String() }

// Options say which signatures a Verifier takes.
type Options struct {
	// Service is the service that requests must be signed for, such as
	// "apigateway" or "execute-api". It must be set.
	Service string

	// Region is the region that requests must be signed for. "" takes any.
	Region string

	// Lookup finds the credential of an access key id. It must be set and may
	// be called concurrently.
	Lookup func(accessKeyID string) (Credential, bool)

	// Now is the clock. Nil means time.Now.
	Now func() time.Time

	// UnsignedPayload takes signatures that do not cover the body
	// (UNSIGNED-PAYLOAD). Set it only where the connection protects the body.
	UnsignedPayload bool
}

// A Verifier verifies signatures. It is safe for concurrent use.
type Verifier struct {
	options Options
	pool    sync.Pool // of *scratch
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
	s := v.pool.Get().(*scratch)
	defer v.release(s)
	c := Claim{verifier: v, scratch: s}
	if err := c.read(r); err != nil {
		return Scope{}, err
	}
	return c.scope, c.match(r)
}

// A Claim is a request's signature of which everything is right that can be
// known before the body: its form, what it is for, when it was made, and that
// there is the key.
type Claim struct {
	verifier   *Verifier
	scratch    *scratch
	request    Request
	scope      Scope
	signed     time.Time
	credential Credential
}

// Claim checks what can be checked before a request's body has been read, with
// the errors of Verify and in its order. It keeps what r refers to until the
// Claim is verified.
func (v *Verifier) Claim(r *Request) (*Claim, error) {
	c := &Claim{verifier: v, scratch: v.pool.Get().(*scratch), request: *r}
	if err := c.read(r); err != nil {
		v.release(c.scratch)
		return nil, err
	}
	return c, nil
}

// Verify checks the signature with the body and returns whose key made it. The
// error is an *[Error]. It is to be called once at the most.
func (c *Claim) Verify(body []byte) (Scope, error) {
	defer c.verifier.release(c.scratch)
	c.request.Body = body
	return c.scope, c.match(&c.request)
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
	if name, found := s.unsigned(sig.signedHeaders); found {
		return errInvalid(WrongSignature, "'%s' must be a 'SignedHeader' in the AWS Authorization.", strings.ToLower(name))
	}
	if err := v.admit(c.scope, sig, c.signed); err != nil {
		return err
	}
	var ok bool
	c.credential, ok = v.options.Lookup(c.scope.AccessKeyID)
	if !ok || c.credential.SecretAccessKey == "" || !c.credential.owns(sig) {
		return errUnknown()
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
func (v *Verifier) admit(scope Scope, sig *signature, signed time.Time) error {
	if scope.Service != v.options.Service {
		return errInvalid(WrongService, "Credential should be scoped to correct service: '%s'. ", v.options.Service)
	}
	if scope.Region == "" || v.options.Region != "" && scope.Region != v.options.Region {
		return errInvalid(WrongRegion, "Credential should be scoped to a valid region. ")
	}
	valid := skew
	if sig.expires != "" {
		var err error
		if valid, err = parseExpires(sig.expires); err != nil {
			return err
		}
	}
	now := v.options.Now().UTC()
	if signed.After(now.Add(skew)) {
		return errNotYetCurrent(signed, now)
	}
	if now.After(signed.Add(valid)) {
		return errExpired(signed, now, valid)
	}
	return nil
}

// match checks that the signature was made for this request with the secret of
// the key that it names.
func (c *Claim) match(r *Request) error {
	v, s, credential := c.verifier, c.scratch, &c.credential
	payload, ok := v.payload(r, s.sig.contentHash)
	if !ok || !s.canonical(r, payload, encodedAgain) {
		return errInvalid(WrongSignature, textMismatch)
	}
	s.deriveKey(credential.SecretAccessKey, c.scope)
	if !s.signedBy(c.scope, c.signed) {
		mismatch := errMismatch(s.text, s.toSign)
		if !strings.Contains(r.Path, "//") || !s.canonical(r, payload, collapsed) || !s.signedBy(c.scope, c.signed) {
			return mismatch
		}
	}
	if !credential.Expires.IsZero() && !v.options.Now().Before(credential.Expires) {
		return errExpiredToken()
	}
	if credential.Disabled {
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

// payload is the last line of the canonical request. declared is what the
// request says of its body, "" for nothing.
func (v *Verifier) payload(r *Request, declared string) (string, bool) {
	if declared == "UNSIGNED-PAYLOAD" && v.options.UnsignedPayload {
		return declared, true
	}
	hash := bodyHash(r)
	// A body that is not signed here is one whose signature does not match;
	// the error shows the hash that it should have been.
	return hash, declared == "" || declared == hash || declared == "UNSIGNED-PAYLOAD"
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
// request in s.text with the key in s.key. The time of the comparison does not
// tell how much of the signature is right.
func (s *scratch) signedBy(scope Scope, signed time.Time) bool {
	var date [len(timeFormat)]byte
	s.stringToSign(scope, string(signed.AppendFormat(date[:0], timeFormat)))
	h := hmac.New(sha256.New, s.key)
	h.Write(s.toSign)
	s.sum = h.Sum(s.sum[:0])
	var want [2 * sha256.Size]byte
	hex.Encode(want[:], s.sum)
	return subtle.ConstantTimeCompare(want[:], []byte(s.sig.value)) == 1
}
