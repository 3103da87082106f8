package pipeline

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/jsonschema"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// models compiles an API's models as methods need them, each once.
type models struct {
	deployment *snapshot.Deployment
	compiler   *jsonschema.Compiler
	done       map[string]model // by name
}

// A model is a schema that bodies must follow.
type model struct {
	schema *jsonschema.Schema // nil takes any body
	err    error              // why there is no schema
}

func newModels(d *snapshot.Deployment) *models {
	m := &models{deployment: d, done: make(map[string]model)}
	m.compiler = jsonschema.NewCompiler(m.load)
	return m
}

// load finds the schema that a reference between models names. The API in the
// reference is always this one: AWS refuses others when a model is made.
func (m *models) load(uri string) (string, bool) {
	rest, ok := strings.CutPrefix(uri, "https://apigateway.amazonaws.com")
	if !ok {
		return "", false
	}
	rest = strings.TrimPrefix(rest, ".cn")
	if rest, ok = strings.CutPrefix(rest, "/restapis/"); !ok {
		return "", false
	}
	_, name, _ := strings.Cut(rest, "/models/")
	found, ok := m.deployment.Models[name]
	return found.Schema, ok
}

// named returns the model of a name. Only JSON has schemas; the bodies of
// other types are not validated.
func (m *models) named(name string) model {
	if known, ok := m.done[name]; ok {
		return known
	}
	var out model
	if from, ok := m.deployment.Models[name]; !ok || strings.Contains(from.ContentType, "json") {
		out.schema, out.err = m.compiler.Compile("https://apigateway.amazonaws.com/restapis/" + m.deployment.APIID + "/models/" + name)
	}
	m.done[name] = out
	return out
}
