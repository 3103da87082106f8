package template

import (
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// What SAM calls the API, and its stage, of events that name none.
const (
	impliedName  = "ServerlessRestApi"
	impliedStage = "Prod"
)

// impliedAPI adds the API of the events that name none, if there are any.
func (s *stack) impliedAPI() {
	if s.byName[impliedName] != nil {
		return
	}
	for _, e := range s.events() {
		if p := e.raw.Get("Properties"); p.Get("RestApiId") != nil || !writtenOut(p) {
			continue
		}
		raw := s.withGlobals(kindServerlessAPI, &openapi.Tree{Kind: openapi.ObjectTree, Position: e.at}, nil)
		r := &resource{name: impliedName, kind: kindServerlessAPI, at: e.at, raw: raw}
		s.resources = slices.Insert(s.resources, 0, r)
		s.byName[impliedName] = r
		return
	}
}

// An event is one of type Api of a function or a state machine.
type event struct {
	of        *resource
	name      string
	at        openapi.Position
	raw       *openapi.Tree // as the template has it
	api       *resource     // nil for none of the template's; set when the APIs are known
	evaluated *openapi.Tree // the properties; nil until they are asked for
}

// path leads to the event.
func (e *event) path() string {
	return "#/Resources/" + escape(e.of.name) + "/Properties/Events/" + escape(e.name)
}

// events are those of all functions and state machines.
func (s *stack) events() []event {
	var out []event
	for _, r := range s.resources {
		if !hasEvents[r.kind] {
			continue
		}
		for _, m := range members(r.raw.Get("Events")) {
			if text(m.Value.Get("Type")) == "Api" {
				out = append(out, event{of: r, name: m.Name, at: m.Position, raw: m.Value})
			}
		}
	}
	return out
}

// findEvents finds the APIs of the events.
func (s *stack) findEvents() {
	s.calls = s.events()
	for _, r := range s.resources {
		for _, m := range members(r.raw.Get("Events")) {
			if hasEvents[r.kind] && text(m.Value.Get("Type")) == "" {
				s.noteOf(openapi.Serving, openapi.Error, m.Position, "#/Resources/"+escape(r.name)+"/Properties/Events/"+escape(m.Name), "the event has no Type: SAM wants it written out, in no intrinsic")
			}
		}
	}
	for i := range s.calls {
		e := &s.calls[i]
		p := e.raw.Get("Properties")
		switch id := p.Get("RestApiId"); {
		case id != nil:
			e.api = s.apiCalled(id, e.path()+"/Properties/RestApiId")
		case writtenOut(p):
			e.api = s.byName[impliedName]
		default:
			s.noteOf(openapi.Security, openapi.Error, e.at, e.path()+"/Properties", "it is not known here which API the event is of: write its RestApiId out")
		}
	}
}

// writtenOut reports whether an object of the template has the members that are to be seen,
// and none that are made.
func writtenOut(t *openapi.Tree) bool {
	return t == nil || !isIntrinsic(t) && t.Get("Fn::Transform") == nil
}

// ofEvent returns the properties of an event for a reader that notices what is not read.
func (s *stack) ofEvent(e *event) *object {
	path := e.path() + "/Properties"
	if e.evaluated == nil {
		e.evaluated = s.evaluate(e.raw.Get("Properties"), path)
	}
	return &object{stack: s, tree: e.evaluated, path: path, read: make(map[string]bool)}
}

// route are the path and the verb of an event.
func route(p *object) (path, verb string) {
	path, verb = text(p.get("Path")), strings.ToUpper(text(p.get("Method")))
	if path != "/" {
		path = strings.TrimSuffix(path, "/")
	}
	return path, verb
}

// serverless makes the API of an AWS::Serverless::Api: its definition, if it has one, the
// events of functions, and what SAM lays over them.
func (a *apiBuilder) serverless() {
	p := a.of(a.resource)
	auth := p.within("Auth")
	authorizers := a.authorizers(auth)
	body := a.definition(p)
	a.begin(body, schemes(body, auth, authorizers))
	a.ofEither(p)
	a.serverlessModels(p.get("Models"))
	a.serverlessResponses(p.within("GatewayResponses"))
	a.merged = body == nil || isTrue(p.get("MergeDefinitions"))
	a.eventMethods()
	a.parts()
	a.methods()
	a.cors(p)
	a.auth(auth, authorizers)
	if a.out.Stage = text(p.get("StageName")); a.out.Stage == "" {
		a.out.Stage = impliedStage
	}
	a.stageSettings(p)
	for _, r := range a.children(kindStage) {
		a.stageOf(r, a.of(r))
	}
	p.silently("Mode", "FailOnWarnings", "OpenApiVersion", "AlwaysDeploy", "PropagateTags", "MergeDefinitions")
	p.without("custom domain names are the server's: see domain names in the manual", "Domain")
	p.rest()
	a.out.Definition = a.def
}

// definition is what DefinitionBody or DefinitionUri has, nil for neither.
func (a *apiBuilder) definition(p *object) *openapi.Tree {
	if body := p.get("DefinitionBody"); body != nil {
		return body
	}
	at := p.get("DefinitionUri")
	if at == nil {
		return nil
	}
	for _, name := range []string{"Auth", "Cors", "GatewayResponses", "Models"} {
		if t := p.tree.Get(name); t != nil {
			a.noteOf(openapi.Serving, openapi.Warning, t.Position, p.path+"/"+name, "SAM refuses %s beside DefinitionUri: include the file in DefinitionBody, by AWS::Include", name)
		}
	}
	if at.Kind != openapi.TextTree {
		a.note(openapi.Error, at.Position, p.path+"/DefinitionUri", "DefinitionUri leads to a bucket, which is not on this machine: name a file beside the template")
		return nil
	}
	return a.file(at, p.path+"/DefinitionUri")
}

// serverlessModels adds the models of an API's own, whose references are of the form of a
// definition.
func (a *apiBuilder) serverlessModels(t *openapi.Tree) {
	for _, m := range members(t) {
		schema := textOrJSON(a.canonical(m.Value, 0))
		a.def.Models = append(a.def.Models, openapi.Model{Ref: a.ref(a.resource), Model: wire.Model{
			Name: new(m.Name), ContentType: new("application/json"), Schema: &schema,
		}})
	}
}

// canonical gives the references of a schema to other models the service's form.
func (a *apiBuilder) canonical(t *openapi.Tree, depth int) *openapi.Tree {
	if t == nil || depth > maxDepth || len(t.Items)+len(t.Members) == 0 || !a.spend(t, 0) {
		return t
	}
	out := &openapi.Tree{Kind: t.Kind, Text: t.Text, Position: t.Position}
	for _, item := range t.Items {
		out.Items = append(out.Items, a.canonical(item, depth+1))
	}
	for _, m := range t.Members {
		of := text(m.Value)
		for _, within := range []string{"#/definitions/", "#/components/schemas/"} {
			if name, ok := strings.CutPrefix(of, within); ok && m.Name == "$ref" {
				m.Value = newText("https://apigateway.amazonaws.com/restapis/"+a.resource.id+"/models/"+name, m.Value.Position)
			}
		}
		m.Value = a.canonical(m.Value, depth+1)
		out.Members = append(out.Members, m)
	}
	return out
}

func (a *apiBuilder) serverlessResponses(all *object) {
	for _, m := range members(all.tree) {
		p := all.within(m.Name)
		places, parameters := p.within("ResponseParameters"), make(map[string]string)
		for name, place := range map[string]string{"Headers": "header", "Paths": "path", "QueryStrings": "querystring"} {
			for _, of := range members(places.get(name)) {
				parameters["gatewayresponse."+place+"."+of.Name] = text(of.Value)
			}
		}
		a.def.GatewayResponses = append(a.def.GatewayResponses, wire.GatewayResponse{
			ResponseType: new(m.Name), StatusCode: optional(p.get("StatusCode")),
			ResponseParameters: parameters, ResponseTemplates: templateMap(p.get("ResponseTemplates")),
		})
		places.rest()
		p.rest()
	}
}

// eventMethods makes the methods of the events that are of the API. With a definition that
// they are not merged into, that has to have them.
func (a *apiBuilder) eventMethods() {
	made := make(map[string]bool)
	for i := range a.calls {
		e := &a.calls[i]
		if e.api != a.resource {
			continue
		}
		path := e.path()
		p := a.ofEvent(e)
		p.silently("RestApiId")
		at, verb := route(p)
		if !strings.HasPrefix(at, "/") || len(at) > maxPath {
			a.note(openapi.Error, e.at, path, "its Path is no path such as /orders")
			continue
		}
		if !a.merged {
			if a.has(at, verb) == nil {
				a.note(openapi.Warning, e.at, path, "the definition of the API has no %s %s, to which the event would lead", brief(verb), brief(at))
			}
			p.withoutEffect("the definition of the API says what its methods are", "RequestModel", "RequestParameters", "TimeoutInMillis", "ResponseTransferMode")
			continue
		}
		if made[verb+at] {
			a.note(openapi.Error, e.at, path, "%s %s is defined multiple times", brief(verb), brief(at))
			continue
		}
		made[verb+at] = true
		m := a.eventMethod(p, e, at, verb)
		m.Ref = a.home + path
		p.silently("Auth")
		p.refuseRest("an event of type Api")
		if verb == "" {
			a.note(openapi.Error, e.at, path, "it has no Method")
			continue
		}
		a.put(at, m)
	}
}

// has returns the method of a path that answers a verb, nil for none.
func (a *apiBuilder) has(path, verb string) *openapi.Method {
	for i := range a.def.Resources {
		for j := range a.def.Resources[i].Methods {
			m := &a.def.Resources[i].Methods[j]
			if a.def.Resources[i].Path == path && (*m.HTTPMethod == verb || *m.HTTPMethod == "ANY") {
				return m
			}
		}
	}
	return nil
}

// eventMethod is a method that calls the function of an event, or starts its state machine.
func (a *apiBuilder) eventMethod(p *object, e *event, path, verb string) openapi.Method {
	m := openapi.Method{Method: wire.Method{HTTPMethod: &verb, AuthorizationType: new("NONE"), RequestParameters: make(map[string]bool)}}
	if e.of.kind == kindMachine {
		a.startMachine(&m, p, e)
		return m
	}
	m.MethodIntegration = &wire.Integration{
		Type: new("AWS_PROXY"), HTTPMethod: new("POST"), URI: new(a.invocation(a.arn(e.of))),
		TimeoutInMillis: whole(p.get("TimeoutInMillis")), ResponseTransferMode: optional(p.get("ResponseTransferMode")),
	}
	if mode := m.MethodIntegration.ResponseTransferMode; mode != nil && *mode == "STREAM" {
		uri := strings.NewReplacer("/2015-03-31/", "/2021-11-15/", "/invocations", "/response-streaming-invocations").Replace(*m.MethodIntegration.URI)
		m.MethodIntegration.URI = &uri
	}
	for part := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok && !strings.HasSuffix(name, "+}") {
			m.RequestParameters["method.request.path."+strings.TrimSuffix(name, "}")] = true
		}
	}
	for _, t := range p.each("RequestParameters") {
		if t.tree.Kind == openapi.TextTree {
			m.RequestParameters[t.tree.Text] = false
		}
		for _, named := range members(t.tree) {
			of := t.within(named.Name)
			required := of.truthOf("Required")
			m.RequestParameters[named.Name] = required != nil && *required
			if isTrue(of.get("Caching")) {
				m.MethodIntegration.CacheKeyParameters = append(m.MethodIntegration.CacheKeyParameters, named.Name)
			}
			of.refuseRest("a request parameter")
		}
	}
	if p.get("RequestModel") != nil {
		a.requestModel(&m, p.within("RequestModel"))
	}
	return m
}

