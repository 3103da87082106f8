package control

import (
	"context"
	"regexp"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

var (
	stageNamePattern     = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`)
	variableNamePattern  = regexp.MustCompile(`^[A-Za-z0-9_]{1,64}$`)
	variableValuePattern = regexp.MustCompile(`^[A-Za-z0-9\-._~:/?#&=,]{0,512}$`)
)

func errStage() error { return wire.NotFound("Invalid stage identifier specified") }

// stage reads a stage.
func (t *tx) stage(api, name string) (*wire.Stage, error) {
	return load[wire.Stage](t, kindStage, api, name, errStage())
}

// saveStage writes a stage and publishes it.
func (t *tx) saveStage(api string, st *wire.Stage) error {
	if err := t.save(kindStage, api, *st.StageName, st); err != nil {
		return err
	}
	return t.publishStage(api, st)
}

// CreateStage serves a deployment under a name.
func (s *Service) CreateStage(ctx context.Context, who *wire.Caller, in *wire.CreateStageRequest) (*wire.Stage, error) {
	var out *wire.Stage
	err := s.write(ctx, who, in.RestAPIID, func(t *tx) error {
		if _, err := t.restAPI(in.RestAPIID); err != nil {
			return err
		}
		st := &wire.Stage{
			StageName: &in.StageName, DeploymentID: &in.DeploymentID, Description: given(in.Description), Variables: in.Variables,
			CacheClusterEnabled: in.CacheClusterEnabled, CacheClusterSize: given(in.CacheClusterSize), DocumentationVersion: given(in.DocumentationVersion),
			CanarySettings: in.CanarySettings, TracingEnabled: in.TracingEnabled, Tags: in.Tags,
		}
		if err := t.checkNewStage(in.RestAPIID, st); err != nil {
			return err
		}
		out = st
		return t.saveStage(in.RestAPIID, st)
	})
	return out, err
}

// checkNewStage checks a stage that is to be made, and fills in what AWS does.
func (t *tx) checkNewStage(api string, st *wire.Stage) error {
	if !stageNamePattern.MatchString(*st.StageName) {
		return wire.BadRequest("Stage name only allows a-zA-Z0-9_-")
	}
	if found, err := t.exists(kindStage, api, *st.StageName); err != nil || found {
		if found {
			err = wire.Conflict("Stage already exists")
		}
		return err
	}
	if found, err := t.exists(kindDeployment, api, *st.DeploymentID); err != nil || !found {
		if err == nil {
			err = wire.BadRequest("Deployment id does not exist")
		}
		return err
	}
	if err := checkVariables(st.Variables); err != nil {
		return err
	}
	if err := checkTags(st.Tags); err != nil {
		return err
	}
	fillStage(st, t.now)
	return unservedStage(st)
}

// fillStage gives a new stage the members that AWS materialises.
func fillStage(st *wire.Stage, now wire.Timestamp) {
	st.CacheClusterEnabled = withDefault(st.CacheClusterEnabled, false)
	st.TracingEnabled = withDefault(st.TracingEnabled, false)
	st.CacheClusterStatus = new("NOT_AVAILABLE")
	st.MethodSettings = map[string]wire.MethodSetting{}
	st.CreatedDate, st.LastUpdatedDate = &now, &now
	if len(st.Variables) == 0 {
		st.Variables = nil
	}
	if len(st.Tags) == 0 {
		st.Tags = nil
	}
}

// maxVariables is AWS's bound on the variables of a stage.
const maxVariables = 100

func checkVariables(vars map[string]string) error {
	if len(vars) > maxVariables {
		return wire.BadRequest("Stage variables are limited to %d for a stage", maxVariables)
	}
	for _, name := range sortedKeys(vars) {
		if !variableNamePattern.MatchString(name) {
			return wire.BadRequest("Stage variable name %s is invalid: only A-Za-z0-9_ are allowed, at most 64", truncated(name))
		}
		if !variableValuePattern.MatchString(vars[name]) {
			return wire.BadRequest("Stage variable value for %s is invalid: only A-Za-z0-9-._~:/?#&=, are allowed, at most 512", name)
		}
	}
	return nil
}

// GetStage reads one stage.
func (s *Service) GetStage(ctx context.Context, who *wire.Caller, in *wire.GetStageRequest) (*wire.Stage, error) {
	var out *wire.Stage
	err := s.read(ctx, who, func(t *tx) (err error) {
		out, err = t.stage(in.RestAPIID, in.StageName)
		return err
	})
	return out, err
}

// GetStages lists an API's stages, of one deployment if it is named; AWS does
// not page them.
func (s *Service) GetStages(ctx context.Context, who *wire.Caller, in *wire.GetStagesRequest) (*wire.Stages, error) {
	var out *wire.Stages
	err := s.read(ctx, who, func(t *tx) error {
		if _, err := t.restAPI(in.RestAPIID); err != nil {
			return err
		}
		stages, err := list[wire.Stage](t, kindStage, in.RestAPIID, "", 0)
		if err != nil {
			return err
		}
		out = &wire.Stages{Item: []wire.Stage{}}
		for _, st := range stages {
			if in.DeploymentID == nil || *in.DeploymentID == *st.DeploymentID {
				out.Item = append(out.Item, st)
			}
		}
		return nil
	})
	return out, err
}

// DeleteStage stops serving under a name. Its deployment stays.
func (s *Service) DeleteStage(ctx context.Context, who *wire.Caller, in *wire.DeleteStageRequest) (*wire.Empty, error) {
	return &wire.Empty{}, s.write(ctx, who, in.RestAPIID, func(t *tx) error {
		if err := t.remove(kindStage, in.RestAPIID, in.StageName, errStage()); err != nil {
			return err
		}
		return t.retractStage(in.RestAPIID, in.StageName)
	})
}
