package control

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// cloneRestAPI gives a new API the resources, methods and models of another.
// Resources get ids of their own.
func (t *tx) cloneRestAPI(from string, api *wire.RestAPI) error {
	src, err := t.source(from)
	if err != nil {
		return err
	}
	for i := range src.Models {
		m := src.Models[i]
		if m.Schema != nil { // references between models name their API
			m.Schema = new(strings.ReplaceAll(*m.Schema, "/restapis/"+from+"/models/", "/restapis/"+*api.ID+"/models/"))
		}
		if err := t.addModel(*api.ID, &m); err != nil {
			return err
		}
	}
	return t.cloneResources(src, api)
}

func (t *tx) cloneResources(src *source, api *wire.RestAPI) error {
	ids := map[string]string{*src.RestAPI.RootResourceID: *api.RootResourceID}
	for i := range src.Resources {
		if id := *src.Resources[i].ID; ids[id] == "" {
			ids[id] = newID(childIDLength)
		}
	}
	for i := range src.Resources {
		r := src.Resources[i]
		methods := r.ResourceMethods
		old, id := *r.ID, ids[*r.ID]
		r.ID, r.ResourceMethods = &id, nil
		if r.ParentID != nil {
			r.ParentID = new(ids[*r.ParentID])
			if err := t.save(kindChild, *api.ID, *r.ParentID+"/"+*r.PathPart, childDoc{id}); err != nil {
				return err
			}
		}
		if err := t.save(kindResource, *api.ID, id, &r); err != nil {
			return err
		}
		for _, verb := range sortedKeys(methods) {
			m := methods[verb]
			if in := m.MethodIntegration; in != nil && text(in.CacheNamespace) == old {
				in.CacheNamespace = &id
			}
			if err := t.saveMethod(*api.ID, id, &m); err != nil {
				return err
			}
		}
	}
	return nil
}
