package credentials

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	aliceKey    = "AKIAALICE"
	aliceSecret = "alice-secret-of-40-characters-or-so-long"
)

// credentialText is an entry that lacks nothing, and more lines for it.
func credentialText(lines ...string) string {
	return "- accessKeyId: " + aliceKey + "\n  secretAccessKey: " + aliceSecret + "\n  account: \"111122223333\"\n" +
		strings.Join(append(lines, ""), "\n")
}

func TestParse(t *testing.T) {
	c, err := Parse([]byte(credentialText(
		"  policy: {Version: 2012-10-17, Statement: {Effect: Allow, Action: apigateway:GET, Resource: '*'}}",
		"- accessKeyId: SECOND",
		"  secretAccessKey: 0123456789012345",
		"  account: 000000000000", // a number to YAML, taken as written
		"  principal: arn:aws:sts::000000000000:assumed-role/deploy/ci",
		"  sessionToken: token",
		"  disabled: true",
		`  policy: '{"Statement": []}'`,
	)))
	if err != nil {
		t.Fatal(err)
	}
	first, second := c.byKey[aliceKey], c.byKey["SECOND"]
	if first.Account != "111122223333" || first.Principal != "arn:aws:iam::111122223333:user/"+aliceKey || first.Credential.SecretAccessKey != aliceSecret || first.Credential.Disabled {
		t.Errorf("first: %s %s", first.Account, first.Principal)
	}
	if want := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"apigateway:GET","Resource":"*"}}`; first.policyText != want {
		t.Errorf("policy of the first: %s, want %s", first.policyText, want)
	}
	if second.Account != "000000000000" || second.Principal != "arn:aws:sts::000000000000:assumed-role/deploy/ci" ||
		second.Credential.SessionToken != "token" || !second.Credential.Disabled || second.own == nil {
		t.Errorf("second: %s %s", second.Account, second.Principal)
	}
}

// TestParseErrors: each error says which entry and which rule, and holds
// no secret.
func TestParseErrors(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"empty":                       {"", "is not a list of credentials"},
		"empty list":                  {"[]", "is not a list of credentials"},
		"mapping":                     {"credentials: []", "is not a list of credentials"},
		"not YAML":                    {credentialText("  policy: [" + aliceSecret), "is not valid YAML (line "},
		"secret like an alias":        {"- secretAccessKey: *" + aliceSecret, "is not valid YAML"},
		"secret like a tag":           {"- secretAccessKey: !<" + aliceSecret, "is not valid YAML"},
		"entry is a text":             {"- " + aliceSecret, "entry 1 (line 1): is not a mapping"},
		"unknown key":                 {credentialText("  " + aliceSecret + ": x"), "entry 1 (line 1): line 4: a key is none of accessKeyId, secretAccessKey, sessionToken, account, principal, disabled, policy"},
		"key twice":                   {credentialText("  account: '111122223333'"), "entry 1 (line 1): account: is there twice"},
		"secret is a list":            {"- secretAccessKey: [" + aliceSecret + "]", "entry 1 (line 1): secretAccessKey: must be a text"},
		"secret is null":              {"- secretAccessKey: ~", "entry 1 (line 1): secretAccessKey: must be a text"},
		"no key":                      {"- secretAccessKey: " + aliceSecret, "entry 1 (line 1): accessKeyId: must be 1 to 128 letters, digits, _, . and -"},
		"key with a slash":            {"- accessKeyId: a/b\n  secretAccessKey: " + aliceSecret, "entry 1 (line 1): accessKeyId: must be"},
		"short secret":                {"- accessKeyId: a\n  secretAccessKey: test", "entry 1 (line 1): secretAccessKey: must have at least 16 characters"},
		"no account":                  {"- accessKeyId: a\n  secretAccessKey: " + aliceSecret, "entry 1 (line 1): account: must be 12 digits"},
		"empty token":                 {credentialText("  sessionToken: ''"), "entry 1 (line 1): sessionToken: must not be empty"},
		"disabled by a word":          {credentialText("  disabled: maybe"), "entry 1 (line 1): disabled: must be true or false"},
		"principal is a name":         {credentialText("  principal: alice"), "entry 1 (line 1): principal: must be the ARN of a user, a role or a session"},
		"principal of another":        {credentialText("  principal: arn:aws:iam::999999999999:user/alice"), "entry 1 (line 1): principal: is of another account than the entry"},
		"same key":                    {credentialText(strings.TrimSuffix(credentialText(), "\n")), "entry 2 (line 4): accessKeyId: AKIAALICE is there twice"},
		"policy is no policy":         {credentialText("  policy: {Statement: {Effect: Maybe}}"), "entry 1 (line 1): policy: Statement.Effect: must be Allow or Deny"},
		"policy with an alias":        {credentialText("  policy: {Id: &a x, Statement: *a}"), "entry 1 (line 1): policy: line 4: aliases are not supported"},
		"policy on the unknown":       {credentialText(`  policy: {Statement: {Effect: Deny, Action: "*", Resource: "*", Condition: {StringEquals: {aws:PrincipalOrgID: o-1}}}}`), "entry 1 (line 1): policy: Statement.Condition.StringEquals.aws:PrincipalOrgID: the condition key aws:principalorgid is not supported: no call here has a value for it"},
		"condition of a trust policy": {credentialText(`  policy: {Statement: {Effect: Deny, Action: "*", Resource: "*", Condition: {StringEquals: {sts:ExternalId: x}}}}`), "entry 1 (line 1): policy: Statement.Condition.StringEquals.sts:ExternalId: the condition key sts:externalid is not supported"},
		"role of no name":             {"- role: arn:aws:iam::111122223333:role/\n  trust: ['111122223333']", "entry 1 (line 1): role: must be the ARN of a role"},
		"role is a user":              {"- role: arn:aws:iam::111122223333:user/x\n  trust: ['111122223333']", "entry 1 (line 1): role: must be the ARN of a role"},
		"role without trust":          {"- role: arn:aws:iam::111122223333:role/x", "entry 1 (line 1): trust: is missing"},
		"role that trusts nobody":     {"- role: arn:aws:iam::111122223333:role/x\n  trust: []", "entry 1 (line 1): trust: Statement.Principal.AWS: must be one or a list"},
		"role that trusts a name":     {"- role: arn:aws:iam::111122223333:role/x\n  trust: [alice]", `entry 1 (line 1): trust: Statement.Principal.AWS: "alice" is neither`},
		"role that trusts a list":     {"- role: arn:aws:iam::111122223333:role/x\n  trust: [[alice]]", "entry 1 (line 1): trust: line 2: must be a text"},
		"trust with a resource":       {"- role: arn:aws:iam::111122223333:role/x\n  trust: {Statement: {Effect: Allow, Principal: '*', Action: 'sts:AssumeRole', Resource: '*'}}", "entry 1 (line 1): trust: Statement.Resource: has no place"},
		"role with a secret":          {"- role: arn:aws:iam::111122223333:role/x\n  secretAccessKey: " + aliceSecret, "entry 1 (line 1): line 2: a key is none of role, trust, policy, maxSessionDuration"},
		"role for a minute":           {"- role: arn:aws:iam::111122223333:role/x\n  maxSessionDuration: 60", "entry 1 (line 1): maxSessionDuration: must be 3600 to 43200 seconds"},
		"role twice":                  {"- role: arn:aws:iam::111122223333:role/x\n  trust: ['*']\n- role: arn:aws:iam::111122223333:role/x\n  trust: ['*']", "entry 2 (line 3): role: arn:aws:iam::111122223333:role/x is there twice"},
		"role of two paths":           {"- role: arn:aws:iam::111122223333:role/a/x\n  trust: ['*']\n- role: arn:aws:iam::111122223333:role/b/X\n  trust: ['*']", "entry 2 (line 3): role: arn:aws:iam::111122223333:role/a/x and arn:aws:iam::111122223333:role/b/X have the same name"},
		"role of a key's path":        {credentialText("  principal: arn:aws:iam::111122223333:role/x", "- role: arn:aws:iam::111122223333:role/b/x", "  trust: ['*']"), "entry 2 (line 5): role: arn:aws:iam::111122223333:role/x and arn:aws:iam::111122223333:role/b/x have the same name"},
		"user of two paths":           {credentialText("  principal: arn:aws:iam::111122223333:user/a/x", "- accessKeyId: OTHER", "  secretAccessKey: "+aliceSecret, "  account: '111122223333'", "  principal: arn:aws:iam::111122223333:user/b/x"), "entry 2 (line 5): principal: arn:aws:iam::111122223333:user/a/x and arn:aws:iam::111122223333:user/b/x have the same name"},
		"two policies of a principal": {credentialText(
			"- accessKeyId: OTHER", "  secretAccessKey: "+aliceSecret, "  account: '111122223333'",
			"  principal: arn:aws:iam::111122223333:user/AKIAALICE", "  policy: {Statement: []}"),
			"entry 2 (line 4): policy: differs from that of AKIAALICE, which has the same principal"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(tt.text))
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Fatalf("got %v, want %s", err, tt.want)
			}
			if strings.Contains(err.Error(), aliceSecret) || strings.Contains(err.Error(), aliceSecret[:10]) {
				t.Errorf("the error tells a secret: %v", err)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "credentials.yaml")
	if _, err := Load(file); err == nil || err.Error() != "credentials file "+file+": no such file or directory" {
		t.Errorf("missing file: %v", err)
	}
	if _, err := Load(filepath.Dir(file)); err == nil {
		t.Error("a directory is taken")
	}
	if err := os.WriteFile(file, []byte(credentialText()), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(file)
	if err != nil || len(c.warnings) != 0 || c.byKey[aliceKey] == nil {
		t.Fatalf("got %v, %v", c, err)
	}
	if runtime.GOOS != "windows" {
		if err := os.Chmod(file, 0o644); err != nil {
			t.Fatal(err)
		}
		if c, err = Load(file); err != nil || len(c.warnings) != 1 || !strings.Contains(c.warnings[0], "chmod 600") {
			t.Errorf("readable by all: %v, %v", c.warnings, err)
		}
	}
	if err := os.WriteFile(file, []byte("#"+strings.Repeat("x", maxFile)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(file); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("large file: %v", err)
	}
}

// TestStrayActions: the actions of a Deny that nobody asks for are warned of, and those of
// an Allow are not.
func TestStrayActions(t *testing.T) {
	k, err := Parse([]byte(`
- accessKeyId: ALICE
  secretAccessKey: alice-secret-alice
  account: "111122223333"
  policy: {Statement: [{Effect: Allow, Action: ["s3:*", "apigateway:*"], Resource: "*"}, {Effect: Deny, Action: ["execute-api:Invok", "execute-api:Inv*", "apigateway:get"], Resource: "*"}]}
- role: arn:aws:iam::111122223333:role/deploy
  policy: {Statement: {Effect: Allow, NotAction: "apigateway:DELET", Resource: "*"}}
  trust: {Statement: [{Effect: Allow, Principal: "*", Action: "sts:AssumeRole"}, {Effect: Deny, Principal: "*", Action: "sts:AssumRole"}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	const does = " is no action that anybody asks for here: the statement does nothing with it"
	want := []string{
		"credentials file: entry 1 (line 2): policy: Statement[1].Action: execute-api:invok" + does,
		"credentials file: entry 2 (line 6): policy: Statement.NotAction: apigateway:delet" + does,
		"credentials file: entry 2 (line 6): trust: Statement[1].Action: sts:assumrole" + does,
	}
	if d := cmp.Diff(want, k.Warnings()); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}
