package control

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// ImportRestAPI makes an API from an OpenAPI definition.
func (s *Service) ImportRestAPI(ctx context.Context, who *wire.Caller, in *wire.ImportRestAPIRequest) (*wire.RestAPI, error) {
	id := newID(apiIDLength)
	def, err := parseDefinition(who, id, in.Body, in.Parameters)
	if err != nil {
		return nil, err
	}
	var out *wire.RestAPI
	err = s.write(ctx, who, id, func(t *tx) (err error) {
		out, err = t.importNew(id, def, in.Parameters, isTrue(in.FailOnWarnings))
		return err
	})
	return out, err
}

// importNew stores an API made from a definition under a new id.
func (t *tx) importNew(id string, def *openapi.API, params map[string]string, failOnWarnings bool) (*wire.RestAPI, error) {
	api, err := newRestAPI(&wire.CreateRestAPIRequest{
		Name: text(def.RestAPI.Name), Description: given(def.RestAPI.Description), Version: given(def.RestAPI.Version),
		EndpointConfiguration: importedEndpoint(def, params),
	})
	if err != nil {
		return nil, err
	}
	api.ID = &id
	if err := t.addRestAPI(api); err != nil {
		return nil, err
	}
	if err := t.addRoot(api); err != nil {
		return nil, err
	}
	out, err := t.applyDefinition(api, def, false, failOnWarnings)
	if err == nil && len(out.Tags) == 0 {
		out.Tags = nil
	}
	return out, err
}

// importedEndpoint is the endpoint configuration that the parameters of an
// import and the definition name together.
func importedEndpoint(def *openapi.API, params map[string]string) *wire.EndpointConfiguration {
	out := &wire.EndpointConfiguration{}
	if e := def.RestAPI.EndpointConfiguration; e != nil {
		*out = *e
	}
	if v := params["endpointConfigurationTypes"]; v != "" {
		out.Types = strings.Split(v, ",")
	}
	return out
}

// PutRestAPI lays an OpenAPI definition over an API: merged into it, or in its
// place. Unlike AWS's it is all or nothing.
func (s *Service) PutRestAPI(ctx context.Context, who *wire.Caller, in *wire.PutRestAPIRequest) (*wire.RestAPI, error) {
	def, err := parseDefinition(who, in.RestAPIID, in.Body, in.Parameters)
	if err != nil {
		return nil, err
	}
	return s.PutDefinition(ctx, who, in.RestAPIID, def, text(in.Mode) == "overwrite", isTrue(in.FailOnWarnings))
}

// PutDefinition is PutRestAPI with a definition that has been read already.
func (s *Service) PutDefinition(ctx context.Context, who *wire.Caller, id string, def *openapi.API, overwrite, failOnWarnings bool) (*wire.RestAPI, error) {
	var out *wire.RestAPI
	err := s.write(ctx, who, id, func(t *tx) error {
		api, err := t.restAPI(id)
		if err != nil {
			return err
		}
		out, err = t.applyDefinition(api, def, overwrite, failOnWarnings)
		return err
	})
	return out, err
}

// parseDefinition reads the body of an import under the request's parameters.
func parseDefinition(who *wire.Caller, id string, body []byte, params map[string]string) (*openapi.API, error) {
	base, ok := openapi.ParseBasePath(params["basepath"])
	if !ok {
		return nil, wire.BadRequest("Invalid basepath specified: %s. Valid options are ignore,prepend,split", truncated(params["basepath"]))
	}
	for _, kind := range strings.Split(params["endpointConfigurationTypes"], ",") {
		if kind != "" && !slices.Contains([]string{"REGIONAL", "EDGE", "PRIVATE"}, kind) {
			return nil, wire.BadRequest("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE")
		}
	}
	def, err := openapi.Parse(body, openapi.Options{
		APIID: id, BasePath: base, IgnoreDocumentation: params["ignore"] == "documentation",
		AccountID: who.Account, Partition: "aws", Region: who.Region,
	})
	if err != nil {
		return nil, wire.BadRequest("%s", err.Error())
	}
	return def, nil
}

// An applier lays a definition over one API and collects what fails.
type applier struct {
	*tx
	api       *wire.RestAPI
	overwrite bool
	failed    openapi.ImportErrors
	ids       map[string]string // resource ids by path
}

