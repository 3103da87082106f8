package control

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// inherit gives a new API the settings of the one that it is a clone of, as far
// as the call does not have its own. Name and tags are the call's alone.
func (t *tx) inherit(from string, api *restAPI, in *wire.CreateRestAPIRequest) error {
	src, err := t.of(from).restAPI()
	if err != nil {
		return err
	}
	api.Description, api.Version = given(orElse(in.Description, src.Description)), given(orElse(in.Version, src.Version))
	api.Policy = given(orElse(in.Policy, src.Policy))
	api.APIKeySource = orElse(in.APIKeySource, src.APIKeySource)
	api.MinimumCompressionSize = orElse(in.MinimumCompressionSize, src.MinimumCompressionSize)
	api.DisableExecuteAPIEndpoint = orElse(in.DisableExecuteAPIEndpoint, src.DisableExecuteAPIEndpoint)
	if in.BinaryMediaTypes == nil {
		api.BinaryMediaTypes = src.BinaryMediaTypes
	}
	if in.EndpointConfiguration == nil {
		api.EndpointConfiguration, api.EdgeChosen = src.EndpointConfiguration, src.EdgeChosen
	}
	if in.SecurityPolicy == nil && in.EndpointAccessMode == nil { // which go together
		api.SecurityPolicy, api.EndpointAccessMode = src.SecurityPolicy, src.EndpointAccessMode
	}
	return t.checkRestAPI(&api.RestAPI, src.Policy)
}

// cloneRestAPI gives a new API what another one defines: resources and their
// methods, models, validators and gateway responses. Resources and validators
// get ids of their own, and an inherited policy is about the new API.
func (t *tx) cloneRestAPI(from string, api *restAPI, inheritedPolicy bool) error {
	if api.Policy != nil && inheritedPolicy {
		api.Policy = new(strings.ReplaceAll(*api.Policy, ":"+from+"/", ":"+t.api+"/"))
		if err := t.saveRestAPI(api); err != nil {
			return err
		}
	}
	src, err := t.of(from).source()
	if err != nil {
		return err
	}
	if over(len(src.Resources), t.svc.limits.ResourcesPerAPI) {
		return errQuota("Resources", " for this API")
	}
	for i := range src.Models {
		m := &src.Models[i]
		if m.Schema != nil { // references between models name their API
			m.Schema = new(strings.ReplaceAll(*m.Schema, "/restapis/"+from+"/models/", "/restapis/"+t.api+"/models/"))
		}
		if err := t.addModel(m); err != nil {
			return err
		}
	}
	for i := range src.GatewayResponses {
		if err := t.saveGatewayResponse(&src.GatewayResponses[i]); err != nil {
			return err
		}
	}
	ids := map[string]string{*src.RestAPI.RootResourceID: *api.RootResourceID}
	for i := range src.Validators {
		v := &src.Validators[i]
		old := *v.ID
		if err := t.addValidator(v); err != nil {
			return err
		}
		ids[old] = *v.ID
	}
	return t.cloneResources(src, ids)
}

// cloneResources stores the resources of src. ids has the new ids of the old
// ones; it gets those of the resources.
func (t *tx) cloneResources(src *source, ids map[string]string) error {
	taken := make(map[string]bool, len(src.Resources))
	for i := range src.Resources {
		id := newID(childIDLength)
		for taken[id] {
			id = newID(childIDLength)
		}
		if r := &src.Resources[i]; r.ParentID != nil {
			ids[*r.ID], taken[id] = id, true
		}
	}
	for i := range src.Resources {
		r := &src.Resources[i]
		methods := r.ResourceMethods
		r.ID, r.ResourceMethods = new(ids[*r.ID]), nil
		if r.ParentID != nil {
			r.ParentID = new(ids[*r.ParentID])
		}
		if err := t.insert(kindResource, *r.ID, r, errSibling(text(r.PathPart))); err != nil {
			return err
		}
		if err := t.cloneMethods(*r.ID, methods, ids); err != nil {
			return err
		}
	}
	return nil
}

// cloneMethods stores the methods of a resource under its new id.
func (t *tx) cloneMethods(resource string, methods map[string]wire.Method, ids map[string]string) error {
	for _, m := range methods {
		if id := m.RequestValidatorID; id != nil {
			m.RequestValidatorID = new(ids[*id])
		}
		if i := m.MethodIntegration; i != nil {
			if id, ok := ids[text(i.CacheNamespace)]; ok {
				i.CacheNamespace = &id
			}
		}
		if err := t.replaceMethod(resource, &m); err != nil {
			return err
		}
	}
	return nil
}
