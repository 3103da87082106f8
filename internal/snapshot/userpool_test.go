package snapshot

import (
	"strings"
	"testing"
)

// What both planes take for the ARN of a user pool.
func TestParseUserPool(t *testing.T) {
	for arn, want := range map[string]UserPool{
		"arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Ab1":                 {"aws", "eu-west-1", "eu-west-1_Ab1"},
		"arn:aws-cn:cognito-idp:cn-north-1:111122223333:userpool/cn-north-1_Ab1":            {"aws-cn", "cn-north-1", "cn-north-1_Ab1"},
		"arn:aws-iso:cognito-idp:us-iso-east-1:111122223333:userpool/us-iso-east-1_Ab1":     {"aws-iso", "us-iso-east-1", "us-iso-east-1_Ab1"},
		"arn:aws:cognito-idp:local:111122223333:userpool/local_Ab1":                         {"aws", "local", "local_Ab1"},
		"arn:aws:cognito-idp:local:111122223333:userpool/my_id_Ab1":                         {"aws", "local", "my_id_Ab1"},
		"arn:aws:cognito-idp:eu-west-1:111122223333:userpool/Ab1":                           {},
		"arn:aws:cognito-idp:eu-west-1:111122223333:userpool/_Ab1":                          {},
		"arn:aws:cognito-idp:eu-west-1::userpool/eu-west-1_Ab1":                             {},
		"arn:aws:cognito-idp:a.b:111122223333:userpool/a_b":                                 {},
		"arn:aws:cognito-idp:-x:111122223333:userpool/a_b":                                  {},
		"arn:aws:cognito-idp:eu-west-1:111122223333:userpool/a/b_c":                         {},
		"arn:aws:cognito-idp:eu-west-1:111122223333:userpool/a_" + strings.Repeat("b", 53):  {"aws", "eu-west-1", "a_" + strings.Repeat("b", 53)},
		"arn:aws:cognito-idp:eu-west-1:111122223333:userpool/a_" + strings.Repeat("b", 54):  {},
		"arn:aws:cognito-idp:eu-west-1:111122223333:userpool/ab_" + strings.Repeat("b", 53): {},
		"arn:x:cognito-idp:eu-west-1:111122223333:userpool/a_b":                             {},
	} {
		if got, ok := ParseUserPool(arn); got != want || ok != (want != UserPool{}) {
			t.Errorf("%s: got %v, %v", arn, got, ok)
		}
	}
}
