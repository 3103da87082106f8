package control

import (
	"context"
	"regexp"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

var (
	stageNamePattern     = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`)
	variableNamePattern  = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
	variableValuePattern = regexp.MustCompile(`^[A-Za-z0-9 \-._~:/?#&=,]+$`)
)

// AWS's bounds on a stage variable, in characters.
const (
	maxVariableName  = 64
	maxVariableValue = 512
)

// A stage is a stage as it is stored: as the service shows it, and what it does not
// show.
type stage struct {
	wire.Stage
	Set map[string][]string `json:"set,omitzero"` // by key of methodSettings, the settings that are not AWS's defaults; sorted

	// OwnCaching lists the keys of methodSettings for which a caller has set
	// cachingEnabled itself. Elsewhere it is taken over from */*, which caches GET alone.
	OwnCaching []string `json:"ownCaching,omitzero"`

	// AuthorizerAnswers names what authorizers have answered for the stage: with another name
	// there is none. It is drawn, as that of a cache is.
	AuthorizerAnswers string `json:"authorizerAnswers,omitempty"`

	Cache cacheState `json:"cache,omitzero"`
}

func errStage() error { return wire.NotFound("Invalid stage identifier specified") }

// stage reads a stage. An unknown API and an unknown stage are one answer.
func (t *tx) stage(name string) (*stage, error) {
	return load[stage](t, kindStage, name, errStage())
}

// CreateStage serves a deployment under a name.
func (s *Service) CreateStage(ctx context.Context, who *wire.Caller, in *wire.CreateStageRequest) (*wire.Stage, error) {
	return writeBriefly(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Stage, error) {
		if err := t.requireAPI(); err != nil {
			return nil, err
		}
		st := &stage{Stage: wire.Stage{
			StageName: &in.StageName, DeploymentID: &in.DeploymentID, Description: given(in.Description), Variables: filled(in.Variables),
			CacheClusterEnabled: in.CacheClusterEnabled, CacheClusterSize: given(in.CacheClusterSize), DocumentationVersion: given(in.DocumentationVersion),
			CanarySettings: in.CanarySettings, TracingEnabled: in.TracingEnabled, Tags: filled(in.Tags),
		}}
		return &st.Stage, t.addStage(st)
	})
}

// addStage checks a new stage, completes it as AWS does, stores and publishes
// it.
func (t *tx) addStage(st *stage) error {
	if !stageNamePattern.MatchString(*st.StageName) {
		return wire.BadRequest("Stage name only allows a-zA-Z0-9_-")
	}
	found, err := t.exists(kindStage, *st.StageName)
	if err != nil {
		return err
	}
	if found {
		return wire.Conflict("Stage already exists")
	}
	if err := checkTags(st.Tags); err != nil {
		return err
	}
	if err := t.checkDocumentationVersion(st.DocumentationVersion); err != nil {
		return err
	}
	if err := t.quota(kindStage, t.svc.limits.StagesPerAPI, "Stages"); err != nil {
		return err
	}
	st.CacheClusterEnabled = withDefault(st.CacheClusterEnabled, false)
	st.TracingEnabled = withDefault(st.TracingEnabled, false)
	st.MethodSettings = map[string]wire.MethodSetting{}
	st.AuthorizerAnswers = newID(apiIDLength)
	st.CreatedDate = &t.now
	if c := st.CanarySettings; c != nil {
		completeCanary(c, *st.DeploymentID)
	}
	return t.moveStage(st)
}

// moveStage is changeStage for a stage with another deployment or other
// variables than before: what it then serves is checked, too.
func (t *tx) moveStage(st *stage) error {
	if err := t.changeStage(st); err != nil {
		return err
	}
	return t.checkStageRoles(&st.Stage)
}

// changeStage checks a stage that was made or changed, stores and publishes
// it.
func (t *tx) changeStage(st *stage) error {
	if err := t.require(kindDeployment, *st.DeploymentID, wire.BadRequest("Deployment id does not exist")); err != nil {
		return err
	}
	if err := CheckStageVariables(st.Variables); err != nil {
		return err
	}
	if c := st.CanarySettings; c != nil {
		if err := t.checkCanary(c); err != nil {
			return err
		}
	}
	for _, r := range releasesOf(&st.Stage) {
		if over(len(r.variables), t.svc.limits.VariablesPerStage) {
			return errQuota("Stage Variables", " for this Stage")
		}
	}
	t.settleCache(st)
	st.LastUpdatedDate = &t.now
	return t.saveServed(kindStage, *st.StageName, st)
}

// servedStage is what the data plane is told of a stage.
func (t *tx) servedStage(st *stage) (*snapshot.Stage, error) {
	api, err := t.restAPI()
	if err != nil {
		return nil, err
	}
	return &snapshot.Stage{
		SecurityPolicy: text(api.SecurityPolicy), EndpointType: api.EndpointConfiguration.Types[0],
		APIID: t.api, Name: *st.StageName, Account: t.who.Account, Region: t.who.Region, DeploymentID: *st.DeploymentID,
		Variables: st.Variables, ClientCertificateID: text(st.ClientCertificateID), MethodSettings: freezeMethodSettings(st),
		TracingEnabled: isTrue(st.TracingEnabled), AccessLog: freezeAccessLog(st), AuthorizerAnswers: st.AuthorizerAnswers, Canary: freezeCanary(st.CanarySettings), Cache: st.freezeCache(),
	}, nil
}

// freezeAccessLog is a stage's access log once it has both of its settings.
func freezeAccessLog(st *stage) *snapshot.AccessLog {
	l := st.AccessLogSettings
	if l == nil || text(l.DestinationARN) == "" || text(l.Format) == "" {
		return nil
	}
	return &snapshot.AccessLog{DestinationARN: *l.DestinationARN, Format: *l.Format}
}

// CheckStageVariables checks the names and values of stage variables. The two
// spaces are AWS's, and so is the missing quote.
func CheckStageVariables(vars map[string]string) error {
	for _, name := range sortedKeys(vars) {
		if !variableNamePattern.MatchString(name) {
			return wire.BadRequest("Invalid stage variable name: %s.  Please use names with only word characters.", wire.Truncated(name))
		}
		if len(name) > maxVariableName {
			return wire.BadRequest("Invalid stage variable name: %s.  Names have at most %d characters.", wire.Truncated(name), maxVariableName)
		}
		value := vars[name]
		if !variableValuePattern.MatchString(value) {
			return wire.BadRequest("Invalid stage variable value: %s.  Please use values with alphanumeric characters and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','.", wire.Truncated(value))
		}
		if len(value) > maxVariableValue {
			return wire.BadRequest("Invalid stage variable value: %s.  Values have at most %d characters.", wire.Truncated(value), maxVariableValue)
		}
	}
	return nil
}

// GetStage reads one stage.
func (s *Service) GetStage(ctx context.Context, who *wire.Caller, in *wire.GetStageRequest) (*wire.Stage, error) {
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Stage, error) {
		st, err := t.stage(in.StageName)
		if err != nil {
			return nil, err
		}
		st.showCache(s.now())
		return &st.Stage, nil
	})
}

