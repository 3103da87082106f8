package credentials

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/policy"
)

var testTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// testFile has users of two accounts and roles that trust some of them.
const testFile = `
- {accessKeyId: ALICE, secretAccessKey: alice-secret-alice, account: "111122223333", principal: "arn:aws:iam::111122223333:user/alice"}
- {accessKeyId: BOB, secretAccessKey: bob-secret-bob-secret, account: "111122223333", principal: "arn:aws:iam::111122223333:user/bob",
   policy: {Statement: [{Effect: Allow, Action: "execute-api:*", Resource: "*"}, {Effect: Deny, Action: "sts:*", Resource: "*/secret"}]}}
- {accessKeyId: OTHER, secretAccessKey: other-secret-other, account: "444455556666", principal: "arn:aws:iam::444455556666:user/carol"}
- {accessKeyId: POOR, secretAccessKey: poor-secret-poor-s, account: "444455556666", principal: "arn:aws:iam::444455556666:user/dave", policy: {Statement: []}}
- {accessKeyId: ROOT, secretAccessKey: root-secret-root-s, account: "111122223333", principal: "arn:aws:iam::111122223333:root"}
- {accessKeyId: GONE, secretAccessKey: gone-secret-gone-s, account: "111122223333", disabled: true}
- {role: "arn:aws:iam::111122223333:role/team/deploy", trust: ["arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:user/bob"], maxSessionDuration: 43200,
   policy: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: "execute-api:Invoke", Resource: "arn:aws:execute-api:*:*:api/prod/*"}]}}
- {role: "arn:aws:iam::111122223333:role/account", trust: ["111122223333"]}
- {role: "arn:aws:iam::111122223333:role/secret", trust: ["arn:aws:iam::111122223333:user/bob"]}
- {role: "arn:aws:iam::111122223333:role/abroad", trust: ["arn:aws:iam::444455556666:user/carol", "arn:aws:iam::444455556666:user/dave"]}
- {role: "arn:aws:iam::111122223333:role/chained", trust: ["arn:aws:iam::111122223333:role/team/deploy"]}
- role: arn:aws:iam::111122223333:role/external
  trust:
    Version: 2012-10-17
    Statement:
      - {Effect: Allow, Principal: {AWS: "arn:aws:iam::111122223333:user/alice"}, Action: "sts:AssumeRole", Condition: {StringEquals: {sts:ExternalId: "4711"}}}
`

// newCallers has the callers of a file.
func newCallers(t testing.TB, text string) *Callers {
	t.Helper()
	k, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	cs := New(NewKey())
	cs.Use(k)
	return cs
}

func (cs *Callers) mustFind(t testing.TB, id, token string) *Caller {
	t.Helper()
	c, ok := cs.Find(id, token)
	if !ok {
		t.Fatalf("%s is not known", id)
	}
	return c
}

func codeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code + ": " + e.Message
	}
	return fmt.Sprint(err)
}

