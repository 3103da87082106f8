package iam

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// What IAM refuses, in its own words.
func TestErrors(t *testing.T) {
	r := newRig(t)
	app := aws.String("app")
	must(r.CreateRole(ctx, &iam.CreateRoleInput{RoleName: app, AssumeRolePolicyDocument: aws.String(trust)}))(t)
	must(r.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("logs"), PolicyDocument: aws.String(logging)}))(t)
	role := func(name, document string) func() error {
		return func() error {
			_, err := r.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &document})
			return err
		}
	}
	put := func(document string) func() error {
		return func() error {
			_, err := r.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: app, PolicyName: aws.String("p"), PolicyDocument: &document})
			return err
		}
	}
	attach := func(arn string) func() error {
		return func() error {
			_, err := r.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: app, PolicyArn: &arn})
			return err
		}
	}
	tag := func(keys ...string) func() error {
		in := &iam.TagRoleInput{RoleName: app}
		for _, key := range keys {
			in.Tags = append(in.Tags, types.Tag{Key: &key, Value: aws.String("")})
		}
		return func() error {
			_, err := r.TagRole(ctx, in)
			return err
		}
	}
	statement := func(rest string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + rest + `}]}`
	}
	tests := map[string]struct {
		call func() error
		want string
	}{
		"a role of the name":                 {role("app", trust), "409 EntityAlreadyExists: Role with name app already exists."},
		"of the name in another case":        {role("APP", trust), "409 EntityAlreadyExists: Role with name APP already exists."},
		"of the credentials file":            {role("OfFile", trust), "409 EntityAlreadyExists: Role with name OfFile already exists."},
		"a bad name":                         {role("a/b", trust), `400 ValidationError: 1 validation error detected: Value 'a/b' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]+`},
		"a trust that is no JSON":            {role("b", "trust.json"), "400 MalformedPolicyDocument: This policy contains invalid Json"},
		"a trust with a resource":            {role("b", statement(`"Principal":"*","Action":"sts:AssumeRole","Resource":"*"`)), "400 MalformedPolicyDocument: Has prohibited field Resource"},
		"a trust without a principal":        {role("b", statement(`"Action":"sts:AssumeRole"`)), "400 MalformedPolicyDocument: Syntax errors in policy. (Statement[0].Principal: is missing)"},
		"a long trust":                       {role("b", statement(`"Sid":"`+strings.Repeat("x", 5000)+`","Principal":"*","Action":"sts:AssumeRole"`)), "409 LimitExceeded: Cannot exceed quota for ACLSizePerRole: 4096"},
		"a policy that is none":              {put("null"), "400 MalformedPolicyDocument: Syntax errors in policy. (the document is not a JSON object)"},
		"a policy that is no JSON":           {put("{"), "400 MalformedPolicyDocument: Syntax errors in policy."},
		"a policy with a principal":          {put(statement(`"Principal":"*","Action":"s3:*","Resource":"*"`)), "400 MalformedPolicyDocument: Policy document should not specify a principal."},
		"a policy without a resource":        {put(statement(`"Action":"s3:*"`)), "400 MalformedPolicyDocument: Policy statement must contain resources."},
		"a policy without an action":         {put(statement(`"Resource":"*"`)), "400 MalformedPolicyDocument: Policy statement must contain actions."},
		"an action without a service":        {put(statement(`"Action":"Invoke","Resource":"*"`)), "400 MalformedPolicyDocument: Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
		"policies that are too long":         {put(statement(`"Sid":"` + strings.Repeat("x", 10240) + `","Action":"s3:*","Resource":"*"`)), "409 LimitExceeded: Maximum policy size of 10240 bytes exceeded for role app"},
		"white space does not count":         {put(statement(`"Action":"s3:*","Resource":"*"`) + strings.Repeat(" ", 20000)), "<nil>"},
		"a policy deep as none":              {put(statement(`"Action":` + strings.Repeat("[", 4000) + strings.Repeat("]", 4000) + `,"Resource":"*"`)), "400 MalformedPolicyDocument: Syntax errors in policy. (Statement[0].Action[0][0][0][0][0][0][0][0]: is nested too deeply)"},
		"a policy that is not there":         {attach("arn:aws:iam::111122223333:policy/none"), "404 NoSuchEntity: Policy arn:aws:iam::111122223333:policy/none does not exist or is not attachable."},
		"by another path":                    {attach("arn:aws:iam::111122223333:policy/x/logs"), "404 NoSuchEntity: Policy arn:aws:iam::111122223333:policy/x/logs does not exist or is not attachable."},
		"of another account":                 {attach("arn:aws:iam::444455556666:policy/logs"), "404 NoSuchEntity: Policy arn:aws:iam::444455556666:policy/logs does not exist or is not attachable."},
		"no ARN":                             {attach("something that is no ARN"), "400 InvalidInput: ARN something that is no ARN is not valid."},
		"AWS's that is not known":            {attach("arn:aws:iam::aws:policy/SomethingElse"), "<nil>"},
		"AWS's that denies and is not known": {attach("arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"), "404 NoSuchEntity: Policy arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3 does not exist or is not attachable."},
		"one key of tags twice":              {tag("a", "A"), "400 InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive."},
		"too many tags": {func() error {
			for i := range 2 {
				var keys []string
				for n := range 26 {
					keys = append(keys, fmt.Sprintf("k%d-%d", i, n))
				}
				if err := tag(keys...)(); err != nil {
					return err
				}
			}
			return nil
		}, "409 LimitExceeded: The number of tags has reached the maximum limit."},
		"a parameter that is not supported": {func() error {
			_, err := r.ListRoles(ctx, &iam.ListRolesInput{PathPrefix: aws.String("x")})
			return err
		}, `400 ValidationError: 1 validation error detected: Value 'x' at 'pathPrefix' failed to satisfy constraint: Member must satisfy regular expression pattern: \u002F[\u0021-\u007F]*`},
		"a policy of AWS is changed": {func() error {
			_, err := r.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: aws.String(basic)})
			return err
		}, "403 AccessDenied: User: arn:aws:iam::111122223333:user/alice is not authorized to perform: iam:DeletePolicy on resource: policy " + basic},
		"no boundary": {func() error {
			_, err := r.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: app})
			return err
		}, "404 NoSuchEntity: Role app does not have a permissions boundary."},
		"a policy of the role that is not there": {func() error {
			_, err := r.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: app, PolicyName: aws.String("none")})
			return err
		}, "404 NoSuchEntity: The role policy with name none cannot be found."},
		"a version that is not there": {func() error {
			_, err := r.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: aws.String(basic), VersionId: aws.String("v7")})
			return err
		}, "404 NoSuchEntity: Policy " + basic + " version v7 does not exist or is not attachable."},
		"another user": {func() error {
			_, err := r.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("bob")})
			return err
		}, "404 NoSuchEntity: The user with name bob cannot be found."},
		"users are those of the file": {func() error {
			_, err := r.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("bob")})
			return err
		}, "400 InvalidAction: Could not find operation CreateUser for version 2010-05-08: this server answers AddRoleToInstanceProfile, "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := problem(tt.call()); got != tt.want && (!strings.HasSuffix(tt.want, ", ") || !strings.HasPrefix(got, tt.want)) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// Who asks for the user is told who calls; accounts have no aliases.
