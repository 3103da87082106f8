package credentials

import (
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/policy"
)

// assumeRole is the action that a trust policy allows to those who may assume a role.
const assumeRole = "sts:AssumeRole"

// An Error is a refusal of STS, in AWS's words.
type Error struct {
	Code    string // AccessDenied, ValidationError or MalformedPolicyDocument
	Message string
}

// Error returns the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

func denied(text string) error  { return &Error{"AccessDenied", text} }
func invalid(text string) error { return &Error{"ValidationError", text} }

// A RoleRequest asks for a session of a role.
type RoleRequest struct {
	Role        string // ARN
	SessionName string
	Policy      string // bounds the session; "" for none
	ExternalID  string // "" for none
	Region      string // where the request was made
	Duration    time.Duration

	// Value returns the value of a condition key, in lower case, that follows from the
	// request itself. Nil knows none.
	Value func(key string) (value string, ok bool)
}

// A Session is the credentials of a session.
type Session struct {
	AccessKeyID, SecretAccessKey, Token string

	Expires   time.Time
	Principal string // ARN of who calls with them
	UserID    string
}

// chainedSession is the longest session that a session of a role may have of another
// role (documented).
const chainedSession = time.Hour

// AssumeRole gives a caller a session of a role, if the role trusts it and its own
// policies let it: in the role's account it is enough that the role names the
// caller, else both must say so. The error is an *[Error].
func (cs *Callers) AssumeRole(by *Caller, in *RoleRequest, now time.Time) (*Session, error) {
	if !cs.Known() {
		return nil, noFile()
	}
	k := cs.keyring.Load()
	if by.Principal == by.root() {
		return nil, denied("Roles may not be assumed by root accounts.")
	}
	r := cs.role(k, in.Role)
	if r == nil || !r.trusts(by, in, now) {
		return nil, denied("User: " + by.Principal + " is not authorized to perform: " + assumeRole + " on resource: " + in.Role)
	}
	switch {
	case by.role != "" && in.Duration > chainedSession:
		return nil, invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	case in.Duration > r.maxSession:
		return nil, invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	if in.Policy != "" {
		if _, err := parseSessionPolicy(in.Policy); err != nil {
			return nil, &Error{"MalformedPolicyDocument", "The policy is not usable: " + err.Error()}
		}
	}
	return cs.give(k, &claims{Issuer: by.issuer, Role: r.arn, RoleID: r.id, Name: in.SessionName, Policy: in.Policy}, in.Duration, now)
}

// Services of AWS that assume roles: of functions, and of integrations (credentials).
const (
	Lambda     = "lambda.amazonaws.com"
	APIGateway = "apigateway.amazonaws.com"
)

// RoleSession gives a service a session of a role, as long as the role's may be. Of a role
// of the file the operator lets it have one, and nobody is asked; one that IAM has made has
// to trust the service. ok is false for a role that is not there, or does not.
func (cs *Callers) RoleSession(service, arn, name string, now time.Time) (session *Session, ok bool) {
	if !cs.Known() {
		return nil, false
	}
	k := cs.keyring.Load()
	r := cs.role(k, arn)
	if r == nil || r.id != "" && !r.trustsService(service) {
		return nil, false
	}
	session, err := cs.give(k, &claims{Role: r.arn, RoleID: r.id, Name: name}, r.maxSession, now)
	return session, err == nil
}

// NamesRole is Keyring.NamesRole of the file that counts now.
func (cs *Callers) NamesRole(arn string) bool { return cs.Known() && cs.keyring.Load().NamesRole(arn) }

// HasRole reports whether there is a role that can be assumed, of the file or of IAM.
func (cs *Callers) HasRole(arn string) bool {
	return cs.Known() && cs.role(cs.keyring.Load(), arn) != nil
}

// NamesRole reports whether the file names a role.
func (k *Keyring) NamesRole(arn string) bool { return k.roles[arn] != nil }

// trustsService reports whether a service of AWS may assume the role.
func (r *role) trustsService(service string) bool {
	return r.trust.policy.Evaluate(&policy.Request{Service: service, Action: assumeRole, Resource: r.arn}) == policy.Allow
}

// SessionToken gives a user a session of its own. The error is an *[Error].
func (cs *Callers) SessionToken(by *Caller, duration time.Duration, now time.Time) (*Session, error) {
	if !cs.Known() {
		return nil, noFile()
	}
	k := cs.keyring.Load()
	if by.IsTemporary() {
		return nil, denied("Cannot call GetSessionToken with session credentials")
	}
	if by.Principal == by.root() {
		duration = min(duration, time.Hour) // documented
	}
	return cs.give(k, &claims{Issuer: by.issuer}, duration, now)
}

// noFile is the answer of a server to which anybody is anybody.
func noFile() error {
	return denied("This server has no credentials file, and so it knows no roles and gives no sessions: see --credentials.")
}

// root is the ARN of the caller's account itself.
func (c *Caller) root() string {
	return "arn:" + policy.PartitionOf(c.Principal) + ":iam::" + c.Account + ":root"
}

// trusts reports whether a caller may assume the role.
func (r *role) trusts(by *Caller, in *RoleRequest, now time.Time) bool {
	ask := policy.Request{Principal: by.Principal, Action: assumeRole, Resource: r.arn, Context: in.facts(by, now).Values}
	if r.trust.policy.Evaluate(&ask) != policy.Allow || by.boundsDecision(&ask) != policy.Allow {
		return false
	}
	own := by.ownDecision(&ask)
	if own == policy.Allow {
		return true
	}
	ask.ByName = true
	return own != policy.ExplicitDeny && by.Account == r.account && r.trust.policy.Evaluate(&ask) == policy.Allow
}

// facts are what condition keys say of the request.
func (in *RoleRequest) facts(by *Caller, now time.Time) *policy.Facts {
	return &policy.Facts{
		Received: now, Region: in.Region, Signer: by.Signer(), ExternalID: in.ExternalID, RoleSessionName: in.SessionName, More: in.Value,
	}
}

// give makes the credentials of a session.
func (cs *Callers) give(k *Keyring, what *claims, duration time.Duration, now time.Time) (*Session, error) {
	expires := now.Add(duration).Truncate(time.Second)
	what.Issued, what.Expires = now.Unix(), expires.Unix()
	id := newSessionKeyID()
	token, err := cs.seal.token(id, what)
	if err != nil {
		return nil, err
	}
	who, ok := cs.session(k, id, token)
	if !ok {
		return nil, denied("The access key that asks is not in the credentials file any more.")
	}
	return &Session{id, who.Credential.SecretAccessKey, token, expires.UTC(), who.Principal, who.UserID}, nil
}
