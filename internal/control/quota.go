package control

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Limits are the quotas of the control plane. A zero member is no bound but for
// the timeout of integrations, so the zero Limits bounds nothing else. What
// protects the server itself, such as the sizes of names, schemas and
// templates, is bounded whatever these are.
type Limits struct {
	// Of an account in a region.
	RegionalAPIs int
	EdgeAPIs     int
	PrivateAPIs  int

	VPCLinks           int
	ClientCertificates int
	APIKeys            int
	UsagePlans         int
	DomainNames        int // public ones
	MultiLevelMappings int // of a domain name: base path mappings with a slash
	PrivateDomainNames int
	AccessAssociations int
	RoutingRules       int // of a domain name, 200 at the most

	UsagePlansPerKey      int
	ThrottlesPerPlanStage int // of methods

	// Of an API.
	ResourcesPerAPI          int // the root is one
	StagesPerAPI             int
	AuthorizersPerAPI        int
	DocumentationPartsPerAPI int
	PolicyLength             int // of the resource policy, in characters; 0 is as long as the server takes any

	MethodResponsesPerMethod int
	VariablesPerStage        int

	IntegrationTimeout int // the longest, in milliseconds; at least AWS's 29,000, which 0 is too
}

// AWSLimits are the quotas that AWS gives an account by default. AWS publishes
// none for the responses of a method.
func AWSLimits() Limits {
	return Limits{
		RegionalAPIs: 600, EdgeAPIs: 120, PrivateAPIs: 600, VPCLinks: 20, ClientCertificates: 60,
		APIKeys: 10_000, UsagePlans: 300, DomainNames: 120, PrivateDomainNames: 50, AccessAssociations: 100, MultiLevelMappings: 200, RoutingRules: 50,
		UsagePlansPerKey: 10, ThrottlesPerPlanStage: 20,
		ResourcesPerAPI: 300, StagesPerAPI: 10, AuthorizersPerAPI: 10, DocumentationPartsPerAPI: 2000, PolicyLength: 8192,
		VariablesPerStage: 100, IntegrationTimeout: defaultTimeoutMillis,
	}
}

// LongestTimeout is how long the data plane may wait for a backend.
func (l *Limits) LongestTimeout() time.Duration {
	return time.Duration(l.maxTimeoutMillis()) * time.Millisecond
}

func (l *Limits) maxTimeoutMillis() int { return max(l.IntegrationTimeout, defaultTimeoutMillis) }

// A Quota is one of the Limits under the name that configurations use.
type Quota struct {
	Name  string // such as resources-per-api
	What  string // what it bounds
	Of    func(*Limits) *int
	Least int // what it is at least, and where nobody sets it; 0 for a quota that may be anything and is off then
}

// Quotas lists all members of Limits.
func Quotas() []Quota { return slices.Clone(quotas) }

