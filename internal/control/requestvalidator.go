package control

import (
	"context"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func errValidator() error {
	return wire.NotFound("Invalid Request Validator identifier specified")
}

// validator reads a request validator. An unknown API and an unknown validator
// are one answer.
func (t *tx) validator(id string) (*wire.RequestValidator, error) {
	return load[wire.RequestValidator](t, kindValidator, id, errValidator())
}

// CreateRequestValidator adds a validator to an API.
func (s *Service) CreateRequestValidator(ctx context.Context, who *wire.Caller, in *wire.CreateRequestValidatorRequest) (*wire.RequestValidator, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.RequestValidator, error) {
		if err := t.require(kindRestAPI, t.api, wire.BadRequest("Invalid REST API identifier specified")); err != nil {
			return nil, err
		}
		v := &wire.RequestValidator{Name: in.Name, ValidateRequestBody: in.ValidateRequestBody, ValidateRequestParameters: in.ValidateRequestParameters}
		return v, t.addValidator(v)
	})
}

// addValidator completes and stores a new validator.
func (t *tx) addValidator(v *wire.RequestValidator) error {
	id, err := t.freshID(kindValidator)
	if err != nil {
		return err
	}
	v.ID = &id
	v.ValidateRequestBody = withDefault(v.ValidateRequestBody, false)
	v.ValidateRequestParameters = withDefault(v.ValidateRequestParameters, false)
	return t.saveValidator(v)
}

func (t *tx) saveValidator(v *wire.RequestValidator) error {
	if v.Name != nil && strings.TrimSpace(*v.Name) == "" {
		return wire.BadRequest("Request Validator name cannot be blank")
	}
	if len(text(v.Name)) > maxNameLength {
		return wire.BadRequest("Request Validator name cannot be longer than %d characters", maxNameLength)
	}
	return t.save(kindValidator, *v.ID, v)
}

// GetRequestValidator reads one validator.
func (s *Service) GetRequestValidator(ctx context.Context, who *wire.Caller, in *wire.GetRequestValidatorRequest) (*wire.RequestValidator, error) {
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.RequestValidator, error) {
		return t.validator(in.RequestValidatorID)
	})
}

// GetRequestValidators lists an API's validators.
func (s *Service) GetRequestValidators(ctx context.Context, who *wire.Caller, in *wire.GetRequestValidatorsRequest) (*wire.RequestValidators, error) {
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.RequestValidators, error) {
		if err := t.requireAPI(); err != nil {
			return nil, err
		}
		items, position, err := page[wire.RequestValidator](t, kindValidator, in.Position, in.Limit)
		return &wire.RequestValidators{Items: items, Position: position}, err
	})
}

// UpdateRequestValidator patches a validator.
func (s *Service) UpdateRequestValidator(ctx context.Context, who *wire.Caller, in *wire.UpdateRequestValidatorRequest) (*wire.RequestValidator, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.RequestValidator, error) {
		v, err := t.validator(in.RequestValidatorID)
		if err != nil {
			return nil, err
		}
		if err := validatorPatch.Apply(t, v, in.PatchOperations); err != nil {
			return nil, err
		}
		return v, t.saveValidator(v)
	})
}

// validatorPatch is every path that UpdateRequestValidator takes.
var validatorPatch = patchTable[wire.RequestValidator]{
	Dialect: patch.Listed,
	Paths: []patchPath[wire.RequestValidator]{
		{At: "/name", Replace: func(_ *tx, v *wire.RequestValidator, op *patch.Op) error { v.Name = new(text(op.Value)); return nil }},
		{At: "/validateRequestParameters", Replace: setBool(func(v *wire.RequestValidator) **bool { return &v.ValidateRequestParameters })},
		{At: "/validateRequestBody", Replace: setBool(func(v *wire.RequestValidator) **bool { return &v.ValidateRequestBody })},
	},
}

// DeleteRequestValidator removes a validator that no method uses. Of AWS's
// refusal only the beginning is known.
func (s *Service) DeleteRequestValidator(ctx context.Context, who *wire.Caller, in *wire.DeleteRequestValidatorRequest) (*wire.Empty, error) {
	return writeAheadEmpty(ctx, s, who, in.RestAPIID, func(t *tx) error {
		v, err := t.validator(in.RequestValidatorID)
		if err != nil {
			return err
		}
		use, err := t.methodThat(func(m *wire.Method) bool { return text(m.RequestValidatorID) == *v.ID })
		if err != nil {
			return err
		}
		if use != "" {
			return wire.Conflict("Cannot delete Request Validator '%s', is referenced in method: %s", text(v.Name), use)
		}
		return t.remove(kindValidator, *v.ID, errValidator())
	})
}
