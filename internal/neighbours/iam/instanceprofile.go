package iam

import (
	"context"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/query"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
)

// A profile is the record of an instance profile. It has a role, or none.
type profile struct {
	Name    string `json:"name"`
	Path    string `json:"path"`
	ID      string `json:"id"`
	ARN     string `json:"arn"`
	Created int64  `json:"created"` // in seconds since 1970
	Role    string `json:"role,omitempty"`
	Tags    []tag  `json:"tags,omitempty"`
}

// profiles are those of an account, by key of their names; profileRoles has those that have
// a role, by keys of the role and of the profile.
var (
	profiles     = records.Kind[profile]{Name: "iaminstanceprofile"}
	profileRoles = records.Kind[struct{}]{Name: "iamprofilerole"}
)

func (s *service) profileOperations() map[string]operation.Operation {
	return map[string]operation.Operation{
		"CreateInstanceProfile":         operation.Of(newProfile, s.createProfile),
		"GetInstanceProfile":            operation.Of(onProfile[*profileRequest](s), s.getProfile),
		"ListInstanceProfiles":          operation.Of(anything[*listRolesRequest], s.listProfiles),
		"ListInstanceProfilesForRole":   operation.Of(onRole[*listOfRoleRequest](s), s.listProfilesOfRole),
		"AddRoleToInstanceProfile":      operation.Of(onProfile[*profileRoleRequest](s), s.addRole),
		"RemoveRoleFromInstanceProfile": operation.Of(onProfile[*profileRoleRequest](s), s.removeRole),
		"DeleteInstanceProfile":         operation.Of(onProfile[*profileRequest](s), s.deleteProfile),
		"TagInstanceProfile":            operation.Of(onProfile[*tagProfileRequest](s), s.tagProfile),
		"UntagInstanceProfile":          operation.Of(onProfile[*untagProfileRequest](s), s.untagProfile),
		"ListInstanceProfileTags":       operation.Of(onProfile[*listOfProfileRequest](s), s.listProfileTags),
	}
}

// A profileRequest names an instance profile.
type profileRequest struct {
	InstanceProfileName string `required:"" min:"1" max:"128" pattern:"[\\w+=,.@-]+"`
}

func (r *profileRequest) profileName() string { return r.InstanceProfileName }

// onProfile is onRole of instance profiles.
func onProfile[In interface{ profileName() string }](s *service) func(*operation.Call, In) []operation.Permission {
	return func(c *operation.Call, in In) []operation.Permission {
		name := in.profileName()
		arn := c.GlobalARN("iam", "instance-profile/"+name)
		_ = s.read(c.Request.Context(), c, func(tx *records.Tx) error { // the operation itself fails where this does
			if p, err := profiles.Get(tx, key(name)); err == nil && p != nil {
				arn = p.ARN
			}
			return nil
		})
		return c.On(arn)
	}
}

type createProfileRequest struct {
	profileRequest
	Path string `min:"1" max:"512" pattern:"(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)"`
	Tags []tag  `max:"50"`
}

func newProfile(c *operation.Call, in *createProfileRequest) []operation.Permission {
	return c.On(c.GlobalARN("iam", "instance-profile"+pathOf(in.Path)+in.InstanceProfileName))
}

type profileAnswer struct {
	Path                string
	InstanceProfileName string
	InstanceProfileID   string `xml:"InstanceProfileId"`
	ARN                 string `xml:"Arn"`
	CreateDate          string
	Roles               query.List[roleAnswer]
	Tags                *query.List[tag] `xml:",omitempty"`
}

type profileResponse struct{ InstanceProfile *profileAnswer }

// answer is the profile with its role.
func (p *profile) answer(tx *records.Tx) (*profileAnswer, error) {
	out := &profileAnswer{Path: p.Path, InstanceProfileName: p.Name, InstanceProfileID: p.ID, ARN: p.ARN, CreateDate: dateOf(p.Created), Tags: tagList(p.Tags)}
	if p.Role == "" {
		return out, nil
	}
	r, err := findRole(tx, p.Role)
	if err == nil {
		out.Roles.Members = []roleAnswer{r.brief()}
	}
	return out, err
}

func (s *service) createProfile(ctx context.Context, c *operation.Call, in *createProfileRequest) (*profileResponse, error) {
	path := pathOf(in.Path)
	p := &profile{
		Name: in.InstanceProfileName, Path: path, ID: newID("AIPA"), Created: c.Now.Unix(),
		ARN: c.GlobalARN("iam", "instance-profile"+path+in.InstanceProfileName),
	}
	var err error
	if p.Tags, err = tagged(nil, in.Tags); err != nil {
		return nil, err
	}
	out := new(profileResponse)
	err = s.write(ctx, c, func(tx *records.Tx) error {
		there, err := profiles.Get(tx, key(p.Name))
		if err != nil {
			return err
		}
		if there != nil {
			return exists("Instance Profile %s already exists.", p.Name)
		}
		if err := room(tx, profiles, "InstanceProfilesPerAccount"); err != nil {
			return err
		}
		if out.InstanceProfile, err = p.answer(tx); err != nil {
			return err
		}
		return profiles.Put(tx, key(p.Name), p)
	})
	return out, err
}

func findProfile(tx *records.Tx, name string) (*profile, error) {
	p, err := profiles.Get(tx, key(name))
	if err == nil && p == nil {
		err = noSuch("Instance Profile %s cannot be found.", name)
	}
	return p, err
}

// changeProfile changes the instance profile of a name.
func (s *service) changeProfile(ctx context.Context, c *operation.Call, name string, change func(tx *records.Tx, p *profile) error) error {
	return s.write(ctx, c, func(tx *records.Tx) error {
		p, err := findProfile(tx, name)
		if err != nil {
			return err
		}
		if err := change(tx, p); err != nil {
			return err
		}
		return profiles.Put(tx, key(p.Name), p)
	})
}

