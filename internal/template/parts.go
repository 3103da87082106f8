package template

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// parts makes what an API has beside its methods.
func (a *apiBuilder) parts() {
	for _, r := range a.children("AWS::ApiGateway::Model") {
		a.model(r)
	}
	for _, r := range a.children("AWS::ApiGateway::RequestValidator") {
		p := a.of(r)
		a.def.RequestValidators = append(a.def.RequestValidators, wire.RequestValidator{
			Name: new(a.partName(r)), ValidateRequestBody: p.truthOf("ValidateRequestBody"), ValidateRequestParameters: p.truthOf("ValidateRequestParameters"),
		})
		p.silently("RestApiId", "Name")
		p.rest()
	}
	for _, r := range a.children("AWS::ApiGateway::Authorizer") {
		a.authorizer(r)
	}
	for _, r := range a.children("AWS::ApiGateway::GatewayResponse") {
		p := a.of(r)
		a.def.GatewayResponses = append(a.def.GatewayResponses, wire.GatewayResponse{
			ResponseType: new(text(p.get("ResponseType"))), StatusCode: optional(p.get("StatusCode")),
			ResponseParameters: textMap(p.get("ResponseParameters")), ResponseTemplates: templateMap(p.get("ResponseTemplates")),
		})
		p.silently("RestApiId")
		p.rest()
	}
	a.documentation()
}

func (a *apiBuilder) model(r *resource) {
	p := a.of(r)
	name := text(p.get("Name"))
	if name == "" {
		name = r.name
	}
	m := openapi.Model{Ref: a.ref(r), Model: wire.Model{
		Name: &name, Description: optional(p.get("Description")), ContentType: new("application/json"), Schema: new("{}"),
	}}
	setText(&m.ContentType, p.get("ContentType"))
	if schema := p.get("Schema"); schema != nil {
		m.Schema = new(textOrJSON(schema))
	}
	p.silently("RestApiId")
	p.rest()
	for i := range a.def.Models {
		if *a.def.Models[i].Name == name {
			a.def.Models[i] = m
			return
		}
	}
	a.def.Models = append(a.def.Models, m)
}

func (a *apiBuilder) authorizer(r *resource) {
	p := a.of(r)
	a.def.Authorizers = append(a.def.Authorizers, openapi.Authorizer{Ref: a.ref(r), Authorizer: wire.Authorizer{
		Name:                         new(a.partName(r)),
		Type:                         new(text(p.get("Type"))),
		AuthType:                     optional(p.get("AuthType")),
		AuthorizerURI:                optional(p.get("AuthorizerUri")),
		AuthorizerCredentials:        optional(p.get("AuthorizerCredentials")),
		IdentitySource:               optional(p.get("IdentitySource")),
		IdentityValidationExpression: optional(p.get("IdentityValidationExpression")),
		AuthorizerResultTTLInSeconds: p.wholeOf("AuthorizerResultTtlInSeconds"),
		ProviderARNs:                 texts(p.get("ProviderARNs")),
	}})
	p.silently("RestApiId", "Name")
	p.rest()
}

// documentation makes the documentation parts of an API.
func (a *apiBuilder) documentation() {
	for _, r := range a.children("AWS::ApiGateway::DocumentationPart") {
		p := a.of(r)
		at := p.within("Location")
		if a.def.Documentation == nil {
			a.def.Documentation = new(openapi.Documentation)
		}
		a.def.Documentation.Parts = append(a.def.Documentation.Parts, openapi.DocumentationPart{DocumentationPart: wire.DocumentationPart{
			Location: &wire.DocumentationPartLocation{
				Type: text(at.get("Type")), Path: optional(at.get("Path")), Method: optional(at.get("Method")),
				StatusCode: optional(at.get("StatusCode")), Name: optional(at.get("Name")),
			},
			Properties: new(textOrJSON(p.get("Properties"))),
		}})
		p.silently("RestApiId")
		p.rest()
	}
	for _, r := range a.children("AWS::ApiGateway::DocumentationVersion") {
		if a.def.Documentation != nil {
			a.def.Documentation.Version = text(a.of(r).get("DocumentationVersion"))
		}
	}
}

