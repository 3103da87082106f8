package control

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// gatewayStatus has the status code of each gateway response type; the two
// defaults have none of their own.
var gatewayStatus = map[string]string{
	"DEFAULT_4XX": "", "DEFAULT_5XX": "",
	"BAD_REQUEST_BODY": "400", "BAD_REQUEST_PARAMETERS": "400",
	"UNAUTHORIZED":  "401",
	"ACCESS_DENIED": "403", "EXPIRED_TOKEN": "403", "INVALID_API_KEY": "403", "INVALID_SIGNATURE": "403",
	"MISSING_AUTHENTICATION_TOKEN": "403", "WAF_FILTERED": "403",
	"RESOURCE_NOT_FOUND":     "404",
	"REQUEST_TOO_LARGE":      "413",
	"UNSUPPORTED_MEDIA_TYPE": "415",
	"QUOTA_EXCEEDED":         "429", "THROTTLED": "429",
	"API_CONFIGURATION_ERROR": "500", "AUTHORIZER_CONFIGURATION_ERROR": "500", "AUTHORIZER_FAILURE": "500",
	"INTEGRATION_FAILURE": "504", "INTEGRATION_TIMEOUT": "504",
}

// gatewayTemplate is the template of every gateway response that has none of
// its own.
const gatewayTemplate = `{"message":$context.error.messageString}`

var statusPattern = regexp.MustCompile(`^[1-5]\d\d$`)

// checkStatus refuses what is no status code, where the service's framework
// does not.
func checkStatus(code string) error {
	if !statusPattern.MatchString(code) {
		return wire.BadRequest("Invalid status code specified: %s", wire.Truncated(code))
	}
	return nil
}

// stockGatewayResponse is a type as it is before anybody customises it.
func stockGatewayResponse(kind string) *wire.GatewayResponse {
	status := gatewayStatus[kind]
	return &wire.GatewayResponse{
		ResponseType: &kind, StatusCode: given(&status), DefaultResponse: new(true),
		ResponseParameters: map[string]string{},
		ResponseTemplates:  map[string]*string{"application/json": new(gatewayTemplate)},
	}
}

// customGatewayResponse reads what the API made of a type, nil for nothing.
func (t *tx) customGatewayResponse(kind string) (*wire.GatewayResponse, error) {
	found, err := t.exists(kindGatewayResponse, kind)
	if err != nil || !found {
		return nil, err
	}
	return load[wire.GatewayResponse](t, kindGatewayResponse, kind, nil)
}

// gatewayResponse is a type as it is read: as the API made it, else with the
// look of its family's default (recorded), else as it is from the start.
func (t *tx) gatewayResponse(kind string) (*wire.GatewayResponse, error) {
	if r, err := t.customGatewayResponse(kind); r != nil || err != nil {
		return r, err
	}
	r := stockGatewayResponse(kind)
	if r.StatusCode == nil {
		return r, nil
	}
	family, err := t.customGatewayResponse("DEFAULT_" + (*r.StatusCode)[:1] + "XX")
	if err != nil || family == nil {
		return r, err
	}
	r.StatusCode = withDefault(family.StatusCode, *r.StatusCode)
	r.ResponseParameters, r.ResponseTemplates = family.ResponseParameters, family.ResponseTemplates
	return r, nil
}

// saveGatewayResponse checks and stores what the API makes of a type.
func (t *tx) saveGatewayResponse(r *wire.GatewayResponse) error {
	if r.StatusCode != nil {
		if err := checkStatus(*r.StatusCode); err != nil {
			return err
		}
	}
	if err := checkGatewayMapping(r.ResponseParameters); err != nil {
		return err
	}
	if err := checkTemplates(r.ResponseTemplates); err != nil {
		return err
	}
	for _, contentType := range sortedKeys(r.ResponseTemplates) {
		if text(r.ResponseTemplates[contentType]) == "" {
			return errNoTemplate()
		}
	}
	r.DefaultResponse = new(false)
	if r.ResponseParameters == nil {
		r.ResponseParameters = map[string]string{}
	}
	if r.ResponseTemplates == nil {
		r.ResponseTemplates = map[string]*string{}
	}
	return t.save(kindGatewayResponse, *r.ResponseType, r)
}

func errNoTemplate() error {
	return wire.BadRequest("Invalid null or empty value in responseTemplates")
}

// PutGatewayResponse customises a type. What the request leaves out becomes
// what the type has from the start.
func (s *Service) PutGatewayResponse(ctx context.Context, who *wire.Caller, in *wire.PutGatewayResponseRequest) (*wire.GatewayResponse, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.GatewayResponse, error) {
		if err := t.requireAPI(); err != nil {
			return nil, err
		}
		r := newGatewayResponse(&wire.GatewayResponse{
			ResponseType: &in.ResponseType, StatusCode: in.StatusCode,
			ResponseParameters: in.ResponseParameters, ResponseTemplates: in.ResponseTemplates,
		})
		return r, t.saveGatewayResponse(r)
	})
}

