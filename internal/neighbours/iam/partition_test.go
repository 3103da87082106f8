package iam

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// What IAM makes is in the partition of who makes it, whatever region signs the call.
func TestPartitions(t *testing.T) {
	r := newRig(t)
	for _, partition := range []string{"aws-cn", "aws-us-gov", "aws"} {
		r.partition = partition
		name := aws.String("of-" + partition)
		role := must(r.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(trust)}))(t).Role
		policy := must(r.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: name, PolicyDocument: aws.String(logging)}))(t).Policy
		profile := must(r.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: name}))(t).InstanceProfile
		must(r.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: policy.Arn}))(t)
		ofAWS := must(r.ListPolicies(ctx, &iam.ListPoliciesInput{Scope: "AWS"}))(t).Policies
		must(r.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: ofAWS[0].Arn}))(t)
		for _, got := range []*string{role.Arn, policy.Arn, profile.Arn, ofAWS[0].Arn} {
			if !strings.HasPrefix(*got, "arn:"+partition+":iam::") {
				t.Errorf("%s has %s", partition, *got)
			}
		}
	}
}