// stage finds the first stage of the API: one of its own, or that of a deployment.
func (a *apiBuilder) stage() {
	for _, r := range a.children(kindStage) {
		a.stageOf(r, a.of(r))
	}
	for _, r := range a.children("AWS::ApiGateway::Deployment") {
		p := a.of(r)
		if name := text(p.get("StageName")); name != "" && a.out.Stage == "" {
			a.out.Stage = name
			settings := p.within("StageDescription")
			a.stageSettings(settings)
			settings.rest()
		}
		p.silently("RestApiId", "Description", "StageName", "StageDescription")
		p.rest()
	}
}

// stageOf takes a stage of the template for that of the API, unless it has one.
func (a *apiBuilder) stageOf(r *resource, p *object) {
	name := text(p.get("StageName"))
	if a.out.Stage != "" {
		a.note(openapi.Warning, r.at, "#/Resources/"+escape(r.name), "the stage %s is not served: the API has another one, %s", brief(name), brief(a.out.Stage))
		return
	}
	a.out.Stage = name
	a.stageSettings(p)
	p.silently("RestApiId", "StageName", "DeploymentId")
	p.rest()
}

// stageSettings reads the settings that a stage has in each form of a template.
func (a *apiBuilder) stageSettings(p *object) {
	a.out.Variables = textMap(p.get("Variables"))
	a.methodSettings(p)
	if isTrue(p.get("CacheClusterEnabled")) {
		size := text(p.get("CacheClusterSize"))
		if size == "" {
			size = "0.5"
		}
		a.set("/cacheClusterSize", size)
		a.set("/cacheClusterEnabled", "true")
	}
	if isTrue(p.get("TracingEnabled")) {
		a.set("/tracingEnabled", "true")
	}
	p.silently("Description", "Tags", "CacheClusterSize")
	p.without("--access-log and --access-log-format give the stage its log", "AccessLogSetting")
	p.without("a template is served as it is, whole", "CanarySetting", "DeploymentCanarySettings")
	p.without("the documentation is served as it is", "DocumentationVersion")
	p.without("backends are shown no certificate", "ClientCertificateId")
}

// set adds a setting of the stage.
func (a *apiBuilder) set(path, value string) {
	a.out.Settings = append(a.out.Settings, wire.PatchOperation{Op: new("replace"), Path: &path, Value: &value})
}

// methodSettings reads the settings of methods, in UpdateStage's paths.
func (a *apiBuilder) methodSettings(p *object) {
	settings := map[string]string{
		"ThrottlingRateLimit": "throttling/rateLimit", "ThrottlingBurstLimit": "throttling/burstLimit", "LoggingLevel": "logging/loglevel",
		"DataTraceEnabled": "logging/dataTrace", "MetricsEnabled": "metrics/enabled", "CachingEnabled": "caching/enabled",
		"CacheTtlInSeconds": "caching/ttlInSeconds", "CacheDataEncrypted": "caching/dataEncrypted",
	}
	of := func(p *object, at string) {
		for _, m := range members(p.tree) {
			if name, ok := settings[m.Name]; ok {
				a.set(at+name, text(m.Value))
			}
		}
		p.rateOf("ThrottlingRateLimit")
		p.wholeOf("ThrottlingBurstLimit")
		for name := range settings {
			p.silently(name)
		}
	}
	for _, t := range p.each("MethodSettings") {
		resource, verb := text(t.get("ResourcePath")), text(t.get("HttpMethod"))
		if !strings.HasPrefix(resource, "/") && resource != "*" {
			resource = "/" + resource
		}
		if resource == "/*" {
			resource = "*"
		}
		of(t, "/"+strings.NewReplacer("~1", "~1", "~", "~0", "/", "~1").Replace(resource)+"/"+verb+"/")
		t.rest()
	}
	if p.path != "" && strings.HasSuffix(p.path, "/StageDescription") { // where they are for all methods
		of(p, "/*/*/")
	}
}
