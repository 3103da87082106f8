package control

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// noBasePath is how a mapping without a base path is shown and named: it is for
// the paths that no other mapping has.
const noBasePath = "(none)"

func errBasePathMapping() error {
	return wire.NotFound("Invalid base path mapping identifier specified")
}

func errBasePathTaken() error { return wire.Conflict("Base path already exists for this domain name") }

// A basePathMapping is one as it is stored.
type basePathMapping struct {
	ID       string `json:"id,omitzero"`       // what apigatewayv2 calls it; "" for one that is older than ids
	Domain   string `json:"domain"`            // its key
	BasePath string `json:"basePath,omitzero"` // "" for (none)
	APIID    string `json:"apiId"`
	Stage    string `json:"stage,omitzero"` // "" where clients name it
}

func (m *basePathMapping) id() string { return snapshot.MappingID(m.Domain, m.BasePath) }

// mappingStageKeys are the keys of kindMappingStage.
func mappingStageKeys(m *basePathMapping) []string { return []string{stageKey(m.APIID, m.Stage)} }

// servedMapping is what the data plane is told of a mapping.
func (t *tx) servedMapping(m *basePathMapping) *snapshot.BasePathMapping {
	return &snapshot.BasePathMapping{Domain: m.Domain, Account: t.who.Account, Region: t.who.Region, BasePath: m.BasePath, APIID: m.APIID, Stage: m.Stage}
}

// shown is a mapping as answers show it.
func (m *basePathMapping) shown() *wire.BasePathMapping {
	out := &wire.BasePathMapping{BasePath: new(m.BasePath), RestAPIID: &m.APIID, Stage: given(&m.Stage)}
	if m.BasePath == "" {
		out.BasePath = new(noBasePath)
	}
	return out
}

// storedBasePath is a base path without its spelling for none.
func storedBasePath(name string) string {
	if name == noBasePath {
		return ""
	}
	return name
}

func (t *tx) basePathMapping(domain, basePath string) (*basePathMapping, error) {
	if err := t.require(kindDomainName, domain, errDomainName()); err != nil {
		return nil, err
	}
	return load[basePathMapping](t, kindBasePathMapping, snapshot.MappingID(domain, storedBasePath(basePath)), errBasePathMapping())
}

// basePathPattern takes the characters that AWS documents; maxBasePath is how many
// of them.
var basePathPattern = regexp.MustCompile(`^[a-zA-Z0-9$_.+!*'()-]*$`)

const maxBasePath = 300

// checkMapping wants a base path that v1 of the API takes, where it is not what it was,
// and a stage of the account's APIs behind it.
func (t *tx) checkMapping(m *basePathMapping, was string) error {
	switch {
	case m.BasePath == was:
	case snapshot.MultiLevel(m.BasePath):
		return wire.BadRequest("API Gateway V1 doesn't support the slash character (/) in base path mappings. To create a multi-level base path mapping, use API Gateway V2.")
	case len(m.BasePath) > maxBasePath || !basePathPattern.MatchString(m.BasePath) || m.BasePath == "." || m.BasePath == "..":
		return wire.BadRequest("Invalid base path specified: %s", wire.Truncated(m.BasePath))
	}
	return t.checkTarget(m.Domain, m.APIID, m.Stage, wire.BadRequest("Invalid REST API identifier specified"))
}

func errMappedStage() error { return wire.BadRequest("Invalid stage identifier specified") }

// checkTarget wants an API of the account's to which the domain name can lead, a private
// one for a private name and a public one for others, and its stage. One that nobody
// names, "", is known when a request comes.
func (t *tx) checkTarget(domain, apiID, stage string, missing error) error {
	api, err := load[restAPI](t.of(apiID), kindRestAPI, apiID, missing)
	if err != nil {
		return err
	}
	_, privateID := snapshot.SplitDomainKey(domain)
	switch private := isPrivate(api.EndpointConfiguration); {
	case private && privateID == "":
		return wire.BadRequest("Private APIs cannot be mapped to public custom domain names")
	case !private && privateID != "":
		return wire.BadRequest("Public APIs cannot be mapped to private custom domain names")
	}
	if stage == "" {
		return nil
	}
	return t.of(apiID).require(kindStage, stage, errMappedStage())
}

