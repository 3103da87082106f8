package control

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

var modelNamePattern = regexp.MustCompile(`^[a-zA-Z0-9]+$`)

// maxSchemaSize is AWS's bound on one model's schema.
const maxSchemaSize = 400 << 10

func errModel(name string) error {
	return wire.NotFound("Invalid model name specified: %s", truncated(name))
}

// Schemas of the models that CreateRestApi gives every API.
const (
	emptySchema = "{\n  \"$schema\": \"http://json-schema.org/draft-04/schema#\",\n  \"title\" : \"Empty Schema\",\n  \"type\" : \"object\"\n}"
	errorSchema = "{\n  \"$schema\" : \"http://json-schema.org/draft-04/schema#\",\n  \"title\" : \"Error Schema\",\n  \"type\" : \"object\",\n  \"properties\" : {\n    \"message\" : { \"type\" : \"string\" }\n  }\n}"
)

// addDefaultModels stores the two models that a new, not imported, API has.
func (t *tx) addDefaultModels(api string) error {
	for _, m := range []wire.Model{
		{Name: new("Empty"), Description: new("This is a default empty schema model"), Schema: new(emptySchema)},
		{Name: new("Error"), Description: new("This is a default error schema model"), Schema: new(errorSchema)},
	} {
		if err := t.addModel(api, &m); err != nil {
			return err
		}
	}
	return nil
}

// addModel stores a new model.
func (t *tx) addModel(api string, m *wire.Model) error {
	m.ID = new(newID(childIDLength))
	m.ContentType = withDefault(m.ContentType, "application/json")
	return t.insert(kindModel, api, *m.Name, m, wire.Conflict("Model name already exists for this REST API"))
}

// CreateModel adds a model to an API.
func (s *Service) CreateModel(ctx context.Context, who *wire.Caller, in *wire.CreateModelRequest) (*wire.Model, error) {
	var out *wire.Model
	err := s.write(ctx, who, in.RestAPIID, func(t *tx) error {
		if _, err := t.restAPI(in.RestAPIID); err != nil {
			return err
		}
		out = &wire.Model{Name: &in.Name, Description: in.Description, Schema: in.Schema, ContentType: &in.ContentType}
		if err := checkModel(out); err != nil {
			return err
		}
		return t.addModel(in.RestAPIID, out)
	})
	return out, err
}

func checkModel(m *wire.Model) error {
	switch name := *m.Name; {
	case name == "":
		return wire.BadRequest("Model name must be non-empty")
	case !modelNamePattern.MatchString(name) || len(name) > maxNameLength:
		return wire.BadRequest("Model name must be alphanumeric: %s", truncated(name))
	}
	if err := checkContentType(text(m.ContentType)); err != nil {
		return err
	}
	return checkSchema(text(m.ContentType), text(m.Schema))
}

// checkSchema wants a schema, and in a JSON model a JSON one. The text of the
// first refusal is AWS's, whose condition is narrower than it says: an object
// without properties is taken (recorded).
func checkSchema(contentType, schema string) error {
	if strings.TrimSpace(schema) == "" {
		return wire.BadRequest("Model schema must have at least 1 property or array items defined")
	}
	if len(schema) > maxSchemaSize {
		return wire.BadRequest("Model schema must not be larger than %d bytes", maxSchemaSize)
	}
	if strings.Contains(contentType, "json") && !json.Valid([]byte(schema)) {
		return wire.BadRequest("Invalid model specified: Validation Result: warnings : [], errors : [Invalid model schema specified]")
	}
	return nil
}

// GetModel reads one model.
func (s *Service) GetModel(ctx context.Context, who *wire.Caller, in *wire.GetModelRequest) (*wire.Model, error) {
	var out *wire.Model
	err := s.read(ctx, who, func(t *tx) (err error) {
		out, err = load[wire.Model](t, kindModel, in.RestAPIID, in.ModelName, errModel(in.ModelName))
		if err == nil && isTrue(in.Flatten) && strings.Contains(*out.Schema, `"$ref"`) {
			return unserved("flatten", "true")
		}
		return err
	})
	return out, err
}

// GetModels lists an API's models.
func (s *Service) GetModels(ctx context.Context, who *wire.Caller, in *wire.GetModelsRequest) (*wire.Models, error) {
	var out *wire.Models
	err := s.read(ctx, who, func(t *tx) error {
		if _, err := t.restAPI(in.RestAPIID); err != nil {
			return err
		}
		items, position, err := page(t, kindModel, in.RestAPIID, in.Position, in.Limit, func(m wire.Model) string { return *m.Name })
		out = &wire.Models{Items: items, Position: position}
		return err
	})
	return out, err
}

// DeleteModel removes a model that no method refers to.
func (s *Service) DeleteModel(ctx context.Context, who *wire.Caller, in *wire.DeleteModelRequest) (*wire.Empty, error) {
	return &wire.Empty{}, s.write(ctx, who, in.RestAPIID, func(t *tx) error {
		if _, err := load[wire.Model](t, kindModel, in.RestAPIID, in.ModelName, errModel(in.ModelName)); err != nil {
			return err
		}
		if err := t.checkModelUnused(in.RestAPIID, in.ModelName); err != nil {
			return err
		}
		return t.remove(kindModel, in.RestAPIID, in.ModelName, errModel(in.ModelName))
	})
}

// checkModelUnused looks for a method or another model that names the model.
func (t *tx) checkModelUnused(api, name string) error {
	rows, err := t.List(t.who.Account, t.who.Region, string(kindMethod), api, "", 0)
	if err != nil {
		return err
	}
	for _, row := range rows {
		m, err := decode[wire.Method](kindMethod, row.ID, row.Doc)
		if err != nil {
			return err
		}
		use := modelUse(m, name)
		if use == "" {
			continue
		}
		resource, verb, _ := strings.Cut(row.ID, "/")
		r, err := t.resource(api, resource)
		if err != nil {
			return err
		}
		return wire.Conflict("Cannot delete model '%s', is referenced in %s: %s/%s", name, use, *r.Path, verb)
	}
	return t.checkNoModelRefers(api, name)
}

// modelUse says where a method names a model, "" for nowhere.
func modelUse(m *wire.Method, name string) string {
	for _, used := range m.RequestModels {
		if used == name {
			return "method request"
		}
	}
	for _, r := range m.MethodResponses {
		for _, used := range r.ResponseModels {
			if used == name {
				return "method response"
			}
		}
	}
	return ""
}

// checkNoModelRefers looks for a model whose schema has a $ref to another.
func (t *tx) checkNoModelRefers(api, name string) error {
	models, err := list[wire.Model](t, kindModel, api, "", 0)
	if err != nil {
		return err
	}
	ref := "/restapis/" + api + "/models/" + name + `"`
	for i := range models {
		if *models[i].Name != name && strings.Contains(*models[i].Schema, ref) {
			return wire.Conflict("Cannot delete model '%s', is referenced in model: %s", name, *models[i].Name)
		}
	}
	return nil
}
