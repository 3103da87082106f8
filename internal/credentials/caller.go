package credentials

import (
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
)

// A Caller is who signs with an access key: a user, a role, or a session of one. It
// does not change.
type Caller struct {
	AccessKeyID string
	Account     string           // 12 digits
	Principal   string           // ARN
	UserID      string           // the unique id; see UserID
	Credential  sigv4.Credential // what its signatures are made with

	issuer     string         // access key id of the file with which a session began; else its own
	role       string         // ARN of the role whose session it is; "" for none
	issued     time.Time      // when the session began; zero for what the file names
	policyText string         // of own
	own        *policy.Policy // nil allows everything in the account
	bounds     []Bound        // all of which have to allow what is allowed
}

// A Bound is a policy that takes away from what a caller is allowed, and gives nothing.
type Bound struct {
	Name   string // such as "session's policy"
	Policy *policy.Policy
}

// String hides the secrets.
func (c *Caller) String() string { return c.Principal }

// GoString hides the secrets.
func (c *Caller) GoString() string { return c.Principal }

// IsTemporary reports whether the caller's credentials are those of a session.
func (c *Caller) IsTemporary() bool { return c.Credential.SessionToken != "" }

// Policies returns the caller's own policy, nil for none, which allows everything, and
// what bounds it.
func (c *Caller) Policies() (own *policy.Policy, bounds []Bound) { return c.own, c.bounds }

// ownDecision is what the caller's own policy says of a request.
func (c *Caller) ownDecision(r *policy.Request) policy.Decision {
	if c.own == nil {
		return policy.Allow
	}
	return c.own.Evaluate(r)
}

// boundsDecision is what bounds the caller says of a request.
func (c *Caller) boundsDecision(r *policy.Request) policy.Decision {
	decision := policy.Allow
	for _, b := range c.bounds {
		decision = policy.Bounded(decision, b.Policy.Evaluate(r))
	}
	return decision
}

// DecideAll is what all of them say: what is allowed has to be allowed by each.
func (c *Caller) DecideAll(r *policy.Request) policy.Decision {
	return policy.Bounded(c.ownDecision(r), c.boundsDecision(r))
}

// Signer is what condition keys say of the caller.
func (c *Caller) Signer() policy.Signer {
	return policy.Signer{ARN: c.Principal, UserID: c.UserID, Session: c.IsTemporary(), Role: c.role, Issued: c.issued}
}

// UserID is the unique id of a caller: of an account itself its number, of a
// session its role's and its own name, of a federated user the account and the name.
// The ids that AWS gives users and roles are not known; their names stand for them.
func UserID(account, principal string) string {
	kind, name, _ := strings.Cut(principal[strings.LastIndexByte(principal, ':')+1:], "/")
	switch kind {
	case "root":
		return account
	case "assumed-role":
		return strings.Replace(name, "/", ":", 1)
	case "federated-user":
		return account + ":" + name
	}
	return name[strings.LastIndexByte(name, '/')+1:]
}
