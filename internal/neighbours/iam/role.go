package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/query"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A role is the record of a role, with the policies of its own.
type role struct {
	Name        string         `json:"name"`
	Path        string         `json:"path"`
	ID          string         `json:"id"`
	ARN         string         `json:"arn"`
	Created     int64          `json:"created"` // in seconds since 1970
	Trust       string         `json:"trust"`
	Description string         `json:"description,omitempty"`
	MaxSession  int            `json:"maxSession"` // in seconds
	Boundary    string         `json:"boundary,omitempty"`
	Tags        []tag          `json:"tags,omitempty"`
	Inline      []inlinePolicy `json:"inline,omitempty"`   // in order of their names
	Attached    []string       `json:"attached,omitempty"` // ARNs, in their order
}

// An inlinePolicy is one that a role has of its own.
type inlinePolicy struct {
	Name     string `json:"name"`
	Document string `json:"document"`
}

// roles are those of an account, by key of their names.
var roles = records.Kind[role]{Name: "iamrole"}

func (s *service) roleOperations() map[string]operation.Operation {
	return map[string]operation.Operation{
		"CreateRole":             operation.Of(newRole, s.createRole),
		"GetRole":                operation.Of(onRole[*roleRequest](s), s.getRole),
		"ListRoles":              operation.Of(anything[*listRolesRequest], s.listRoles),
		"UpdateRole":             operation.Of(onRole[*updateRoleRequest](s), s.updateRole),
		"UpdateRoleDescription":  operation.Of(onRole[*describeRoleRequest](s), s.describeRole),
		"UpdateAssumeRolePolicy": operation.Of(onRole[*trustRequest](s), s.updateTrust),
		"DeleteRole":             operation.Of(onRole[*roleRequest](s), s.deleteRole),

		"TagRole":      operation.Of(onRole[*tagRoleRequest](s), s.tagRole),
		"UntagRole":    operation.Of(onRole[*untagRoleRequest](s), s.untagRole),
		"ListRoleTags": operation.Of(onRole[*listOfRoleRequest](s), s.listRoleTags),

		"PutRolePolicy":    operation.Of(onRole[*putPolicyRequest](s), s.putPolicy),
		"GetRolePolicy":    operation.Of(onRole[*rolePolicyRequest](s), s.getRolePolicy),
		"ListRolePolicies": operation.Of(onRole[*listOfRoleRequest](s), s.listRolePolicies),
		"DeleteRolePolicy": operation.Of(onRole[*rolePolicyRequest](s), s.deleteRolePolicy),

		"AttachRolePolicy":         operation.Of(onRole[*attachRequest](s), s.attach),
		"DetachRolePolicy":         operation.Of(onRole[*attachRequest](s), s.detach),
		"ListAttachedRolePolicies": operation.Of(onRole[*listAttachedRequest](s), s.listAttached),

		"PutRolePermissionsBoundary":    operation.Of(onRole[*boundaryRequest](s), s.putBoundary),
		"DeleteRolePermissionsBoundary": operation.Of(onRole[*roleRequest](s), s.deleteBoundary),
	}
}

// A roleRequest names a role.
type roleRequest struct {
	RoleName string `required:"" min:"1" max:"64" pattern:"[\\w+=,.@-]+"`
}

func (r *roleRequest) roleName() string { return r.RoleName }

// onRole needs the permission that has the operation's name, on the role that a request
// names.
func onRole[In interface{ roleName() string }](s *service) func(*operation.Call, In) []operation.Permission {
	return func(c *operation.Call, in In) []operation.Permission {
		name := in.roleName()
		arn := c.GlobalARN("iam", "role/"+name)
		_ = s.read(c.Request.Context(), c, func(tx *records.Tx) error { // the operation itself fails where this does
			if r, err := roles.Get(tx, key(name)); err == nil && r != nil {
				arn = r.ARN
			}
			return nil
		})
		return c.On(arn)
	}
}

// A createRoleRequest describes a role that is to be made.
type createRoleRequest struct {
	RoleName            string `required:"" min:"1" max:"64" pattern:"[\\w+=,.@-]+"`
	Path                string `min:"1" max:"512" pattern:"(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)"`
	Trust               string `json:"AssumeRolePolicyDocument" required:"" min:"1" max:"131072"`
	Description         string `max:"1000" pattern:"[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*"`
	MaxSessionDuration  *int   `min:"3600" max:"43200"`
	PermissionsBoundary string `min:"20" max:"2048"`
	Tags                []tag  `max:"50"`
}

// defaultSession is how long sessions of a role may last where nothing is said, in seconds
// (documented).
const defaultSession = 3600

