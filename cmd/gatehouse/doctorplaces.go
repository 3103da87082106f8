package main

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// inUse is what deployed stages use of what is set elsewhere.
type inUse struct {
	aws                 *integration.AWS
	functions, services map[string]bool // keys of lambda-functions and of aws-endpoints that lead a call somewhere
	methods             map[string]bool // that are served, by methodPlace
	buffered            map[string]bool // of these, those whose answers are not streamed, which a cache can keep
	stages              []*snapshot.Stage
	deployments         []deployed // of the stages, those of canaries too
	pools               usedPools
}

func newInUse(aws *integration.AWS, pools *authz.Pools) *inUse {
	return &inUse{aws, make(map[string]bool), make(map[string]bool), make(map[string]bool), make(map[string]bool), nil, nil, usedPools{pools: pools, keys: make(map[string]bool)}}
}

// methodPlace names a method of a stage.
func methodPlace(api, stage, resource, verb string) string {
	return strings.Join([]string{api, stage, resource, verb}, " ")
}

// add notes what a stage serves of a deployment, and what that calls.
func (u *inUse) add(d *snapshot.Deployment, st *snapshot.Stage) {
	u.deployments = append(u.deployments, deployed{st, d})
	var pairs []string
	for name, value := range st.Variables {
		pairs = append(pairs, "${stageVariables."+name+"}", value)
	}
	replace := strings.NewReplacer(pairs...)
	for _, r := range d.Resources {
		for _, m := range r.Methods {
			place := methodPlace(st.APIID, st.Name, r.Path, m.HTTPMethod)
			u.methods[place] = true
			if m.Integration.ResponseTransferMode != "STREAM" {
				u.buffered[place] = true
			}
			u.pools.note(d, st, &m)
			if in := &m.Integration; in.Type == "AWS" || in.Type == "AWS_PROXY" {
				u.note(replace.Replace(in.URI), in.Credentials != "")
			}
			switch a := d.Authorizers[m.AuthorizerID]; m.AuthorizationType {
			case "CUSTOM":
				u.note(replace.Replace(a.URI), a.Credentials != "")
			case userPools:
				u.services["cognito-idp"] = true // it has the keys of pools
			}
		}
	}
}

// note notes what one integration or authorizer calls. Its role is assumed at STS.
func (u *inUse) note(uri string, role bool) {
	at, err := integration.ParseServiceURI(uri)
	if err != nil {
		return // a finding of the stage
	}
	if s, err := u.aws.Resolve(uri); err == nil && s.Key != "" {
		u.functions[s.Key] = true
		return
	}
	u.services[at.Service] = true
	if role {
		u.services["sts"] = true
	}
}

// idle lists the keys that no deployed stage uses: those that are spelled wrong are
// among them.
func (u *inUse) idle() []idleSetting {
	functions, services := u.aws.Places()
	var list []idleSetting
	for _, key := range functions {
		if !u.functions[key] {
			list = append(list, idleSetting{Setting: "lambda-functions", Value: key, Why: "no deployed route calls a function for which it is the nearest key"})
		}
	}
	for _, key := range services {
		if !u.services[key] {
			list = append(list, idleSetting{Setting: "aws-endpoints", Value: key, Why: "no deployed route calls this service"})
		}
	}
	return list
}

// idleThrottles lists the throttles of usage plans for methods that their stages do not
// serve: AWS takes those, too.
func (u *inUse) idleThrottles(all []control.MethodThrottle) []idleSetting {
	var list []idleSetting
	for _, t := range all {
		if t.Method == "*" || u.methods[methodPlace(t.API, t.Stage, t.Resource, t.Method)] || u.methods[methodPlace(t.API, t.Stage, t.Resource, "ANY")] {
			continue
		}
		list = append(list, idleSetting{
			Account: t.Account, Region: t.Region, ID: t.Plan, API: t.API, Stage: t.Stage, Method: t.Method, Resource: t.Resource,
			Setting: "UsagePlan.apiStages.throttle", Why: "the stage serves no such method",
		})
	}
	return list
}
