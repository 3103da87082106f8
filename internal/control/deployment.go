package control

import (
	"context"
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func errDeployment() error { return wire.NotFound("Invalid Deployment identifier specified") }

// CreateDeployment freezes the API as it stands and, when a stage is named,
// serves it there: a new stage is made, an existing one is moved.
func (s *Service) CreateDeployment(ctx context.Context, who *wire.Caller, in *wire.CreateDeploymentRequest) (*wire.Deployment, error) {
	return writeAhead(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Deployment, error) {
		src, err := t.source()
		if err != nil {
			return nil, err
		}
		if err := checkDeployable(src); err != nil {
			return nil, err
		}
		if err := t.checkRoles(src, nil); err != nil {
			return nil, err
		}
		id, err := t.freshID(kindDeployment)
		if err != nil {
			return nil, err
		}
		d := &wire.Deployment{ID: &id, Description: given(in.Description), CreatedDate: &t.now}
		if err := t.saveDeployment(d, src); err != nil {
			return nil, err
		}
		if err := t.dropDeployments(); err != nil {
			return nil, err
		}
		return d, t.deployTo(in, *d.ID)
	})
}

// checkDeployable wants a method, of every method an integration, and of a
// private API a policy.
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
	if slices.Contains(src.RestAPI.EndpointConfiguration.Types, "PRIVATE") && src.RestAPI.Policy == nil {
		return ofSetting(endpointSetting, "/types", wire.BadRequest("Private REST API doesn't have a resource policy attached to it"))
	}
	return nil
}

func (t *tx) saveDeployment(d *wire.Deployment, src *source) error {
	if err := t.save(kindDeployment, *d.ID, d); err != nil {
		return err
	}
	if err := t.save(kindDeploymentSource, *d.ID, src); err != nil {
		return err
	}
	return t.publish(kindDeployment, *d.ID, t.freeze(d, src))
}

// deployTo makes or moves the stage that a CreateDeployment names, or the canary of
// an existing stage. The refusals of a canary are AWS's words.
func (t *tx) deployTo(in *wire.CreateDeploymentRequest, deployment string) error {
	name := text(in.StageName)
	if name == "" {
		if in.CanarySettings == nil {
			return nil
		}
		value := map[bool]string{true: "null"}[in.StageName == nil]
		return errDeploymentContent("Non null and non empty stageName must be provided for canary deployment. Provided value is %s", value)
	}
	found, err := t.exists(kindStage, name)
	if err != nil {
		return err
	}
	if found {
		return t.redeploy(in, name, deployment)
	}
	if in.CanarySettings != nil {
		return errDeploymentContent("Stage %s must already be created before making a canary release deployment", wire.Truncated(name))
	}
	return t.addStage(&stage{Stage: wire.Stage{
		StageName: &name, DeploymentID: &deployment, Description: given(in.StageDescription), Variables: filled(in.Variables),
		CacheClusterEnabled: in.CacheClusterEnabled, CacheClusterSize: given(in.CacheClusterSize), TracingEnabled: in.TracingEnabled,
	}})
}

// errDeploymentContent is AWS's refusal of a deployment; its text has no space after
// the first full stop.
func errDeploymentContent(format string, args ...any) error {
	return wire.BadRequest("Invalid deployment content specified."+format, args...)
}

// redeploy moves an existing stage, or its canary, to a deployment and lays what
// the request says of the stage over it. A stage that has a canary is moved by its
// promotion alone.
func (t *tx) redeploy(in *wire.CreateDeploymentRequest, name, deployment string) error {
	st, err := t.stage(name)
	if err != nil {
		return err
	}
	switch {
	case in.CanarySettings != nil:
		deployCanary(st, in.CanarySettings, deployment)
	case st.CanarySettings != nil:
		return errDeploymentContent("Non canary deployment not supported on stage %s because Canary is enabled. Provide CanarySettings in deploymentInput.", name)
	default:
		st.DeploymentID = &deployment
	}
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
	if size := given(in.CacheClusterSize); size != nil {
		st.CacheClusterSize = size
	}
	return t.moveStage(st)
}

