package credentials

import (
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

const (
	madeARN  = "arn:aws:iam::111122223333:role/app/made"
	invokes  = `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}}`
	denies   = `{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "*"}}`
	trustAll = `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/alice"}, "Action": "sts:AssumeRole"}}`
	managed  = "arn:aws:iam::111122223333:policy/invoke"
)

// made is a role that alice may assume.
func made(change func(*snapshot.Role)) *snapshot.Role {
	r := &snapshot.Role{ARN: madeARN, ID: "AROAEXAMPLE", Trust: trustAll, MaxSession: 3600}
	if change != nil {
		change(r)
	}
	return r
}

func invoke(c *Caller) policy.Decision {
	return c.DecideAll(&policy.Request{Principal: c.Principal, Action: "execute-api:Invoke", Resource: "arn:aws:execute-api:us-east-1:111122223333:a/prod/GET/"})
}

// What a session of a role may do that IAM has made follows from the policies that the role
// has at the time, and it ends with the role.
func TestMadeRole(t *testing.T) {
	cs := newCallers(t, testFile)
	cs.SetManagedPolicy(managed, &snapshot.ManagedPolicy{ARN: managed, Document: invokes})
	cs.SetRole(madeARN, made(nil))
	session, err := cs.AssumeRole(cs.mustFind(t, "ALICE", ""), &RoleRequest{Role: madeARN, SessionName: "ci", Duration: time.Hour}, testTime)
	if err != nil {
		t.Fatal(err)
	}
	if session.UserID != "AROAEXAMPLE:ci" || session.Principal != "arn:aws:sts::111122223333:assumed-role/made/ci" {
		t.Errorf("the session is of %s, %s", session.UserID, session.Principal)
	}
	for _, step := range []struct {
		name   string
		change func(*snapshot.Role)
		policy string // of managed; "" leaves it
		want   policy.Decision
	}{
		{"without a policy", nil, "", policy.ImplicitDeny},
		{"a policy of its own", func(r *snapshot.Role) { r.Policies = []string{invokes} }, "", policy.Allow},
		{"one that is attached", func(r *snapshot.Role) { r.Attached = []string{managed} }, "", policy.Allow},
		{"one that is attached and not known", func(r *snapshot.Role) { r.Attached = []string{"arn:aws:iam::aws:policy/Other"} }, "", policy.ImplicitDeny},
		{"one that denies beside it", func(r *snapshot.Role) { r.Attached, r.Policies = []string{managed}, []string{denies} }, "", policy.ExplicitDeny},
		{"the attached one in another version", func(r *snapshot.Role) { r.Attached = []string{managed} }, denies, policy.ExplicitDeny},
		{"a boundary that allows nothing", func(r *snapshot.Role) {
			r.Policies, r.Boundary = []string{invokes}, &snapshot.Managed{ARN: "arn:aws:iam::111122223333:policy/gone"}
		}, "", policy.ImplicitDeny},
		{"a boundary that allows it", func(r *snapshot.Role) {
			r.Policies, r.Boundary = []string{invokes}, &snapshot.Managed{ARN: managed}
		}, invokes, policy.Allow},
		{"a boundary alone", func(r *snapshot.Role) { r.Boundary = &snapshot.Managed{ARN: managed} }, "", policy.ImplicitDeny},
		{"a boundary of AWS", func(r *snapshot.Role) {
			r.Policies, r.Boundary = []string{invokes}, &snapshot.Managed{ARN: "arn:aws:iam::aws:policy/X", Document: denies}
		}, "", policy.ExplicitDeny},
	} {
		if step.policy != "" {
			cs.SetManagedPolicy(managed, &snapshot.ManagedPolicy{ARN: managed, Document: step.policy})
		}
		cs.SetRole(madeARN, made(step.change))
		if got := invoke(cs.mustFind(t, session.AccessKeyID, session.Token)); got != step.want {
			t.Errorf("%s: got %v, want %v", step.name, got, step.want)
		}
	}
	for name, change := range map[string]func(){
		"is gone":        func() { cs.SetRole(madeARN, nil) },
		"is made again":  func() { cs.SetRole(madeARN, made(func(r *snapshot.Role) { r.ID = "AROAOTHER" })) },
		"cannot be read": func() { cs.SetRole(madeARN, made(func(r *snapshot.Role) { r.Policies = []string{"{"} })) },
		"has a policy that is not known": func() {
			cs.SetRole(madeARN, made(func(r *snapshot.Role) {
				r.Policies, r.Attached = []string{invokes}, []string{"arn:aws:iam::111122223333:policy/gone"}
			}))
		},
		"has a trust that says nothing": func() { cs.SetRole(madeARN, made(func(r *snapshot.Role) { r.Trust = "" })) },
	} {
		if change(); cs.found(session) {
			t.Errorf("a role %s, and its session goes on", name)
		}
		cs.SetRole(madeARN, made(nil))
		if !cs.found(session) {
			t.Fatal("the session is not known")
		}
	}
}

func (cs *Callers) found(s *Session) bool {
	_, ok := cs.Find(s.AccessKeyID, s.Token)
	return ok
}

// A role of the file hides those of its name that IAM has made, since their sessions have
// the same ARNs.
func TestMadeRoleOfFile(t *testing.T) {
	const hidden = "arn:aws:iam::111122223333:role/other/Deploy"
	cs := newCallers(t, testFile)
	cs.SetRole(hidden, made(func(r *snapshot.Role) { r.ARN = hidden }))
	if cs.HasRole(hidden) || !cs.HasFileRole("111122223333", "DEPLOY") || cs.HasFileRole("444455556666", "deploy") {
		t.Error("a role of the file does not hide those of its name")
	}
}

// A key of the file may be that of a role's session. Nobody makes that role, since its
// sessions would pass for the key's; the file may have it.
func TestMadeRoleOfFileSession(t *testing.T) {
	const session, hidden = "  principal: arn:aws:sts::111122223333:assumed-role/Made/ci", "arn:aws:iam::111122223333:role/app/made"
	cs := newCallers(t, credentialText(session))
	cs.SetRole(hidden, made(nil))
	if cs.HasRole(hidden) || !cs.HasFileRole("111122223333", "made") || cs.HasFileRole("111122223333", "ci") {
		t.Error("a session of the file does not hide a role of its name")
	}
	role := "- role: arn:aws:iam::111122223333:role/app/Made\n  trust: ['111122223333']\n"
	for _, text := range []string{credentialText(session) + role, role + credentialText(session)} {
		if cs := newCallers(t, text); !cs.HasRole("arn:aws:iam::111122223333:role/app/Made") {
			t.Error("the file has no role of its own session")
		}
	}
}

// A function has a session of a role that IAM has made if the role trusts Lambda.
func TestMadeRoleOfFunction(t *testing.T) {
	cs := newCallers(t, testFile)
	cs.SetRole(madeARN, made(nil))
	if _, ok := cs.RoleSession(Lambda, madeARN, "orders", testTime); ok {
		t.Error("a role has let a function in that it does not trust")
	}
	cs.SetRole(madeARN, made(func(r *snapshot.Role) {
		r.Trust = `{"Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}`
	}))
	session, ok := cs.RoleSession(Lambda, madeARN, "orders", testTime)
	if !ok || !cs.found(session) {
		t.Error("the role's function has no session")
	}
	if !cs.HasAccount("111122223333") || !New(NewKey()).made.hasNone() {
		t.Error("the accounts of roles are not those that have some")
	}
}

func (m *madeRoles) hasNone() bool { return !m.hasAccount("111122223333") }
