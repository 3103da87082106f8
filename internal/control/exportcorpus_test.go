package control_test

import (
	"encoding/json"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/gatehouse-gw/gatehouse/internal/soak"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// TestExportCorpus takes each integration that people publish with each thing that they
// publish around it, in both formats, through the round trip: a few hundred definitions.
// The short form has each integration and each of these things in both formats, and not
// each pair of them.
func TestExportCorpus(t *testing.T) {
	all := 0
	for _, format := range []string{"openapi", "swagger"} {
		for i, integration := range corpusIntegrations {
			t.Run(format+" "+integration.name, func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				for j, around := range corpusSurroundings {
					if !soak.Long() && j%len(corpusIntegrations) != i && i%len(corpusSurroundings) != j {
						continue
					}
					t.Run(around.name, func(t *testing.T) {
						e := exportBenchOn(t, b, corpusDefinition(t, format, integration, around))
						defer e.DeleteRestAPI(ctx(), who, &wire.DeleteRestAPIRequest{RestAPIID: e.api}) //nolint:errcheck // it is there
						e.roundTrips(t, integration.noSwagger || around.noSwagger, accepts[j%2:j%2+1])
					})
				}
			})
			all += len(corpusSurroundings)
		}
	}
	if all < 300 {
		t.Errorf("there are %d definitions", all)
	}
}

// A fragment is a part of a definition, as YAML, with what one of the formats says in
// other words.
type fragment struct {
	name, both, openapi, swagger string
	noSwagger                    bool // it says what an export as Swagger has no place for
}

// corpusDefinition puts a definition together: the operations of corpusBase with an
// integration, and what is around them. OpenAPI comes as JSON and Swagger as YAML.
func corpusDefinition(t *testing.T, format string, integration, around fragment) []byte {
	t.Helper()
	doc := members{}
	for _, part := range []fragment{corpusBase, around} {
		own := part.openapi
		if format == "swagger" {
			own = part.swagger
		}
		mergeMembers(doc, yamlObject(t, part.both))
		mergeMembers(doc, yamlObject(t, own))
	}
	for _, at := range [][2]string{{"/items", "get"}, {"/items", "post"}, {"/items/{id}", "get"}} {
		operation := doc["paths"].(members)[at[0]].(members)[at[1]].(members)
		operation["x-amazon-apigateway-integration"] = yamlObject(t, integration.both)
	}
	marshal := json.Marshal
	if format == "swagger" {
		marshal = yaml.Marshal
	}
	text, err := marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func yamlObject(t testing.TB, text string) members {
	t.Helper()
	var out members
	if err := yaml.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return out
}

// mergeMembers lays an object over another: objects are merged, lists put one behind the
// other, and of other values the later one counts.
func mergeMembers(to, from members) {
	for name, value := range from {
		switch old := to[name].(type) {
		case members:
			mergeMembers(old, value.(members))
		case []any:
			to[name] = append(old, value.([]any)...)
		default:
			to[name] = value
		}
	}
}
