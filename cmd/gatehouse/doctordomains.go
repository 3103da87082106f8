package main

import (
	"encoding/json"
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// strayWays are the base path mappings and routing rules of custom domain names that lead
// to nothing that is deployed, or that the routing mode of their name leaves without
// effect.
func strayWays(rows []store.Served, stages map[string][]string) (out []finding) {
	modes := routingModes(rows)
	for _, row := range rows {
		var m snapshot.BasePathMapping
		var r snapshot.RoutingRule
		switch { // the log has told which rows cannot be read
		case row.Kind == snapshot.ServedBasePathMapping && json.Unmarshal(row.Data, &m) == nil:
			w := way{m.APIID, m.Stage, "the requests to " + snapshot.MappingID(m.Domain, m.BasePath) + ", which lead here, are", "the base path mapping " + snapshot.MappingID(m.Domain, m.BasePath)}
			out = append(out, w.findings(modes[snapshot.OfAccount(m.Account, m.Region, m.Domain)], snapshot.ByRules, stages)...)
		case row.Kind == snapshot.ServedRoutingRule && json.Unmarshal(row.Data, &r) == nil:
			w := way{r.APIID, r.Stage, "the requests that the routing rule " + r.ID + " of " + r.Domain + " leads here are", "the routing rule " + r.ID + " of " + r.Domain}
			out = append(out, w.findings(modes[snapshot.OfAccount(r.Account, r.Region, r.Domain)], snapshot.ByMappings, stages)...)
		}
	}
	return out
}

// A way is what of a custom domain name leads to a stage.
type way struct {
	api, stage     string
	requests, name string // in a sentence
}

// findings are what is wrong with a way, which has no effect where the mode is idle.
func (w *way) findings(mode, idle string, stages map[string][]string) []finding {
	if mode == idle {
		return []finding{{API: w.api, Stage: w.stage, Text: w.name + " has no effect: the routing mode of the domain name is " + mode}}
	}
	if of := stages[w.api]; w.stage == "" && len(of) > 0 || slices.Contains(of, w.stage) {
		return nil
	}
	return []finding{{API: w.api, Stage: w.stage, Text: w.requests + " answered 403: nothing is deployed"}}
}

// routingModes are those of the domain names, by the ids of their rows.
func routingModes(rows []store.Served) map[string]string {
	out := make(map[string]string)
	for _, row := range rows {
		var d snapshot.DomainName
		if row.Kind != snapshot.ServedDomainName || json.Unmarshal(row.Data, &d) != nil {
			continue
		}
		if out[row.ID] = d.RoutingMode; d.RoutingMode == "" {
			out[row.ID] = snapshot.ByMappings
		}
	}
	return out
}