// applyDefinition changes an API to what a definition says.
func (t *tx) applyDefinition(api *wire.RestAPI, def *openapi.API, overwrite, failOnWarnings bool) (*wire.RestAPI, error) {
	if err := openapiRefusal(def, failOnWarnings); err != nil {
		return nil, err
	}
	a := &applier{tx: t, api: api, overwrite: overwrite, ids: make(map[string]string)}
	for _, step := range []func(*openapi.API) error{a.settings, a.models, a.resources} {
		if err := step(def); err != nil {
			return nil, err
		}
	}
	if err := a.failed.Err(); err != nil {
		a.failed.Warnings = def.Warnings
		return nil, wire.BadRequest("%s", err.Error())
	}
	if err := t.save(kindRestAPI, "", *api.ID, api); err != nil {
		return nil, err
	}
	out := withTags(shownRestAPI(api))
	out.Warnings = def.Warnings
	return out, nil
}

// openapiRefusal is the error of a definition that is not to be applied at all.
func openapiRefusal(def *openapi.API, failOnWarnings bool) error {
	failed := openapi.ImportErrors{Errors: slices.Clone(def.Errors), Warnings: def.Warnings}
	for _, f := range def.Features {
		if unservedFeature(f.Name) {
			failed.Errors = append(failed.Errors, "This server does not support "+string(f.Name)+" yet: "+f.Path)
		}
	}
	if err := failed.Err(); err != nil {
		return wire.BadRequest("%s", err.Error())
	}
	if failOnWarnings {
		if err := openapi.FailOnWarnings(def.Warnings); err != nil {
			return wire.BadRequest("%s", err.Error())
		}
	}
	return nil
}

// settings lays what the document says of the API as a whole over it.
func (a *applier) settings(def *openapi.API) error {
	from := &def.RestAPI
	if text(from.Name) == "" {
		return wire.BadRequest("Invalid OpenAPI input.")
	}
	a.api.Name = from.Name
	if d := given(from.Description); d != nil || a.overwrite {
		a.api.Description = d
	}
	if v := given(from.Version); v != nil || a.overwrite {
		a.api.Version = v
	}
	if from.APIKeySource != nil {
		a.api.APIKeySource = from.APIKeySource
	}
	if from.DisableExecuteAPIEndpoint != nil {
		a.api.DisableExecuteAPIEndpoint = from.DisableExecuteAPIEndpoint
	}
	if from.SecurityPolicy != nil {
		a.api.SecurityPolicy = from.SecurityPolicy
	}
	if from.EndpointAccessMode != nil {
		a.api.EndpointAccessMode = from.EndpointAccessMode
	}
	if from.Policy != nil {
		policy, err := newPolicy(strings.ReplaceAll(*from.Policy, `"execute-api:/`,
			`"arn:aws:execute-api:`+a.who.Region+":"+a.who.Account+":"+*a.api.ID+"/"))
		if err != nil {
			return err
		}
		a.api.Policy = policy
	}
	return nil
}

// models stores the definition's models; in an overwrite the others go when
// the methods that may use them are gone.
func (a *applier) models(def *openapi.API) error {
	id := *a.api.ID
	if a.overwrite {
		if err := a.DeleteChildren(a.who.Account, a.who.Region, string(kindModel), id); err != nil {
			return err
		}
	}
	for i := range def.Models {
		m := def.Models[i].Model
		err := checkModel(&m)
		if err == nil {
			m.ID = new(newID(childIDLength))
			err = a.save(kindModel, id, *m.Name, &m)
		}
		if err := a.note(err, func(err error) { a.failed.Model(text(m.Name), err) }); err != nil {
			return err
		}
	}
	return nil
}

// note records an answer of the service as a failure of the import; any other
// error ends it.
func (a *applier) note(err error, add func(error)) error {
	var answer *wire.Error
	if errors.As(err, &answer) {
		add(errors.New(answer.Message))
		return nil
	}
	return err
}

// resources stores the paths of the definition, parents first, and their
// methods. What exists keeps its id.
func (a *applier) resources(def *openapi.API) error {
	existing, err := list[wire.Resource](a.tx, kindResource, *a.api.ID, "", 0)
	if err != nil {
		return err
	}
	for i := range existing {
		a.ids[*existing[i].Path] = *existing[i].ID
	}
	if a.overwrite {
		if err := a.DeleteChildren(a.who.Account, a.who.Region, string(kindMethod), *a.api.ID); err != nil {
			return err
		}
		if err := a.dropResources(def, existing); err != nil {
			return err
		}
	}
	for i := range def.Resources {
		r := &def.Resources[i]
		if err := a.note(a.resource(r), func(err error) { a.failed.Resource(r.Path, err) }); err != nil {
			return err
		}
	}
	return nil
}

