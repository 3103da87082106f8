package control

import (
	"context"
	"crypto/sha256"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// The API mappings of apigatewayv2 are the base path mappings of apigateway, by an id
// of their own, and alone may have base paths of several levels.

func errAPIMapping() error { return wire.NotFound("Invalid API mapping identifier specified") }

func errMappingKeyTaken() error {
	return wire.Conflict("ApiMapping key already exists for this domain name")
}

// apiMappingID is the id that apigatewayv2 has for a mapping. One that was stored before
// mappings had ids gets one that follows from where it is, and keeps it when it moves.
func (m *basePathMapping) apiMappingID() string {
	if m.ID == "" {
		sum := sha256.Sum256([]byte(m.id()))
		id := make([]byte, apiIDLength)
		for i := range id {
			id[i] = idLetters[int(sum[i])%len(idLetters)]
		}
		m.ID = string(id)
	}
	return m.ID
}

// shownV2 is a mapping as apigatewayv2 shows it. One that leaves the stage to clients
// has none; apigateway alone makes such.
func (m *basePathMapping) shownV2() *wire.APIMapping {
	return &wire.APIMapping{APIID: m.APIID, APIMappingID: new(m.apiMappingID()), APIMappingKey: &m.BasePath, Stage: m.Stage}
}

// apiMappings reads the mappings of a domain name. There are few: AWS has 200 of those
// of several levels.
func (t *tx) apiMappings(domain string) ([]basePathMapping, error) {
	if err := t.requirePublicDomain(domain); err != nil {
		return nil, err
	}
	rows, err := t.rowsWith(kindBasePathMapping, snapshot.MappingID(domain, ""))
	if err != nil {
		return nil, err
	}
	return decodeRows[basePathMapping](t, kindBasePathMapping, rows)
}

// requirePublicDomain wants a public domain name: apigatewayv2 knows private ones by their
// ids, for routing rules alone.
func (t *tx) requirePublicDomain(name string) error {
	key, err := domainKey(name, nil)
	if err != nil {
		return err
	}
	return t.require(kindDomainName, key, errDomainName())
}

// apiMapping reads a mapping by its id.
func (t *tx) apiMapping(domain, id string) (*basePathMapping, error) {
	all, err := t.apiMappings(domain)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(m basePathMapping) bool { return m.apiMappingID() == id })
	if at < 0 {
		return nil, errAPIMapping()
	}
	all[at].apiMappingID() // which it keeps
	return &all[at], nil
}

// managedByV2 reads a domain name whose mappings apigatewayv2 may change.
func (t *tx) managedByV2(name string) (*wire.DomainName, error) {
	key, err := domainKey(name, nil)
	if err != nil {
		return nil, err
	}
	d, err := t.domainName(key)
	switch {
	case err != nil:
		return nil, err
	case slices.Contains(d.EndpointConfiguration.Types, "EDGE"):
		return nil, errOnlyRegional()
	case text(d.SecurityPolicy) == "TLS_1_0":
		return nil, errOnlyTLS12()
	}
	return d, nil
}

func errOnlyRegional() error {
	return wire.BadRequest("Only REGIONAL domain names can be managed through the API Gateway V2 API. For EDGE domain names, please use the API Gateway V1 API. Also note that only REST APIs can be attached to EDGE domain names.")
}

func errOnlyTLS12() error {
	return wire.BadRequest("Only REGIONAL domain names with a security policy of TLS 1.2 can be managed through the API Gateway V2 API. For TLS 1.0 domain names, please use the API Gateway V1 API to upgrade your security policy to TLS 1.2. Currently, only REST APIs can be attached to a domain name with a security policy of TLS 1.0.")
}

// mappingKeyPattern takes base paths of one level and of several.
var mappingKeyPattern = regexp.MustCompile(`^([a-zA-Z0-9$_.+!*'()-]+(/[a-zA-Z0-9$_.+!*'()-]+)*)?$`)

// checkMappingKey wants a base path that apigatewayv2 takes. AWS's words for one that is
// too long are not known, and its set of characters is older than the slash.
func checkMappingKey(key string) error {
	switch {
	case len(key) > maxBasePath:
		return wire.BadRequest("An ApiMapping key may have %d characters", maxBasePath)
	case !mappingKeyPattern.MatchString(key) || hasDotSegment(key):
		return wire.BadRequest("An ApiMapping key may contain only letters, numbers and one of $-_.+!*'()")
	}
	return nil
}