// CreateBasePathMapping has paths of a domain name lead to an API.
func (s *Service) CreateBasePathMapping(ctx context.Context, who *wire.Caller, in *wire.CreateBasePathMappingRequest) (*wire.BasePathMapping, error) {
	domain, err := domainKey(in.DomainName, in.DomainNameID)
	if err != nil {
		return nil, err
	}
	return write(ctx, s, who, "", func(t *tx) (*wire.BasePathMapping, error) {
		d, err := t.domainName(domain)
		if err != nil {
			return nil, err
		}
		if *d.RoutingMode == snapshot.ByRules {
			return nil, errRoutingMode("A base path mapping", *d.RoutingMode)
		}
		m := &basePathMapping{ID: newID(apiIDLength), Domain: domain, BasePath: storedBasePath(text(in.BasePath)), APIID: in.RestAPIID, Stage: text(in.Stage)}
		if err := t.checkMapping(m, noBasePath); err != nil {
			return nil, err
		}
		return m.shown(), t.insertServed(kindBasePathMapping, m.id(), m, errBasePathTaken())
	})
}

// GetBasePathMapping reads one mapping.
func (s *Service) GetBasePathMapping(ctx context.Context, who *wire.Caller, in *wire.GetBasePathMappingRequest) (*wire.BasePathMapping, error) {
	domain, err := domainKey(in.DomainName, in.DomainNameID)
	if err != nil {
		return nil, err
	}
	return read(ctx, s, who, "", func(t *tx) (*wire.BasePathMapping, error) {
		m, err := t.basePathMapping(domain, in.BasePath)
		if err != nil {
			return nil, err
		}
		return m.shown(), nil
	})
}

// GetBasePathMappings lists the mappings of a domain name.
func (s *Service) GetBasePathMappings(ctx context.Context, who *wire.Caller, in *wire.GetBasePathMappingsRequest) (*wire.BasePathMappings, error) {
	domain, err := domainKey(in.DomainName, in.DomainNameID)
	if err != nil {
		return nil, err
	}
	return read(ctx, s, who, "", func(t *tx) (*wire.BasePathMappings, error) {
		if err := t.require(kindDomainName, domain, errDomainName()); err != nil {
			return nil, err
		}
		all := func(*basePathMapping) bool { return true }
		items, position, err := pageOf(t, kindBasePathMapping, snapshot.MappingID(domain, ""), in.Position, in.Limit, all)
		if err != nil {
			return nil, err
		}
		out := &wire.BasePathMappings{Items: make([]wire.BasePathMapping, len(items)), Position: position}
		for i := range items {
			out.Items[i] = *items[i].shown()
		}
		return out, nil
	})
}

// UpdateBasePathMapping patches a mapping, which may move to another base path.
func (s *Service) UpdateBasePathMapping(ctx context.Context, who *wire.Caller, in *wire.UpdateBasePathMappingRequest) (*wire.BasePathMapping, error) {
	domain, err := domainKey(in.DomainName, in.DomainNameID)
	if err != nil {
		return nil, err
	}
	return write(ctx, s, who, "", func(t *tx) (*wire.BasePathMapping, error) {
		m, err := t.basePathMapping(domain, in.BasePath)
		if err != nil {
			return nil, err
		}
		before, was := m.id(), m.BasePath
		m.apiMappingID() // which it keeps
		if err := basePathMappingPatch.Apply(t, m, in.PatchOperations); err != nil {
			return nil, err
		}
		if err := t.checkMapping(m, was); err != nil {
			return nil, err
		}
		return m.shown(), t.moveMapping(m, before, errBasePathTaken())
	})
}

