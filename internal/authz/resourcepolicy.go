package authz

import "github.com/gatehouse-gw/gatehouse/internal/policy"

// InvokeAction is what a policy allows to those who may call a method.
const InvokeAction = "execute-api:Invoke"

// A ResourcePolicy is the policy of an API, compiled with a deployment. Nil is that
// of an API without one. It never changes and is safe for concurrent use.
type ResourcePolicy struct{ policy *policy.Policy }

// CompileResourcePolicy reads the policy of an API. The short form of resources,
// execute-api:/…, is completed with the API's ARN. Its errors say which element cannot
// be used, or which condition key has no value here: calls of the API must not pass
// then.
func CompileResourcePolicy(text string, api policy.API) (*ResourcePolicy, error) {
	expanded, err := policy.Expand(text, api)
	if err != nil {
		return nil, err
	}
	p, err := policy.Parse(expanded, policy.Options{Kind: policy.ResourcePolicy, MaxLength: max(len(expanded), 1)})
	if err != nil {
		return nil, err
	}
	return &ResourcePolicy{p}, p.CheckKeys()
}

// Policy returns the statements, nil for none.
func (r *ResourcePolicy) Policy() *policy.Policy {
	if r == nil {
		return nil
	}
	return r.policy
}

// Join decides about a call of a method by its type of authorization: identity is
// what the caller's own policy, the Lambda authorizer's, or the user pool's token
// says, resource what the resource policy says, and foreign whether the caller is of
// another account than the API. These are the two tables of AWS's documentation.
func (r *ResourcePolicy) Join(authorizationType string, foreign bool, identity, resource policy.Decision) policy.Decision {
	switch authorizationType {
	case "", "NONE":
		if r == nil {
			return policy.Allow
		}
		return resource
	case "CUSTOM":
		return policy.CombineSameAccount(identity, resource)
	case "AWS_IAM":
		if !foreign {
			return policy.CombineSameAccount(identity, resource)
		}
	case "COGNITO_USER_POOLS":
		if r == nil {
			return identity
		}
	default:
		return policy.ExplicitDeny
	}
	return policy.CombineCrossAccount(identity, resource)
}
