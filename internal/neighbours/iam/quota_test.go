package iam

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
)

// An account has as many roles, policies and instance profiles as its quotas say.
func TestQuotas(t *testing.T) {
	r := newRig(t)
	err := records.New(records.Options{Store: r.store}).Write(ctx, account, nowhere, func(tx *records.Tx) error {
		for i := range mostOfAKind - 1 {
			id := fmt.Sprintf("x-%05d", i)
			if err := roles.Put(tx, id, &role{Name: id}); err != nil {
				return err
			}
			if err := policies.Put(tx, id, &managed{Name: id}); err != nil {
				return err
			}
			if err := profiles.Put(tx, id, &profile{Name: id}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for quota, create := range map[string]func(name string) error{
		"RolesPerAccount": func(name string) error {
			_, err := r.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trust)})
			return err
		},
		"PoliciesPerAccount": func(name string) error {
			_, err := r.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: aws.String(logging)})
			return err
		},
		"InstanceProfilesPerAccount": func(name string) error {
			_, err := r.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: &name})
			return err
		},
	} {
		wants(t, create("last"), "<nil>")
		wants(t, create("more"), "409 LimitExceeded: Cannot exceed quota for "+quota+": 5000")
	}
}

// White space in the policies of a role does not count among their characters, and has a
// bound of its own.
func TestWhiteSpace(t *testing.T) {
	r := newRig(t)
	must(r.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("app"), AssumeRolePolicyDocument: aws.String(trust)}))(t)
	var err error
	for i := 0; i < 6 && err == nil; i++ {
		_, err = r.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
			RoleName: aws.String("app"), PolicyName: aws.String(fmt.Sprint(i)), PolicyDocument: aws.String(logging + strings.Repeat(" ", 120000)),
		})
	}
	wants(t, err, "409 LimitExceeded: Maximum policy size of 10240 bytes exceeded for role app")
}
