package control

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// UpdateStage patches a stage; what it changes is served at once.
func (s *Service) UpdateStage(ctx context.Context, who *wire.Caller, in *wire.UpdateStageRequest) (*wire.Stage, error) {
	return writeBriefly(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Stage, error) {
		st, err := t.stage(in.StageName)
		if err != nil {
			return nil, err
		}
		before := releasesOf(&st.Stage)
		if err := stagePatch.Apply(t, st, in.PatchOperations); err != nil {
			return nil, err
		}
		if slices.EqualFunc(before, releasesOf(&st.Stage), release.equal) {
			return &st.Stage, t.changeStage(st)
		}
		return &st.Stage, t.moveStage(st)
	})
}

// stagePatch is every path that UpdateStage takes.
var stagePatch = patchTable[stage]{
	Dialect: stageDialect,
	Paths: append([]patchPath[stage]{
		{At: "/deploymentId", Replace: setDeployment, Copy: promoteDeployment},
		{At: "/description", Replace: setText(func(s *stage) **string { return &s.Description })},
		{At: "/documentationVersion", Replace: setDocumentationVersion},
		{At: "/clientCertificateId", Replace: setClientCertificate},
		{At: "/cacheClusterEnabled", Replace: setBool(func(s *stage) **bool { return &s.CacheClusterEnabled })},
		{At: "/cacheClusterSize", Replace: setOneOf(func(s *stage) **string { return &s.CacheClusterSize }, cacheSizes,
			"Invalid cache cluster size specified. Valid options are "+strings.Join(cacheSizes, ","))},
		{At: "/tracingEnabled", Replace: setBool(func(s *stage) **bool { return &s.TracingEnabled })},
		{At: "/variables/{name}", Replace: setVariable(stageVariables), Remove: removeVariable(stageVariables)},
		{At: "/variables", Replace: setVariables(stageVariables), Remove: clearVariables, Copy: promoteVariables},
		{At: "/accessLogSettings/destinationArn", Add: setLogDestination, Replace: setLogDestination},
		{At: "/accessLogSettings/format", Add: setLogFormat, Replace: setLogFormat},
		{At: "/accessLogSettings", Remove: func(_ *tx, s *stage, _ *patch.Op) error { s.AccessLogSettings = nil; return nil }},
		{At: "/canarySettings/percentTraffic", Replace: setDouble(func(s *stage) **wire.Double { return &canary(s).PercentTraffic }, badPercent)},
		{At: "/canarySettings/deploymentId", Replace: setCanaryDeployment},
		{At: "/canarySettings/useStageCache", Replace: setBool(func(s *stage) **bool { return &canary(s).UseStageCache })},
		{At: "/canarySettings/stageVariableOverrides/{name}", Replace: setVariable(canaryVariables), Remove: removeOverride},
		{At: "/canarySettings/stageVariableOverrides", Replace: setVariables(canaryVariables)},
		{At: "/canarySettings", Remove: func(_ *tx, s *stage, _ *patch.Op) error { s.CanarySettings = nil; return nil }},
	}, methodSettingPaths()...),
}

// stagePaths is what AWS lists when it does not know a path. Two commas are
// missing in its text.
const stagePaths = "/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, " +
	"/accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format, " +
	"/{resourcePath}/{httpMethod}/metrics/enabled, /{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, " +
	"/{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit/{resourcePath}/{httpMethod}/caching/ttlInSeconds, " +
	"/{resourcePath}/{httpMethod}/caching/enabled, /{resourcePath}/{httpMethod}/caching/dataEncrypted, " +
	"/{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, /{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, " +
	"/*/*/metrics/enabled, /*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, " +
	"/*/*/caching/enabled, /*/*/caching/dataEncrypted, /*/*/caching/requireAuthorizationForCacheControl, /*/*/caching/unauthorizedCacheControlHeaderStrategy, " +
	"/variables/{variable_name}, /tracingEnabled"

// stageDialect is the wording of UpdateStage.
func stageDialect(op *patch.Op, _, _ []string) error {
	if head, _, _ := strings.Cut(strings.TrimPrefix(op.Path, "/"), "/"); head == "accessLogSettings" && (op.Op == "add" || op.Op == "replace") {
		return wire.BadRequest("Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]")
	}
	return errStagePath(op)
}

func errStagePath(op *patch.Op) error {
	return wire.BadRequest("Invalid method setting path: %s. Must be one of: [%s]", wire.Truncated(op.Path), stagePaths)
}

func setDeployment(_ *tx, s *stage, op *patch.Op) error {
	s.DeploymentID = new(text(op.Value))
	return nil
}

func stageVariables(s *stage) *map[string]string { return &s.Variables }

// setVariable sets a variable whether or not it is there.
func setVariable(field func(*stage) *map[string]string) patchSetter[stage] {
	return func(_ *tx, s *stage, op *patch.Op) error {
		vars := field(s)
		if *vars == nil {
			*vars = make(map[string]string)
		}
		(*vars)[op.Names[0]] = text(op.Value)
		return nil
	}
}

// removeVariable removes a variable; one that is not there is no error.
func removeVariable(field func(*stage) *map[string]string) patchSetter[stage] {
	return func(_ *tx, s *stage, op *patch.Op) error {
		vars := field(s)
		delete(*vars, op.Names[0])
		*vars = filled(*vars)
		return nil
	}
}

// setVariables takes all variables as a JSON object.
func setVariables(field func(*stage) *map[string]string) patchSetter[stage] {
	return func(_ *tx, s *stage, op *patch.Op) error {
		var vars map[string]string
		if err := json.Unmarshal([]byte(text(op.Value)), &vars); err != nil {
			return patch.ErrValue(op)
		}
		*field(s) = filled(vars)
		return nil
	}
}

func clearVariables(_ *tx, s *stage, _ *patch.Op) error {
	s.Variables = nil
	return nil
}

func setLogDestination(t *tx, s *stage, op *patch.Op) error {
	return setLogMember(s, op, func(l *wire.AccessLogSettings) **string { return &l.DestinationARN })
}

func setLogFormat(t *tx, s *stage, op *patch.Op) error {
	return setLogMember(s, op, func(l *wire.AccessLogSettings) **string { return &l.Format })
}

func setLogMember(s *stage, op *patch.Op, field func(*wire.AccessLogSettings) **string) error {
	if text(op.Value) == "" {
		return wire.BadRequest("Access Log value must not be empty")
	}
	if s.AccessLogSettings == nil {
		s.AccessLogSettings = new(wire.AccessLogSettings)
	}
	*field(s.AccessLogSettings) = op.Value
	return nil
}

// addSorted puts a name into a sorted list that does not have it.
func addSorted(list []string, name string) []string {
	i, found := slices.BinarySearch(list, name)
	if found {
		return list
	}
	return slices.Insert(list, i, name)
}
