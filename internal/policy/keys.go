package policy

// Where a condition key may be read.
const (
	inAPIs    = 1 << iota // resource policies, and the policies of Lambda authorizers
	inCallers             // policies of callers, and of their sessions
	inRoles               // trust policies

	inCalls = inAPIs | inCallers
	inAll   = inAPIs | inCallers | inRoles
)

// A conditionKey is what statements can be about beside principal, action and resource.
type conditionKey struct {
	in    int
	value func(*Facts) (string, bool) // nil for what nobody has
}

// conditionKeys are the keys that policies may read, in lower case. What AWS documents
// and is not here is not known of anybody, such as tags and organizations: a statement on
// it cannot be decided. aws:SourceArn is here, since it is known that no call has one: it
// is that of a resource for which a service of AWS calls.
var conditionKeys = map[string]conditionKey{
	"aws:currenttime": {inAll, (*Facts).currentTime},
	"aws:epochtime":   {inAll, (*Facts).epochTime},

	"aws:referer":         {inAll, (*Facts).referer},
	"aws:securetransport": {inAll, (*Facts).secureTransport},
	"aws:sourcearn":       {inAPIs, nil},
	"aws:sourceip":        {inAll, (*Facts).sourceIP},
	"aws:sourcevpc":       {inCalls, (*Facts).sourceVPC},
	"aws:sourcevpce":      {inCalls, (*Facts).sourceVPCE},
	"aws:useragent":       {inAll, (*Facts).userAgent},
	"aws:vpcsourceip":     {inCalls, (*Facts).vpcSourceIP},

	"aws:requestedregion": {inCallers | inRoles, (*Facts).requestedRegion},

	"execute-api:viadomainarn": {inCalls, (*Facts).viaDomainARN},

	"aws:multifactorauthpresent": {inAll, (*Facts).multiFactorAuthPresent},
	"aws:principalaccount":       {inAll, (*Facts).principalAccount},
	"aws:principalarn":           {inAll, (*Facts).principalARN},
	"aws:principaltype":          {inAll, (*Facts).principalType},
	"aws:tokenissuetime":         {inAll, (*Facts).tokenIssueTime},
	"aws:userid":                 {inAll, (*Facts).userID},
	"aws:username":               {inAll, (*Facts).username},

	"iam:passedtoservice": {inCallers, (*Facts).passedToService},

	"sts:externalid":      {inRoles, (*Facts).externalID},
	"sts:rolesessionname": {inRoles, (*Facts).roleSessionName},
}

// in is the place of a kind of policy.
func (k Kind) in() int {
	switch k {
	case IdentityPolicy:
		return inCallers
	case TrustPolicy:
		return inRoles
	}
	return inAPIs
}

// A keyUse is a condition key that a policy reads.
type keyUse struct {
	key       string // lower case
	element   string // that reads it
	statement int    // the number of the statement that has the element
	condition int    // and of the condition that it is, or noCondition
}

// CheckKeys returns a *[SyntaxError] when the policy reads a condition key that nobody
// here has a value for, for want of knowing it. What such a statement means is not known:
// a Deny would be silently without effect.
func (p *Policy) CheckKeys() error {
	if p == nil {
		return nil
	}
	for _, use := range p.keys {
		if !p.knows(use.key) {
			return &SyntaxError{use.element, "the condition key " + use.key + " is not supported: no call here has a value for it"}
		}
	}
	return nil
}

// knows reports whether calls have a value for a condition key, in lower case, or are known
// to have none.
func (p *Policy) knows(key string) bool { return conditionKeys[key].in&p.kind.in() != 0 }
