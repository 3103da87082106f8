package credentials

import (
	"strconv"
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
	bound      *policy.Policy // of the session; nil bounds nothing
}

// String hides the secrets.
func (c *Caller) String() string { return c.Principal }

// GoString hides the secrets.
func (c *Caller) GoString() string { return c.Principal }

// IsTemporary reports whether the caller's credentials are those of a session.
func (c *Caller) IsTemporary() bool { return c.Credential.SessionToken != "" }

// Policies returns the caller's own policy, and that of its session, which can take away
// and gives nothing. Nil is none: it allows everything.
func (c *Caller) Policies() (own, session *policy.Policy) { return c.own, c.bound }

// ownDecision is what the caller's own policy says of a request.
func (c *Caller) ownDecision(r *policy.Request) policy.Decision {
	if c.own == nil {
		return policy.Allow
	}
	return c.own.Evaluate(r)
}

// sessionDecision is what the policy of the caller's session says of a request.
func (c *Caller) sessionDecision(r *policy.Request) policy.Decision {
	if c.bound == nil {
		return policy.Allow
	}
	return c.bound.Evaluate(r)
}

// DecideAll is what both say: what is allowed has to be allowed by each.
func (c *Caller) DecideAll(r *policy.Request) policy.Decision {
	return policy.Bounded(c.ownDecision(r), c.sessionDecision(r))
}

// conditionKeys are the condition keys that policies of callers may read, in lower
// case. Those of the caller are in Value; those of the request are known where
// the request is.
var conditionKeys = []string{
	"aws:currenttime", "aws:epochtime", "aws:multifactorauthpresent", "aws:principalaccount", "aws:principalarn", "aws:principaltype",
	"aws:referer", "aws:requestedregion", "aws:securetransport", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:tokenissuetime",
	"aws:useragent", "aws:userid", "aws:username", "aws:vpcsourceip",
}

// trustKeys are those that trust policies may read besides.
var trustKeys = []string{"sts:externalid", "sts:rolesessionname"}

// Value returns the value of a condition key, in lower case, that follows from who
// calls. Nobody is known to have used a second factor: sessions say so, and long-term
// keys have no such key, as at AWS.
func (c *Caller) Value(key string) (value string, ok bool) {
	switch key {
	case "aws:userid":
		return c.UserID, true
	case "aws:tokenissuetime":
		return c.issued.UTC().Format(time.RFC3339), !c.issued.IsZero()
	case "aws:multifactorauthpresent":
		return "false", c.IsTemporary()
	case "aws:principalarn":
		if c.role != "" { // with its path, which the session's ARN lacks
			return c.role, true
		}
	}
	return policy.PrincipalValue(c.Principal, key)
}

// TimeValue returns the value of a condition key, in lower case, that is the time.
func TimeValue(key string, now time.Time) (value string, ok bool) {
	switch key {
	case "aws:currenttime":
		return now.UTC().Format(time.RFC3339), true
	case "aws:epochtime":
		return strconv.FormatInt(now.Unix(), 10), true
	}
	return "", false
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
