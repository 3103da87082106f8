package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/query"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
)

// A user of a policy is a role.
type user struct {
	Name string `json:"name"`
	ID   string `json:"id"`
}

// The roles to which policies are attached, and those whose boundaries they are, by ARN and
// key of the role.
var (
	attachments = records.Kind[user]{Name: "iamattachment"}
	boundaries  = records.Kind[user]{Name: "iamboundary"}
)

// maxAttached is how many policies a role may have beside its own (documented: 10, which
// can be raised to 25).
const maxAttached = 25

// mark notes that a role has a policy, if there is one.
func mark(tx *records.Tx, kind records.Kind[user], arn string, r *role) error {
	if err := attachable(tx, arn); err != nil {
		return err
	}
	return kind.Put(tx, records.ID(arn, key(r.Name)), &user{r.Name, r.ID})
}

// attachable refuses a policy that there is not. Of AWS's own, those that are not known are
// taken for ones that allow nothing of what is asked about here; what denies by its name is
// not taken so.
func attachable(tx *records.Tx, arn string) error {
	if ofAWS(arn) {
		_, known := managedByAWS(arn)
		name := nameOf(arn)
		if !known && (strings.Contains(name, "Deny") || strings.Contains(name, "Quarantine") || !awsARN.MatchString(arn)) {
			return noSuch("Policy %s does not exist or is not attachable.", arn)
		}
		return nil
	}
	p, err := findPolicy(tx, arn)
	if err != nil || p == nil {
		return noPolicy(err, "Policy %s does not exist or is not attachable.", arn)
	}
	return nil
}

type attachRequest struct {
	roleRequest
	PolicyARN string `json:"PolicyArn" required:"" min:"20" max:"2048"`
}

func (s *service) attach(ctx context.Context, c *operation.Call, in *attachRequest) (*operation.Nothing, error) {
	return none(s.changeRole(ctx, c, in.RoleName, func(tx *records.Tx, r *role) error {
		i, there := slices.BinarySearch(r.Attached, in.PolicyARN)
		if there {
			return nil
		}
		if err := mark(tx, attachments, in.PolicyARN, r); err != nil {
			return err
		}
		if len(r.Attached) == maxAttached {
			return exceeded("Cannot exceed quota for PoliciesPerRole: %d", maxAttached)
		}
		r.Attached = slices.Insert(r.Attached, i, in.PolicyARN)
		return nil
	}))
}

func (s *service) detach(ctx context.Context, c *operation.Call, in *attachRequest) (*operation.Nothing, error) {
	return none(s.changeRole(ctx, c, in.RoleName, func(tx *records.Tx, r *role) error {
		i, there := slices.BinarySearch(r.Attached, in.PolicyARN)
		if !there {
			return noSuch("Policy %s was not found.", in.PolicyARN)
		}
		r.Attached = slices.Delete(r.Attached, i, i+1)
		return attachments.Delete(tx, records.ID(in.PolicyARN, key(r.Name)))
	}))
}

type listAttachedRequest struct {
	listOfRoleRequest
	PathPrefix string `min:"1" max:"512"`
}

type listAttachedResponse struct {
	AttachedPolicies query.List[attachedPolicy]
	page
}

type attachedPolicy struct {
	PolicyName string
	PolicyARN  string `xml:"PolicyArn"`
}

func (s *service) listAttached(ctx context.Context, c *operation.Call, in *listAttachedRequest) (*listAttachedResponse, error) {
	out := new(listAttachedResponse)
	err := s.readRole(ctx, c, in.RoleName, func(r *role) error {
		below := slices.DeleteFunc(slices.Clone(r.Attached), func(arn string) bool { return !strings.HasPrefix(pathIn(arn), in.PathPrefix) })
		found, p := cut(below, in.listRequest, func(arn string) string { return arn })
		for _, arn := range found {
			out.AttachedPolicies.Members = append(out.AttachedPolicies.Members, attachedPolicy{nameOf(arn), arn})
		}
		out.page = p
		return nil
	})
	return out, err
}

type boundaryRequest struct {
	roleRequest
	PermissionsBoundary string `required:"" min:"20" max:"2048"`
}

func (s *service) putBoundary(ctx context.Context, c *operation.Call, in *boundaryRequest) (*operation.Nothing, error) {
	return none(s.changeRole(ctx, c, in.RoleName, func(tx *records.Tx, r *role) error {
		if err := r.unbind(tx); err != nil {
			return err
		}
		r.Boundary = in.PermissionsBoundary
		return mark(tx, boundaries, r.Boundary, r)
	}))
}

func (s *service) deleteBoundary(ctx context.Context, c *operation.Call, in *roleRequest) (*operation.Nothing, error) {
	return none(s.changeRole(ctx, c, in.RoleName, func(tx *records.Tx, r *role) error {
		if r.Boundary == "" {
			return noSuch("Role %s does not have a permissions boundary.", r.Name)
		}
		return r.unbind(tx)
	}))
}

// unbind takes the boundary from a role.
func (r *role) unbind(tx *records.Tx) error {
	if r.Boundary == "" {
		return nil
	}
	arn := r.Boundary
	r.Boundary = ""
	return boundaries.Delete(tx, records.ID(arn, key(r.Name)))
}

type listEntitiesRequest struct {
	policyRequest
	listRequest
	EntityFilter      string `enum:"User|Role|Group|LocalManagedPolicy|AWSManagedPolicy"`
	PathPrefix        string `min:"1" max:"512"`
	PolicyUsageFilter string `enum:"PermissionsPolicy|PermissionsBoundary"`
}

type listEntitiesResponse struct {
	PolicyGroups query.List[struct{}]
	PolicyUsers  query.List[struct{}]
	PolicyRoles  query.List[entity]
	page
}

type entity struct {
	RoleName string
	RoleID   string `xml:"RoleId"`
}

func (s *service) listEntities(ctx context.Context, c *operation.Call, in *listEntitiesRequest) (*listEntitiesResponse, error) {
	var out *listEntitiesResponse
	err := s.read(ctx, c, func(tx *records.Tx) error {
		out = new(listEntitiesResponse)
		if _, err := policyOf(tx, in.PolicyARN); err != nil {
			return err
		}
		if in.EntityFilter != "" && in.EntityFilter != "Role" {
			return nil
		}
		found, err := usersOf(tx, in)
		if err != nil {
			return err
		}
		found, out.page = cut(found, in.listRequest, func(u user) string { return key(u.Name) })
		for _, u := range found {
			out.PolicyRoles.Members = append(out.PolicyRoles.Members, entity{u.Name, u.ID})
		}
		return nil
	})
	return out, err
}

// usersOf are the roles that have a policy, each once, in order of their keys.
func usersOf(tx *records.Tx, in *listEntitiesRequest) ([]user, error) {
	var out []user
	for usage, kind := range map[string]records.Kind[user]{"PermissionsPolicy": attachments, "PermissionsBoundary": boundaries} {
		if in.PolicyUsageFilter != "" && in.PolicyUsageFilter != usage {
			continue
		}
		items, _, err := kind.List(tx, records.Prefix(in.PolicyARN), "", 0)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			below := in.PathPrefix == "" || in.PathPrefix == "/"
			if r, err := roles.Get(tx, key(item.Record.Name)); !below && (err != nil || r == nil || !strings.HasPrefix(r.Path, in.PathPrefix)) {
				continue
			}
			out = append(out, *item.Record)
		}
	}
	slices.SortFunc(out, func(a, b user) int { return strings.Compare(key(a.Name), key(b.Name)) })
	return slices.Compact(out), nil
}
