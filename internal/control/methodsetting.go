package control

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// everyMethod is the key of the settings of all methods that have none of
// their own.
const everyMethod = "*/*"

// noLimit is a throttle that limits nothing: the value by which clients take
// a limit back.
const noLimit = -1

// methodSettingPaths are the paths of UpdateStage that lead to the settings of
// methods. They come after all others, because their first tokens are free.
func methodSettingPaths() []patchPath[stage] {
	const method = "/{resourcePath}/{httpMethod}"
	paths := []patchPath[stage]{{At: "/methodSettings", Replace: setMethodSettings}}
	for _, s := range methodSettings {
		paths = append(paths, patchPath[stage]{At: method + "/" + s.name, Replace: s.patch})
	}
	return append(paths, patchPath[stage]{At: method, Remove: removeMethodSetting})
}

// A methodSetting is one setting of a method.
type methodSetting struct {
	name   string // the end of its patch path
	member string // of MethodSetting
	set    patchSetter[wire.MethodSetting]
}

// methodSettings are all settings.
var methodSettings = []methodSetting{
	{"metrics/enabled", "metricsEnabled", setBool(func(m *wire.MethodSetting) **bool { return &m.MetricsEnabled })},
	{"logging/loglevel", "loggingLevel", setLogLevel},
	{"logging/dataTrace", "dataTraceEnabled", setBool(func(m *wire.MethodSetting) **bool { return &m.DataTraceEnabled })},
	{burstSetting, "throttlingBurstLimit", setInt(func(m *wire.MethodSetting) **int32 { return &m.ThrottlingBurstLimit }, "Invalid throttling burst limit specified")},
	{rateSetting, "throttlingRateLimit", setDouble(func(m *wire.MethodSetting) **wire.Double { return &m.ThrottlingRateLimit }, "Invalid throttling rate limit specified")},
	{cachingSetting, "cachingEnabled", setBool(func(m *wire.MethodSetting) **bool { return &m.CachingEnabled })},
	{"caching/ttlInSeconds", "cacheTtlInSeconds", setCacheTTL},
	{"caching/dataEncrypted", "cacheDataEncrypted", setBool(func(m *wire.MethodSetting) **bool { return &m.CacheDataEncrypted })},
	{"caching/requireAuthorizationForCacheControl", "requireAuthorizationForCacheControl", setBool(func(m *wire.MethodSetting) **bool { return &m.RequireAuthorizationForCacheControl })},
	{"caching/unauthorizedCacheControlHeaderStrategy", "unauthorizedCacheControlHeaderStrategy", setOneOf(func(m *wire.MethodSetting) **string { return &m.UnauthorizedCacheControlHeaderStrategy },
		[]string{"FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER", "SUCCEED_WITHOUT_RESPONSE_HEADER"}, "Invalid unauthorized cache control header strategy specified")},
}

// The settings that limit a method's rate.
const (
	burstSetting = "throttling/burstLimit"
	rateSetting  = "throttling/rateLimit"
)

// cachingSetting is the setting that has a method's answers cached.
const cachingSetting = "caching/enabled"

// newMethodSetting is what AWS fills in when the first setting of a method is
// made.
func newMethodSetting() wire.MethodSetting {
	return wire.MethodSetting{
		MetricsEnabled: new(false), DataTraceEnabled: new(false),
		ThrottlingBurstLimit: new(int32(accountBurst)), ThrottlingRateLimit: new(wire.Double(accountRate)),
		CachingEnabled: new(false), CacheTTLInSeconds: new(int32(defaultCacheTTL)), CacheDataEncrypted: new(false),
		RequireAuthorizationForCacheControl: new(true), UnauthorizedCacheControlHeaderStrategy: new(defaultCacheControlStrategy),
	}
}

// methodSettingKey is the key under which a patch's settings are kept: the
// tokens of the resource path and the verb as they were sent.
func methodSettingKey(op *patch.Op) string {
	tokens := strings.SplitN(op.Path, "/", 4)
	return tokens[1] + "/" + tokens[2]
}

// patch sets one setting. A method that had none gets all of them: those of
// all methods as they are at the moment, else the defaults (recorded).
func (m *methodSetting) patch(t *tx, s *stage, op *patch.Op) error {
	key := methodSettingKey(op)
	path, verb := op.Names[0], op.Names[1]
	if key != everyMethod && (path == "*" || !slices.Contains(verbs, verb)) {
		return errStagePath(op)
	}
	setting, ok := s.MethodSettings[key]
	touched := s.Set[key]
	if !ok {
		if setting, ok = s.MethodSettings[everyMethod]; ok {
			touched = s.Set[everyMethod]
		} else {
			setting = newMethodSetting()
		}
	}
	if err := m.set(t, &setting, op); err != nil {
		return err
	}
	if s.MethodSettings == nil {
		s.MethodSettings = make(map[string]wire.MethodSetting)
	}
	if s.Set == nil {
		s.Set = make(map[string][]string)
	}
	s.MethodSettings[key] = setting
	s.Set[key] = addSorted(slices.Clone(touched), m.name)
	if m.name == cachingSetting && key != everyMethod {
		s.OwnCaching = addSorted(s.OwnCaching, key)
	}
	return nil
}

