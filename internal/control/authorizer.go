package control

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func errAuthorizer() error { return wire.NotFound("Invalid Authorizer identifier specified") }

// authorizer reads an authorizer. An unknown API and an unknown authorizer are one
// answer.
func (t *tx) authorizer(id string) (*wire.Authorizer, error) {
	return load[wire.Authorizer](t, kindAuthorizer, id, errAuthorizer())
}

// CreateAuthorizer adds an authorizer to an API. That AWS calls an unknown API a
// conflict is recorded.
func (s *Service) CreateAuthorizer(ctx context.Context, who *wire.Caller, in *wire.CreateAuthorizerRequest) (*wire.Authorizer, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Authorizer, error) {
		if err := t.require(kindRestAPI, t.api, errConcurrent()); err != nil {
			return nil, err
		}
		a := &wire.Authorizer{
			Name: &in.Name, Type: &in.Type, ProviderARNs: in.ProviderARNs, AuthType: given(in.AuthType), AuthorizerURI: given(in.AuthorizerURI),
			AuthorizerCredentials: given(in.AuthorizerCredentials), IdentitySource: given(in.IdentitySource),
			IdentityValidationExpression: given(in.IdentityValidationExpression), AuthorizerResultTTLInSeconds: in.AuthorizerResultTTLInSeconds,
		}
		if in.Type == userPools {
			a.AuthorizerCredentials = nil // AWS takes them in an update alone, as Terraform's provider found
		} else {
			a.AuthorizerResultTTLInSeconds = withDefault(a.AuthorizerResultTTLInSeconds, defaultAuthorizerTTL)
		}
		return a, t.addAuthorizer(a)
	})
}

// addAuthorizer stores a new authorizer under an id of its own, if the API may have
// one more.
func (t *tx) addAuthorizer(a *wire.Authorizer) error {
	if err := t.quota(kindAuthorizer, t.svc.limits.AuthorizersPerAPI, "Authorizers"); err != nil {
		return err
	}
	id, err := t.freshID(kindAuthorizer)
	if err != nil {
		return err
	}
	a.ID = &id
	return t.saveAuthorizer(a)
}

// saveAuthorizer completes, checks and stores an authorizer.
func (t *tx) saveAuthorizer(a *wire.Authorizer) error {
	a.AuthType = withDefault(a.AuthType, defaultAuthType(*a.Type))
	if *a.Type != userPools {
		a.ProviderARNs = nil // documented as not defined
	}
	if err := t.checkAuthorizer(a); err != nil {
		return err
	}
	return t.save(kindAuthorizer, *a.ID, a)
}

// defaultAuthType is what AWS calls the kind of an authorizer where nobody else has
// a word for it.
func defaultAuthType(kind string) string {
	if kind == userPools {
		return "cognito_user_pools"
	}
	return "custom"
}

// GetAuthorizer reads one authorizer.
func (s *Service) GetAuthorizer(ctx context.Context, who *wire.Caller, in *wire.GetAuthorizerRequest) (*wire.Authorizer, error) {
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Authorizer, error) { return t.authorizer(in.AuthorizerID) })
}

// GetAuthorizers lists an API's authorizers.
func (s *Service) GetAuthorizers(ctx context.Context, who *wire.Caller, in *wire.GetAuthorizersRequest) (*wire.Authorizers, error) {
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Authorizers, error) {
		if err := t.requireAPI(); err != nil {
			return nil, err
		}
		items, position, err := page[wire.Authorizer](t, kindAuthorizer, in.Position, in.Limit)
		return &wire.Authorizers{Items: items, Position: position}, err
	})
}

// UpdateAuthorizer patches an authorizer. Stages go on with the one that their
// deployment froze.
func (s *Service) UpdateAuthorizer(ctx context.Context, who *wire.Caller, in *wire.UpdateAuthorizerRequest) (*wire.Authorizer, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Authorizer, error) {
		a, err := t.authorizer(in.AuthorizerID)
		if err != nil {
			return nil, err
		}
		was := *a.Type
		if err := authorizerPatch.Apply(t, a, in.PatchOperations); err != nil {
			return nil, err
		}
		if text(a.AuthType) == defaultAuthType(was) {
			a.AuthType = nil
		}
		return a, t.saveAuthorizer(a)
	})
}

// authorizerPatch is every path that UpdateAuthorizer takes.
var authorizerPatch = patchTable[wire.Authorizer]{
	Dialect: patch.Listed,
	Paths: []patchPath[wire.Authorizer]{
		{At: "/name", Replace: func(_ *tx, a *wire.Authorizer, op *patch.Op) error { a.Name = new(text(op.Value)); return nil }},
		{At: "/type", Replace: func(_ *tx, a *wire.Authorizer, op *patch.Op) error { a.Type = new(text(op.Value)); return nil }},
		{At: "/authorizerUri", Replace: setText(func(a *wire.Authorizer) **string { return &a.AuthorizerURI })},
		{At: "/authorizerCredentials", Replace: setText(func(a *wire.Authorizer) **string { return &a.AuthorizerCredentials })},
		{At: "/identityValidationExpression", Replace: setText(func(a *wire.Authorizer) **string { return &a.IdentityValidationExpression })},
		{At: "/authType", Replace: setText(func(a *wire.Authorizer) **string { return &a.AuthType })},
		{At: "/identitySource", Add: setIdentitySource, Replace: setIdentitySource, Remove: dropIdentitySource},
		{At: "/authorizerResultTtlInSeconds", Replace: setInt(func(a *wire.Authorizer) **int32 { return &a.AuthorizerResultTTLInSeconds }, badAuthorizerTTL)},
		elements("/providerARNs", func(a *wire.Authorizer) *[]string { return &a.ProviderARNs }),
	},
}

func setIdentitySource(_ *tx, a *wire.Authorizer, op *patch.Op) error {
	a.IdentitySource = given(op.Value)
	return nil
}

func dropIdentitySource(_ *tx, a *wire.Authorizer, _ *patch.Op) error {
	a.IdentitySource = nil
	return nil
}

// DeleteAuthorizer removes an authorizer that no method names.
func (s *Service) DeleteAuthorizer(ctx context.Context, who *wire.Caller, in *wire.DeleteAuthorizerRequest) (*wire.Empty, error) {
	return writeAheadEmpty(ctx, s, who, in.RestAPIID, func(t *tx) error {
		a, err := t.authorizer(in.AuthorizerID)
		if err != nil {
			return err
		}
		use, err := t.methodThat(func(m *wire.Method) bool { return text(m.AuthorizerID) == *a.ID })
		if err != nil {
			return err
		}
		if use != "" {
			return wire.Conflict("Cannot delete authorizer '%s', is referenced in method: %s", wire.Truncated(*a.Name), use)
		}
		return t.remove(kindAuthorizer, *a.ID, errAuthorizer())
	})
}

// FlushStageAuthorizersCache forgets the answers of authorizers that a stage has
// kept.
func (s *Service) FlushStageAuthorizersCache(ctx context.Context, who *wire.Caller, in *wire.FlushStageAuthorizersCacheRequest) (*wire.Empty, error) {
	return writeEmpty(ctx, s, who, in.RestAPIID, func(t *tx) error {
		st, err := t.stage(in.StageName)
		if err != nil {
			return err
		}
		st.AuthorizerAnswers = newID(apiIDLength)
		return t.saveServed(kindStage, *st.StageName, st)
	})
}