// TestAssumeRole: who may assume which role, and what STS says to the others.
func TestAssumeRole(t *testing.T) {
	const role = "arn:aws:iam::111122223333:role/"
	no := func(who, role string) string {
		return "AccessDenied: User: " + who + " is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/" + role
	}
	tests := map[string]struct {
		by      string // access key id
		request RoleRequest
		want    string
	}{
		"named by the role":                        {by: "ALICE", request: RoleRequest{Role: role + "team/deploy"}},
		"named by the role, own policy is silent":  {by: "BOB", request: RoleRequest{Role: role + "team/deploy"}},
		"named by the role, own policy denies":     {by: "BOB", request: RoleRequest{Role: role + "secret"}, want: no("arn:aws:iam::111122223333:user/bob", "secret")},
		"the role trusts the account":              {by: "ALICE", request: RoleRequest{Role: role + "account"}},
		"the account, and own policy is silent":    {by: "BOB", request: RoleRequest{Role: role + "account"}, want: no("arn:aws:iam::111122223333:user/bob", "account")},
		"another account, both allow":              {by: "OTHER", request: RoleRequest{Role: role + "abroad"}},
		"another account, own policy is silent":    {by: "POOR", request: RoleRequest{Role: role + "abroad"}, want: no("arn:aws:iam::444455556666:user/dave", "abroad")},
		"another account that the role trusts not": {by: "OTHER", request: RoleRequest{Role: role + "account"}, want: no("arn:aws:iam::444455556666:user/carol", "account")},
		"not named":                     {by: "ALICE", request: RoleRequest{Role: role + "secret"}, want: no("arn:aws:iam::111122223333:user/alice", "secret")},
		"without the role's path":       {by: "ALICE", request: RoleRequest{Role: role + "deploy"}, want: no("arn:aws:iam::111122223333:user/alice", "deploy")},
		"no such role":                  {by: "ALICE", request: RoleRequest{Role: role + "none"}, want: no("arn:aws:iam::111122223333:user/alice", "none")},
		"a user and no role":            {by: "ALICE", request: RoleRequest{Role: "arn:aws:iam::111122223333:user/alice"}, want: "AccessDenied: User: arn:aws:iam::111122223333:user/alice is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:user/alice"},
		"the account itself":            {by: "ROOT", request: RoleRequest{Role: role + "account"}, want: "AccessDenied: Roles may not be assumed by root accounts."},
		"longer than the role allows":   {by: "ALICE", request: RoleRequest{Role: role + "account", Duration: 2 * time.Hour}, want: "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role."},
		"as long as the role allows":    {by: "ALICE", request: RoleRequest{Role: role + "team/deploy", Duration: 12 * time.Hour}},
		"an external id":                {by: "ALICE", request: RoleRequest{Role: role + "external", ExternalID: "4711"}},
		"another external id":           {by: "ALICE", request: RoleRequest{Role: role + "external", ExternalID: "4712"}, want: no("arn:aws:iam::111122223333:user/alice", "external")},
		"no external id":                {by: "ALICE", request: RoleRequest{Role: role + "external"}, want: no("arn:aws:iam::111122223333:user/alice", "external")},
		"a policy that is none":         {by: "ALICE", request: RoleRequest{Role: role + "account", Policy: "{"}, want: "MalformedPolicyDocument: The policy is not usable: "},
		"a policy on what is not known": {by: "ALICE", request: RoleRequest{Role: role + "account", Policy: `{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Null": {"x:y": "true"}}}}`}, want: "MalformedPolicyDocument: The policy is not usable: Statement.Condition.Null.x:y: the condition key x:y is not supported"},
	}
	cs := newCallers(t, testFile)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.request.SessionName = "ci"
			if tt.request.Duration == 0 {
				tt.request.Duration = time.Hour
			}
			s, err := cs.AssumeRole(cs.mustFind(t, tt.by, ""), &tt.request, testTime)
			if tt.want != "" {
				if got := codeOf(err); !strings.HasPrefix(got, tt.want) {
					t.Errorf("got %s, want %s", got, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			name := tt.request.Role[strings.LastIndexByte(tt.request.Role, '/')+1:]
			c := cs.mustFind(t, s.AccessKeyID, s.Token)
			if want := "arn:aws:sts::111122223333:assumed-role/" + name + "/ci"; c.Principal != want || c.UserID != name+":ci" || c.Account != "111122223333" {
				t.Errorf("the session is %s, %s", c.Principal, c.UserID)
			}
			if !c.Credential.Expires.Equal(testTime.Add(tt.request.Duration)) || c.Credential.SecretAccessKey != s.SecretAccessKey {
				t.Errorf("the session ends at %s", c.Credential.Expires)
			}
			if len(s.AccessKeyID) != 20 || len(s.SecretAccessKey) != 40 || strings.Contains(s.Token, "deploy") {
				t.Errorf("%d characters of key id, %d of secret, token %s", len(s.AccessKeyID), len(s.SecretAccessKey), s.Token)
			}
			if arn := c.Signer().Role; arn != tt.request.Role {
				t.Errorf("aws:PrincipalArn is %s", arn)
			}
		})
	}
}