// GetStages lists an API's stages, of one deployment if it is named; AWS does
// not page them.
func (s *Service) GetStages(ctx context.Context, who *wire.Caller, in *wire.GetStagesRequest) (*wire.Stages, error) {
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Stages, error) {
		if err := t.requireAPI(); err != nil {
			return nil, err
		}
		rows, err := t.created(kindStage, "", store.Limit{})
		if err != nil {
			return nil, err
		}
		stages, err := decodeRows[stage](t, kindStage, rows)
		if err != nil {
			return nil, err
		}
		out := &wire.Stages{Item: []wire.Stage{}}
		for _, st := range stages {
			if in.DeploymentID == nil || *in.DeploymentID == *st.DeploymentID {
				st.showCache(s.now())
				out.Item = append(out.Item, st.Stage)
			}
		}
		return out, nil
	})
}

// DeleteStage stops serving under a name that no base path mapping leads to. Its
// deployment stays; usage plans lose it.
func (s *Service) DeleteStage(ctx context.Context, who *wire.Caller, in *wire.DeleteStageRequest) (*wire.Empty, error) {
	return writeBrieflyEmpty(ctx, s, who, in.RestAPIID, func(t *tx) error {
		if err := t.checkUnmapped("stage "+in.StageName, "stage", stageKey(t.api, in.StageName)+keyEnd); err != nil {
			return err
		}
		return t.remove(kindStage, in.StageName, errStage())
	})
}
