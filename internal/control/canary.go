package control

import (
	"maps"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A release is a deployment that a stage serves with the variables that it has
// there: the stage's own, or its canary's.
type release struct {
	deployment string
	variables  map[string]string
}

func (r release) equal(other release) bool {
	return r.deployment == other.deployment && maps.Equal(r.variables, other.variables)
}

// releasesOf lists what a stage serves: its own deployment and, where there is one,
// the canary's. The lists of variables are copies.
func releasesOf(st *wire.Stage) []release {
	list := []release{{*st.DeploymentID, maps.Clone(st.Variables)}}
	if c := st.CanarySettings; c != nil {
		variables := make(map[string]string, len(st.Variables)+len(c.StageVariableOverrides))
		maps.Copy(variables, st.Variables)
		maps.Copy(variables, c.StageVariableOverrides)
		list = append(list, release{*c.DeploymentID, variables})
	}
	return list
}

// completeCanary fills in what the maker of a canary did not say: at first it is on
// the deployment of its stage and gets none of the requests.
func completeCanary(c *wire.CanarySettings, deployment string) {
	if given(c.DeploymentID) == nil {
		c.DeploymentID = &deployment
	}
	c.PercentTraffic = withDefault(c.PercentTraffic, 0)
	c.UseStageCache = withDefault(c.UseStageCache, false)
	c.StageVariableOverrides = filled(c.StageVariableOverrides)
}

// deployCanary moves a stage's canary, which is made if there is none, to a
// deployment and lays what the request says of the canary over it.
func deployCanary(st *stage, in *wire.DeploymentCanarySettings, deployment string) {
	c := canary(st)
	c.DeploymentID = &deployment
	if in.PercentTraffic != nil {
		c.PercentTraffic = in.PercentTraffic
	}
	if in.UseStageCache != nil {
		c.UseStageCache = in.UseStageCache
	}
	if len(in.StageVariableOverrides) > 0 {
		c.StageVariableOverrides = in.StageVariableOverrides
	}
}

const badPercent = "Canary percentTraffic must be between 0.0 and 100.0"

// checkCanary checks a canary that is complete.
func (t *tx) checkCanary(c *wire.CanarySettings) error {
	if p := *c.PercentTraffic; !(p >= 0 && p <= 100) {
		return wire.BadRequest(badPercent)
	}
	if err := t.require(kindDeployment, *c.DeploymentID, wire.BadRequest("Deployment id does not exist")); err != nil {
		return err
	}
	return CheckStageVariables(c.StageVariableOverrides)
}

// freezeCanary is the served form of a canary, nil for none.
func freezeCanary(c *wire.CanarySettings) *snapshot.Canary {
	if c == nil {
		return nil
	}
	return &snapshot.Canary{
		DeploymentID: *c.DeploymentID, PercentTraffic: float64(*c.PercentTraffic), StageVariableOverrides: c.StageVariableOverrides, UseStageCache: isTrue(c.UseStageCache),
	}
}

// canary is a stage's canary, which the first patch of it makes.
func canary(s *stage) *wire.CanarySettings {
	if s.CanarySettings == nil {
		s.CanarySettings = new(wire.CanarySettings)
		completeCanary(s.CanarySettings, *s.DeploymentID)
	}
	return s.CanarySettings
}

func canaryVariables(s *stage) *map[string]string { return &canary(s).StageVariableOverrides }

func setCanaryDeployment(_ *tx, s *stage, op *patch.Op) error {
	canary(s).DeploymentID = new(text(op.Value))
	return nil
}

// removeOverride removes a variable of the canary; where there is none, there
// is nothing to remove.
func removeOverride(t *tx, s *stage, op *patch.Op) error {
	if s.CanarySettings == nil {
		return nil
	}
	return removeVariable(canaryVariables)(t, s, op)
}

// promoteDeployment is the first half of the promotion of a canary, which stays
// with the stage until it is removed.
func promoteDeployment(_ *tx, s *stage, op *patch.Op) error {
	if op.From != "/canarySettings/deploymentId" || s.CanarySettings == nil {
		return errCopy(op)
	}
	s.DeploymentID = s.CanarySettings.DeploymentID
	return nil
}

// promoteVariables is the other half: the canary's overrides go over the
// stage's variables.
func promoteVariables(_ *tx, s *stage, op *patch.Op) error {
	if op.From != "/canarySettings/stageVariableOverrides" || s.CanarySettings == nil {
		return errCopy(op)
	}
	s.Variables = filled(releasesOf(&s.Stage)[1].variables)
	return nil
}

func errCopy(op *patch.Op) error {
	return wire.BadRequest("Cannot copy from %s to %s", wire.Truncated(op.From), wire.Truncated(op.Path))
}