// setMethodSettings takes the settings of all methods as a JSON object: those
// of */* come first, so that the others have them too.
func setMethodSettings(t *tx, s *stage, op *patch.Op) error {
	var all map[string]map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text(op.Value)), &all); err != nil {
		return patch.ErrValue(op)
	}
	s.MethodSettings, s.Set, s.OwnCaching = map[string]wire.MethodSetting{}, nil, nil
	for _, key := range sortedKeys(all) {
		tokens := strings.Split(key, "/")
		if len(tokens) != 2 || tokens[0] == "" || key != everyMethod && !slices.Contains(verbs, tokens[1]) {
			return patch.ErrValue(op)
		}
		for _, member := range sortedKeys(all[key]) {
			i := slices.IndexFunc(methodSettings, func(m methodSetting) bool { return m.member == member })
			value, ok := scalarText(all[key][member])
			if i < 0 || !ok {
				return patch.ErrValue(op)
			}
			if value == nil {
				continue
			}
			one := &patch.Op{Op: op.Op, Path: "/" + key + "/" + methodSettings[i].name, Names: tokens, Value: value}
			if err := methodSettings[i].patch(t, s, one); err != nil {
				return err
			}
		}
	}
	return nil
}

// scalarText is a JSON scalar as the value of a patch has it, nil for null.
func scalarText(raw json.RawMessage) (*string, bool) {
	value := string(raw)
	switch value[0] {
	case '{', '[':
		return nil, false
	case 'n':
		return nil, true
	case '"':
		return &value, json.Unmarshal(raw, &value) == nil
	}
	return &value, true
}

// removeMethodSetting takes the settings of a method back. The space at the
// end is AWS's.
func removeMethodSetting(_ *tx, s *stage, op *patch.Op) error {
	key := methodSettingKey(op)
	if _, ok := s.MethodSettings[key]; !ok {
		return wire.BadRequest("Cannot remove method setting %s because there is no method setting for this method ", wire.Truncated(key))
	}
	delete(s.MethodSettings, key)
	delete(s.Set, key)
	s.OwnCaching = slices.DeleteFunc(s.OwnCaching, func(own string) bool { return own == key })
	return nil
}

// setLogLevel takes a level; a level that logs wants the account's role.
func setLogLevel(t *tx, m *wire.MethodSetting, op *patch.Op) error {
	level := text(op.Value)
	switch level {
	case "OFF":
	case "ERROR", "INFO":
		account, err := t.account()
		if err != nil {
			return err
		}
		if account.CloudwatchRoleARN == nil {
			return wire.BadRequest("CloudWatch Logs role ARN must be set in account settings to enable logging")
		}
	default:
		return wire.BadRequest("Invalid logging level specified. Valid options are OFF,ERROR,INFO")
	}
	m.LoggingLevel = &level
	return nil
}

// How long a response is cached, in seconds: AWS's bound and default, and its
// default of what becomes of clients that may not shorten it.
const (
	maxCacheTTL                 = 3600
	defaultCacheTTL             = 300
	defaultCacheControlStrategy = "SUCCEED_WITH_RESPONSE_HEADER"
)

const badCacheTTL = "Cache TTL must be between 0 and 3600 seconds"

func setCacheTTL(t *tx, m *wire.MethodSetting, op *patch.Op) error {
	if err := parseCacheTTL(t, m, op); err != nil {
		return err
	}
	if n := *m.CacheTTLInSeconds; n < 0 || n > maxCacheTTL {
		return wire.BadRequest(badCacheTTL)
	}
	return nil
}

var parseCacheTTL = setInt(func(m *wire.MethodSetting) **int32 { return &m.CacheTTLInSeconds }, badCacheTTL)

// freezeMethodSettings is the served form of a stage's method settings: those
// that a caller set, under the path of the resource and the verb.
func freezeMethodSettings(s *stage) map[string]snapshot.MethodSetting {
	out := make(map[string]snapshot.MethodSetting, len(s.MethodSettings))
	for key, setting := range s.MethodSettings {
		var frozen snapshot.MethodSetting
		for _, name := range s.Set[key] {
			freezeSetting(&frozen, name, &setting)
		}
		frozen.CachesEveryVerb = frozen.CachingEnabled && slices.Contains(s.OwnCaching, key)
		out[servedSettingKey(key)] = frozen
	}
	return filled(out)
}

func freezeSetting(out *snapshot.MethodSetting, name string, from *wire.MethodSetting) {
	switch name {
	case burstSetting:
		if n := from.ThrottlingBurstLimit; n != nil && *n > noLimit {
			out.ThrottlingBurstLimit = n
		}
	case rateSetting:
		if f := from.ThrottlingRateLimit; f != nil && *f > noLimit {
			out.ThrottlingRateLimit = new(float64(*f))
		}
	case "metrics/enabled":
		out.MetricsEnabled = isTrue(from.MetricsEnabled)
	case "logging/loglevel":
		out.LoggingLevel = text(from.LoggingLevel)
	case "logging/dataTrace":
		out.DataTraceEnabled = isTrue(from.DataTraceEnabled)
	case cachingSetting:
		out.CachingEnabled = isTrue(from.CachingEnabled)
	case "caching/ttlInSeconds":
		out.CacheTTLSeconds = from.CacheTTLInSeconds
	case "caching/requireAuthorizationForCacheControl":
		out.FreeCacheControl = !isTrue(from.RequireAuthorizationForCacheControl)
	case "caching/unauthorizedCacheControlHeaderStrategy":
		out.CacheControlStrategy = text(from.UnauthorizedCacheControlHeaderStrategy)
	}
}

// servedSettingKey turns a key of methodSettings, which is written in more
// than one way (pets~1{id}/GET, ~1pets~1{id}/GET), into the path of the
// resource with the verb: /pets/{id}/GET.
func servedSettingKey(key string) string {
	if key == everyMethod {
		return key
	}
	path, verb, _ := strings.Cut(key, "/")
	return "/" + strings.TrimPrefix(patch.Unescape(path), "/") + "/" + verb
}