// dropResources removes the resources that an overwriting definition lacks.
func (a *applier) dropResources(def *openapi.API, existing []wire.Resource) error {
	wanted := make(map[string]bool)
	for i := range def.Resources {
		wanted[def.Resources[i].Path] = true
	}
	for i := range existing {
		r := &existing[i]
		if wanted[*r.Path] || r.ParentID == nil {
			continue
		}
		delete(a.ids, *r.Path)
		place := *r.ParentID + "/" + *r.PathPart
		if err := errors.Join(a.Delete(a.key(kindChild, *a.api.ID, place)), a.Delete(a.key(kindResource, *a.api.ID, *r.ID))); err != nil {
			return err
		}
	}
	return nil
}

// resource makes a path's resource unless it is there, and puts its methods.
func (a *applier) resource(r *openapi.Resource) error {
	id, ok := a.ids[r.Path]
	if !ok {
		parentPath := strings.TrimSuffix(r.Path, "/"+r.PathPart)
		if parentPath == "" {
			parentPath = "/"
		}
		parentID, ok := a.ids[parentPath]
		if !ok {
			return nil // the parent's failure is noted already
		}
		made, err := a.addResource(*a.api.ID, &wire.Resource{ID: &parentID, Path: &parentPath, PathPart: lastPart(parentPath)}, r.PathPart)
		if err != nil {
			return err
		}
		id = *made.ID
		a.ids[r.Path] = id
	}
	for i := range r.Methods {
		if err := a.method(id, r.Path, &r.Methods[i]); err != nil {
			return err
		}
	}
	return nil
}

// lastPart is the path part of the resource at a path, nil for the root.
func lastPart(path string) *string {
	if path == "/" {
		return nil
	}
	return new(path[strings.LastIndexByte(path, '/')+1:])
}

// method puts a method of the definition in place of what is there, checked
// part by part as the operations that make the parts do.
func (a *applier) method(resource, path string, from *openapi.Method) error {
	m, verb := from.Method, *from.HTTPMethod
	failed := false
	check := func(err error, add func(verb, path string, err error)) error {
		return a.note(err, func(err error) { failed = true; add(verb, path, err) })
	}
	m.APIKeyRequired = withDefault(m.APIKeyRequired, false)
	m.AuthorizationType = withDefault(m.AuthorizationType, "NONE")
	if err := check(a.checkMethod(*a.api.ID, &m), a.failed.Method); err != nil {
		return err
	}
	for _, status := range sortedKeys(m.MethodResponses) {
		r := m.MethodResponses[status]
		if err := check(a.checkMethodResponse(*a.api.ID, &r), a.failed.MethodResponse); err != nil {
			return err
		}
	}
	if m.MethodIntegration != nil {
		m.MethodIntegration = importedIntegration(resource, m.MethodIntegration)
		if err := check(checkImportedIntegration(&m), a.failed.Integration); err != nil {
			return err
		}
		for _, status := range sortedKeys(m.MethodIntegration.IntegrationResponses) {
			r := m.MethodIntegration.IntegrationResponses[status]
			if err := check(checkIntegrationResponse(&m, &r), a.failed.IntegrationResponse); err != nil {
				return err
			}
		}
	}
	if failed {
		return nil
	}
	return a.saveMethod(*a.api.ID, resource, &m)
}

// importedIntegration fills in what PutIntegration would.
func importedIntegration(resource string, i *wire.Integration) *wire.Integration {
	out := newIntegration(&wire.PutIntegrationRequest{
		ResourceID: resource, Type: text(i.Type), IntegrationHTTPMethod: i.HTTPMethod, URI: i.URI, ConnectionType: i.ConnectionType,
		ConnectionID: i.ConnectionID, Credentials: i.Credentials, RequestParameters: i.RequestParameters, RequestTemplates: i.RequestTemplates,
		PassthroughBehavior: i.PassthroughBehavior, CacheNamespace: i.CacheNamespace, CacheKeyParameters: i.CacheKeyParameters,
		ContentHandling: i.ContentHandling, TimeoutInMillis: i.TimeoutInMillis, TLSConfig: i.TLSConfig,
		ResponseTransferMode: i.ResponseTransferMode, IntegrationTarget: i.IntegrationTarget,
	})
	if len(i.IntegrationResponses) > 0 {
		out.IntegrationResponses = make(map[string]wire.IntegrationResponse, len(i.IntegrationResponses))
		for status, r := range i.IntegrationResponses {
			r.ResponseTemplates = nullTemplates(r.ResponseTemplates)
			out.IntegrationResponses[status] = r
		}
	}
	return out
}

func checkImportedIntegration(m *wire.Method) error {
	if err := checkIntegration(m, m.MethodIntegration); err != nil {
		return err
	}
	return unservedIntegration(m.MethodIntegration)
}
