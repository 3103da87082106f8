package control

import (
	"context"
	"regexp"

	"github.com/gatehouse-gw/gatehouse/internal/apimodel"
	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

var modelNamePattern = regexp.MustCompile(`^[a-zA-Z0-9]+$`)

func errModel(name string) error {
	return wire.NotFound("Invalid model name specified: %s", wire.Truncated(name))
}

// Schemas of the models that CreateRestApi gives every API.
const (
	emptySchema = "{\n  \"$schema\": \"http://json-schema.org/draft-04/schema#\",\n  \"title\" : \"Empty Schema\",\n  \"type\" : \"object\"\n}"
	errorSchema = "{\n  \"$schema\" : \"http://json-schema.org/draft-04/schema#\",\n  \"title\" : \"Error Schema\",\n  \"type\" : \"object\",\n  \"properties\" : {\n    \"message\" : { \"type\" : \"string\" }\n  }\n}"
)

// addDefaultModels stores the two models that a new, not imported, API has.
func (t *tx) addDefaultModels() error {
	for _, m := range []wire.Model{
		{Name: new("Empty"), Description: new("This is a default empty schema model"), Schema: new(emptySchema)},
		{Name: new("Error"), Description: new("This is a default error schema model"), Schema: new(errorSchema)},
	} {
		if err := t.addModel(&m); err != nil {
			return err
		}
	}
	return nil
}

// addModel stores a new model.
func (t *tx) addModel(m *wire.Model) error {
	m.ID = new(newID(childIDLength))
	m.ContentType = withDefault(m.ContentType, "application/json")
	return t.insert(kindModel, *m.Name, m, wire.Conflict("Model name already exists for this REST API"))
}

// model reads a model. An unknown API and an unknown model are one answer.
func (t *tx) model(name string) (*wire.Model, error) {
	return load[wire.Model](t, kindModel, name, errModel(name))
}

// apiModels is the API's models, for what their schemas say of each other.
func (t *tx) apiModels() apimodel.API { return apimodel.API{ID: t.api, Models: storedModels{t}} }

// A storedModels has the models of a transaction's API.
type storedModels struct{ *tx }

func (s storedModels) Model(name string) (*wire.Model, error) { return s.model(name) }
func (s storedModels) HasModel(name string) (bool, error)     { return s.exists(kindModel, name) }

// CreateModel adds a model to an API.
func (s *Service) CreateModel(ctx context.Context, who *wire.Caller, in *wire.CreateModelRequest) (*wire.Model, error) {
	return writeBriefly(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Model, error) {
		if err := t.requireAPI(); err != nil {
			return nil, err
		}
		m := &wire.Model{Name: &in.Name, Description: given(in.Description), Schema: in.Schema, ContentType: &in.ContentType}
		if err := checkModelName(in.Name); err != nil {
			return nil, err
		}
		if err := t.checkModel(m); err != nil {
			return nil, err
		}
		return m, t.addModel(m)
	})
}

func checkModelName(name string) error {
	switch {
	case name == "":
		return wire.BadRequest("Model name must be non-empty")
	case !modelNamePattern.MatchString(name) || len(name) > maxNameLength:
		return wire.BadRequest("Model name must be alphanumeric: %s", wire.Truncated(name))
	}
	return nil
}

// briefSchema is how large a schema may be to be checked while others wait, in
// bytes: the largest takes some tenths of a second, on a busy machine.
const briefSchema = 32 << 10

// checkModel checks a model's content type and schema.
func (t *tx) checkModel(m *wire.Model) error {
	if err := checkContentType(text(m.ContentType)); err != nil {
		return err
	}
	if t.brief && len(text(m.Schema)) > briefSchema {
		return store.ErrTimeout
	}
	refs, err := t.svc.schemas.Check(text(m.ContentType), text(m.Schema))
	if err != nil {
		return err
	}
	return t.apiModels().CheckReferences(*m.Name, refs)
}

// GetModel reads one model; flattened, its schema holds those that it refers
// to.
func (s *Service) GetModel(ctx context.Context, who *wire.Caller, in *wire.GetModelRequest) (*wire.Model, error) {
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Model, error) {
		m, err := t.model(in.ModelName)
		if err == nil && isTrue(in.Flatten) {
			err = t.apiModels().Flatten(m)
		}
		return m, err
	})
}

// GetModels lists an API's models.
func (s *Service) GetModels(ctx context.Context, who *wire.Caller, in *wire.GetModelsRequest) (*wire.Models, error) {
	return readPage(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Models, error) {
		if err := t.requireAPI(); err != nil {
			return nil, err
		}
		items, position, err := page[wire.Model](t, kindModel, in.Position, in.Limit)
		return &wire.Models{Items: items, Position: position}, err
	})
}

// GetModelTemplate writes a mapping template for a model.
func (s *Service) GetModelTemplate(ctx context.Context, who *wire.Caller, in *wire.GetModelTemplateRequest) (*wire.Template, error) {
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Template, error) {
		m, err := t.model(in.ModelName)
		if err != nil {
			return nil, err
		}
		value, err := t.apiModels().Template(m)
		return &wire.Template{Value: &value}, err
	})
}

// UpdateModel patches a model.
func (s *Service) UpdateModel(ctx context.Context, who *wire.Caller, in *wire.UpdateModelRequest) (*wire.Model, error) {
	return writeBriefly(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Model, error) {
		m, err := t.model(in.ModelName)
		if err != nil {
			return nil, err
		}
		if err := modelPatch.Apply(t, m, in.PatchOperations); err != nil {
			return nil, err
		}
		if err := t.checkModel(m); err != nil {
			return nil, err
		}
		return m, t.save(kindModel, in.ModelName, m)
	})
}

// modelPatch is every path that UpdateModel takes.
var modelPatch = patchTable[wire.Model]{
	Dialect: patch.Listed,
	Paths: []patchPath[wire.Model]{
		{At: "/description", Replace: setText(func(m *wire.Model) **string { return &m.Description })},
		{At: "/schema", Replace: keepText(func(m *wire.Model) **string { return &m.Schema })},
	},
}

// DeleteModel removes a model that nothing refers to.
func (s *Service) DeleteModel(ctx context.Context, who *wire.Caller, in *wire.DeleteModelRequest) (*wire.Empty, error) {
	return writeAheadEmpty(ctx, s, who, in.RestAPIID, func(t *tx) error {
		if _, err := t.model(in.ModelName); err != nil {
			return err
		}
		if err := t.checkModelUnused(in.ModelName); err != nil {
			return err
		}
		return t.remove(kindModel, in.ModelName, errModel(in.ModelName))
	})
}

// checkModelUnused looks for a method or another model that names the model. Of
// several methods the answer tells of the last one; which AWS tells of is not
// known.
func (t *tx) checkModelUnused(name string) error {
	var user, verb, use string
	err := t.eachMethod(func(resource string, m *wire.Method) error {
		if found := modelUse(m, name); found != "" {
			user, verb, use = resource, *m.HTTPMethod, found
		}
		return nil
	})
	if err != nil {
		return err
	}
	if use != "" {
		r, err := t.resource(user)
		if err != nil {
			return err
		}
		return wire.Conflict("Cannot delete model '%s', is referenced in %s: %s/%s", name, use, *r.Path, verb)
	}
	models, err := list[wire.Model](t, kindModel, "", 0)
	if err != nil {
		return err
	}
	for i := range models {
		if *models[i].Name != name && t.apiModels().Refers(t.svc.schemas, &models[i], name) {
			return wire.Conflict("Cannot delete model '%s', is referenced in model: %s", name, *models[i].Name)
		}
	}
	return nil
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
