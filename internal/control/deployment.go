package control

import (
	"context"
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func errDeployment() error { return wire.NotFound("Invalid Deployment identifier specified") }

// A source is the definition that a deployment froze, in wire shapes: what an
// export shows, what a draft is compared with, and what the served form is
// built from again when its format moves on.
type source struct {
	RestAPI   wire.RestAPI    `json:"restApi"`
	Resources []wire.Resource `json:"resources"` // with their methods
	Models    []wire.Model    `json:"models"`
}

// CreateDeployment freezes the API as it stands and, when a stage is named,
// serves it there: a new stage is made, an existing one is moved.
func (s *Service) CreateDeployment(ctx context.Context, who *wire.Caller, in *wire.CreateDeploymentRequest) (*wire.Deployment, error) {
	var out *wire.Deployment
	err := s.write(ctx, who, in.RestAPIID, func(t *tx) error {
		src, err := t.source(in.RestAPIID)
		if err != nil {
			return err
		}
		if err := checkDeployable(src); err != nil {
			return err
		}
		id := newID(childIDLength)
		out = &wire.Deployment{ID: &id, Description: given(in.Description), CreatedDate: &t.now}
		if err := t.saveDeployment(in.RestAPIID, out, src); err != nil {
			return err
		}
		return t.deployTo(in, id)
	})
	return out, err
}

// source reads the whole definition of an API.
func (t *tx) source(api string) (*source, error) {
	a, err := t.restAPI(api)
	if err != nil {
		return nil, err
	}
	src := &source{RestAPI: *a}
	if src.Resources, err = list[wire.Resource](t, kindResource, api, "", 0); err != nil {
		return nil, err
	}
	if err := t.attachToAll(api, src.Resources, true); err != nil {
		return nil, err
	}
	src.Models, err = list[wire.Model](t, kindModel, api, "", 0)
	return src, err
}

// checkDeployable wants a method, and of every method an integration.
func checkDeployable(src *source) error {
	methods := 0
	for i := range src.Resources {
		for _, m := range src.Resources[i].ResourceMethods {
			if m.MethodIntegration == nil {
				return wire.BadRequest("No integration defined for method")
			}
			methods++
		}
	}
	if methods == 0 {
		return wire.BadRequest("The REST API doesn't contain any methods")
	}
	return nil
}

func (t *tx) saveDeployment(api string, d *wire.Deployment, src *source) error {
	if err := t.save(kindDeployment, api, *d.ID, d); err != nil {
		return err
	}
	if err := t.save(kindDeploymentSource, api, *d.ID, src); err != nil {
		return err
	}
	return t.publishDeployment(api, d, src)
}

// deployTo makes or moves the stage that a CreateDeployment names.
func (t *tx) deployTo(in *wire.CreateDeploymentRequest, deployment string) error {
	name := text(in.StageName)
	if name == "" {
		return nil
	}
	if in.CanarySettings != nil {
		return unserved("canarySettings", "(canary releases)")
	}
	found, err := t.exists(kindStage, in.RestAPIID, name)
	if err != nil {
		return err
	}
	if !found {
		st := &wire.Stage{
			StageName: &name, DeploymentID: &deployment, Description: given(in.StageDescription), Variables: in.Variables,
			CacheClusterEnabled: in.CacheClusterEnabled, CacheClusterSize: given(in.CacheClusterSize), TracingEnabled: in.TracingEnabled,
		}
		if err := t.checkNewStage(in.RestAPIID, st); err != nil {
			return err
		}
		return t.saveStage(in.RestAPIID, st)
	}
	return t.redeploy(in, name, deployment)
}

// redeploy moves an existing stage to a deployment and lays what the request
// says of the stage over it.
func (t *tx) redeploy(in *wire.CreateDeploymentRequest, name, deployment string) error {
	st, err := t.stage(in.RestAPIID, name)
	if err != nil {
		return err
	}
	if err := checkVariables(in.Variables); err != nil {
		return err
	}
	st.DeploymentID, st.LastUpdatedDate = &deployment, &t.now
	if d := given(in.StageDescription); d != nil {
		st.Description = d
	}
	if len(in.Variables) > 0 {
		st.Variables = in.Variables
	}
	if in.TracingEnabled != nil {
		st.TracingEnabled = in.TracingEnabled
	}
	if in.CacheClusterEnabled != nil {
		st.CacheClusterEnabled = in.CacheClusterEnabled
	}
	if err := unservedStage(st); err != nil {
		return err
	}
	return t.saveStage(in.RestAPIID, st)
}

// GetDeployment reads one deployment.
func (s *Service) GetDeployment(ctx context.Context, who *wire.Caller, in *wire.GetDeploymentRequest) (*wire.Deployment, error) {
	var out *wire.Deployment
	err := s.read(ctx, who, func(t *tx) (err error) {
		out, err = load[wire.Deployment](t, kindDeployment, in.RestAPIID, in.DeploymentID, errDeployment())
		if err != nil || !slices.Contains(in.Embed, "apisummary") {
			return err
		}
		src, err := load[source](t, kindDeploymentSource, in.RestAPIID, in.DeploymentID, errDeployment())
		if err == nil {
			out.APISummary = src.summary()
		}
		return err
	})
	return out, err
}

// summary is the embedded apisummary: path and verb to what guards the method.
func (s *source) summary() map[string]map[string]wire.MethodSnapshot {
	out := make(map[string]map[string]wire.MethodSnapshot)
	for i := range s.Resources {
		for verb, m := range s.Resources[i].ResourceMethods {
			path := *s.Resources[i].Path
			if out[path] == nil {
				out[path] = make(map[string]wire.MethodSnapshot)
			}
			out[path][verb] = wire.MethodSnapshot{AuthorizationType: m.AuthorizationType, APIKeyRequired: m.APIKeyRequired}
		}
	}
	return out
}

// GetDeployments lists an API's deployments.
func (s *Service) GetDeployments(ctx context.Context, who *wire.Caller, in *wire.GetDeploymentsRequest) (*wire.Deployments, error) {
	var out *wire.Deployments
	err := s.read(ctx, who, func(t *tx) error {
		if _, err := t.restAPI(in.RestAPIID); err != nil {
			return err
		}
		items, position, err := page(t, kindDeployment, in.RestAPIID, in.Position, in.Limit, func(d wire.Deployment) string { return *d.ID })
		out = &wire.Deployments{Items: items, Position: position}
		return err
	})
	return out, err
}