// TestSessionPolicies: a session may do what its role may and its own policy says, too.
func TestSessionPolicies(t *testing.T) {
	allow := func(resource string) string {
		return `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "` + resource + `"}}`
	}
	const prod, dev = "arn:aws:execute-api:us-east-1:111122223333:api/prod/GET/x", "arn:aws:execute-api:us-east-1:111122223333:api/dev/GET/x"
	tests := map[string]struct {
		policy, resource string
		want             policy.Decision
	}{
		"no policy":                             {"", prod, policy.Allow},
		"no policy, outside the role":           {"", dev, policy.ImplicitDeny},
		"both allow":                            {allow("*"), prod, policy.Allow},
		"the role does not":                     {allow("*"), dev, policy.ImplicitDeny},
		"the policy does not":                   {allow(dev), prod, policy.ImplicitDeny},
		"the policy denies":                     {`{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}`, prod, policy.ExplicitDeny},
		"the policy denies, the role is silent": {`{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}`, dev, policy.ExplicitDeny},
	}
	cs := newCallers(t, testFile)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := cs.AssumeRole(cs.mustFind(t, "ALICE", ""), &RoleRequest{
				Role: "arn:aws:iam::111122223333:role/team/deploy", SessionName: "ci", Policy: tt.policy, Duration: time.Hour,
			}, testTime)
			if err != nil {
				t.Fatal(err)
			}
			got := cs.mustFind(t, s.AccessKeyID, s.Token).DecideAll(&policy.Request{Action: "execute-api:Invoke", Resource: tt.resource})
			if got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// TestChains: sessions of sessions, which last an hour at most.
func TestChains(t *testing.T) {
	cs := newCallers(t, testFile)
	s, err := cs.AssumeRole(cs.mustFind(t, "ALICE", ""), &RoleRequest{Role: "arn:aws:iam::111122223333:role/team/deploy", SessionName: "ci", Duration: time.Hour}, testTime)
	if err != nil {
		t.Fatal(err)
	}
	by := cs.mustFind(t, s.AccessKeyID, s.Token)
	next := &RoleRequest{Role: "arn:aws:iam::111122223333:role/chained", SessionName: "next", Duration: time.Hour}
	if s, err = cs.AssumeRole(by, next, testTime); err != nil || s.Principal != "arn:aws:sts::111122223333:assumed-role/chained/next" {
		t.Errorf("%v, %v", s, err)
	}
	next.Duration += time.Second
	if _, err = cs.AssumeRole(by, next, testTime); codeOf(err) != "ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining." {
		t.Error(err)
	}
	if _, err = cs.SessionToken(by, time.Hour, testTime); codeOf(err) != "AccessDenied: Cannot call GetSessionToken with session credentials" {
		t.Error(err)
	}
}

// TestSessionToken: a user's session is the user, with what the user may.
func TestSessionToken(t *testing.T) {
	cs := newCallers(t, testFile)
	s, err := cs.SessionToken(cs.mustFind(t, "BOB", ""), 12*time.Hour, testTime)
	if err != nil {
		t.Fatal(err)
	}
	c := cs.mustFind(t, s.AccessKeyID, s.Token)
	facts := policy.Facts{Signer: c.Signer()}
	mfa, temporary := facts.Value("aws:multifactorauthpresent")
	if c.Principal != "arn:aws:iam::111122223333:user/bob" || c.UserID != "bob" || mfa != "false" || !temporary {
		t.Errorf("%s %s %s", c.Principal, c.UserID, mfa)
	}
	if got := c.DecideAll(&policy.Request{Action: "sts:AssumeRole", Resource: "arn:aws:iam::111122223333:role/secret"}); got != policy.ExplicitDeny {
		t.Errorf("the policy says %v", got)
	}
	s, err = cs.SessionToken(cs.mustFind(t, "ROOT", ""), 12*time.Hour, testTime)
	if err != nil || !s.Expires.Equal(testTime.Add(time.Hour)) {
		t.Errorf("of the account itself: %v, %v", s, err)
	}
	if _, ok := cs.Judge(s.AccessKeyID, s.Token, testTime.Add(time.Hour)); ok {
		t.Error("a session that is over counts")
	}
}

// TestSessionsEnd: what ends a session before its time, and what does not.
func TestSessionsEnd(t *testing.T) {
	key := NewKey()
	k, err := Parse([]byte(testFile))
	if err != nil {
		t.Fatal(err)
	}
	cs := New(key)
	cs.Use(k)
	s, err := cs.AssumeRole(cs.mustFind(t, "ALICE", ""), &RoleRequest{Role: "arn:aws:iam::111122223333:role/team/deploy", SessionName: "ci", Duration: time.Hour}, testTime)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		key    Key
		change func(string) string
		known  bool
	}{
		"another process with the same key": {key, func(s string) string { return s }, true},
		"another key":                       {NewKey(), func(s string) string { return s }, false},
		"the role is gone": {key, func(s string) string {
			return strings.Replace(s, "role/team/deploy\", trust", "role/team/other\", trust", 1)
		}, false},
		"the access key is gone":     {key, func(s string) string { return strings.Replace(s, "accessKeyId: ALICE", "accessKeyId: ALICE2", 1) }, false},
		"the access key is disabled": {key, func(s string) string { return strings.Replace(s, "ALICE,", "ALICE, disabled: true,", 1) }, false},
		"the secret is another":      {key, func(s string) string { return strings.Replace(s, "alice-secret-alice", "alice-secret-2-alice", 1) }, true},
		"the role trusts others":     {key, func(s string) string { return strings.Replace(s, `"arn:aws:iam::111122223333:user/alice", `, "", 1) }, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			text := tt.change(testFile)
			if strings.HasPrefix(name, "the ") && text == testFile {
				t.Fatal("nothing is changed")
			}
			k, err := Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			cs := New(tt.key)
			cs.Use(k)
			for range 2 { // opened, and kept
				if _, known := cs.Find(s.AccessKeyID, s.Token); known != tt.known {
					t.Errorf("known: %v", known)
				}
			}
		})
	}
}

