package policy

import "testing"

func TestPrincipalValue(t *testing.T) {
	tests := map[string]struct{ arn, key, want string }{
		"account":           {testUser, "aws:principalaccount", "111122223333"},
		"user":              {testUser, "aws:principalarn", testUser},
		"user name":         {"arn:aws:iam::111122223333:user/team/alice", "aws:username", "alice"},
		"type of a user":    {testUser, "aws:principaltype", "User"},
		"role of a session": {"arn:aws-cn:sts::111122223333:assumed-role/app/i-1", "aws:principalarn", "arn:aws-cn:iam::111122223333:role/app"},
		"session":           {"arn:aws:sts::111122223333:assumed-role/app/i-1", "aws:principaltype", "AssumedRole"},
		"name of a session": {"arn:aws:sts::111122223333:assumed-role/app/i-1", "aws:username", ""},
		"root":              {"arn:aws:iam::111122223333:root", "aws:principaltype", "Account"},
		"federated user":    {"arn:aws:sts::111122223333:federated-user/bob", "aws:principaltype", "FederatedUser"},
		"other key":         {testUser, "aws:sourceip", ""},
		"anonymous":         {"", "aws:principalarn", ""},
		"no ARN":            {"alice", "aws:principalarn", ""},
		"unknown kind":      {"arn:aws:iam::111122223333:group/x", "aws:principaltype", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got, ok := PrincipalValue(tt.arn, tt.key); ok != (tt.want != "") || ok && got != tt.want {
				t.Errorf("got %q, %v, want %q", got, ok, tt.want)
			}
		})
	}
}
