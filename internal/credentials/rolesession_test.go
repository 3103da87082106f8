package credentials

import (
	"testing"
	"time"
)

// What the operator gives a role to has the role's session, as long as the file names
// the role, and for no longer than the role's sessions last.
func TestRoleSession(t *testing.T) {
	const deploy = "arn:aws:iam::111122223333:role/team/deploy"
	cs := newCallers(t, testFile)
	if !cs.HasRole(deploy) || cs.HasRole(deploy+"x") {
		t.Error("the roles are not those of the file")
	}
	session, ok := cs.RoleSession(Lambda, deploy, "orders", testTime)
	if !ok || session.Principal != "arn:aws:sts::111122223333:assumed-role/deploy/orders" || session.Expires != testTime.Add(12*time.Hour) {
		t.Fatalf("got %+v, %v", session, ok)
	}
	who := cs.mustFind(t, session.AccessKeyID, session.Token)
	if own, _ := who.Policies(); who.Account != "111122223333" || own == nil || !who.IsTemporary() {
		t.Errorf("got %v of account %s, policy %v", who, who.Account, own)
	}
	if _, ok := cs.RoleSession(Lambda, deploy+"x", "orders", testTime); ok {
		t.Error("a role that is not in the file has a session")
	}
	if _, ok := New(NewKey()).RoleSession(Lambda, deploy, "orders", testTime); ok {
		t.Error("without a file there is a session")
	}
	without, err := Parse([]byte(`- {accessKeyId: ALICE, secretAccessKey: alice-secret-alice, account: "111122223333"}`))
	if err != nil {
		t.Fatal(err)
	}
	cs.Use(without)
	if _, ok := cs.Find(session.AccessKeyID, session.Token); ok {
		t.Error("the session has outlived its role")
	}
}
