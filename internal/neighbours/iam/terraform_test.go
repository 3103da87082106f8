package iam

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"
)

// A roleState is what Terraform's provider keeps of an aws_iam_role.
type roleState struct {
	ARN, ID, Name, Path, Description, Trust, Boundary string

	MaxSession int32
	Tags       map[string]string
	Inline     map[string]string
	Managed    []string
}

// readRole makes the calls of the provider's read.
func (r *rig) readRole(t *testing.T, name string) roleState {
	t.Helper()
	role := must(r.GetRole(ctx, &iam.GetRoleInput{RoleName: &name}))(t).Role
	s := roleState{
		ARN: *role.Arn, ID: *role.RoleId, Name: *role.RoleName, Path: *role.Path, Description: aws.ToString(role.Description), MaxSession: *role.MaxSessionDuration,
		Trust: unescaped(t, role.AssumeRolePolicyDocument), Tags: map[string]string{}, Inline: map[string]string{},
	}
	if role.CreateDate == nil || role.CreateDate.IsZero() {
		t.Error("the role has no date")
	}
	if role.PermissionsBoundary != nil {
		s.Boundary = *role.PermissionsBoundary.PermissionsBoundaryArn
	}
	for _, tag := range role.Tags {
		s.Tags[*tag.Key] = *tag.Value
	}
	for _, policy := range must(r.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &name}))(t).PolicyNames {
		p := must(r.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &name, PolicyName: &policy}))(t)
		s.Inline[*p.PolicyName] = unescaped(t, p.PolicyDocument)
	}
	for _, p := range must(r.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: &name}))(t).AttachedPolicies {
		s.Managed = append(s.Managed, *p.PolicyArn)
	}
	return s
}

// TestTerraformRole makes the calls of Terraform's provider for a role with policies of its
// own and such as are attached, from apply to destroy.
func TestTerraformRole(t *testing.T) {
	r, name := newRig(t), aws.String("app")
	created := must(r.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: name, Path: aws.String("/team/"), AssumeRolePolicyDocument: aws.String(trust), MaxSessionDuration: aws.Int32(3600),
		Tags: []types.Tag{{Key: aws.String("env"), Value: aws.String("test")}, {Key: aws.String("empty"), Value: aws.String("")}},
	}))(t).Role
	want := roleState{
		ARN: "arn:aws:iam::111122223333:role/team/app", ID: *created.RoleId, Name: "app", Path: "/team/", MaxSession: 3600, Trust: trust,
		Tags: map[string]string{"env": "test", "empty": ""}, Inline: map[string]string{},
	}
	check := func() {
		t.Helper()
		if d := cmp.Diff(want, r.readRole(t, "app")); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
	}
	check()

	// aws_iam_role_policy and aws_iam_role_policy_attachment.
	must(r.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("logs"), PolicyDocument: aws.String(logging)}))(t)
	must(r.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: aws.String(basic)}))(t)
	want.Inline["logs"], want.Managed = logging, []string{basic}
	check()
	check() // the second plan reads the same

	const other = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:PrincipalTag/team":"x"}}}]}`
	must(r.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: aws.String(other)}))(t)
	if got := must(r.UpdateRoleDescription(ctx, &iam.UpdateRoleDescriptionInput{RoleName: name, Description: aws.String("of the app")}))(t); *got.Role.Description != "of the app" {
		t.Errorf("described as %s", *got.Role.Description)
	}
	must(r.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, MaxSessionDuration: aws.Int32(7200)}))(t)
	must(r.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")}))(t)
	must(r.UntagRole(ctx, &iam.UntagRoleInput{RoleName: name, TagKeys: []string{"empty"}}))(t)
	must(r.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: []types.Tag{{Key: aws.String("env"), Value: aws.String("prod")}}}))(t)
	want.Trust, want.Description, want.MaxSession, want.Boundary, want.Tags = other, "of the app", 7200, "arn:aws:iam::aws:policy/AdministratorAccess", map[string]string{"env": "prod"}
	check()
	must(r.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: name}))(t)
	want.Boundary = ""
	check()
	if tags := must(r.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: name}))(t); len(tags.Tags) != 1 || *tags.Tags[0].Value != "prod" || tags.IsTruncated {
		t.Errorf("tags %v", tags.Tags)
	}

	_, err := r.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	wants(t, err, "409 DeleteConflict: Cannot delete entity, must detach all policies first.")
	must(r.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: aws.String(basic)}))(t)
	_, err = r.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	wants(t, err, "409 DeleteConflict: Cannot delete entity, must delete policies first.")
	must(r.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: aws.String("logs")}))(t)
	if used := must(r.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: name}))(t); len(used.InstanceProfiles) != 0 {
		t.Errorf("in %d instance profiles", len(used.InstanceProfiles))
	}
	must(r.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name}))(t)
	_, err = r.GetRole(ctx, &iam.GetRoleInput{RoleName: name})
	wants(t, err, "404 NoSuchEntity: The role with name app cannot be found.")
}

// readPolicy makes the calls of the provider's read of an aws_iam_policy.
func (r *rig) readPolicy(t *testing.T, arn *string) (document, description string) {
	t.Helper()
	p := must(r.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: arn}))(t).Policy
	v := must(r.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: arn, VersionId: p.DefaultVersionId}))(t).PolicyVersion
	if !v.IsDefaultVersion || p.Arn == nil || *p.Arn != *arn || p.PolicyId == nil {
		t.Errorf("policy %+v, version %+v", p, v)
	}
	return unescaped(t, v.Document), aws.ToString(p.Description)
}