// moveMapping stores a mapping that was at before; taken is the error where another one
// has its base path.
func (t *tx) moveMapping(m *basePathMapping, before string, taken error) error {
	if m.id() == before {
		return t.saveServed(kindBasePathMapping, before, m)
	}
	if err := t.remove(kindBasePathMapping, before, errBasePathMapping()); err != nil {
		return err
	}
	return t.insertServed(kindBasePathMapping, m.id(), m, taken)
}

// basePathMappingPatch is every path that UpdateBasePathMapping takes. AWS's page
// and its clients spell two of them differently.
var basePathMappingPatch = patchTable[basePathMapping]{
	Dialect: patch.Listed,
	Paths: []patchPath[basePathMapping]{
		{At: "/basePath", Replace: setBasePath}, {At: "/basepath", Replace: setBasePath},
		{At: "/restapiId", Replace: setMappedAPI}, {At: "/restApiId", Replace: setMappedAPI},
		{At: "/stage", Replace: func(_ *tx, m *basePathMapping, op *patch.Op) error { m.Stage = text(op.Value); return nil }},
	},
}

func setBasePath(_ *tx, m *basePathMapping, op *patch.Op) error {
	m.BasePath = storedBasePath(text(op.Value))
	return nil
}

func setMappedAPI(_ *tx, m *basePathMapping, op *patch.Op) error {
	m.APIID = text(op.Value)
	return nil
}

// DeleteBasePathMapping ends what a mapping leads to; the API stays.
func (s *Service) DeleteBasePathMapping(ctx context.Context, who *wire.Caller, in *wire.DeleteBasePathMappingRequest) (*wire.Empty, error) {
	domain, err := domainKey(in.DomainName, in.DomainNameID)
	if err != nil {
		return nil, err
	}
	return writeEmpty(ctx, s, who, "", func(t *tx) error {
		m, err := t.basePathMapping(domain, in.BasePath)
		if err != nil {
			return err
		}
		return t.remove(kindBasePathMapping, m.id(), errBasePathMapping())
	})
}

// checkUnmapped refuses to delete what mappings and routing rules lead to: what names it
// in the error, and key begins the keys under which their indexes have them. AWS's words
// are known of mappings.
func (t *tx) checkUnmapped(what, of, key string) error {
	for _, by := range ways {
		domains, err := t.domainsOf(by.index, key)
		if err != nil {
			return err
		}
		if len(domains) > 0 {
			return wire.BadRequest("Deleting %s failed. Please remove all %s related to the %s in your domains: %s", what, by.are, of, strings.Join(domains, ", "))
		}
	}
	return nil
}

// ways are what of domain names leads to stages, with the indexes of the stages.
var ways = []struct {
	index kind
	are   string
}{{kindMappingStage, "base path mappings"}, {kindRuleStage, "routing rules"}}

// domainsOf lists the keys of the domain names that lead to what key begins the keys of in
// an index of ways.
func (t *tx) domainsOf(index kind, key string) ([]string, error) {
	ids, err := t.lookUpDocs(index, key)
	domains := make([]string, len(ids))
	for i, id := range ids {
		domains[i], _, _ = strings.Cut(id, "/")
	}
	return slices.Compact(domains), err
}

// checkMappedType refuses to give an API another type of endpoint that a private domain
// name leads to: the name would lead to a public API (documented; AWS's words are not
// known).
func (t *tx) checkMappedType(before string) error {
	if before != "PRIVATE" {
		return nil
	}
	for _, by := range ways {
		domains, err := t.domainsOf(by.index, t.api+"/")
		domains = slices.DeleteFunc(domains, func(key string) bool { return !strings.Contains(key, "+") })
		if err != nil {
			return err
		}
		if len(domains) > 0 {
			return wire.BadRequest("Cannot change the endpoint type of RestApi %s. Please remove all %s related to the RestApi in your private domains: %s", t.api, by.are, strings.Join(domains, ", "))
		}
	}
	return nil
}
