package control

import (
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/apimodel"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// freeze builds the served form of a deployment from its source.
func (t *tx) freeze(d *wire.Deployment, src *source) *snapshot.Deployment {
	out := &snapshot.Deployment{
		Format: snapshot.DeploymentFormat, ID: *d.ID, APIID: t.api, Account: t.who.Account, Region: t.who.Region, Created: int64(*d.CreatedDate),
	}
	for _, part := range definitionParts() {
		if part.freeze != nil {
			part.freeze(src, out)
		}
	}
	return out
}

func freezeSettings(src *source, out *snapshot.Deployment) {
	api := &src.RestAPI
	out.BinaryMediaTypes, out.MinimumCompressionSize = api.BinaryMediaTypes, api.MinimumCompressionSize
	out.APIKeySource, out.DisableExecuteAPIEndpoint = text(api.APIKeySource), isTrue(api.DisableExecuteAPIEndpoint)
	out.Policy, out.EndpointAccessMode = text(api.Policy), text(api.EndpointAccessMode)
	if e := api.EndpointConfiguration; e != nil && len(e.Types) > 0 {
		out.EndpointType, out.VPCEndpointIDs = e.Types[0], e.VPCEndpointIDs
	}
}

func freezeModels(src *source, out *snapshot.Deployment) {
	out.Models = make(map[string]snapshot.Model, len(src.Models))
	for _, m := range src.Models {
		out.Models[*m.Name] = freezeModel(&m)
	}
}

func freezeValidators(src *source, out *snapshot.Deployment) {
	out.Validators = make(map[string]snapshot.Validator, len(src.Validators))
	for _, v := range src.Validators {
		out.Validators[*v.ID] = snapshot.Validator{Body: isTrue(v.ValidateRequestBody), Parameters: isTrue(v.ValidateRequestParameters)}
	}
}

// freezeAuthorizers writes how long answers are kept where nobody has said so.
func freezeAuthorizers(src *source, out *snapshot.Deployment) {
	out.Authorizers = make(map[string]snapshot.Authorizer, len(src.Authorizers))
	for _, a := range src.Authorizers {
		out.Authorizers[*a.ID] = snapshot.Authorizer{
			ID: *a.ID, Name: *a.Name, Type: *a.Type, ProviderARNs: a.ProviderARNs, URI: text(a.AuthorizerURI), Credentials: text(a.AuthorizerCredentials),
			IdentitySource: text(a.IdentitySource), IdentityValidation: text(a.IdentityValidationExpression), ResultTTLSeconds: authorizerTTL(&a),
		}
	}
}

func freezeGatewayResponses(src *source, out *snapshot.Deployment) {
	out.GatewayResponses = make(map[string]snapshot.GatewayResponse, len(src.GatewayResponses))
	for _, r := range src.GatewayResponses {
		out.GatewayResponses[*r.ResponseType] = freezeGatewayResponse(&r)
	}
}

func freezeResources(src *source, out *snapshot.Deployment) {
	for _, r := range src.Resources {
		out.Resources = append(out.Resources, freezeResource(&r))
	}
	slices.SortFunc(out.Resources, func(a, b snapshot.Resource) int { return strings.Compare(a.Path, b.Path) })
}

// freezeModel leaves out what stands behind the document of a JSON schema.
func freezeModel(m *wire.Model) snapshot.Model {
	out := snapshot.Model{ContentType: text(m.ContentType), Schema: text(m.Schema)}
	if apimodel.IsJSON(out.ContentType) {
		out.Schema = apimodel.Document(out.Schema)
	}
	return out
}

func freezeResource(r *wire.Resource) snapshot.Resource {
	out := snapshot.Resource{ID: *r.ID, Path: *r.Path}
	for _, verb := range sortedKeys(r.ResourceMethods) {
		m := r.ResourceMethods[verb]
		out.Methods = append(out.Methods, freezeMethod(verb, &m))
	}
	return out
}

func freezeMethod(verb string, m *wire.Method) snapshot.Method {
	out := snapshot.Method{
		HTTPMethod: verb, AuthorizationType: text(m.AuthorizationType), AuthorizerID: text(m.AuthorizerID),
		AuthorizationScopes: m.AuthorizationScopes, APIKeyRequired: isTrue(m.APIKeyRequired), OperationName: text(m.OperationName),
		RequestParameters: m.RequestParameters, RequestModels: m.RequestModels, RequestValidatorID: text(m.RequestValidatorID),
		Integration: freezeIntegration(m.MethodIntegration), Responses: make(map[string]snapshot.MethodResponse, len(m.MethodResponses)),
	}
	for status, r := range m.MethodResponses {
		out.Responses[status] = snapshot.MethodResponse{Parameters: r.ResponseParameters, Models: r.ResponseModels}
	}
	return out
}

func freezeIntegration(i *wire.Integration) snapshot.Integration {
	out := snapshot.Integration{
		Type: text(i.Type), HTTPMethod: text(i.HTTPMethod), URI: text(i.URI), Credentials: text(i.Credentials),
		ConnectionType: text(i.ConnectionType), ConnectionID: text(i.ConnectionID), IntegrationTarget: text(i.IntegrationTarget), RequestParameters: i.RequestParameters,
		RequestTemplates: plainTemplates(i.RequestTemplates), PassthroughBehavior: text(i.PassthroughBehavior),
		ContentHandling: text(i.ContentHandling), TimeoutMillis: int(*withDefault(i.TimeoutInMillis, defaultTimeoutMillis)),
		CacheNamespace: text(i.CacheNamespace), CacheKeyParameters: i.CacheKeyParameters, ResponseTransferMode: text(i.ResponseTransferMode),
	}
	if i.TLSConfig != nil {
		out.InsecureSkipVerify = isTrue(i.TLSConfig.InsecureSkipVerification)
	}
	for _, status := range sortedKeys(i.IntegrationResponses) {
		r := i.IntegrationResponses[status]
		out.Responses = append(out.Responses, snapshot.IntegrationResponse{
			StatusCode: status, SelectionPattern: text(r.SelectionPattern), Parameters: r.ResponseParameters,
			Templates: plainTemplates(r.ResponseTemplates), ContentHandling: text(r.ContentHandling),
		})
	}
	return out
}

// freezeGatewayResponse leaves a status code out that is the type's own, which
// the data plane knows.
func freezeGatewayResponse(r *wire.GatewayResponse) snapshot.GatewayResponse {
	out := snapshot.GatewayResponse{StatusCode: text(r.StatusCode), Parameters: r.ResponseParameters, Templates: plainTemplates(r.ResponseTemplates)}
	if out.StatusCode == gatewayStatus[*r.ResponseType] {
		out.StatusCode = ""
	}
	return out
}

// plainTemplates gives null templates the served form, "".
func plainTemplates(templates map[string]*string) map[string]string {
	if templates == nil {
		return nil
	}
	out := make(map[string]string, len(templates))
	for k, v := range templates {
		out[k] = text(v)
	}
	return out
}
