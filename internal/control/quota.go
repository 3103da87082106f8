package control

import (
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Limits are the quotas of the control plane. A zero member is no bound, so
// the zero Limits bounds nothing. What protects the server itself, such as the
// sizes of names, schemas and templates, is bounded whatever these are.
type Limits struct {
	// Of an account in a region.
	RegionalAPIs int
	EdgeAPIs     int
	PrivateAPIs  int

	VPCLinks           int
	ClientCertificates int

	// Of an API.
	ResourcesPerAPI int // the root is one
	StagesPerAPI    int
	PolicyLength    int // of the resource policy, in characters; 0 is as long as the server takes any

	MethodResponsesPerMethod int
	VariablesPerStage        int
}

// AWSLimits are the quotas that AWS gives an account by default. AWS publishes
// none for the responses of a method.
func AWSLimits() Limits {
	return Limits{
		RegionalAPIs: 600, EdgeAPIs: 120, PrivateAPIs: 600, VPCLinks: 20, ClientCertificates: 60,
		ResourcesPerAPI: 300, StagesPerAPI: 10, PolicyLength: 8192,
		VariablesPerStage: 100,
	}
}

// A Quota is one of the Limits under the name that configurations use.
type Quota struct {
	Name string // such as resources-per-api
	What string // what it bounds
	Of   func(*Limits) *int
}

// Quotas lists all members of Limits.
func Quotas() []Quota { return slices.Clone(quotas) }

var quotas = []Quota{
	{"regional-apis", "regional APIs of an account in a region", func(l *Limits) *int { return &l.RegionalAPIs }},
	{"edge-apis", "edge-optimized APIs of an account in a region", func(l *Limits) *int { return &l.EdgeAPIs }},
	{"private-apis", "private APIs of an account in a region", func(l *Limits) *int { return &l.PrivateAPIs }},
	{"vpc-links", "VPC links of an account in a region", func(l *Limits) *int { return &l.VPCLinks }},
	{"client-certificates", "client certificates of an account in a region", func(l *Limits) *int { return &l.ClientCertificates }},
	{"resources-per-api", "resources of an API, the root included", func(l *Limits) *int { return &l.ResourcesPerAPI }},
	{"stages-per-api", "stages of an API", func(l *Limits) *int { return &l.StagesPerAPI }},
	{"resource-policy-length", "characters of an API's resource policy", func(l *Limits) *int { return &l.PolicyLength }},
	{"method-responses-per-method", "method responses of a method", func(l *Limits) *int { return &l.MethodResponsesPerMethod }},
	{"variables-per-stage", "variables of a stage", func(l *Limits) *int { return &l.VariablesPerStage }},
}

// over reports whether a number is over a quota.
func over(n, limit int) bool { return limit > 0 && n > limit }

// errQuota is AWS's answer when there are no more things to be had; of says of
// what they are. The two spaces are AWS's.
func errQuota(things, of string) error {
	return wire.LimitExceeded("Maximum number of %s%s has been reached.  Please contact AWS if you need additional %s.", things, of, things)
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
