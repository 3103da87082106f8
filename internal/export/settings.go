package export

import (
	"strconv"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// extensions writes the extensions for the API as a whole. about is what is documented of
// the API.
func (e *exporter) extensions(doc *object, about about) {
	all := new(object)
	about.extensions(all)
	e.documentation(all)
	e.settings(all)
	byName := make(map[string]value, len(all.members))
	for _, m := range all.members {
		byName[m.name] = m.value
	}
	for _, name := range javaOrder(byName) {
		doc.set(name, byName[name])
	}
}

// settings writes the service's extensions for the API as a whole.
func (e *exporter) settings(doc *object) {
	api := &e.src.RestAPI
	if e.Extensions.Validators {
		doc.fill(extensionPrefix+"request-validators", e.requestValidators())
	}
	if e.Extensions.Settings {
		doc.text(extensionPrefix+"security-policy", api.SecurityPolicy)
		if v := policy(text(api.Policy)); v != nil {
			doc.set(extensionPrefix+"policy", v)
		}
	}
	if e.Extensions.GatewayResponses {
		doc.fill(extensionPrefix+"gateway-responses", gatewayResponses(e.src.GatewayResponses))
	}
	if !e.Extensions.Settings {
		return
	}
	doc.texts(extensionPrefix+"binary-media-types", api.BinaryMediaTypes)
	if api.MinimumCompressionSize != nil {
		doc.set(extensionPrefix+"minimum-compression-size", *api.MinimumCompressionSize)
	}
	if text(api.APIKeySource) != "HEADER" {
		doc.text(extensionPrefix+"api-key-source", api.APIKeySource)
	}
	if e.Format == Swagger {
		doc.fill(extensionPrefix+"endpoint-configuration", e.endpointConfiguration())
	}
	doc.text(extensionPrefix+"endpoint-access-mode", api.EndpointAccessMode)
}

// endpointConfiguration is what documents say of an API's endpoint; its type is not
// among it (documented).
func (e *exporter) endpointConfiguration() *object {
	out := new(object)
	if isTrue(e.src.RestAPI.DisableExecuteAPIEndpoint) {
		out.set("disableExecuteApiEndpoint", true)
	}
	if c := e.src.RestAPI.EndpointConfiguration; c != nil {
		out.texts("vpcEndpointIds", c.VPCEndpointIDs)
	}
	return out
}

// policy is the API's policy as the document that it is, nil for none.
func policy(text string) value {
	if text == "" {
		return nil
	}
	if o := parseObject(text); o != nil {
		return o
	}
	return text
}

// requestValidators lists the validators by name. Of several with one name the first
// is written.
func (e *exporter) requestValidators() *object {
	byName := make(map[string]*wire.RequestValidator)
	for i := range e.src.Validators {
		v := &e.src.Validators[i]
		if _, taken := byName[text(v.Name)]; !taken {
			byName[text(v.Name)] = v
		}
	}
	out := new(object)
	for _, name := range javaOrder(byName) {
		v := byName[name]
		out.set(name, newObject(
			"validateRequestParameters", isTrue(v.ValidateRequestParameters),
			"validateRequestBody", isTrue(v.ValidateRequestBody),
		))
	}
	return out
}

// gatewayResponses lists those of the API's own by type.
func gatewayResponses(responses []wire.GatewayResponse) *object {
	byType := make(map[string]*wire.GatewayResponse)
	for i := range responses {
		byType[text(responses[i].ResponseType)] = &responses[i]
	}
	out := new(object)
	for _, kind := range sorted(byType) {
		r, response := byType[kind], new(object)
		if status, err := strconv.ParseInt(text(r.StatusCode), 10, 32); err == nil {
			response.set("statusCode", int32(status))
		}
		response.fill("responseParameters", expressions(r.ResponseParameters))
		response.fill("responseTemplates", templates(r.ResponseTemplates))
		out.set(kind, response)
	}
	return out
}