// hasDotSegment reports whether a path has a segment that clients take out of URLs.
func hasDotSegment(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// checkAPIMapping wants of a mapping what apigatewayv2 does: a base path, and a stage of
// one of the account's APIs.
func (t *tx) checkAPIMapping(m *basePathMapping) error {
	if err := checkMappingKey(m.BasePath); err != nil {
		return err
	}
	return t.checkTarget(m.Domain, m.APIID, m.Stage, t.errUnknownAPI(m.APIID))
}

func (t *tx) errUnknownAPI(id string) error {
	return wire.NotFound("Invalid API identifier specified %s:%s", t.who.Account, wire.Truncated(id))
}

// multiLevelQuota refuses the next base path of several levels of a domain name that has
// as many as it may. was is the mapping's own before.
func (t *tx) multiLevelQuota(m *basePathMapping, was string) error {
	limit := t.svc.limits.MultiLevelMappings
	if limit <= 0 || !snapshot.MultiLevel(m.BasePath) || snapshot.MultiLevel(was) {
		return nil
	}
	all, err := t.apiMappings(m.Domain)
	if err != nil {
		return err
	}
	n := 1
	for i := range all {
		if snapshot.MultiLevel(all[i].BasePath) {
			n++
		}
	}
	if over(n, limit) {
		return wire.TooManyRequests("%s", quotaText("multi-level API mappings", " for this domain name")) // v2 has no error of its own for quotas
	}
	return nil
}

// CreateAPIMapping has paths of a domain name lead to a stage.
func (s *Service) CreateAPIMapping(ctx context.Context, who *wire.Caller, in *wire.CreateAPIMappingRequest) (*wire.APIMapping, error) {
	return write(ctx, s, who, "", func(t *tx) (*wire.APIMapping, error) {
		d, err := t.managedByV2(in.DomainName)
		if err != nil {
			return nil, err
		}
		if *d.RoutingMode == snapshot.ByRules {
			return nil, errRoutingMode("An API mapping", *d.RoutingMode)
		}
		m := &basePathMapping{ID: newID(apiIDLength), Domain: in.DomainName, BasePath: storedBasePath(text(in.APIMappingKey)), APIID: in.APIID, Stage: in.Stage}
		if m.Stage == "" {
			return nil, errMappedStage()
		}
		if err := t.checkAPIMapping(m); err != nil {
			return nil, err
		}
		if err := t.multiLevelQuota(m, ""); err != nil {
			return nil, err
		}
		return m.shownV2(), t.insertServed(kindBasePathMapping, m.id(), m, errMappingKeyTaken())
	})
}

// GetAPIMapping reads one mapping.
func (s *Service) GetAPIMapping(ctx context.Context, who *wire.Caller, in *wire.GetAPIMappingRequest) (*wire.APIMapping, error) {
	return read(ctx, s, who, "", func(t *tx) (*wire.APIMapping, error) {
		m, err := t.apiMapping(in.DomainName, in.APIMappingID)
		if err != nil {
			return nil, err
		}
		return m.shownV2(), nil
	})
}

// GetAPIMappings lists the mappings of a domain name.
func (s *Service) GetAPIMappings(ctx context.Context, who *wire.Caller, in *wire.GetAPIMappingsRequest) (*wire.APIMappings, error) {
	limit, err := resultsOf(in.MaxResults)
	if err != nil {
		return nil, err
	}
	return read(ctx, s, who, "", func(t *tx) (*wire.APIMappings, error) {
		if err := t.requirePublicDomain(in.DomainName); err != nil {
			return nil, err
		}
		all := func(*basePathMapping) bool { return true }
		items, next, err := pageOf(t, kindBasePathMapping, snapshot.MappingID(in.DomainName, ""), in.NextToken, limit, all)
		if err != nil {
			return nil, err
		}
		out := &wire.APIMappings{Items: make([]wire.APIMapping, len(items)), NextToken: next}
		for i := range items {
			out.Items[i] = *items[i].shownV2()
		}
		return out, nil
	})
}

// UpdateAPIMapping changes where a mapping leads, or the base path that leads there. What
// the input leaves out stays.
func (s *Service) UpdateAPIMapping(ctx context.Context, who *wire.Caller, in *wire.UpdateAPIMappingRequest) (*wire.APIMapping, error) {
	return write(ctx, s, who, "", func(t *tx) (*wire.APIMapping, error) {
		if _, err := t.managedByV2(in.DomainName); err != nil {
			return nil, err
		}
		m, err := t.apiMapping(in.DomainName, in.APIMappingID)
		if err != nil {
			return nil, err
		}
		before, was := m.id(), m.BasePath
		m.APIID = in.APIID
		if in.APIMappingKey != nil {
			m.BasePath = storedBasePath(*in.APIMappingKey)
		}
		if in.Stage != nil {
			m.Stage = *in.Stage
		}
		if err := t.checkAPIMapping(m); err != nil {
			return nil, err
		}
		if err := t.multiLevelQuota(m, was); err != nil {
			return nil, err
		}
		return m.shownV2(), t.moveMapping(m, before, errMappingKeyTaken())
	})
}

// DeleteAPIMapping ends what a mapping leads to; the API stays.
func (s *Service) DeleteAPIMapping(ctx context.Context, who *wire.Caller, in *wire.DeleteAPIMappingRequest) (*wire.Empty, error) {
	return writeEmpty(ctx, s, who, "", func(t *tx) error {
		if _, err := t.managedByV2(in.DomainName); err != nil {
			return err
		}
		m, err := t.apiMapping(in.DomainName, in.APIMappingID)
		if err != nil {
			return err
		}
		return t.remove(kindBasePathMapping, m.id(), errAPIMapping())
	})
}