var quotas = []Quota{
	{"regional-apis", "regional APIs of an account in a region", func(l *Limits) *int { return &l.RegionalAPIs }, 0},
	{"edge-apis", "edge-optimized APIs of an account in a region", func(l *Limits) *int { return &l.EdgeAPIs }, 0},
	{"private-apis", "private APIs of an account in a region", func(l *Limits) *int { return &l.PrivateAPIs }, 0},
	{"vpc-links", "VPC links of an account in a region, of both generations", func(l *Limits) *int { return &l.VPCLinks }, 0},
	{"client-certificates", "client certificates of an account in a region", func(l *Limits) *int { return &l.ClientCertificates }, 0},
	{"api-keys", "API keys of an account in a region", func(l *Limits) *int { return &l.APIKeys }, 0},
	{"usage-plans", "usage plans of an account in a region", func(l *Limits) *int { return &l.UsagePlans }, 0},
	{"domain-names", "public custom domain names of an account in a region", func(l *Limits) *int { return &l.DomainNames }, 0},
	{"multi-level-mappings-per-domain-name", "base path mappings of several levels that a custom domain name has", func(l *Limits) *int { return &l.MultiLevelMappings }, 0},
	{"private-domain-names", "private custom domain names of an account in a region", func(l *Limits) *int { return &l.PrivateDomainNames }, 0},
	{"domain-name-access-associations", "domain name access associations of an account in a region", func(l *Limits) *int { return &l.AccessAssociations }, 0},
	{"routing-rules-per-domain-name", "routing rules of a custom domain name; without a quota there may be 200", func(l *Limits) *int { return &l.RoutingRules }, 0},
	{"usage-plans-per-api-key", "usage plans that an API key is in", func(l *Limits) *int { return &l.UsagePlansPerKey }, 0},
	{"throttles-per-usage-plan-stage", "methods with a throttle of their own in a stage of a usage plan", func(l *Limits) *int { return &l.ThrottlesPerPlanStage }, 0},
	{"resources-per-api", "resources of an API, the root included", func(l *Limits) *int { return &l.ResourcesPerAPI }, 0},
	{"stages-per-api", "stages of an API", func(l *Limits) *int { return &l.StagesPerAPI }, 0},
	{"authorizers-per-api", "authorizers of an API", func(l *Limits) *int { return &l.AuthorizersPerAPI }, 0},
	{"documentation-parts-per-api", "documentation parts of an API", func(l *Limits) *int { return &l.DocumentationPartsPerAPI }, 0},
	{"resource-policy-length", "characters of an API's resource policy", func(l *Limits) *int { return &l.PolicyLength }, 0},
	{"method-responses-per-method", "method responses of a method", func(l *Limits) *int { return &l.MethodResponsesPerMethod }, 0},
	{"variables-per-stage", "variables of a stage", func(l *Limits) *int { return &l.VariablesPerStage }, 0},
	{"integration-timeout", "milliseconds that an integration may take", func(l *Limits) *int { return &l.IntegrationTimeout }, defaultTimeoutMillis},
}

// over reports whether a number is over a quota.
func over(n, limit int) bool { return limit > 0 && n > limit }

// errQuota is AWS's answer when there are no more things to be had; of says of
// what they are. The two spaces are AWS's.
func errQuota(things, of string) error {
	return wire.LimitExceeded("%s", quotaText(things, of))
}

func quotaText(things, of string) string {
	return fmt.Sprintf("Maximum number of %s%s has been reached.  Please contact AWS if you need additional %s.", things, of, things)
}

// quota refuses an API's next document of a kind when the API has as many as
// it may.
func (t *tx) quota(k kind, limit int, things string) error {
	return t.quotaOf(k, limit, things, " for this API")
}

// accountQuota refuses an account's next document of a kind when it has as many
// as it may.
func (t *tx) accountQuota(k kind, limit int, things string) error {
	return t.quotaOf(k, limit, things, "")
}

func (t *tx) quotaOf(k kind, limit int, things, of string) error {
	if limit <= 0 {
		return nil
	}
	ids, err := t.ids(k, "")
	if err == nil && over(len(ids)+1, limit) {
		return errQuota(things, of)
	}
	return err
}

// domainQuota refuses an account's next public, or private, domain name when it has as
// many as it may.
func (t *tx) domainQuota(private bool) error {
	limit, things := t.svc.limits.DomainNames, "Domain Names"
	if private {
		limit, things = t.svc.limits.PrivateDomainNames, "Private Domain Names"
	}
	if limit <= 0 {
		return nil
	}
	keys, err := t.ids(kindDomainName, "")
	keys = slices.DeleteFunc(keys, func(key string) bool { return strings.Contains(key, "+") != private })
	if err == nil && over(len(keys)+1, limit) {
		return errQuota(things, "")
	}
	return err
}

// apiQuota refuses another API with an endpoint when the account has as many as
// it may.
func (t *tx) apiQuota(endpoint string) error {
	limits := &t.svc.limits
	limit := map[string]int{"REGIONAL": limits.RegionalAPIs, "EDGE": limits.EdgeAPIs, "PRIVATE": limits.PrivateAPIs}[endpoint]
	if limit <= 0 {
		return nil
	}
	apis, err := list[wire.RestAPI](t, kindRestAPI, "", 0)
	if err != nil {
		return err
	}
	n := 1
	for i := range apis {
		if apis[i].EndpointConfiguration.Types[0] == endpoint {
			n++
		}
	}
	if over(n, limit) {
		return errQuota("APIs", "")
	}
	return nil
}