func TestWho(t *testing.T) {
	r := newRig(t)
	user := must(r.GetUser(ctx, &iam.GetUserInput{}))(t).User
	if *user.UserName != "alice" || *user.UserId != "alice" || *user.Arn != "arn:aws:iam::111122223333:user/alice" || *user.Path != "/" || user.CreateDate == nil {
		t.Errorf("got %+v", user)
	}
	if out := must(r.ListAccountAliases(ctx, &iam.ListAccountAliasesInput{}))(t); len(out.AccountAliases) != 0 {
		t.Errorf("got %v", out.AccountAliases)
	}
}

// Lists come in pages, which hold each thing once.
func TestPages(t *testing.T) {
	r := newRig(t)
	const roles = 23
	for i := range roles {
		path := aws.String([]string{"/even/", "/odd/"}[i%2])
		name := aws.String(fmt.Sprintf("role-%02d", i))
		must(r.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, Path: path, AssumeRolePolicyDocument: aws.String(trust)}))(t)
		must(r.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("role-00"), PolicyName: name, PolicyDocument: aws.String(logging)}))(t)
		must(r.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: name, PolicyDocument: aws.String(logging)}))(t)
	}
	for size := range int32(13) {
		seen := map[string]int{}
		all := iam.NewListRolesPaginator(r, &iam.ListRolesInput{MaxItems: aws.Int32(size + 1), PathPrefix: aws.String("/odd")})
		for all.HasMorePages() {
			for _, role := range must(all.NextPage(ctx))(t).Roles {
				seen[*role.RoleName]++
			}
		}
		own := iam.NewListRolePoliciesPaginator(r, &iam.ListRolePoliciesInput{MaxItems: aws.Int32(size + 1), RoleName: aws.String("role-00")})
		for own.HasMorePages() {
			for _, name := range must(own.NextPage(ctx))(t).PolicyNames {
				seen["own "+name]++
			}
		}
		policies := iam.NewListPoliciesPaginator(r, &iam.ListPoliciesInput{MaxItems: aws.Int32(size + 1)})
		for policies.HasMorePages() {
			for _, p := range must(policies.NextPage(ctx))(t).Policies {
				seen[*p.Arn]++
			}
		}
		if want := roles/2 + roles + roles + len(knownPolicies); len(seen) != want {
			t.Errorf("pages of %d have %d things, want %d", size+1, len(seen), want)
		}
		for name, n := range seen {
			if n != 1 {
				t.Errorf("pages of %d have %s %d times", size+1, name, n)
			}
		}
	}
	local := must(r.ListPolicies(ctx, &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal, OnlyAttached: true}))(t)
	if len(local.Policies) != 0 || local.IsTruncated {
		t.Errorf("%d policies are attached", len(local.Policies))
	}
}