func (s *service) getProfile(ctx context.Context, c *operation.Call, in *profileRequest) (*profileResponse, error) {
	out := new(profileResponse)
	err := s.read(ctx, c, func(tx *records.Tx) error {
		p, err := findProfile(tx, in.InstanceProfileName)
		if err == nil {
			out.InstanceProfile, err = p.answer(tx)
		}
		return err
	})
	return out, err
}

type listProfilesResponse struct {
	InstanceProfiles query.List[profileAnswer]
	page
}

func (s *service) listProfiles(ctx context.Context, c *operation.Call, in *listRolesRequest) (*listProfilesResponse, error) {
	var out *listProfilesResponse
	err := s.read(ctx, c, func(tx *records.Tx) error {
		items, p, err := list(tx, profiles, listRequest{in.Marker, in.MaxItems}, func(p *profile) bool { return strings.HasPrefix(p.Path, in.PathPrefix) })
		if err != nil {
			return err
		}
		out = &listProfilesResponse{page: p}
		for _, item := range items {
			a, err := item.Record.answer(tx)
			if err != nil {
				return err
			}
			a.Tags = nil
			out.InstanceProfiles.Members = append(out.InstanceProfiles.Members, *a)
		}
		return nil
	})
	return out, err
}

// profilesOf are the keys of the instance profiles that have a role.
func profilesOf(tx *records.Tx, role string) ([]string, error) {
	items, _, err := profileRoles.List(tx, records.Prefix(key(role)), "", 0)
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = strings.TrimPrefix(item.ID, records.Prefix(key(role)))
	}
	return out, err
}

func (s *service) listProfilesOfRole(ctx context.Context, c *operation.Call, in *listOfRoleRequest) (*listProfilesResponse, error) {
	var out *listProfilesResponse
	err := s.read(ctx, c, func(tx *records.Tx) error {
		out = new(listProfilesResponse)
		if _, err := findRole(tx, in.RoleName); err != nil {
			return err
		}
		keys, err := profilesOf(tx, in.RoleName)
		if err != nil {
			return err
		}
		keys, out.page = cut(keys, in.listRequest, func(key string) string { return key })
		for _, key := range keys {
			p, err := findProfile(tx, key)
			if err != nil {
				return err
			}
			a, err := p.answer(tx)
			if err != nil {
				return err
			}
			out.InstanceProfiles.Members = append(out.InstanceProfiles.Members, *a)
		}
		return nil
	})
	return out, err
}

type profileRoleRequest struct {
	profileRequest
	RoleName string `required:"" min:"1" max:"64" pattern:"[\\w+=,.@-]+"`
}

func (s *service) addRole(ctx context.Context, c *operation.Call, in *profileRoleRequest) (*operation.Nothing, error) {
	return none(s.changeProfile(ctx, c, in.InstanceProfileName, func(tx *records.Tx, p *profile) error {
		r, err := findRole(tx, in.RoleName)
		if err != nil {
			return err
		}
		if p.Role != "" {
			return exceeded("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
		}
		p.Role = r.Name
		return profileRoles.Put(tx, records.ID(key(r.Name), key(p.Name)), new(struct{}))
	}))
}

func (s *service) removeRole(ctx context.Context, c *operation.Call, in *profileRoleRequest) (*operation.Nothing, error) {
	return none(s.changeProfile(ctx, c, in.InstanceProfileName, func(tx *records.Tx, p *profile) error {
		if key(p.Role) != key(in.RoleName) {
			return noSuch("The role with name %s cannot be found.", in.RoleName)
		}
		role := p.Role
		p.Role = ""
		return profileRoles.Delete(tx, records.ID(key(role), key(p.Name)))
	}))
}

func (s *service) deleteProfile(ctx context.Context, c *operation.Call, in *profileRequest) (*operation.Nothing, error) {
	return none(s.write(ctx, c, func(tx *records.Tx) error {
		p, err := findProfile(tx, in.InstanceProfileName)
		if err != nil {
			return err
		}
		if p.Role != "" {
			return inUse("Cannot delete entity, must remove roles from instance profile first.")
		}
		return profiles.Delete(tx, key(p.Name))
	}))
}

type tagProfileRequest struct {
	profileRequest
	Tags []tag `required:"" max:"50"`
}

func (s *service) tagProfile(ctx context.Context, c *operation.Call, in *tagProfileRequest) (*operation.Nothing, error) {
	return none(s.changeProfile(ctx, c, in.InstanceProfileName, func(_ *records.Tx, p *profile) (err error) {
		p.Tags, err = tagged(p.Tags, in.Tags)
		return err
	}))
}

type untagProfileRequest struct {
	profileRequest
	TagKeys []string `required:"" max:"50"`
}

func (s *service) untagProfile(ctx context.Context, c *operation.Call, in *untagProfileRequest) (*operation.Nothing, error) {
	return none(s.changeProfile(ctx, c, in.InstanceProfileName, func(_ *records.Tx, p *profile) error {
		p.Tags = untagged(p.Tags, in.TagKeys)
		return nil
	}))
}

type listOfProfileRequest struct {
	profileRequest
	listRequest
}

func (s *service) listProfileTags(ctx context.Context, c *operation.Call, in *listOfProfileRequest) (out *tagsResponse, err error) {
	err = s.read(ctx, c, func(tx *records.Tx) error {
		p, err := findProfile(tx, in.InstanceProfileName)
		if err == nil {
			out = tagsPage(p.Tags, in.listRequest)
		}
		return err
	})
	return out, err
}