// pathOf is the path of what has one.
func pathOf(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

func newRole(c *operation.Call, in *createRoleRequest) []operation.Permission {
	return c.On(c.GlobalARN("iam", "role"+pathOf(in.Path)+in.RoleName))
}

// A roleAnswer is a role in an answer.
type roleAnswer struct {
	Path                     string
	RoleName                 string
	RoleID                   string `xml:"RoleId"`
	ARN                      string `xml:"Arn"`
	CreateDate               string
	AssumeRolePolicyDocument string
	Description              string `xml:",omitempty"`
	MaxSessionDuration       int
	PermissionsBoundary      *boundaryAnswer  `xml:",omitempty"`
	Tags                     *query.List[tag] `xml:",omitempty"`
}

type boundaryAnswer struct {
	Type string `xml:"PermissionsBoundaryType"`
	ARN  string `xml:"PermissionsBoundaryArn"`
}

// A roleResponse is a role alone.
type roleResponse struct{ Role *roleAnswer }

// brief is the role as lists have it.
func (r *role) brief() roleAnswer {
	return roleAnswer{
		Path: r.Path, RoleName: r.Name, RoleID: r.ID, ARN: r.ARN, CreateDate: dateOf(r.Created),
		AssumeRolePolicyDocument: escaped(r.Trust), Description: r.Description, MaxSessionDuration: r.MaxSession,
	}
}

func (r *role) answer() *roleAnswer {
	out := r.brief()
	if out.Tags = tagList(r.Tags); r.Boundary != "" {
		out.PermissionsBoundary = &boundaryAnswer{"Policy", r.Boundary}
	}
	return &out
}

func (s *service) createRole(ctx context.Context, c *operation.Call, in *createRoleRequest) (*roleResponse, error) {
	if err := checkTrust(in.Trust); err != nil {
		return nil, err
	}
	path := pathOf(in.Path)
	r := &role{
		Name: in.RoleName, Path: path, ID: newID("AROA"), ARN: c.GlobalARN("iam", "role"+path+in.RoleName), Created: c.Now.Unix(),
		Trust: in.Trust, Description: in.Description, MaxSession: defaultSession, Boundary: in.PermissionsBoundary,
	}
	if in.MaxSessionDuration != nil {
		r.MaxSession = *in.MaxSessionDuration
	}
	var err error
	if r.Tags, err = tagged(nil, in.Tags); err != nil {
		return nil, err
	}
	err = s.write(ctx, c, func(tx *records.Tx) error {
		there, err := roles.Get(tx, key(r.Name))
		if err != nil {
			return err
		}
		if there != nil || s.taken != nil && s.taken(c.Who.Account, r.Name) {
			return exists("Role with name %s already exists.", r.Name)
		}
		if err := room(tx, roles, "RolesPerAccount"); err != nil {
			return err
		}
		if r.Boundary != "" {
			if err := mark(tx, boundaries, r.Boundary, r); err != nil {
				return err
			}
		}
		return saveRole(tx, r)
	})
	return &roleResponse{r.answer()}, err
}

// findRole returns the role of a name.
func findRole(tx *records.Tx, name string) (*role, error) {
	r, err := roles.Get(tx, key(name))
	if err == nil && r == nil {
		err = noSuch("The role with name %s cannot be found.", name)
	}
	return r, err
}

// saveRole writes a role, and publishes it to who opens its sessions.
func saveRole(tx *records.Tx, r *role) error {
	if err := roles.Put(tx, key(r.Name), r); err != nil {
		return err
	}
	served := &snapshot.Role{ARN: r.ARN, ID: r.ID, Trust: r.Trust, MaxSession: r.MaxSession}
	for _, p := range r.Inline {
		served.Policies = append(served.Policies, p.Document)
	}
	for _, arn := range r.Attached {
		if known, ok := managedByAWS(arn); ok {
			served.Policies = append(served.Policies, known.document)
		} else {
			served.Attached = append(served.Attached, arn)
		}
	}
	if r.Boundary != "" {
		served.Boundary = &snapshot.Managed{ARN: r.Boundary}
		if known, ok := managedByAWS(r.Boundary); ok {
			served.Boundary.Document = known.document
		}
	}
	return tx.Publish(snapshot.ServedRole, r.ARN, served)
}

// changeRole changes the role of a name.
func (s *service) changeRole(ctx context.Context, c *operation.Call, name string, change func(tx *records.Tx, r *role) error) error {
	return s.write(ctx, c, func(tx *records.Tx) error {
		r, err := findRole(tx, name)
		if err != nil {
			return err
		}
		if err := change(tx, r); err != nil {
			return err
		}
		return saveRole(tx, r)
	})
}

// readRole shows fn the role of a name.
func (s *service) readRole(ctx context.Context, c *operation.Call, name string, fn func(r *role) error) error {
	return s.read(ctx, c, func(tx *records.Tx) error {
		r, err := findRole(tx, name)
		if err != nil {
			return err
		}
		return fn(r)
	})
}

func (s *service) getRole(ctx context.Context, c *operation.Call, in *roleRequest) (*roleResponse, error) {
	out := new(roleResponse)
	err := s.readRole(ctx, c, in.RoleName, func(r *role) error {
		out.Role = r.answer()
		return nil
	})
	return out, err
}

type listRolesRequest struct {
	PathPrefix string `min:"1" max:"512" pattern:"\\u002F[\\u0021-\\u007F]*"`
	Marker     string `min:"1" max:"320"`
	MaxItems   *int   `min:"1" max:"1000"`
}

type listRolesResponse struct {
	Roles query.List[roleAnswer]
	page
}

func (s *service) listRoles(ctx context.Context, c *operation.Call, in *listRolesRequest) (out *listRolesResponse, err error) {
	err = s.read(ctx, c, func(tx *records.Tx) error {
		out = new(listRolesResponse)
		items, p, err := list(tx, roles, listRequest{in.Marker, in.MaxItems}, func(r *role) bool { return strings.HasPrefix(r.Path, in.PathPrefix) })
		for _, item := range items {
			out.Roles.Members = append(out.Roles.Members, item.Record.brief())
		}
		out.page = p
		return err
	})
	return out, err
}

type updateRoleRequest struct {
	roleRequest
	Description        *string `max:"1000" pattern:"[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*"`
	MaxSessionDuration *int    `min:"3600" max:"43200"`
}

// updateRole changes what a request has, and leaves the rest.
func (s *service) updateRole(ctx context.Context, c *operation.Call, in *updateRoleRequest) (*struct{}, error) {
	return new(struct{}), s.changeRole(ctx, c, in.RoleName, func(_ *records.Tx, r *role) error {
		if in.Description != nil {
			r.Description = *in.Description
		}
		if in.MaxSessionDuration != nil {
			r.MaxSession = *in.MaxSessionDuration
		}
		return nil
	})
}

type describeRoleRequest struct {
	roleRequest
	Description *string `required:"" max:"1000" pattern:"[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*"`
}

func (s *service) describeRole(ctx context.Context, c *operation.Call, in *describeRoleRequest) (*roleResponse, error) {
	out := new(roleResponse)
	err := s.changeRole(ctx, c, in.RoleName, func(_ *records.Tx, r *role) error {
		r.Description = *in.Description
		out.Role = r.answer()
		return nil
	})
	return out, err
}

type trustRequest struct {
	roleRequest
	PolicyDocument string `required:"" min:"1" max:"131072"`
}

func (s *service) updateTrust(ctx context.Context, c *operation.Call, in *trustRequest) (*operation.Nothing, error) {
	if err := checkTrust(in.PolicyDocument); err != nil {
		return nil, err
	}
	return none(s.changeRole(ctx, c, in.RoleName, func(_ *records.Tx, r *role) error {
		r.Trust = in.PolicyDocument
		return nil
	}))
}

func (s *service) deleteRole(ctx context.Context, c *operation.Call, in *roleRequest) (*operation.Nothing, error) {
	return none(s.write(ctx, c, func(tx *records.Tx) error {
		r, err := findRole(tx, in.RoleName)
		if err != nil {
			return err
		}
		used, err := profilesOf(tx, r.Name)
		switch {
		case err != nil:
			return err
		case len(used) > 0:
			return inUse("Cannot delete entity, must remove roles from instance profile first.")
		case len(r.Attached) > 0:
			return inUse("Cannot delete entity, must detach all policies first.")
		case len(r.Inline) > 0:
			return inUse("Cannot delete entity, must delete policies first.")
		}
		if err := r.unbind(tx); err != nil {
			return err
		}
		if err := roles.Delete(tx, key(r.Name)); err != nil {
			return err
		}
		return tx.Retract(snapshot.ServedRole, r.ARN)
	}))
}

type tagRoleRequest struct {
	roleRequest
	Tags []tag `required:"" max:"50"`
}

func (s *service) tagRole(ctx context.Context, c *operation.Call, in *tagRoleRequest) (*operation.Nothing, error) {
	return none(s.changeRole(ctx, c, in.RoleName, func(_ *records.Tx, r *role) (err error) {
		r.Tags, err = tagged(r.Tags, in.Tags)
		return err
	}))
}

type untagRoleRequest struct {
	roleRequest
	TagKeys []string `required:"" max:"50"`
}

func (s *service) untagRole(ctx context.Context, c *operation.Call, in *untagRoleRequest) (*operation.Nothing, error) {
	return none(s.changeRole(ctx, c, in.RoleName, func(_ *records.Tx, r *role) error {
		r.Tags = untagged(r.Tags, in.TagKeys)
		return nil
	}))
}

// A listOfRoleRequest asks for a page of what a role has.
type listOfRoleRequest struct {
	roleRequest
	listRequest
}

func (s *service) listRoleTags(ctx context.Context, c *operation.Call, in *listOfRoleRequest) (out *tagsResponse, err error) {
	err = s.readRole(ctx, c, in.RoleName, func(r *role) error {
		out = tagsPage(r.Tags, in.listRequest)
		return nil
	})
	return out, err
}

// find returns where a role has a policy of its own by a name.
func (r *role) find(name string) (int, bool) {
	return slices.BinarySearchFunc(r.Inline, name, func(p inlinePolicy, name string) int { return strings.Compare(p.Name, name) })
}
