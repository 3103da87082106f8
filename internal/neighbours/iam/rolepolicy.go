package iam

import (
	"context"
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/query"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
)

// A rolePolicyRequest names a policy that a role has of its own.
type rolePolicyRequest struct {
	roleRequest
	PolicyName string `required:"" min:"1" max:"128" pattern:"[\\w+=,.@-]+"`
}

type putPolicyRequest struct {
	rolePolicyRequest
	PolicyDocument string `required:"" min:"1" max:"131072"`
}

func (s *service) putPolicy(ctx context.Context, c *operation.Call, in *putPolicyRequest) (*operation.Nothing, error) {
	if err := checkPolicy(in.PolicyDocument); err != nil {
		return nil, err
	}
	return none(s.changeRole(ctx, c, in.RoleName, func(_ *records.Tx, r *role) error {
		size, sent, p := sizeOf(in.PolicyDocument), len(in.PolicyDocument), inlinePolicy{in.PolicyName, in.PolicyDocument}
		for _, other := range r.Inline {
			if other.Name != p.Name {
				size += sizeOf(other.Document)
				sent += len(other.Document)
			}
		}
		if size > maxInline || sent > maxSent {
			return exceeded("Maximum policy size of %d bytes exceeded for role %s", maxInline, r.Name)
		}
		if i, there := r.find(p.Name); there {
			r.Inline[i] = p
		} else {
			r.Inline = slices.Insert(r.Inline, i, p)
		}
		return nil
	}))
}

type rolePolicyResponse struct {
	RoleName, PolicyName, PolicyDocument string
}

func (s *service) getRolePolicy(ctx context.Context, c *operation.Call, in *rolePolicyRequest) (*rolePolicyResponse, error) {
	var out *rolePolicyResponse
	err := s.readRole(ctx, c, in.RoleName, func(r *role) error {
		i, there := r.find(in.PolicyName)
		if !there {
			return noRolePolicy(in.PolicyName)
		}
		out = &rolePolicyResponse{r.Name, r.Inline[i].Name, escaped(r.Inline[i].Document)}
		return nil
	})
	return out, err
}

func noRolePolicy(name string) error {
	return noSuch("The role policy with name %s cannot be found.", name)
}

type listRolePoliciesResponse struct {
	PolicyNames query.List[string]
	page
}

func (s *service) listRolePolicies(ctx context.Context, c *operation.Call, in *listOfRoleRequest) (*listRolePoliciesResponse, error) {
	out := new(listRolePoliciesResponse)
	err := s.readRole(ctx, c, in.RoleName, func(r *role) error {
		found, p := cut(r.Inline, in.listRequest, func(p inlinePolicy) string { return p.Name })
		for _, policy := range found {
			out.PolicyNames.Members = append(out.PolicyNames.Members, policy.Name)
		}
		out.page = p
		return nil
	})
	return out, err
}

func (s *service) deleteRolePolicy(ctx context.Context, c *operation.Call, in *rolePolicyRequest) (*operation.Nothing, error) {
	return none(s.changeRole(ctx, c, in.RoleName, func(_ *records.Tx, r *role) error {
		i, there := r.find(in.PolicyName)
		if !there {
			return noRolePolicy(in.PolicyName)
		}
		r.Inline = slices.Delete(r.Inline, i, i+1)
		return nil
	}))
}
