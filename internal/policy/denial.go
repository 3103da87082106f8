package policy

import "strings"

// A Basis is the kind of policy that a refusal names.
type Basis int

// The bases. API Gateway's own refusals name none.
const (
	NoBasis Basis = iota
	IdentityBased
	ResourceBased
)

// A Denial is what AWS says of a request that policies do not allow.
type Denial struct {
	Principal string // ARN of the caller, "" for anonymous
	Action    string // such as "execute-api:Invoke"
	Resource  string // ARN; of what execute-api does, all but the last four digits of its account are hidden
	Decision  Decision
	Basis     Basis
}

// String returns the message, such as
//
//	User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-west-2:********2543:vd2gh6uqw3/api/GET/
func (d Denial) String() string {
	who := d.Principal
	if who == "" {
		who = "anonymous"
	}
	resource := d.Resource
	if strings.HasPrefix(d.Action, "execute-api:") { // the callers of APIs need not know whose they are
		resource = MaskAccount(resource)
	}
	text := "User: " + who + " is not authorized to perform: " + d.Action + " on resource: " + resource
	explicit := d.Decision == ExplicitDeny
	switch {
	case explicit && d.Basis == IdentityBased:
		return text + " with an explicit deny in an identity-based policy"
	case explicit && d.Basis == ResourceBased:
		return text + " with an explicit deny in a resource-based policy"
	case explicit:
		return text + " with an explicit deny"
	case d.Basis == IdentityBased:
		return text + " because no identity-based policy allows the " + d.Action + " action"
	case d.Basis == ResourceBased:
		return text + " because no resource-based policy allows the " + d.Action + " action"
	}
	return text
}

// AuthorizerDenial is what API Gateway says when the policy of a Lambda
// authorizer does not allow a request.
func AuthorizerDenial(d Decision) string {
	if d == ExplicitDeny {
		return "User is not authorized to access this resource with an explicit deny in an identity-based policy"
	}
	return "User is not authorized to access this resource"
}
