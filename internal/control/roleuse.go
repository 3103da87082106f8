package control

import (
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// checkRoles refuses a definition with a method or an authorizer that calls AWS under a role
// which this server does not assume: each call would fail. The URI says whether
// a role is needed at all, and may take that from variables of the stage that
// serves it, as may the role, which the caller then has to be allowed to pass; on is nil
// for none.
func (t *tx) checkRoles(src *source, on *release) error {
	resources := slices.SortedFunc(slices.Values(src.Resources), func(a, b wire.Resource) int { return strings.Compare(*a.Path, *b.Path) })
	for i := range resources {
		for _, verb := range sortedKeys(resources[i].ResourceMethods) {
			in := resources[i].ResourceMethods[verb].MethodIntegration
			role, uri := text(in.Credentials), text(in.URI)
			if role == "" || *in.Type != "AWS" && *in.Type != "AWS_PROXY" {
				continue
			}
			why, err := t.checkRoleOn(on, uri, role)
			if err != nil {
				return err
			}
			if why != nil {
				return wire.BadRequest("%s %s: %v", verb, *resources[i].Path, why)
			}
		}
	}
	return t.checkAuthorizerRoles(src, on)
}

// checkRoleOn says why a URI cannot be called under a role on a release, nil for none; the
// error is that the caller may not pass it.
func (t *tx) checkRoleOn(on *release, uri, role string) (why, err error) {
	if on != nil {
		if err := t.checkVariableRole(role, on.variables); err != nil {
			return nil, err
		}
		uri = withVariables(uri, on.variables)
	}
	if t.svc.checkRole == nil {
		return nil, nil
	}
	return t.svc.checkRole(uri, role), nil
}

// checkAuthorizerRoles is checkRoles of the authorizers that methods name.
func (t *tx) checkAuthorizerRoles(src *source, on *release) error {
	used := make(map[string]bool)
	for i := range src.Resources {
		for _, m := range src.Resources[i].ResourceMethods {
			used[text(m.AuthorizerID)] = true
		}
	}
	for i := range src.Authorizers {
		a := &src.Authorizers[i]
		role, uri := text(a.AuthorizerCredentials), text(a.AuthorizerURI)
		if role == "" || *a.Type == userPools || !used[*a.ID] {
			continue
		}
		why, err := t.checkRoleOn(on, uri, role)
		if err != nil {
			return err
		}
		if why != nil {
			return wire.BadRequest("authorizer %s: %v", wire.Truncated(*a.Name), why)
		}
	}
	return nil
}

// checkStageRoles is checkRoles of what a stage and its canary serve.
func (t *tx) checkStageRoles(st *wire.Stage) error {
	if t.svc.checkRole == nil && t.svc.mayPass == nil {
		return nil
	}
	for _, r := range releasesOf(st) {
		src, err := t.sourceWith(r.deployment, `"credentials"`, `"authorizerCredentials"`)
		if err != nil {
			return err
		}
		if src == nil {
			continue
		}
		if err := t.checkRoles(src, &r); err != nil {
			return err
		}
	}
	return nil
}
