package template

import (
	"errors"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// ofEither sets what an AWS::ApiGateway::RestApi and an AWS::Serverless::Api say in the same
// words.
func (a *apiBuilder) ofEither(p *object) {
	api := &a.def.RestAPI
	setText(&api.Name, p.get("Name"))
	setText(&api.Description, p.get("Description"))
	setText(&api.APIKeySource, p.get("ApiKeySourceType"))
	setText(&api.SecurityPolicy, p.get("SecurityPolicy"))
	a.policy(p.get("Policy"))
	a.binaryTypes(p.get("BinaryMediaTypes"))
	a.endpoint(p)
	if n := whole(p.get("MinimumCompressionSize")); n != nil {
		api.MinimumCompressionSize = n
	}
	if b := p.truthOf("DisableExecuteApiEndpoint"); b != nil {
		api.DisableExecuteAPIEndpoint = b
	}
}

// restAPI makes the API of an AWS::ApiGateway::RestApi: what its Body says, and the
// resources of the template that name it.
func (a *apiBuilder) restAPI() {
	p := a.of(a.resource)
	a.begin(p.get("Body"), nil)
	a.ofEither(p)
	setText(&a.def.RestAPI.EndpointAccessMode, p.get("EndpointAccessMode"))
	p.silently("Tags", "Mode", "FailOnWarnings")
	for _, name := range []string{"BodyS3Location", "CloneFrom"} {
		if t := p.get(name); t != nil {
			a.note(openapi.Error, t.Position, p.path+"/"+name, "%s is not on this machine: the definition has to stand in Body", name)
		}
	}
	a.importParameters(p)
	p.rest()
	a.parts()
	a.methods()
	a.stage()
	a.out.Definition = a.def
}

// importParameters reads what Parameters say to the import of the Body: the type of the endpoint, where
// nothing else names one.
func (a *apiBuilder) importParameters(api *object) {
	p := api.within("Parameters")
	kind := p.textOf("endpointConfigurationTypes")
	p.without("it says how an import reads the Body", "basepath", "ignore")
	p.rest()
	e := a.def.RestAPI.EndpointConfiguration
	switch {
	case kind == "" || e != nil && len(e.Types) > 0:
	case e == nil:
		a.def.RestAPI.EndpointConfiguration = &wire.EndpointConfiguration{Types: []string{kind}}
	default:
		e.Types = []string{kind}
	}
}

// begin makes the API of a definition that the template holds, or one of nothing. The
// template adds security schemes to it.
func (a *apiBuilder) begin(body *openapi.Tree, schemes []openapi.SecurityScheme) {
	o := a.o.Read
	o.APIID, o.Schemes = a.resource.id, schemes
	if body != nil && !a.lost(body) {
		def, files, err := openapi.FromTree(body, a.top, o)
		a.files = append(a.files, files...)
		if err == nil {
			a.def, a.home = def, a.o.Read.File
			return
		}
		var input *openapi.InputError
		if !errors.As(err, &input) || len(input.Findings) == 0 {
			a.note(openapi.Error, body.Position, "", "%v", err)
		} else {
			a.findings = append(a.findings, input.Findings...)
		}
	}
	a.def, _, _ = openapi.FromTree(nil, a.top, o) // which reads nothing
	a.def.RestAPI.Name = new(a.resource.name)
	if body == nil {
		a.def.Models = builtInModels()
	}
}

// lost reports whether nothing is left of a definition, since what it is made of cannot be
// known, which has been told.
func (a *apiBuilder) lost(body *openapi.Tree) bool {
	wrong := func(f openapi.Finding) bool { return f.Severity == openapi.Error }
	return body.Kind == openapi.ObjectTree && len(body.Members) == 0 && slices.ContainsFunc(a.findings, wrong)
}

// builtInModels are those that API Gateway gives each API that is not imported.
func builtInModels() []openapi.Model {
	model := func(name, schema string) openapi.Model {
		return openapi.Model{Model: wire.Model{Name: &name, ContentType: new("application/json"), Schema: &schema}}
	}
	return []openapi.Model{
		model("Empty", `{"$schema":"http://json-schema.org/draft-04/schema#","title":"Empty Schema","type":"object"}`),
		model("Error", `{"$schema":"http://json-schema.org/draft-04/schema#","title":"Error Schema","type":"object","properties":{"message":{"type":"string"}}}`),
	}
}

// setText sets a text that the template has.
func setText(to **string, from *openapi.Tree) {
	if s := optional(from); s != nil {
		*to = s
	}
}

func (a *apiBuilder) policy(t *openapi.Tree) {
	if t != nil {
		a.def.RestAPI.Policy = new(textOrJSON(t))
	}
}

func (a *apiBuilder) binaryTypes(t *openapi.Tree) {
	for _, mediaType := range texts(t) {
		if mediaType = strings.ReplaceAll(mediaType, "~1", "/"); !slices.Contains(a.def.RestAPI.BinaryMediaTypes, mediaType) {
			a.def.RestAPI.BinaryMediaTypes = append(a.def.RestAPI.BinaryMediaTypes, mediaType)
		}
	}
}

// endpoint reads an endpoint configuration in the forms of CloudFormation and SAM.
func (a *apiBuilder) endpoint(p *object) {
	const name = "EndpointConfiguration"
	t := p.get(name)
	if t == nil {
		return
	}
	if t.Kind == openapi.TextTree {
		a.def.RestAPI.EndpointConfiguration = &wire.EndpointConfiguration{Types: []string{t.Text}}
		return
	}
	of := p.within(name)
	e := &wire.EndpointConfiguration{Types: texts(of.get("Types")), VPCEndpointIDs: texts(of.get("VpcEndpointIds")), IPAddressType: optional(of.get("IpAddressType"))}
	if kind := of.get("Type"); kind != nil {
		e.Types = texts(kind)
	}
	if ids := of.get("VPCEndpointIds"); ids != nil {
		e.VPCEndpointIDs = texts(ids)
	}
	of.refuseRest(name)
	a.def.RestAPI.EndpointConfiguration = e
}

// ref leads to a resource of the template, for openapi.API.Locate.
func (a *apiBuilder) ref(r *resource) string { return a.home + "#/Resources/" + escape(r.name) }

// children are the resources of a kind that are of the API.
func (a *apiBuilder) children(kind string) []*resource {
	var out []*resource
	for _, r := range a.resources {
		if r.kind == kind && a.apiOf(r) == a.resource {
			out = append(out, r)
		}
	}
	return out
}

// apiOf is the API that a resource names, nil for none of the template's.
func (s *stack) apiOf(r *resource) *resource {
	if !r.apiKnown {
		r.apiKnown = true
		r.api = s.apiCalled(r.raw.Get("RestApiId"), "#/Resources/"+escape(r.name)+"/Properties/RestApiId")
	}
	return r.api
}

// apiCalled is the API that a value names, nil for none of the template's.
func (s *stack) apiCalled(t *openapi.Tree, path string) *resource {
	for _, api := range s.apis {
		if text(t) == api.name || text(t.Get("Ref")) == api.name { // without evaluating, mostly
			return api
		}
	}
	severity := s.severity
	s.severity = openapi.Warning // what is of another API is left out, and told
	id := text(s.evaluate(t, path))
	s.severity = severity
	for _, api := range s.apis {
		if id != "" && id == api.id {
			return api
		}
	}
	return nil
}

// at returns the resource of a path, which it makes with all that lead to it.
func (a *apiBuilder) at(path, ref string) *openapi.Resource {
	if a.places == nil {
		a.places = make(map[string]int)
		for i := range a.def.Resources {
			a.places[a.def.Resources[i].Path] = i
		}
	}
	if i, ok := a.places[path]; ok {
		return &a.def.Resources[i]
	}
	if len(a.def.Resources) >= maxPaths || !a.spend(a.resource.raw, 0) {
		a.note(openapi.Error, a.resource.at, "#/Resources/"+escape(a.resource.name), "the API has more than %d paths", maxPaths)
		return new(openapi.Resource) // of no API: this one is not deployed
	}
	parent, part := path[:strings.LastIndexByte(path, '/')], path[strings.LastIndexByte(path, '/')+1:]
	if parent != "" {
		a.at(parent, ref)
		if _, ok := a.places[parent]; !ok {
			return new(openapi.Resource)
		}
	}
	a.places[path] = len(a.def.Resources)
	a.def.Resources = append(a.def.Resources, openapi.Resource{Path: path, PathPart: part, Ref: ref})
	return &a.def.Resources[len(a.def.Resources)-1]
}

// put adds a method to a path, in place of the one that is there.
func (a *apiBuilder) put(path string, m openapi.Method) {
	r := a.at(path, m.Ref)
	r.Methods = append(slices.DeleteFunc(r.Methods, func(other openapi.Method) bool { return *other.HTTPMethod == *m.HTTPMethod }), m)
}
