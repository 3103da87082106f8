package main

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// A deployed is what a stage serves.
type deployed struct {
	stage *snapshot.Stage
	of    *snapshot.Deployment
}

// undeployed lists what APIs say by now of who may reach them, and by which way, that
// their stages do not do: a deployment makes it act. Whoever makes an API private counts
// on it.
func (u *inUse) undeployed(drafts map[string]*snapshot.Deployment) (list []idleSetting) {
	for _, d := range u.deployments {
		draft := drafts[d.stage.APIID]
		if draft == nil {
			continue
		}
		for _, s := range []struct{ setting, is, serves string }{
			{"RestApi.endpointConfiguration.types", draft.EndpointType, d.of.EndpointType},
			{"RestApi.endpointConfiguration.vpcEndpointIds", strings.Join(draft.VPCEndpointIDs, ","), strings.Join(d.of.VPCEndpointIDs, ",")},
			{"RestApi.endpointAccessMode", draft.EndpointAccessMode, d.of.EndpointAccessMode},
			{"RestApi.disableExecuteApiEndpoint", truth(draft.DisableExecuteAPIEndpoint), truth(d.of.DisableExecuteAPIEndpoint)},
			{"RestApi.policy", draft.Policy, d.of.Policy},
		} {
			if s.is == s.serves || s.is == "EDGE" && s.serves == "REGIONAL" || s.is == "REGIONAL" && s.serves == "EDGE" {
				continue // the two public types let the same callers in
			}
			why := "the stage serves " + s.serves + ", as it was last deployed"
			switch {
			case s.setting == "RestApi.policy":
				s.is, why = "", "the stage serves the policy that it was last deployed with"
			case s.serves == "":
				why = "the stage was last deployed without one"
			}
			found := idleSetting{Account: d.stage.Account, Region: d.stage.Region, API: d.stage.APIID, Stage: d.stage.Name, Setting: s.setting, Value: s.is, Why: why}
			if !slices.Contains(list, found) { // a canary serves a deployment of its own
				list = append(list, found)
			}
		}
	}
	return list
}

// truth is "true" or nothing.
func truth(b bool) string {
	if b {
		return "true"
	}
	return ""
}

// withoutTLS adds what the settings of domain names and stages about handshakes come to on
// a server no listener of which speaks TLS: those that want TLS let nobody in, and the
// others have no effect.
func (r *report) withoutTLS(rows []store.Served, deployments []deployed) {
	const nobody, idle = "it protects, and no listener for stages speaks TLS", "no listener for stages speaks TLS"
	for _, row := range rows {
		var d snapshot.DomainName
		if row.Kind != snapshot.ServedDomainName || json.Unmarshal(row.Data, &d) != nil {
			continue // the log has told which rows cannot be read
		}
		at := idleSetting{Account: d.Account, Region: d.Region, ID: snapshot.DomainKey(d.Name, d.ID)}
		r.add(&r.Closed, at, "DomainName.mutualTlsAuthentication", map[bool]string{true: "on"}[d.Truststore != ""], nobody)
		r.add(&r.Closed, at, "DomainName.endpointAccessMode", onlyStrict(d.EndpointAccessMode), nobody)
		r.add(&r.Kept, at, "DomainName.securityPolicy", map[bool]string{true: d.SecurityPolicy}[d.SecurityPolicy != "TLS_1_2"], idle)
	}
	for _, d := range deployments {
		at := idleSetting{Account: d.stage.Account, Region: d.stage.Region, API: d.stage.APIID, Stage: d.stage.Name}
		r.add(&r.Closed, at, "RestApi.endpointAccessMode", onlyStrict(d.of.EndpointAccessMode), nobody)
		r.add(&r.Kept, at, "RestApi.securityPolicy", d.stage.SecurityPolicy, idle)
	}
}

// onlyStrict is the access mode that wants TLS, "" for others.
func onlyStrict(mode string) string {
	if mode == "STRICT" {
		return mode
	}
	return ""
}

// add adds a setting to one of the report's lists, once, where it has a value.
func (r *report) add(list *[]idleSetting, at idleSetting, setting, value, why string) {
	at.Setting, at.Value, at.Why = setting, value, why
	if value != "" && !slices.Contains(*list, at) {
		*list = append(*list, at)
	}
}