// startMachine has a method start a state machine with the body that it gets, as SAM does.
func (a *apiBuilder) startMachine(m *openapi.Method, p *object, e *event) {
	input := "$util.escapeJavaScript($input.json('$'))"
	if isTrue(p.get("UnescapeMappingTemplate")) {
		input += `.replaceAll("\\'", "'")`
	}
	machine := a.arn(e.of)
	m.MethodIntegration = &wire.Integration{
		Type: new("AWS"), HTTPMethod: new("POST"), URI: new("arn:" + a.o.Read.Partition + ":apigateway:" + a.o.Read.Region + ":states:action/StartExecution"),
		Credentials:      new("arn:" + a.o.Read.Partition + ":iam::" + a.o.Read.AccountID + ":role/" + e.of.name + e.name + "Role"),
		RequestTemplates: map[string]*string{"application/json": new(`{"input": "` + input + `", "stateMachineArn": ` + string(quoted(machine)) + `}`)},
	}
	for _, status := range []string{"200", "400"} {
		if m.MethodResponses == nil {
			m.MethodResponses, m.MethodIntegration.IntegrationResponses = make(map[string]wire.MethodResponse), make(map[string]wire.IntegrationResponse)
		}
		m.MethodResponses[status] = wire.MethodResponse{StatusCode: &status}
		m.MethodIntegration.IntegrationResponses[status] = wire.IntegrationResponse{StatusCode: &status, SelectionPattern: &status}
	}
}