// TestTerraformPolicy is TestTerraformRole of an aws_iam_policy, which has a version more
// with each change and five at most.
func TestTerraformPolicy(t *testing.T) {
	r := newRig(t)
	created := must(r.CreatePolicy(ctx, &iam.CreatePolicyInput{
		PolicyName: aws.String("logs"), Path: aws.String("/app/"), PolicyDocument: aws.String(logging), Description: aws.String("to log"),
		Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}},
	}))(t).Policy
	arn := created.Arn
	if *arn != "arn:aws:iam::111122223333:policy/app/logs" || len(created.Tags) != 1 || *created.DefaultVersionId != "v1" {
		t.Fatalf("created %+v", created)
	}
	if document, description := r.readPolicy(t, arn); document != logging || description != "to log" {
		t.Errorf("read %s, %s", document, description)
	}
	must(r.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("app"), AssumeRolePolicyDocument: aws.String(trust), PermissionsBoundary: arn}))(t)
	must(r.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("app"), PolicyArn: arn}))(t)
	if p := must(r.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: arn}))(t).Policy; *p.AttachmentCount != 1 || *p.PermissionsBoundaryUsageCount != 1 {
		t.Errorf("attached %d times, %d times a boundary", *p.AttachmentCount, *p.PermissionsBoundaryUsageCount)
	}
	if users := must(r.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: arn}))(t); len(users.PolicyRoles) != 1 || *users.PolicyRoles[0].RoleName != "app" {
		t.Errorf("used by %v", users.PolicyRoles)
	}
	for i := range 5 {
		_, err := r.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(logging + " "), SetAsDefault: true})
		if i < 4 && err != nil {
			t.Fatal(err)
		}
		if i == 4 {
			wants(t, err, "409 LimitExceeded: A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.")
		}
	}
	if document, _ := r.readPolicy(t, arn); document != logging+" " {
		t.Errorf("read %q", document)
	}
	versions := must(r.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: arn}))(t).Versions
	if len(versions) != 5 || *versions[0].VersionId != "v5" || !versions[0].IsDefaultVersion || versions[1].IsDefaultVersion {
		t.Fatalf("versions %+v", versions)
	}
	_, err := r.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v5")})
	wants(t, err, "409 DeleteConflict: Cannot delete the default version of a policy.")
	must(r.SetDefaultPolicyVersion(ctx, &iam.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v1")}))(t)
	_, err = r.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn})
	wants(t, err, "409 DeleteConflict: Cannot delete a policy attached to entities.")
	must(r.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: aws.String("app"), PolicyArn: arn}))(t)
	must(r.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("app")}))(t)
	_, err = r.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn})
	wants(t, err, "409 DeleteConflict: This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
	for _, v := range versions[:4] {
		must(r.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: v.VersionId}))(t)
	}
	must(r.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn}))(t)
	_, err = r.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: arn})
	wants(t, err, "404 NoSuchEntity: Policy arn:aws:iam::111122223333:policy/app/logs was not found.")
}

// TestTerraformInstanceProfile is TestTerraformRole of an aws_iam_instance_profile.
func TestTerraformInstanceProfile(t *testing.T) {
	r, name := newRig(t), aws.String("web")
	must(r.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("app"), AssumeRolePolicyDocument: aws.String(trust)}))(t)
	p := must(r.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: name, Path: aws.String("/")}))(t).InstanceProfile
	if *p.Arn != "arn:aws:iam::111122223333:instance-profile/web" || len(p.Roles) != 0 || p.CreateDate == nil {
		t.Errorf("created %+v", p)
	}
	must(r.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: aws.String("app")}))(t)
	_, err := r.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: aws.String("app")})
	wants(t, err, "409 LimitExceeded: Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
	if p = must(r.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: name}))(t).InstanceProfile; len(p.Roles) != 1 || *p.Roles[0].RoleName != "app" {
		t.Errorf("read %+v", p)
	}
	_, err = r.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("app")})
	wants(t, err, "409 DeleteConflict: Cannot delete entity, must remove roles from instance profile first.")
	if used := must(r.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: aws.String("app")}))(t).InstanceProfiles; len(used) != 1 || *used[0].InstanceProfileName != "web" {
		t.Errorf("the role is in %v", used)
	}
	must(r.TagInstanceProfile(ctx, &iam.TagInstanceProfileInput{InstanceProfileName: name, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}))(t)
	if tags := must(r.ListInstanceProfileTags(ctx, &iam.ListInstanceProfileTagsInput{InstanceProfileName: name}))(t).Tags; len(tags) != 1 {
		t.Errorf("tags %v", tags)
	}
	must(r.UntagInstanceProfile(ctx, &iam.UntagInstanceProfileInput{InstanceProfileName: name, TagKeys: []string{"A"}}))(t)
	if all := must(r.ListInstanceProfiles(ctx, &iam.ListInstanceProfilesInput{}))(t).InstanceProfiles; len(all) != 1 || len(all[0].Tags) != 0 {
		t.Errorf("there are %v", all)
	}
	_, err = r.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: name})
	wants(t, err, "409 DeleteConflict: Cannot delete entity, must remove roles from instance profile first.")
	must(r.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: name, RoleName: aws.String("app")}))(t)
	must(r.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: name}))(t)
	_, err = r.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: name})
	wants(t, err, "404 NoSuchEntity: Instance Profile web cannot be found.")
	must(r.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("app")}))(t)
}
