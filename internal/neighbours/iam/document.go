package iam

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode"

	"github.com/gatehouse-gw/gatehouse/internal/policy"
)

// Bounds of documents, in characters that are no white space (documented).
const (
	maxTrust   = 4096
	maxInline  = 10240 // of all that a role has of its own
	maxManaged = 6144
)

// maxDocument bounds a document as it is sent, in characters (documented).
const maxDocument = 131072

// maxSent bounds all documents that a role has of its own, as they were sent, in bytes. It
// is ours: white space does not count for IAM, but for memory.
const maxSent = 4 * maxDocument

// sizeOf is the length of a document as IAM counts it.
func sizeOf(document string) (n int) {
	for _, c := range document {
		if !unicode.IsSpace(c) {
			n++
		}
	}
	return n
}

// checkTrust refuses a document that does not say who may assume a role.
func checkTrust(document string) error {
	if sizeOf(document) > maxTrust {
		return exceeded("Cannot exceed quota for ACLSizePerRole: %d", maxTrust)
	}
	if !json.Valid([]byte(document)) {
		return malformed("This policy contains invalid Json")
	}
	return check(document, policy.TrustPolicy)
}

// checkPolicy refuses a document that does not say what somebody may do.
func checkPolicy(document string) error {
	if !json.Valid([]byte(document)) {
		return malformed("Syntax errors in policy.")
	}
	return check(document, policy.IdentityPolicy)
}

// check refuses what is no policy of a kind, in AWS's words where it has some for what is
// wrong. What a policy says of services that are not known here stays as it is.
func check(document string, kind policy.Kind) error {
	_, err := policy.Parse(document, policy.Options{Kind: kind, MaxLength: maxDocument, Foreign: true})
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*policy.SyntaxError](err); ok {
		element := wrong.Element[strings.LastIndexByte(wrong.Element, '.')+1:]
		switch {
		case kind == policy.TrustPolicy && element == "Resource" && strings.HasPrefix(wrong.Problem, "has no place"):
			return malformed("Has prohibited field Resource")
		case element == "Principal" && strings.HasPrefix(wrong.Problem, "has no place"):
			return malformed("Policy document should not specify a principal.")
		case element == "Resource" && wrong.Problem == "is missing":
			return malformed("Policy statement must contain resources.")
		case element == "Action" && wrong.Problem == "is missing":
			return malformed("Policy statement must contain actions.")
		case strings.HasSuffix(element, "Action") && strings.HasSuffix(wrong.Problem, "service:action"):
			return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
		}
	}
	return malformed("Syntax errors in policy. (" + err.Error() + ")")
}
