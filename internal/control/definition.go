package control

import (
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A definitionPart is one part of what an API defines, with everything that is
// done to the parts alike. Parts of a document are read by package openapi.
type definitionPart struct {
	// load reads the part of an API as it is edited into a source, in the order
	// in which it was made. It is nil for a part that deployments have nothing of.
	load func(*tx, *source) error

	// apply lays the part of an imported definition over an API, merged into what
	// is there or in its place.
	apply func(*applier) error

	// freeze writes the served form of the part, nil where nothing is served of it.
	freeze func(*source, *snapshot.Deployment)

	// clone stores the part for another API.
	clone func(*cloner) error
}

// definitionParts lists the parts in an order in which each finds what it refers
// to: methods name models, request validators and authorizers.
func definitionParts() []definitionPart {
	return []definitionPart{
		{(*tx).loadSettings, (*applier).putSettings, freezeSettings, (*cloner).settings},
		{(*tx).loadModels, (*applier).putModels, freezeModels, (*cloner).models},
		{(*tx).loadValidators, (*applier).putValidators, freezeValidators, (*cloner).validators},
		{(*tx).loadAuthorizers, (*applier).putAuthorizers, freezeAuthorizers, (*cloner).cloneAuthorizers},
		{(*tx).loadGatewayResponses, (*applier).putGatewayResponses, freezeGatewayResponses, (*cloner).gatewayResponses},
		{(*tx).loadResources, (*applier).putResources, freezeResources, (*cloner).resources},
		{nil, (*applier).putDocumentation, nil, (*cloner).documentation}, // which has versions of its own
	}
}

// A source is the definition that a deployment froze, in wire shapes: what an
// export shows, what a draft is compared with, and what the served form is
// built from again when its format moves on.
type source struct {
	RestAPI          wire.RestAPI            `json:"restApi"`
	Resources        []wire.Resource         `json:"resources"` // with their methods
	Models           []wire.Model            `json:"models"`
	Validators       []wire.RequestValidator `json:"requestValidators,omitzero"`
	Authorizers      []wire.Authorizer       `json:"authorizers,omitzero"`
	GatewayResponses []wire.GatewayResponse  `json:"gatewayResponses,omitzero"` // those that the API made
}

// source reads the whole definition of the API, in the order in which it was
// made, which a clone has, too.
func (t *tx) source() (*source, error) {
	src := new(source)
	for _, part := range definitionParts() {
		if part.load == nil {
			continue
		}
		if err := part.load(t, src); err != nil {
			return nil, err
		}
	}
	return src, nil
}

func (t *tx) loadSettings(src *source) error {
	api, err := t.restAPI()
	if err == nil {
		src.RestAPI = api.RestAPI
	}
	return err
}

func (t *tx) loadModels(src *source) (err error) {
	src.Models, err = inOrder[wire.Model](t, kindModel)
	return err
}

func (t *tx) loadValidators(src *source) (err error) {
	src.Validators, err = inOrder[wire.RequestValidator](t, kindValidator)
	return err
}

func (t *tx) loadAuthorizers(src *source) (err error) {
	src.Authorizers, err = inOrder[wire.Authorizer](t, kindAuthorizer)
	return err
}

func (t *tx) loadGatewayResponses(src *source) (err error) {
	src.GatewayResponses, err = inOrder[wire.GatewayResponse](t, kindGatewayResponse)
	return err
}

func (t *tx) loadResources(src *source) (err error) {
	if src.Resources, err = list[wire.Resource](t, kindResource, "", 0); err != nil {
		return err
	}
	_, err = t.attachMethods(src.Resources, true, store.Limit{})
	return err
}
