package control

import (
	"regexp"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

var rolePattern = regexp.MustCompile(`^arn:[a-z-]+:iam::(\d{12}):role/`)

// checkPass refuses a role that the caller may not have API Gateway call under: one of
// another account, where that is known, and one that the caller's policies do not let it
// pass. What a variable of the stage may make of it has to be allowed altogether here, and
// checkVariableRole asks again once the variable is known.
func (t *tx) checkPass(role string) error {
	if role == "" || isCaller(role) {
		return nil
	}
	return t.mayPass(stageVariable.ReplaceAllString(role, "*"))
}

// checkVariableRole is checkPass of a role that a variable names, under the variables that
// a stage or a test has. Without one of them no call is made.
func (t *tx) checkVariableRole(role string, variables map[string]string) error {
	refs := stageVariable.FindAllStringSubmatch(role, -1)
	for _, ref := range refs {
		if _, ok := variables[ref[1]]; !ok {
			return nil
		}
	}
	if role = withVariables(role, variables); refs == nil || isCaller(role) {
		return nil
	}
	return t.mayPass(role)
}

// mayPass refuses a role that is not the caller's to pass.
func (t *tx) mayPass(role string) error {
	of := rolePattern.FindStringSubmatch(role)
	if of != nil && of[1] != t.who.Account && (t.who.Account != UnknownAccount || t.asksWhoPasses()) {
		return wire.AccessDenied("Cross-account pass role is not allowed.")
	}
	if !t.asksWhoPasses() {
		return nil
	}
	if strings.Contains(role, "$") { // what no role has in its name may be a variable to who reads it otherwise
		return errARN()
	}
	return t.svc.mayPass(t.who, role)
}

// asksWhoPasses reports whether the caller needs a permission to pass a role. The server
// itself, as which the files of its operator are imported, passes every one.
func (t *tx) asksWhoPasses() bool {
	return t.svc.mayPass != nil && (t.who.Principal != "" || t.who.AccessKey != "")
}

// isCaller reports whether credentials are those of who calls an integration,
// arn:aws:iam::*:user/*, and no role.
func isCaller(credentials string) bool { return strings.HasSuffix(credentials, ":user/*") }