// GetDeployment reads one deployment, with what guards its methods when that
// is embedded.
func (s *Service) GetDeployment(ctx context.Context, who *wire.Caller, in *wire.GetDeploymentRequest) (*wire.Deployment, error) {
	summary, run := slices.Contains(in.Embed, "apisummary"), read[wire.Deployment]
	if summary {
		run = readPage[wire.Deployment]
	}
	return run(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Deployment, error) {
		d, err := t.deployment(in.DeploymentID)
		if err != nil || !summary {
			return d, err
		}
		src, err := t.deploymentSource(in.DeploymentID)
		if err != nil {
			return nil, err
		}
		d.APISummary = src.summary()
		return d, nil
	})
}

// deployment reads a deployment. An unknown API and an unknown deployment are
// one answer.
func (t *tx) deployment(id string) (*wire.Deployment, error) {
	return load[wire.Deployment](t, kindDeployment, id, errDeployment())
}

// deploymentSource is the definition that a deployment froze.
func (t *tx) deploymentSource(id string) (*source, error) {
	return load[source](t, kindDeploymentSource, id, errDeployment())
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
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Deployments, error) {
		if err := t.requireAPI(); err != nil {
			return nil, err
		}
		items, position, err := page[wire.Deployment](t, kindDeployment, in.Position, in.Limit)
		return &wire.Deployments{Items: items, Position: position}, err
	})
}

// UpdateDeployment patches a deployment's description.
func (s *Service) UpdateDeployment(ctx context.Context, who *wire.Caller, in *wire.UpdateDeploymentRequest) (*wire.Deployment, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Deployment, error) {
		d, err := t.deployment(in.DeploymentID)
		if err != nil {
			return nil, err
		}
		if err := deploymentPatch.Apply(t, d, in.PatchOperations); err != nil {
			return nil, err
		}
		return d, t.save(kindDeployment, in.DeploymentID, d)
	})
}

// deploymentPatch is every path that UpdateDeployment takes.
var deploymentPatch = patchTable[wire.Deployment]{
	Dialect: patch.Listed,
	Paths: []patchPath[wire.Deployment]{
		{At: "/description", Replace: setText(func(d *wire.Deployment) **string { return &d.Description })},
	},
}

// DeleteDeployment removes a deployment that no stage serves.
func (s *Service) DeleteDeployment(ctx context.Context, who *wire.Caller, in *wire.DeleteDeploymentRequest) (*wire.Empty, error) {
	return writeEmpty(ctx, s, who, in.RestAPIID, func(t *tx) error {
		id := in.DeploymentID
		if _, err := t.deployment(id); err != nil {
			return err
		}
		used, err := t.usedDeployments()
		if err != nil {
			return err
		}
		if use, ok := used[id]; ok {
			return wire.BadRequest("Active stages %s to this deployment must be moved or deleted", use)
		}
		return t.remove(kindDeployment, id, errDeployment())
	})
}

// usedDeployments is the ids of the deployments that stages and canaries are on, with
// AWS's words for how.
func (t *tx) usedDeployments() (map[string]string, error) {
	stages, err := list[wire.Stage](t, kindStage, "", 0)
	used := make(map[string]string, len(stages))
	for i := range stages {
		if c := stages[i].CanarySettings; c != nil {
			used[*c.DeploymentID] = "with canary settings pointing"
		}
	}
	for i := range stages {
		used[*stages[i].DeploymentID] = "pointing"
	}
	return used, err
}

// dropDeployments removes the API's oldest deployments beyond those that the
// server is told to keep. It comes before a stage is moved: a gateway that does
// not know of the move yet may still load what the stage was on.
func (t *tx) dropDeployments() error {
	keep := t.svc.keepDeployments
	if keep == 0 {
		api, err := t.restAPI()
		if err != nil || api.File == "" {
			return err
		}
		keep = 1 // the file has what it was before
	}
	rows, err := t.created(kindDeployment, "", store.Limit{})
	if err != nil || len(rows) <= keep {
		return err
	}
	used, err := t.usedDeployments()
	if err != nil {
		return err
	}
	for _, row := range rows[:len(rows)-keep] {
		if _, ok := used[row.ID]; ok {
			continue
		}
		if err := t.remove(kindDeployment, row.ID, errDeployment()); err != nil {
			return err
		}
	}
	return nil
}
