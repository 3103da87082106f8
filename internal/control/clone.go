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

// A cloner stores what one API defines for another, new one.
type cloner struct {
	*tx             // of the new API
	api             *restAPI
	from            string // id of the other API
	src             *source
	ids             map[string]string // of resources and validators, the new ones by the old ones
	authorizers     map[string]string // ids of authorizers, the new ones by the old ones
	inheritedPolicy bool              // the resource policy is the other API's
}

// cloneRestAPI gives a new API what another one defines: resources and their
// methods, models, validators, authorizers, gateway responses and documentation. Resources,
// validators, authorizers and documentation parts get ids of their own, and an inherited policy is about the new API.
func (t *tx) cloneRestAPI(from string, api *restAPI, inheritedPolicy bool) error {
	src, err := t.of(from).source()
	if err != nil {
		return err
	}
	c := &cloner{tx: t, api: api, from: from, src: src, inheritedPolicy: inheritedPolicy, authorizers: make(map[string]string),
		ids: map[string]string{*src.RestAPI.RootResourceID: *api.RootResourceID}}
	for _, part := range definitionParts() {
		if err := part.clone(c); err != nil {
			return err
		}
	}
	return nil
}

// settings finishes what inherit began: a policy names its API by its id.
func (c *cloner) settings() error {
	if c.api.Policy == nil || !c.inheritedPolicy {
		return nil
	}
	c.api.Policy = new(strings.ReplaceAll(*c.api.Policy, ":"+c.from+"/", ":"+c.tx.api+"/"))
	return c.saveRestAPI(c.api)
}

// models stores the models, whose references to each other name their API.
func (c *cloner) models() error {
	for i := range c.src.Models {
		m := &c.src.Models[i]
		if m.Schema != nil {
			m.Schema = new(strings.ReplaceAll(*m.Schema, "/restapis/"+c.from+"/models/", "/restapis/"+c.tx.api+"/models/"))
		}
		if err := c.addModel(m); err != nil {
			return err
		}
	}
	return nil
}

func (c *cloner) validators() error {
	for i := range c.src.Validators {
		v := &c.src.Validators[i]
		old := *v.ID
		if err := c.addValidator(v); err != nil {
			return err
		}
		c.ids[old] = *v.ID
	}
	return nil
}

func (c *cloner) cloneAuthorizers() error {
	for i := range c.src.Authorizers {
		a := &c.src.Authorizers[i]
		old := *a.ID
		if err := c.addAuthorizer(a); err != nil {
			return err
		}
		c.authorizers[old] = *a.ID
	}
	return nil
}

func (c *cloner) gatewayResponses() error {
	for i := range c.src.GatewayResponses {
		if err := c.saveGatewayResponse(&c.src.GatewayResponses[i]); err != nil {
			return err
		}
	}
	return nil
}

// resources stores the resources, if the new API may have as many, with their
// methods.
func (c *cloner) resources() error {
	src, ids := c.src, c.ids
	if over(len(src.Resources), c.svc.limits.ResourcesPerAPI) {
		return errQuota("Resources", " for this API")
	}
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
		if err := c.insert(kindResource, *r.ID, r, errSibling(text(r.PathPart))); err != nil {
			return err
		}
		if err := c.methods(*r.ID, methods); err != nil {
			return err
		}
	}
	return nil
}

// methods stores the methods of a resource under its new id.
func (c *cloner) methods(resource string, methods map[string]wire.Method) error {
	for _, m := range methods {
		if id := m.RequestValidatorID; id != nil {
			m.RequestValidatorID = new(c.ids[*id])
		}
		if id := m.AuthorizerID; id != nil {
			m.AuthorizerID = new(c.authorizers[*id])
		}
		if i := m.MethodIntegration; i != nil {
			if id, ok := c.ids[text(i.CacheNamespace)]; ok {
				i.CacheNamespace = &id
			}
			if err := c.checkPass(text(i.Credentials)); err != nil {
				return err
			}
		}
		if err := c.replaceMethod(resource, &m); err != nil {
			return err
		}
	}
	return nil
}
