package control

import (
	"errors"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// An applier lays a definition over one API and collects what fails. The
// definition is read only: it may be applied again.
type applier struct {
	*tx
	api         *restAPI
	def         *openapi.API
	overwrite   bool
	failed      openapi.ImportErrors // the definition's own errors, and then those of what is put
	findings    []openapi.Finding    // each of failed's errors, with its place
	resources   map[string]string    // resource ids by path
	validators  map[string]string    // validator ids by name
	authorizers map[string]string    // authorizer ids by name
}

func newApplier(t *tx, api *restAPI, def *openapi.API, overwrite bool) *applier {
	a := &applier{
		tx: t, api: api, def: def, overwrite: overwrite,
		failed:    openapi.ImportErrors{Errors: slices.Clone(def.Errors), Warnings: def.Warnings},
		resources: make(map[string]string), validators: make(map[string]string), authorizers: make(map[string]string),
	}
	for _, f := range def.Findings {
		if f.Severity == openapi.Error {
			a.findings = append(a.findings, f)
		}
	}
	return a
}

// failure is the error of a definition of which parts have failed, or of one with
// warnings where they are to be failures.
func (a *applier) failure(onWarnings bool) error {
	if err := a.failed.Err(); err != nil {
		return &DefinitionError{wire.BadRequest("%s", err.Error()), a.findings}
	}
	if onWarnings {
		if err := openapi.FailOnWarnings(a.def.Warnings); err != nil {
			return wire.BadRequest("%s", err.Error())
		}
	}
	return nil
}

// applyDefinition changes an API to what a definition says. When parts of it fail, the
// error tells of all that do.
func (t *tx) applyDefinition(api *restAPI, def *openapi.API, overwrite, failOnWarnings bool) (*wire.RestAPI, error) {
	a := newApplier(t, api, def, overwrite)
	for _, part := range definitionParts() {
		if err := part.apply(a); err != nil {
			return nil, err
		}
	}
	if err := a.failure(failOnWarnings); err != nil {
		return nil, err
	}
	if err := t.saveRestAPI(api); err != nil {
		return nil, err
	}
	out := withTags(shownRestAPI(&api.RestAPI))
	out.Warnings = importWarnings(def)
	return out, nil
}

// note records an answer of the service as a failure of the import, of the part
// that ref leads to. A quota that is used up and any other error end it.
func (a *applier) note(err error, ref string, add func(error)) error {
	var answer *wire.Error
	if !errors.As(err, &answer) || answer.Type == "LimitExceededException" {
		return err
	}
	told := len(a.failed.Errors)
	add(errors.New(answer.Message))
	for _, text := range a.failed.Errors[told:] {
		a.findings = append(a.findings, openapi.Finding{Severity: openapi.Error, Position: a.def.Nearest(ref), Path: ref, Text: text})
	}
	return nil
}

// putSettings lays what the document says of the API as a whole over it. An
// overwrite resets everything else to AWS's defaults, the resource policy
// included; it does not change the endpoint configuration (both documented).
// That a document without a title leaves the name is ours.
func (a *applier) putSettings() error {
	from, api := &a.def.RestAPI, &a.api.RestAPI
	kept := api.Policy
	if a.overwrite {
		*api = wire.RestAPI{
			ID: api.ID, Name: api.Name, CreatedDate: api.CreatedDate, RootResourceID: api.RootResourceID, Tags: api.Tags,
			EndpointConfiguration: api.EndpointConfiguration, APIKeySource: new("HEADER"), DisableExecuteAPIEndpoint: new(false),
		}
	}
	for _, m := range []struct{ to, from **string }{
		{&api.Name, &from.Name}, {&api.Description, &from.Description}, {&api.Version, &from.Version}, {&api.APIKeySource, &from.APIKeySource},
		{&api.Policy, &from.Policy}, {&api.SecurityPolicy, &from.SecurityPolicy}, {&api.EndpointAccessMode, &from.EndpointAccessMode},
	} {
		if *m.from != nil {
			*m.to = *m.from
		}
	}
	if from.DisableExecuteAPIEndpoint != nil {
		api.DisableExecuteAPIEndpoint = from.DisableExecuteAPIEndpoint
	}
	if from.MinimumCompressionSize != nil {
		api.MinimumCompressionSize = from.MinimumCompressionSize
	}
	if e := from.EndpointConfiguration; e != nil {
		if err := setEndpoint(api, e); err != nil {
			return ofSetting(endpointSetting, "/types", err)
		}
	}
	if err := a.addBinaryTypes(from.BinaryMediaTypes); err != nil {
		return ofSetting("binary-media-types", "", err)
	}
	return a.checkRestAPI(api, kept)
}

// setEndpoint lays the endpoint configuration of a document over an API's. Only those
// that the server itself reads have types.
func setEndpoint(api *wire.RestAPI, from *wire.EndpointConfiguration) error {
	if from.Types == nil {
		api.EndpointConfiguration.VPCEndpointIDs = from.VPCEndpointIDs
		return nil
	}
	if len(from.Types) > 0 && !slices.Contains(endpointTypes, from.Types[0]) {
		return errEndpointType()
	}
	made, err := newEndpointConfiguration(from)
	if err == nil {
		api.EndpointConfiguration = made
	}
	return err
}

// addBinaryTypes adds those that the API does not have.
func (a *applier) addBinaryTypes(mediaTypes []string) error {
	api, known := &a.api.RestAPI, make(map[string]bool)
	for _, mediaType := range api.BinaryMediaTypes {
		known[mediaType] = true
	}
	for _, mediaType := range mediaTypes {
		if !known[mediaType] {
			known[mediaType] = true
			api.BinaryMediaTypes = append(api.BinaryMediaTypes, mediaType)
		}
	}
	if len(api.BinaryMediaTypes) > maxMembers {
		return patch.ErrTooMany("binaryMediaTypes", maxMembers)
	}
	return nil
}

// putModels stores the definition's models, and checks what they refer to when
// all are there. In an overwrite the others go: no method will use them.
func (a *applier) putModels() error {
	existing, err := list[wire.Model](a.tx, kindModel, "", 0)
	if err != nil {
		return err
	}
	if a.overwrite {
		if err := a.removeAll(kindModel, ""); err != nil {
			return err
		}
	}
	ids := make(map[string]*string)
	for i := range existing {
		ids[*existing[i].Name] = existing[i].ID
	}
	refs := make([][]string, len(a.def.Models))
	for i := range a.def.Models {
		m := a.def.Models[i].Model
		err := checkModelName(*m.Name)
		if err == nil {
			refs[i], err = a.svc.schemas.Check(text(m.ContentType), text(m.Schema))
		}
		if err == nil {
			if m.ID = ids[*m.Name]; m.ID == nil {
				m.ID = new(newID(childIDLength))
			}
			err = a.save(kindModel, *m.Name, &m)
		}
		if err := a.note(err, a.def.Models[i].Ref, func(err error) { a.failed.Model(*m.Name, err) }); err != nil {
			return err
		}
	}
	for i := range refs {
		name := *a.def.Models[i].Name
		if err := a.note(a.apiModels().CheckReferences(name, refs[i]), a.def.Models[i].Ref, func(err error) { a.failed.Model(name, err) }); err != nil {
			return err
		}
	}
	return nil
}

// putValidators stores the definition's request validators, which are known by
// their names. In an overwrite the others go.
func (a *applier) putValidators() error {
	existing, err := list[wire.RequestValidator](a.tx, kindValidator, "", 0)
	if err != nil {
		return err
	}
	ids := make(map[string]string)
	for i := range existing {
		ids[text(existing[i].Name)] = *existing[i].ID
	}
	if a.overwrite {
		if err := a.removeAll(kindValidator, ""); err != nil {
			return err
		}
	}
	for i := range a.def.RequestValidators {
		v := a.def.RequestValidators[i]
		if err := a.addValidator(&v); err != nil {
			return err
		}
		if id, ok := ids[*v.Name]; ok { // it keeps the id that it had
			if err := a.remove(kindValidator, *v.ID, errValidator()); err != nil {
				return err
			}
			v.ID = &id
			if err := a.saveValidator(&v); err != nil {
				return err
			}
		}
		a.validators[*v.Name] = *v.ID
	}
	return nil
}

// putGatewayResponses stores the definition's gateway responses. In an
// overwrite the others go.
func (a *applier) putGatewayResponses() error {
	if a.overwrite {
		if err := a.removeAll(kindGatewayResponse, ""); err != nil {
			return err
		}
	}
	for i := range a.def.GatewayResponses {
		from := a.def.GatewayResponses[i]
		name := *from.ResponseType
		kind, known := importedType(name)
		err := wire.BadRequest("Invalid gateway response type specified: %s", wire.Truncated(name))
		if known {
			from.ResponseType = &kind
			err = a.saveGatewayResponse(newGatewayResponse(&from))
		}
		if err := a.note(err, "#/x-amazon-apigateway-gateway-responses/"+patch.Escape(name), func(err error) {
			a.failed.Add("Unable to create gateway response for '" + wire.Truncated(name) + "': " + err.Error())
		}); err != nil {
			return err
		}
	}
	return nil
}

// putResources stores the paths of the definition, parents first, and their
// methods. What exists keeps its id.
func (a *applier) putResources() error {
	existing, err := list[wire.Resource](a.tx, kindResource, "", 0)
	if err != nil {
		return err
	}
	for i := range existing {
		a.resources[*existing[i].Path] = *existing[i].ID
	}
	if a.overwrite {
		if err := a.dropResources(existing); err != nil {
			return err
		}
	}
	for i := range a.def.Resources {
		r := &a.def.Resources[i]
		if err := a.note(a.putResource(r), r.Ref, func(err error) { a.failed.Resource(r.Path, err) }); err != nil {
			return err
		}
	}
	return nil
}

// dropResources removes all methods, and the resources that the definition
// lacks.
func (a *applier) dropResources(existing []wire.Resource) error {
	if err := a.removeAll(kindMethod, ""); err != nil {
		return err
	}
	wanted := make(map[string]bool)
	for i := range a.def.Resources {
		wanted[a.def.Resources[i].Path] = true
	}
	for i := range existing {
		r := &existing[i]
		if wanted[*r.Path] || r.ParentID == nil {
			continue
		}
		delete(a.resources, *r.Path)
		if err := a.removeResource(r); err != nil {
			return err
		}
	}
	return nil
}

// putResource makes a path's resource unless it is there, and puts its
// methods.
func (a *applier) putResource(r *openapi.Resource) error {
	id, ok := a.resources[r.Path]
	if !ok {
		path := strings.TrimSuffix(r.Path, "/"+r.PathPart)
		if path == "" {
			path = "/"
		}
		parent, ok := a.resources[path]
		if !ok {
			return nil // the parent's failure is noted already
		}
		made, err := a.addResource(&wire.Resource{ID: &parent, Path: &path, PathPart: lastPart(path)}, r.PathPart)
		if err != nil {
			return err
		}
		id = *made.ID
		a.resources[r.Path] = id
	}
	for i := range r.Methods {
		if err := a.putMethod(id, r.Path, &r.Methods[i]); err != nil {
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