// invocation is the URI of an integration or an authorizer that calls a function.
func (a *apiBuilder) invocation(function string) string {
	return "arn:" + a.o.Read.Partition + ":apigateway:" + a.o.Read.Region + ":lambda:path/2015-03-31/functions/" + function + "/invocations"
}

// requestModel sets the model of a method's bodies, and what is validated. Required says to
// readers of the definition that there is a body.
func (a *apiBuilder) requestModel(m *openapi.Method, p *object) {
	if name := p.textOf("Model"); name != "" {
		m.RequestModels = map[string]string{"application/json": name}
	}
	validated := func(name string) bool { b := p.truthOf(name); return b != nil && *b }
	body, parameters := validated("ValidateBody"), validated("ValidateParameters")
	p.silently("Required")
	p.refuseRest("RequestModel")
	if !body && !parameters {
		return
	}
	name := map[[2]bool]string{{true, true}: "body-and-params", {true, false}: "body-only", {false, true}: "params-only"}[[2]bool{body, parameters}]
	m.RequestValidator = name
	for i := range a.def.RequestValidators {
		if *a.def.RequestValidators[i].Name == name {
			return
		}
	}
	a.def.RequestValidators = append(a.def.RequestValidators, wire.RequestValidator{
		Name: &name, ValidateRequestBody: &body, ValidateRequestParameters: &parameters,
	})
}
