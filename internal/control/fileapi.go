package control

import (
	"context"
	"errors"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A FileAPI is an API that a file of the server's configuration describes, and not
// the calls of clients.
type FileAPI struct {
	Account, Region, ID string
	File                string // as the configuration names it
}

// KeepFileAPI makes the API that a file describes, unless it is there. An API of the
// same id that clients have made is a ConflictException.
func (s *Service) KeepFileAPI(ctx context.Context, who *wire.Caller, id, file string) error {
	_, err := writeBriefly(ctx, s, who, id, func(t *tx) (*wire.Empty, error) {
		found, err := t.exists(kindRestAPI, id)
		if err != nil {
			return nil, err
		}
		if !found {
			return &wire.Empty{}, t.addFileAPI(id, file)
		}
		api, err := t.restAPI()
		if err != nil {
			return nil, err
		}
		if api.File == "" {
			return nil, wire.Conflict("API id %s is already in use by an API that clients have made", id)
		}
		if api.File == file {
			return &wire.Empty{}, nil
		}
		api.File = file
		return &wire.Empty{}, t.saveRestAPI(api)
	})
	return err
}

// KeepFileStage takes from the API that a file describes the stages of other names. It
// is for when the stage of this name is served.
func (s *Service) KeepFileStage(ctx context.Context, who *wire.Caller, id, stage string) error {
	_, err := writeBrieflyEmpty(ctx, s, who, id, func(t *tx) error { return t.keepStage(stage) })
	return err
}

func (t *tx) addFileAPI(id, file string) error {
	endpoint, err := newEndpointConfiguration(&wire.EndpointConfiguration{Types: []string{"REGIONAL"}})
	if err != nil {
		return err
	}
	api := &restAPI{File: file, RestAPI: wire.RestAPI{
		ID: &id, Name: &file, EndpointConfiguration: endpoint, APIKeySource: new("HEADER"), DisableExecuteAPIEndpoint: new(false),
	}}
	if t, err = t.addRestAPI(api); err != nil {
		return err
	}
	return errors.Join(t.addRoot(&api.RestAPI), t.addDefaultModels())
}

// keepStage removes all stages of the API but one.
func (t *tx) keepStage(name string) error {
	stages, err := t.ids(kindStage, "")
	if err != nil {
		return err
	}
	for _, other := range stages {
		if other == name {
			continue
		}
		if err := t.remove(kindStage, other, errStage()); err != nil {
			return err
		}
	}
	return nil
}

// FileAPIs lists the APIs of all accounts that files describe.
func (s *Service) FileAPIs(ctx context.Context) ([]FileAPI, error) {
	list, err := read(ctx, s, &wire.Caller{}, "", func(t *tx) (*[]FileAPI, error) {
		owners, err := t.apiOwners()
		if err != nil {
			return nil, err
		}
		var list []FileAPI
		for _, o := range owners {
			api, err := t.as(o.Account, o.Region).of(o.ID).restAPI()
			if err != nil {
				return nil, err
			}
			if api.File != "" {
				list = append(list, FileAPI{o.Account, o.Region, o.ID, api.File})
			}
		}
		return &list, nil
	})
	if err != nil {
		return nil, err
	}
	return *list, nil
}