// TestForgedTokens: whatever of a token or its access key id is changed, it is nobody's.
func TestForgedTokens(t *testing.T) {
	cs := newCallers(t, testFile)
	give := func() *Session {
		s, err := cs.SessionToken(cs.mustFind(t, "ALICE", ""), time.Hour, testTime)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s, other := give(), give()
	refused := func(what, id, token string) {
		t.Helper()
		for range 2 {
			if _, ok := cs.Find(id, token); ok {
				t.Errorf("%s: taken", what)
			}
		}
	}
	for i := range s.Token {
		for _, c := range []byte("A_9") {
			if s.Token[i] != c {
				refused(fmt.Sprint("byte ", i), s.AccessKeyID, s.Token[:i]+string(c)+s.Token[i+1:])
			}
		}
		refused("cut off", s.AccessKeyID, s.Token[:i])
	}
	refused("longer", s.AccessKeyID, s.Token+"A")
	refused("padded", s.AccessKeyID, s.Token+"=")
	refused("with a space", s.AccessKeyID, s.Token+" ")
	refused("another's", s.AccessKeyID, other.Token)
	refused("another's id", other.AccessKeyID, s.Token)
	refused("no token", s.AccessKeyID, "")
	refused("a key of the file", "ALICE", s.Token)
	refused("endless", s.AccessKeyID, s.Token+strings.Repeat("A", maxToken))
	refused("NUL", s.AccessKeyID, s.Token+"\x00")
	refused("lower case", strings.ToLower(s.AccessKeyID), s.Token)
	if _, ok := cs.Find(s.AccessKeyID, s.Token); !ok {
		t.Error("the token itself is not taken")
	}
}

// TestKeptSessions: callers of sessions are kept up to a bound.
func TestKeptSessions(t *testing.T) {
	cs := newCallers(t, testFile)
	for range maxOpened + 10 {
		if _, err := cs.SessionToken(cs.mustFind(t, "ALICE", ""), time.Hour, testTime); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(cs.keyring.Load().sessions.callers); n > maxOpened {
		t.Errorf("%d are kept", n)
	}
}

// FuzzToken: a token that nobody gave is nobody's.
func FuzzToken(f *testing.F) {
	cs := newCallers(f, testFile)
	f.Add("ASIAAAAAAAAAAAAAAAAA", "1AAAA")
	f.Add("ALICE", "")
	f.Add("", tokenForm+strings.Repeat("A", 100))
	f.Fuzz(func(t *testing.T, id, token string) {
		if c, ok := cs.Find(id, token); ok && (token != "" || c.AccessKeyID != id) {
			t.Errorf("%q with %q is %v", id, token, c)
		}
	})
}

// FuzzParse: whatever a file holds, it is read or refused.
func FuzzParse(f *testing.F) {
	f.Add(testFile)
	f.Add(credentialText())
	f.Add("- role: &a x\n  trust: *a")
	f.Fuzz(func(t *testing.T, text string) { _, _ = Parse([]byte(text)) })
}

// TestSecretsStayHidden: nobody who prints a caller prints its secret.
func TestSecretsStayHidden(t *testing.T) {
	c := newCallers(t, testFile).mustFind(t, "ALICE", "")
	for _, text := range []string{fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c)} {
		if strings.Contains(text, "secret") {
			t.Error(text)
		}
	}
}

// Who can call of an account: by a key, unless it is disabled, or in a session of a role.
func TestHasAccount(t *testing.T) {
	keys, err := Parse([]byte(credentialText("  disabled: true",
		"- {accessKeyId: OTHER, secretAccessKey: other-secret-other, account: '222233334444'}",
		"- {role: 'arn:aws:iam::333344445555:role/r', trust: ['arn:aws:iam::222233334444:user/OTHER']}")))
	if err != nil {
		t.Fatal(err)
	}
	callers := New(NewKey())
	if callers.HasAccount("222233334444") {
		t.Error("there is somebody without a file")
	}
	callers.Use(keys)
	for account, want := range map[string]bool{"111122223333": false, "222233334444": true, "333344445555": true, "444455556666": false} {
		if got := callers.HasAccount(account); got != want {
			t.Errorf("%s: got %t", account, got)
		}
	}
}

func TestUserID(t *testing.T) {
	for principal, want := range map[string]string{
		"arn:aws:iam::111122223333:root":                       "111122223333",
		"arn:aws:iam::111122223333:user/division/alice":        "alice",
		"arn:aws:iam::111122223333:role/deploy":                "deploy",
		"arn:aws:sts::111122223333:assumed-role/deploy/ci":     "deploy:ci",
		"arn:aws-cn:sts::111122223333:federated-user/somebody": "111122223333:somebody",
	} {
		if got := UserID("111122223333", principal); got != want {
			t.Errorf("%s: %s, want %s", principal, got, want)
		}
	}
}

// TestKeysOfSessions has a session that one process has begun known by another which has its
// key, also behind a newer one, and by none without.
func TestKeysOfSessions(t *testing.T) {
	use := func(cs *Callers) { // each process keeps what it has opened
		k, err := Parse([]byte(testFile))
		if err != nil {
			t.Fatal(err)
		}
		cs.Use(k)
	}
	first, second := NewKey(), NewKey()
	began := New(first)
	use(began)
	session, ok := began.RoleSession(Lambda, "arn:aws:iam::111122223333:role/account", "s", time.Now())
	if !ok {
		t.Fatal("there is no session")
	}
	for name, tt := range map[string]struct {
		other *Callers
		want  bool
	}{
		"the same key":  {New(first), true},
		"a newer key":   {New(second, first), true},
		"without it":    {New(second), false},
		"another order": {New(first, second), true},
	} {
		use(tt.other)
		c, ok := tt.other.Find(session.AccessKeyID, session.Token)
		if ok != tt.want || ok && c.Credential.SecretAccessKey != session.SecretAccessKey {
			t.Errorf("%s: known %v", name, ok)
		}
	}
}
