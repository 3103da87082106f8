package authz

import (
	"errors"

	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
)

// An IAM lets those in who sign their calls with credentials that are known, as AWS's
// clients do. Nil knows nobody. It is safe for concurrent use.
type IAM struct {
	callers  *credentials.Callers
	verifier *sigv4.Verifier
}

// NewIAM makes an IAM that knows callers. A key that is disabled counts as unknown.
func NewIAM(callers *credentials.Callers) *IAM {
	return &IAM{callers, sigv4.NewVerifier(sigv4.Options{Service: "execute-api", Lookup: callers.Usable})}
}

// A Signed is a call whose signature is right as far as that is known.
type Signed struct {
	claim   *sigv4.Claim
	callers *credentials.Callers
}

// Read checks the signature of a call of an API in a region, as far as it goes without
// the body, of which no byte is read. The error is a *[Refusal].
func (a *IAM) Read(r *httpmsg.Request, region string) (Signed, error) {
	if a == nil || !a.callers.Known() {
		return Signed{}, a.unknown(r)
	}
	q := request(r)
	q.Region, q.Protected = region, r.Scheme == "https"
	q.Cover = "x-http-method-override" // which says what method is called
	if r.Unread == nil && len(r.Body) == 0 {
		q.BodyHash = sigv4.EmptyBody
	}
	claim, err := a.verifier.Claim(&q)
	if err != nil {
		return Signed{}, signatureRefusal(err)
	}
	return Signed{claim, a.callers}, nil
}

// request is the part of a call that a signature can cover.
func request(r *httpmsg.Request) sigv4.Request {
	return sigv4.Request{Method: r.Method, Path: r.SentPath(), Query: r.Query, Host: r.Host, Header: r.Header.All()}
}

// unknown is the refusal of a server that knows no credentials. What comes without a
// signature is told so all the same.
func (a *IAM) unknown(r *httpmsg.Request) error {
	q := request(r)
	if _, ok := sigv4.ScopeOf(&q); !ok && !r.Header.Has("Authorization") {
		return &Refusal{Kind: MissingToken, Message: "Missing Authentication Token"}
	}
	return &Refusal{
		Kind: AccessDenied, ErrorType: "UnrecognizedClientException", Message: "The security token included in the request is invalid.",
		Reason: "this server knows no credentials that could have signed the call: name a file with --credentials",
	}
}

// Settled reports whether the signature is known to be right, and only the body has
// still to be the one that was signed.
func (s *Signed) Settled() bool { return s.claim != nil && s.claim.Settled() }

// Verify checks what the body decides. The error is a *[Refusal]. It is to be called
// once.
func (s *Signed) Verify(body []byte) error {
	if _, err := s.claim.Verify(body); err != nil {
		return signatureRefusal(err)
	}
	return nil
}

// Caller returns who has signed. It counts for nothing unless the signature is settled
// or verified. The error is a *[Refusal]: meanwhile the file may have changed.
func (s *Signed) Caller() (*credentials.Caller, error) {
	c, ok := s.callers.Find(s.claim.Scope().AccessKeyID, s.claim.Token())
	if !ok || c.Credential.Disabled {
		return nil, &Refusal{Kind: AccessDenied, ErrorType: "UnrecognizedClientException", Message: "The security token included in the request is invalid."}
	}
	return c, nil
}

// CheckUnmatched refuses a call of no method whose Authorization header is no
// signature. AWS has the header of such a call read as one (reported).
func CheckUnmatched(r *httpmsg.Request) error {
	if !r.Header.Has("Authorization") {
		return nil
	}
	q := request(r)
	if err := sigv4.CheckHeader(&q); err != nil {
		return signatureRefusal(err)
	}
	return nil
}

// signatureRefusal is the refusal of a signature.
func signatureRefusal(err error) *Refusal {
	refused, ok := errors.AsType[*sigv4.Error](err)
	if !ok {
		return &Refusal{Kind: InvalidSignature, Cause: err}
	}
	return &Refusal{Kind: refusalOf(refused.Reason), ErrorType: refused.Type, Message: refused.Message}
}

// refusalOf is the kind of refusal of a signature.
func refusalOf(reason sigv4.Reason) Kind {
	switch reason {
	case sigv4.MissingToken:
		return MissingToken
	case sigv4.Incomplete:
		return IncompleteSignature
	case sigv4.ExpiredToken:
		return ExpiredToken
	case sigv4.UnknownKey, sigv4.Disabled: // documented
		return AccessDenied
	}
	return InvalidSignature
}
