package control

import (
	"context"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A Kept is a setting that somebody made and that has no effect here: it
// observes or describes AWS's infrastructure, and is kept for clients to read.
type Kept struct {
	Account  string
	Region   string
	ID       string // of the API key, the usage plan, the VPC link or the domain name whose setting it is, "" for another's
	API      string // "" for a setting of the account
	Stage    string // "" for a setting of the API as it is edited
	Resource string // path template, "" where the setting is of no method
	Method   string
	Setting  string // by AWS's name, such as Stage.tracingEnabled
	Value    string
	Why      string // it has no effect
}

// A keptSetting is one setting of a T. value is what somebody set, "" for
// nothing and for AWS's defaults.
type keptSetting[T any] struct {
	name  string
	why   string
	value func(*T) string
}

var keptOfAPIKey = []keptSetting[wire.APIKey]{
	{"ApiKey.stageKeys", "usage plans say which stages a key opens", func(k *wire.APIKey) string { return strings.Join(k.StageKeys, ",") }},
}

var keptOfUsagePlan = []keptSetting[wire.UsagePlan]{
	{"UsagePlan.productCode", "there is no AWS Marketplace", func(p *wire.UsagePlan) string { return text(p.ProductCode) }},
}

const (
	ownCertificates = "no certificate of the configuration has this ARN"
	namedByARN      = "certificates are known by their ARNs"
)

var keptOfDomainName = []keptSetting[wire.DomainName]{
	{"DomainName.endpointConfiguration.types", "an edge-optimized domain name is served like a regional one, but for what edge-headers adds", func(d *wire.DomainName) string {
		return map[bool]string{true: "EDGE"}[slices.Contains(d.EndpointConfiguration.Types, "EDGE")]
	}},
	{"DomainName.endpointConfiguration.ipAddressType", "--listen says which addresses are served", func(d *wire.DomainName) string {
		return otherThan(text(d.EndpointConfiguration.IPAddressType), defaultIPAddressType(d.EndpointConfiguration.Types[0]))
	}},
	{"DomainName.certificateArn", ownCertificates, func(d *wire.DomainName) string { return text(d.CertificateARN) }},
	{"DomainName.certificateName", namedByARN, func(d *wire.DomainName) string { return text(d.CertificateName) }},
	{"DomainName.regionalCertificateArn", ownCertificates, func(d *wire.DomainName) string { return text(d.RegionalCertificateARN) }},
	{"DomainName.regionalCertificateName", namedByARN, func(d *wire.DomainName) string { return text(d.RegionalCertificateName) }},
	{"DomainName.ownershipVerificationCertificateArn", "nobody asks who owns a name", func(d *wire.DomainName) string { return text(d.OwnershipVerificationCertificateARN) }},
}

const elsewhere = "vpc-links in the configuration file says where calls go"

var keptOfVPCLink = []keptSetting[vpcLink]{
	{"VpcLink.subnetIds", elsewhere, func(l *vpcLink) string { return strings.Join(l.SubnetIDs, ",") }},
	{"VpcLink.securityGroupIds", elsewhere, func(l *vpcLink) string { return strings.Join(l.SecurityGroupIDs, ",") }},
}

var keptOfAPI = []keptSetting[restAPI]{
	{"RestApi.endpointConfiguration.types", "an edge-optimized API is served like a regional one, but for what edge-headers adds", func(a *restAPI) string {
		return map[bool]string{true: "EDGE"}[a.EdgeChosen]
	}},
	{"RestApi.endpointConfiguration.ipAddressType", "--listen says which addresses are served", func(a *restAPI) string {
		e := a.EndpointConfiguration
		return otherThan(text(e.IPAddressType), defaultIPAddressType(e.Types[0]))
	}},
}

var keptOfStage = []keptSetting[stage]{
	{TracingEnabled, "no otlp-endpoint is set, which gets traces", func(s *stage) string { return whenTrue(s.TracingEnabled) }},
}

// The settings that act where the server has metrics, and where it exports traces.
const (
	MetricsEnabled = "Stage.methodSettings.metricsEnabled"
	TracingEnabled = "Stage.tracingEnabled"
)

var keptOfMethodSetting = []keptSetting[wire.MethodSetting]{
	{MetricsEnabled, "no admin-listen is set, where metrics are read", func(m *wire.MethodSetting) string { return whenTrue(m.MetricsEnabled) }},
	{"Stage.methodSettings.cacheDataEncrypted", "what is cached is in memory alone", func(m *wire.MethodSetting) string { return whenTrue(m.CacheDataEncrypted) }},
}

// whenTrue is "true" or nothing.
func whenTrue(b *bool) string {
	if isTrue(b) {
		return "true"
	}
	return ""
}

// otherThan is v, or nothing when it is the default.
func otherThan(v, def string) string {
	if v == def {
		return ""
	}
	return v
}

// appendKept appends to list the settings that doc has.
func appendKept[T any](list []Kept, at Kept, settings []keptSetting[T], doc *T) []Kept {
	for _, s := range settings {
		if v := s.value(doc); v != "" {
			at.Setting, at.Value, at.Why = s.name, v, s.why
			list = append(list, at)
		}
	}
	return list
}

// Kept lists the settings without effect that the callers of all accounts have
// made, in order of account, region and API; those of an account come first.
func (s *Service) Kept(ctx context.Context) ([]Kept, error) {
	places, err := s.places(ctx)
	if err != nil {
		return nil, err
	}
	var list []Kept
	for _, p := range places {
		who := &wire.Caller{Account: p.Account, Region: p.Region}
		more, err := read(ctx, s, who, p.API, func(t *tx) (*[]Kept, error) {
			if p.API == "" {
				return t.keptOfAccount(p)
			}
			return t.keptOfAPI(p)
		})
		if err != nil {
			return nil, err
		}
		list = append(list, *more...)
	}
	return list, nil
}

// places lists where settings can be: the accounts in their regions, and their APIs.
// They are sorted Kepts that name no setting.
func (s *Service) places(ctx context.Context) ([]Kept, error) {
	seen, err := read(ctx, s, &wire.Caller{}, "", func(t *tx) (*map[Kept]bool, error) {
		seen := make(map[Kept]bool)
		owners, err := t.apiOwners()
		if err != nil {
			return nil, err
		}
		for _, o := range owners {
			seen[Kept{Account: o.Account, Region: o.Region}] = true
			seen[Kept{Account: o.Account, Region: o.Region, API: o.ID}] = true
		}
		tenants, err := t.ids(kindTenant, "")
		for _, tenant := range tenants {
			account, region, _ := strings.Cut(tenant, "/")
			seen[Kept{Account: account, Region: region}] = true
		}
		return &seen, err
	})
	if err != nil {
		return nil, err
	}
	places := make([]Kept, 0, len(*seen))
	for p := range *seen {
		places = append(places, p)
	}
	slices.SortFunc(places, func(a, b Kept) int {
		return slices.Compare([]string{a.Account, a.Region, a.API}, []string{b.Account, b.Region, b.API})
	})
	return places, nil
}

func (t *tx) keptOfAccount(at Kept) (*[]Kept, error) {
	var out []Kept
	keys, err := t.lookUpDocs(kindKeyStage, "")
	if err != nil {
		return nil, err
	}
	for _, at.ID = range keys {
		k, err := t.apiKey(at.ID)
		if err != nil {
			return nil, err
		}
		out = appendKept(out, at, keptOfAPIKey, k)
	}
	plans, err := inOrder[wire.UsagePlan](t, kindUsagePlan)
	for i := range plans {
		at.ID = *plans[i].ID
		out = appendKept(out, at, keptOfUsagePlan, &plans[i])
	}
	if err != nil {
		return nil, err
	}
	links, err := inOrder[vpcLink](t, kindVPCLink)
	for i := range links {
		at.ID = *links[i].ID
		out = appendKept(out, at, keptOfVPCLink, &links[i])
	}
	if err != nil {
		return nil, err
	}
	names, err := inOrder[wire.DomainName](t, kindDomainName)
	for i := range names {
		at.ID = keyOfDomain(&names[i])
		out = appendKept(out, at, keptOfDomainName, &names[i])
	}
	return &out, err
}

// keptOfAPI looks through an API and its stages; one that was
// deleted meanwhile has nothing.
func (t *tx) keptOfAPI(at Kept) (*[]Kept, error) {
	if exists, err := t.exists(kindRestAPI, t.api); err != nil || !exists {
		return new([]Kept), err
	}
	api, err := t.restAPI()
	if err != nil {
		return nil, err
	}
	out := appendKept(nil, at, keptOfAPI, api)
	stages, err := list[stage](t, kindStage, "", 0)
	if err != nil {
		return nil, err
	}
	for i := range stages {
		out = append(out, keptOfStageAt(at, &stages[i])...)
	}
	return &out, nil
}

// keptOfStageAt looks through a stage and its method settings.
func keptOfStageAt(at Kept, s *stage) []Kept {
	at.Stage = *s.StageName
	list := appendKept(nil, at, keptOfStage, s)
	for _, key := range sortedKeys(s.MethodSettings) {
		m := s.MethodSettings[key]
		served := servedSettingKey(key)
		slash := strings.LastIndexByte(served, '/')
		at.Resource, at.Method = served[:slash], served[slash+1:]
		list = append(list, appendKept(nil, at, keptOfMethodSetting, &m)...)
	}
	return list
}