// newGatewayResponse lays what a caller says of a type over its start.
func newGatewayResponse(from *wire.GatewayResponse) *wire.GatewayResponse {
	r := stockGatewayResponse(*from.ResponseType)
	if status := given(from.StatusCode); status != nil {
		r.StatusCode = status
	}
	if from.ResponseParameters != nil {
		r.ResponseParameters = from.ResponseParameters
	}
	if len(from.ResponseTemplates) > 0 {
		r.ResponseTemplates = from.ResponseTemplates
	}
	return r
}

// GetGatewayResponse reads one type; there is always an answer.
func (s *Service) GetGatewayResponse(ctx context.Context, who *wire.Caller, in *wire.GetGatewayResponseRequest) (*wire.GatewayResponse, error) {
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.GatewayResponse, error) {
		if err := t.requireAPI(); err != nil {
			return nil, err
		}
		return t.gatewayResponse(in.ResponseType)
	})
}

// GetGatewayResponses lists all types.
func (s *Service) GetGatewayResponses(ctx context.Context, who *wire.Caller, in *wire.GetGatewayResponsesRequest) (*wire.GatewayResponses, error) {
	return readPage(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.GatewayResponses, error) {
		if err := t.requireAPI(); err != nil {
			return nil, err
		}
		kinds := sortedKeys(gatewayStatus)
		typeOf := func(r wire.GatewayResponse) string { return *r.ResponseType }
		items, position, err := wire.Paginate(in.Position, in.Limit, typeOf, func(after string, n int) ([]wire.GatewayResponse, bool, error) {
			i, found := slices.BinarySearch(kinds, after)
			if found {
				i++
			}
			return t.gatewayResponses(kinds[i:], n)
		})
		return &wire.GatewayResponses{Items: items, Position: position}, err
	})
}

// gatewayResponses reads the responses of types, the first n or as many as make a
// page, and whether there are more: each type may say what its family does.
func (t *tx) gatewayResponses(kinds []string, n int) (out []wire.GatewayResponse, more bool, err error) {
	size := 0
	for _, kind := range kinds {
		if len(out) == n || size >= pageBytes {
			return out, true, nil
		}
		r, err := t.gatewayResponse(kind)
		if err != nil {
			return nil, false, err
		}
		out = append(out, *r)
		for name, text := range r.ResponseParameters {
			size += len(name) + len(text)
		}
		for name, template := range r.ResponseTemplates {
			size += len(name) + len(text(template))
		}
	}
	return out, false, nil
}

// UpdateGatewayResponse patches a type, which makes it the API's own.
func (s *Service) UpdateGatewayResponse(ctx context.Context, who *wire.Caller, in *wire.UpdateGatewayResponseRequest) (*wire.GatewayResponse, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.GatewayResponse, error) {
		if err := t.requireAPI(); err != nil {
			return nil, err
		}
		if len(in.PatchOperations) == 0 {
			return t.gatewayResponse(in.ResponseType)
		}
		r, err := t.customGatewayResponse(in.ResponseType)
		if err != nil {
			return nil, err
		}
		if r == nil {
			r = stockGatewayResponse(in.ResponseType)
		}
		if err := gatewayResponsePatch.Apply(t, r, in.PatchOperations); err != nil {
			return nil, err
		}
		return r, t.saveGatewayResponse(r)
	})
}

// gatewayResponsePatch is every path that UpdateGatewayResponse takes.
var gatewayResponsePatch = patchTable[wire.GatewayResponse]{
	Dialect: func(op *patch.Op, _, _ []string) error { return patch.ErrPath(op) },
	Paths: []patchPath[wire.GatewayResponse]{
		{At: "/statusCode", Replace: setStatusCode},
		entries("/responseParameters/{name}", func(r *wire.GatewayResponse) *map[string]string { return &r.ResponseParameters }, parseGatewayParameter, errParameterName),
		entries("/responseTemplates/{type}", func(r *wire.GatewayResponse) *map[string]*string { return &r.ResponseTemplates }, parseGatewayTemplate, errContentTypeAbsent),
	},
}

// setStatusCode takes a status code; an empty one is the type's own again.
func setStatusCode(_ *tx, r *wire.GatewayResponse, op *patch.Op) error {
	status := text(op.Value)
	if status == "" {
		status = gatewayStatus[*r.ResponseType]
	}
	r.StatusCode = given(&status)
	return nil
}

func parseGatewayParameter(v *string) (string, error) {
	if text(v) == "" {
		return "", wire.BadRequest("Invalid null or empty value in responseParameters")
	}
	return *v, nil
}

func parseGatewayTemplate(v *string) (*string, error) {
	if text(v) == "" {
		return nil, errNoTemplate()
	}
	return v, nil
}

// DeleteGatewayResponse makes a type what it was from the start.
func (s *Service) DeleteGatewayResponse(ctx context.Context, who *wire.Caller, in *wire.DeleteGatewayResponseRequest) (*wire.Empty, error) {
	return writeEmpty(ctx, s, who, in.RestAPIID, func(t *tx) error {
		if err := t.requireAPI(); err != nil {
			return err
		}
		return t.remove(kindGatewayResponse, in.ResponseType, wire.NotFound("Gateway response type not defined on api"))
	})
}

// importedType is the gateway response type that a definition names, which
// may be in lower case.
func importedType(name string) (string, bool) {
	name = strings.ToUpper(name)
	_, ok := gatewayStatus[name]
	return name, ok
}
