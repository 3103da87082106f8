package sigv4

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// A Reason says why a request was refused, for code that acts on it. What the
// client is told is the error's Message.
type Reason int

// The reasons, in the order in which a request is checked.
const (
	MissingToken   Reason = iota + 1 // no signature
	Incomplete                       // a signature that cannot be read or lacks a part
	TooLarge                         // more path, query or headers than are looked at
	WrongService                     // signed for another service
	WrongRegion                      // signed for another region
	Expired                          // signed too long ago
	NotYetCurrent                    // signed in the future
	UnknownKey                       // no such access key id, or not its session token
	ExpiredToken                     // the credential has expired
	WrongSignature                   // the signature is not of this request and this key
	Disabled                         // the credential is disabled; the signature is right
)

// An Error is a refusal. API Gateway answers each with status 403.
type Error struct {
	Reason  Reason
	Type    string // what x-amzn-ErrorType says, such as "InvalidSignatureException"
	Message string // for the client, in AWS's words
}

// Error returns the type and the message.
func (e *Error) Error() string { return e.Type + ": " + e.Message }

// AWS's error types.
const (
	typeMissing    = "MissingAuthenticationTokenException"
	typeIncomplete = "IncompleteSignatureException"
	typeInvalid    = "InvalidSignatureException"
	typeUnknown    = "UnrecognizedClientException"
	typeExpired    = "ExpiredTokenException"
)

const textMismatch = "The request signature we calculated does not match the signature you provided. " +
	"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

func errMissing() error {
	return &Error{MissingToken, typeMissing, "Missing Authentication Token"}
}

func errIncomplete(format string, args ...any) error {
	return &Error{Incomplete, typeIncomplete, fmt.Sprintf(format, args...)}
}

func errInvalid(reason Reason, format string, args ...any) error {
	return &Error{reason, typeInvalid, fmt.Sprintf(format, args...)}
}

func errTooLarge(what string, limit int) error {
	return errInvalid(TooLarge, "The request is too large for its signature to be verified: more than %d %s.", limit, what)
}

func errUnknown() error {
	return &Error{UnknownKey, typeUnknown, "The security token included in the request is invalid."}
}

// errDisabled says what AWS says of an inactive key: the same as of a key that
// does not exist.
func errDisabled() error {
	return &Error{Disabled, typeUnknown, "The security token included in the request is invalid."}
}

func errExpiredToken() error {
	return &Error{ExpiredToken, typeExpired, "The security token included in the request is expired"}
}

// hashed is the form in which AWS's errors show the Authorization header. The
// header itself, which they once showed, may hold somebody's token.
func hashed(authorization string) string {
	sum := sha256.Sum256([]byte(authorization))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func errNoEqualSign(authorization string) error {
	return errIncomplete("Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '%s'.", hashed(authorization))
}

// errLacks lists what an Authorization header and its companions lack.
func errLacks(authorization string, lacks []string) error {
	return errIncomplete("%s (Hashed with SHA-256 and encoded with Base64) Authorization=%s", strings.Join(lacks, " "), hashed(authorization))
}

// errMismatch shows the client the strings that it should have signed, as AWS
// does. They hold nothing that the client did not send.
func errMismatch(canonical, toSign []byte) error {
	if len(canonical) > maxShown {
		return errInvalid(WrongSignature, textMismatch)
	}
	return errInvalid(WrongSignature, "%s\n\nThe Canonical String for this request should have been\n'%s'\n\nThe String-to-Sign should have been\n'%s'\n",
		textMismatch, canonical, toSign)
}

func errExpired(signed, now time.Time, valid time.Duration) error {
	return errInvalid(Expired, "Signature expired: %s is now earlier than %s (%s - %s)",
		signed.Format(timeFormat), now.Add(-valid).Format(timeFormat), now.Format(timeFormat), spell(valid))
}

func errNotYetCurrent(signed, now time.Time) error {
	return errInvalid(NotYetCurrent, "Signature not yet current: %s is still later than %s (%s + %s)",
		signed.Format(timeFormat), now.Add(skew).Format(timeFormat), now.Format(timeFormat), spell(skew))
}

// spell prints a duration as AWS's texts do.
func spell(d time.Duration) string {
	if d%time.Minute != 0 {
		return fmt.Sprintf("%d sec.", d/time.Second)
	}
	return fmt.Sprintf("%d min.", d/time.Minute)
}
