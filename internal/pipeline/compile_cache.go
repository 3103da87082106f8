package pipeline

import (
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/cache"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A cachePlan is how a method's answers are cached where its stage caches them.
type cachePlan struct {
	called   int // steps before the integration, which the cache stands for
	answered int // steps behind which the answer is as it is kept

	namespace string
	key       []keyPart
	perCaller bool // the backend is called with the caller's own credentials
}

// A keyPart is one of a method's cacheKeyParameters. What a client can send in more
// than one spelling, or more than once, counts whole: no two requests that a backend
// could tell apart by the parameter have the same key.
type keyPart struct {
	header string              // of the request, in any spelling; "" for none
	path   string              // variable of the path; "" for none
	expr   *mapping.Expression // of everything else
}

// cachePlan compiles how the method is cached. It is nil, and the method is never
// cached, where its answers are streamed (documented), and where a part of its key
// cannot be read: without it one caller could be given another's answer.
func (c *compiler) cachePlan(resourceID string) *cachePlan {
	in := &c.method.Integration
	if in.ResponseTransferMode == "STREAM" {
		return nil
	}
	p := &cachePlan{namespace: in.CacheNamespace, perCaller: integration.IsCaller(in.Credentials) || strings.Contains(in.Credentials, "${stageVariables.")}
	if p.namespace == "" {
		p.namespace = resourceID
	}
	names := slices.Clone(in.CacheKeyParameters)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if !p.addPart(name, in) {
			c.problem("integration.cacheKeyParameters", 0, 0, "%s is no parameter of the request: the method is not cached", name)
			return nil
		}
	}
	return p
}

// addPart adds a parameter to the key: one of the method's, or one of the
// integration's, which is known by what is mapped to it.
func (p *cachePlan) addPart(name string, in *snapshot.Integration) bool {
	if strings.HasPrefix(name, "integration.request.") {
		if name = in.RequestParameters[name]; name == "" {
			return false
		}
	}
	location, param, _ := strings.Cut(strings.TrimPrefix(name, "method.request."), ".")
	part := keyPart{}
	switch location {
	case "header", "multivalueheader":
		part.header = param
	case "path":
		part.path = param
	case "querystring":
		name = "method.request.multivaluequerystring." + param
	}
	var err error
	part.expr, err = mapping.ParseExpression(name, mapping.IntegrationRequest)
	p.key = append(p.key, part)
	return err == nil
}

// A cachedMethod is a method of a stage that caches it.
type cachedMethod struct {
	steps    []step
	plan     *cachePlan
	ttl      time.Duration
	free     bool   // everybody may have an answer made anew
	strategy string // what becomes of who may not
	onlyGET  bool
}

// appliesTo reports whether calls of a verb are cached.
func (m *cachedMethod) appliesTo(verb string) bool { return !m.onlyGET || verb == "GET" }

// defaultCacheTTL is how long an answer is kept where nobody has set it.
const defaultCacheTTL = 300 * time.Second

// cachedMethods lists the methods that a stage caches, by their ordinal; nil for none.
func (s *Stage) cachedMethods() []*cachedMethod {
	if s.settings.Cache == nil {
		return nil
	}
	var list []*cachedMethod
	for _, m := range s.program.methods {
		cached := m.cachedUnder(s.methodSetting(m))
		if cached == nil {
			continue
		}
		if list == nil {
			list = make([]*cachedMethod, len(s.program.methods))
		}
		list[m.ordinal] = cached
	}
	return list
}

// cachedUnder is the method as a setting has it cached, nil where it has not. Caching
// that is set for all methods is that of GET alone (documented), and stays so in the
// settings that a method has taken over from it: whoever throttles a POST has not asked
// for its answers to be kept.
func (m *Method) cachedUnder(setting *snapshot.MethodSetting) *cachedMethod {
	p, onlyGET := m.cache, !setting.CachesEveryVerb
	if p == nil || !setting.CachingEnabled || onlyGET && m.verb != "GET" && m.verb != "ANY" {
		return nil
	}
	c := &cachedMethod{plan: p, ttl: defaultCacheTTL, free: setting.FreeCacheControl, strategy: setting.CacheControlStrategy, onlyGET: onlyGET}
	if setting.CacheTTLSeconds != nil {
		c.ttl = time.Duration(*setting.CacheTTLSeconds) * time.Second
	}
	if c.ttl <= 0 {
		return nil
	}
	c.steps = slices.Concat(m.steps[:p.called], []step{(*call).lookUp}, m.steps[p.called:p.answered], []step{(*call).keep}, m.steps[p.answered:])
	return c
}

// cacheKey makes what the call's answer is kept under: the deployment that serves it, so
// that a canary has entries of its own where it is on another one and none outlives a
// deployment; the namespace, which resources can share; the verb; and the values of the
// parameters, for each of which their number stands first. What a backend answers to the
// caller's own credentials is for that caller alone.
func (c *call) cacheKey() (cache.Key, error) {
	p, m := c.cached.plan, &c.cacheUse.maker
	m.Reset()
	m.Add(c.stage.settings.DeploymentID)
	m.Add(p.namespace)
	m.Add(c.scope.Context.HTTPMethod)
	caller := ""
	if who := c.access.signer; p.perCaller && who != nil {
		caller = who.AccessKeyID // sessions of one name may have other policies
	}
	m.Add(caller)
	for i := range p.key {
		if err := c.evalPart(&p.key[i]); err != nil {
			return cache.Key{}, err
		}
		m.AddNumber(len(c.values))
		for _, v := range c.values {
			m.Add(v)
		}
	}
	return m.Key(), nil
}

// evalPart reads the values of one parameter into c.values.
func (c *call) evalPart(p *keyPart) (err error) {
	c.values = c.values[:0]
	switch {
	case p.header != "":
		if httpmsg.EqualFold(p.header, "Host") {
			c.values = append(c.values, c.req.Host)
		}
		for _, f := range c.see() {
			if httpmsg.EqualFold(f.Name, p.header) {
				c.values = append(c.values, f.Value)
			}
		}
	case p.path != "":
		for i := range c.match.n {
			if c.match.names[i] == p.path {
				c.values = append(c.values, c.match.values[i])
			}
		}
	default:
		c.values, err = p.expr.EvalAll(c.values, &c.scope)
	}
	return err
}

// takeCache takes the part of the process's cache that the stage has, for itself and
// its canary. A stage whose settings are not current any more caches nothing: the part
// may be another's by now.
func (s *Stage) takeCache(current bool) {
	c, settings := s.services.Cache, s.settings
	if c != nil && current {
		name := snapshot.ServedID(settings.APIID, settings.Name)
		if settings.Cache != nil {
			s.part = c.Stage(name, settings.Cache.Life, settings.Cache.Bytes)
		} else {
			c.Forget(name)
		}
	}
	if s.part == nil {
		s.cached = nil
	}
	if s.canary == nil {
		return
	}
	if second := s.canary.stage; s.part == nil {
		second.cached = nil
	} else {
		second.part = s.part
	}
}
