package control_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A world is what the control plane should hold of one API, as simply as it
// can be said: the model that the real one is compared with.
type world struct {
	description string
	root        string
	resources   map[string]place               // by id
	methods     map[string]map[string][]string // by resource and verb: status codes of responses
	mocks       map[string]bool                // resource/verb with an integration
	models      map[string]bool
	used        map[string]string // resource/verb to the model that it uses
	deployments map[string]bool
	stages      map[string]string // name to deployment
}

// A place is where a resource stands.
type place struct{ parent, part string }

func newWorld(root string) *world {
	return &world{
		root: root, resources: map[string]place{root: {}}, methods: map[string]map[string][]string{}, mocks: map[string]bool{},
		models: map[string]bool{"Empty": true, "Error": true}, used: map[string]string{}, deployments: map[string]bool{}, stages: map[string]string{},
	}
}

func (w *world) path(id string) string {
	r := w.resources[id]
	if r.parent == "" {
		return "/"
	}
	return strings.TrimSuffix(w.path(r.parent), "/") + "/" + r.part
}

// below reports whether a resource is another or under it.
func (w *world) below(id, top string) bool {
	for ; id != ""; id = w.resources[id].parent {
		if id == top {
			return true
		}
	}
	return false
}

// fits is the error that a place gives a resource, "" for none.
func (w *world) fits(self string, p place) string {
	if strings.ContainsAny(p.part, " /") || p.part == "" {
		return "BadRequest"
	}
	if strings.HasSuffix(w.resources[p.parent].part, "+}") {
		return "BadRequest"
	}
	for id, other := range w.resources {
		if id == self || other.parent != p.parent {
			continue
		}
		if other.part == p.part {
			return "Conflict"
		}
		if other.part[0] == '{' && p.part[0] == '{' {
			return "BadRequest"
		}
	}
	return ""
}

// A machine drives the service and the world through the same calls.
type machine struct {
	*control.Service
	dir   string
	store *store.Store
	who   *wire.Caller
	api   string
	w     *world
	steps int
}

func (m *machine) open(t testing.TB) {
	st, err := store.Open(context.Background(), store.Options{Dir: m.dir})
	if err != nil {
		t.Fatal(err)
	}
	m.store, m.Service = st, control.New(control.Options{Store: st})
}

// want checks a call's outcome: the type of its error without "Exception", ""
// for success.
func want(t *rapid.T, call string, err error, kind string) {
	got := ""
	var answer *wire.Error
	if errors.As(err, &answer) {
		got = strings.TrimSuffix(answer.Type, "Exception")
	} else if err != nil {
		got = err.Error()
	}
	if got != kind {
		t.Fatalf("%s: got %q (%v), want %q", call, got, err, kind)
	}
}

// some draws one of the keys of a map, or now and then one that is not there.
func some[V any](t *rapid.T, label string, m map[string]V) string {
	keys := slices.Sorted(maps.Keys(m))
	return rapid.SampledFrom(append(keys, "nope")).Draw(t, label)
}

var parts = rapid.SampledFrom([]string{"a", "b", "c", "{v}", "{w}", "{x+}", "a b"})

func (m *machine) actions(tb testing.TB) map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"":                 m.checkSome,
		"describe":         m.describe,
		"create resource":  m.createResource,
		"move resource":    m.moveResource,
		"delete resource":  m.deleteResource,
		"put method":       m.putMethod,
		"delete method":    m.deleteMethod,
		"put response":     m.putResponse,
		"delete response":  m.deleteResponse,
		"put mock":         m.putMock,
		"create model":     m.createModel,
		"delete model":     m.deleteModel,
		"deploy":           m.deploy,
		"stage":            m.stage,
		"delete stage":     m.deleteStage,
		"drop deployment":  m.deleteDeployment,
		"reopen the store": func(*rapid.T) { m.store.Close(); m.open(tb) },
	}
}

func (m *machine) describe(t *rapid.T) {
	text := rapid.SampledFrom([]string{"", "one", "two"}).Draw(t, "description")
	good := rapid.Bool().Draw(t, "good")
	patch := ops([3]string{"replace", "/description", text})
	if !good {
		patch = append(patch, ops([3]string{"replace", "/nope", ""})...)
	}
	_, err := m.UpdateRestAPI(ctx(), m.who, &wire.UpdateRestAPIRequest{RestAPIID: m.api, PatchOperations: patch})
	if !good {
		want(t, "UpdateRestApi", err, "BadRequest")
		return
	}
	want(t, "UpdateRestApi", err, "")
	m.w.description = text
}

func (m *machine) createResource(t *rapid.T) {
	p := place{some(t, "parent", m.w.resources), parts.Draw(t, "part")}
	out, err := m.CreateResource(ctx(), m.who, &wire.CreateResourceRequest{RestAPIID: m.api, ParentID: p.parent, PathPart: p.part})
	if p.parent == "nope" {
		want(t, "CreateResource", err, "NotFound")
		return
	}
	want(t, "CreateResource", err, m.w.fits("", p))
	if err == nil {
		m.w.resources[*out.ID] = p
	}
}

func (m *machine) moveResource(t *rapid.T) {
	id, parent, part := some(t, "resource", m.w.resources), some(t, "parent", m.w.resources), parts.Draw(t, "part")
	_, err := m.UpdateResource(ctx(), m.who, &wire.UpdateResourceRequest{RestAPIID: m.api, ResourceID: id,
		PatchOperations: ops([3]string{"replace", "/parentId", parent}, [3]string{"replace", "/pathPart", part})})
	switch {
	case id == "nope":
		want(t, "UpdateResource", err, "NotFound")
		return
	case id == m.w.root:
		want(t, "UpdateResource", err, "BadRequest")
		return
	case parent == "nope":
		want(t, "UpdateResource", err, "NotFound")
		return
	case m.w.below(parent, id):
		want(t, "UpdateResource", err, "BadRequest")
		return
	}
	p, kind := place{parent, part}, ""
	if p != m.w.resources[id] {
		if kind = m.w.fits(id, p); kind == "" && strings.HasSuffix(part, "+}") && slices.ContainsFunc(slices.Collect(maps.Values(m.w.resources)), func(o place) bool { return o.parent == id }) {
			kind = "BadRequest"
		}
	}
	want(t, "UpdateResource", err, kind)
	if err == nil {
		m.w.resources[id] = p
	}
}

func (m *machine) deleteResource(t *rapid.T) {
	id := some(t, "resource", m.w.resources)
	_, err := m.DeleteResource(ctx(), m.who, &wire.DeleteResourceRequest{RestAPIID: m.api, ResourceID: id})
	switch id {
	case "nope":
		want(t, "DeleteResource", err, "NotFound")
		return
	case m.w.root:
		want(t, "DeleteResource", err, "BadRequest")
		return
	}
	want(t, "DeleteResource", err, "")
	for _, other := range slices.Collect(maps.Keys(m.w.resources)) {
		if m.w.below(other, id) {
			defer func() { // once all are known
				delete(m.w.resources, other)
				for verb := range m.w.methods[other] {
					m.forget(other, verb)
				}
				delete(m.w.methods, other)
			}()
		}
	}
}

// forget takes away what hangs on a method.
func (m *machine) forget(resource, verb string) {
	delete(m.w.mocks, resource+"/"+verb)
	delete(m.w.used, resource+"/"+verb)
}

func drawVerb(t *rapid.T) string {
	return rapid.SampledFrom([]string{"GET", "POST", "ANY"}).Draw(t, "verb")
}

func (m *machine) putMethod(t *rapid.T) {
	id, verb, model := some(t, "resource", m.w.resources), drawVerb(t), some(t, "model", m.w.models)
	_, err := m.PutMethod(ctx(), m.who, &wire.PutMethodRequest{RestAPIID: m.api, ResourceID: id, HTTPMethod: verb, AuthorizationType: "NONE", RequestModels: map[string]string{"application/json": model}})
	_, exists := m.w.methods[id][verb]
	switch {
	case id == "nope":
		want(t, "PutMethod", err, "NotFound")
	case model == "nope":
		want(t, "PutMethod", err, "BadRequest")
	case exists:
		want(t, "PutMethod", err, "Conflict")
	default:
		want(t, "PutMethod", err, "")
		if m.w.methods[id] == nil {
			m.w.methods[id] = map[string][]string{}
		}
		m.w.methods[id][verb], m.w.used[id+"/"+verb] = nil, model
	}
}

func (m *machine) deleteMethod(t *rapid.T) {
	id, verb := some(t, "resource", m.w.resources), drawVerb(t)
	_, err := m.DeleteMethod(ctx(), m.who, &wire.DeleteMethodRequest{RestAPIID: m.api, ResourceID: id, HTTPMethod: verb})
	if _, exists := m.w.methods[id][verb]; !exists {
		want(t, "DeleteMethod", err, "NotFound")
		return
	}
	want(t, "DeleteMethod", err, "")
	delete(m.w.methods[id], verb)
	m.forget(id, verb)
}

func (m *machine) putResponse(t *rapid.T) {
	id, verb, status := some(t, "resource", m.w.resources), drawVerb(t), rapid.SampledFrom([]string{"200", "404"}).Draw(t, "status")
	_, err := m.PutMethodResponse(ctx(), m.who, &wire.PutMethodResponseRequest{RestAPIID: m.api, ResourceID: id, HTTPMethod: verb, StatusCode: status})
	codes, exists := m.w.methods[id][verb]
	switch {
	case !exists:
		want(t, "PutMethodResponse", err, "NotFound")
	case slices.Contains(codes, status):
		want(t, "PutMethodResponse", err, "Conflict")
	default:
		want(t, "PutMethodResponse", err, "")
		m.w.methods[id][verb] = append(codes, status)
	}
}

func (m *machine) deleteResponse(t *rapid.T) {
	id, verb, status := some(t, "resource", m.w.resources), drawVerb(t), rapid.SampledFrom([]string{"200", "404"}).Draw(t, "status")
	_, err := m.DeleteMethodResponse(ctx(), m.who, &wire.DeleteMethodResponseRequest{RestAPIID: m.api, ResourceID: id, HTTPMethod: verb, StatusCode: status})
	i := slices.Index(m.w.methods[id][verb], status)
	if i < 0 {
		want(t, "DeleteMethodResponse", err, "NotFound")
		return
	}
	want(t, "DeleteMethodResponse", err, "")
	m.w.methods[id][verb] = slices.Delete(m.w.methods[id][verb], i, i+1)
}

func (m *machine) putMock(t *rapid.T) {
	id, verb := some(t, "resource", m.w.resources), drawVerb(t)
	_, err := m.PutIntegration(ctx(), m.who, &wire.PutIntegrationRequest{RestAPIID: m.api, ResourceID: id, HTTPMethod: verb, Type: "MOCK"})
	if _, exists := m.w.methods[id][verb]; !exists {
		want(t, "PutIntegration", err, "NotFound")
		return
	}
	want(t, "PutIntegration", err, "")
	m.w.mocks[id+"/"+verb] = true
}

func (m *machine) createModel(t *rapid.T) {
	name := rapid.SampledFrom([]string{"A", "B", "Empty", "a-b"}).Draw(t, "name")
	_, err := m.CreateModel(ctx(), m.who, &wire.CreateModelRequest{RestAPIID: m.api, Name: name, ContentType: "application/json", Schema: new("{}")})
	switch {
	case name == "a-b":
		want(t, "CreateModel", err, "BadRequest")
	case m.w.models[name]:
		want(t, "CreateModel", err, "Conflict")
	default:
		want(t, "CreateModel", err, "")
		m.w.models[name] = true
	}
}

func (m *machine) deleteModel(t *rapid.T) {
	name := some(t, "model", m.w.models)
	_, err := m.DeleteModel(ctx(), m.who, &wire.DeleteModelRequest{RestAPIID: m.api, ModelName: name})
	switch {
	case name == "nope":
		want(t, "DeleteModel", err, "NotFound")
	case slices.Contains(slices.Collect(maps.Values(m.w.used)), name):
		want(t, "DeleteModel", err, "Conflict")
	default:
		want(t, "DeleteModel", err, "")
		delete(m.w.models, name)
	}
}

func (m *machine) deploy(t *rapid.T) {
	stage := rapid.SampledFrom([]string{"", "dev", "prod"}).Draw(t, "stage")
	out, err := m.CreateDeployment(ctx(), m.who, &wire.CreateDeploymentRequest{RestAPIID: m.api, StageName: &stage})
	if len(m.w.used) == 0 || len(m.w.mocks) < len(m.w.used) {
		want(t, "CreateDeployment", err, "BadRequest")
		return
	}
	want(t, "CreateDeployment", err, "")
	m.w.deployments[*out.ID] = true
	if stage != "" {
		m.w.stages[stage] = *out.ID
	}
}

func (m *machine) stage(t *rapid.T) {
	name, deployment := some(t, "stage", m.w.stages), some(t, "deployment", m.w.deployments)
	_, err := m.UpdateStage(ctx(), m.who, &wire.UpdateStageRequest{RestAPIID: m.api, StageName: name, PatchOperations: ops([3]string{"replace", "/deploymentId", deployment})})
	switch {
	case name == "nope":
		want(t, "UpdateStage", err, "NotFound")
	case deployment == "nope":
		want(t, "UpdateStage", err, "BadRequest")
	default:
		want(t, "UpdateStage", err, "")
		m.w.stages[name] = deployment
	}
}

func (m *machine) deleteStage(t *rapid.T) {
	name := some(t, "stage", m.w.stages)
	_, err := m.DeleteStage(ctx(), m.who, &wire.DeleteStageRequest{RestAPIID: m.api, StageName: name})
	if name == "nope" {
		want(t, "DeleteStage", err, "NotFound")
		return
	}
	want(t, "DeleteStage", err, "")
	delete(m.w.stages, name)
}

func (m *machine) deleteDeployment(t *rapid.T) {
	id := some(t, "deployment", m.w.deployments)
	_, err := m.DeleteDeployment(ctx(), m.who, &wire.DeleteDeploymentRequest{RestAPIID: m.api, DeploymentID: id})
	switch {
	case id == "nope":
		want(t, "DeleteDeployment", err, "NotFound")
	case slices.Contains(slices.Collect(maps.Values(m.w.stages)), id):
		want(t, "DeleteDeployment", err, "BadRequest")
	default:
		want(t, "DeleteDeployment", err, "")
		delete(m.w.deployments, id)
	}
}

// checkSome is check, now and then: to read everything back takes longer than
// to change something.
func (m *machine) checkSome(t *rapid.T) {
	if m.steps++; m.steps%4 == 0 {
		m.check(t)
	}
}

// check reads everything back and compares it with the world.
func (m *machine) check(t *rapid.T) {
	got := map[string]any{}
	a, err := m.GetRestAPI(ctx(), m.who, &wire.GetRestAPIRequest{RestAPIID: m.api})
	want(t, "GetRestApi", err, "")
	if a.Description != nil {
		got["description"] = *a.Description
	}
	resources, err := m.GetResources(ctx(), m.who, &wire.GetResourcesRequest{RestAPIID: m.api, Limit: new(int32(500)), Embed: []string{"methods"}})
	want(t, "GetResources", err, "")
	for _, r := range resources.Items {
		got[*r.ID] = *r.Path
		for verb, method := range r.ResourceMethods {
			got[*r.ID+"/"+verb] = fmt.Sprint(slices.Sorted(maps.Keys(method.MethodResponses)), method.RequestModels["application/json"], method.MethodIntegration != nil)
		}
	}
	models, err := m.GetModels(ctx(), m.who, &wire.GetModelsRequest{RestAPIID: m.api, Limit: new(int32(500))})
	want(t, "GetModels", err, "")
	for _, model := range models.Items {
		got["model "+*model.Name] = true
	}
	deployments, err := m.GetDeployments(ctx(), m.who, &wire.GetDeploymentsRequest{RestAPIID: m.api, Limit: new(int32(500))})
	want(t, "GetDeployments", err, "")
	for _, d := range deployments.Items {
		got["deployment "+*d.ID] = true
		_, err := m.store.Served(ctx(), snapshot.ServedDeployment, snapshot.ServedID(m.api, *d.ID))
		want(t, "served deployment", err, "")
	}
	stages, err := m.GetStages(ctx(), m.who, &wire.GetStagesRequest{RestAPIID: m.api})
	want(t, "GetStages", err, "")
	for _, s := range stages.Item {
		got["stage "+*s.StageName] = *s.DeploymentID
		_, err := m.store.Served(ctx(), snapshot.ServedStage, snapshot.ServedID(m.api, *s.StageName))
		want(t, "served stage", err, "")
	}
	if d := cmp.Diff(m.w.dump(), got); d != "" {
		t.Fatalf("-world +service\n%s", d)
	}
}

func (w *world) dump() map[string]any {
	out := map[string]any{}
	if w.description != "" {
		out["description"] = w.description
	}
	for id := range w.resources {
		out[id] = w.path(id)
		for verb, codes := range w.methods[id] {
			out[id+"/"+verb] = fmt.Sprint(slices.Sorted(slices.Values(codes)), w.used[id+"/"+verb], w.mocks[id+"/"+verb])
		}
	}
	for name := range w.models {
		out["model "+name] = true
	}
	for id := range w.deployments {
		out["deployment "+id] = true
	}
	for name, id := range w.stages {
		out["stage "+name] = id
	}
	return out
}

// TestStateMachine makes random calls, valid and not, and compares what they
// answer and what is there with a simple model. The store is closed and opened
// in between.
func TestStateMachine(t *testing.T) {
	t.Parallel()
	m := &machine{dir: t.TempDir()}
	m.open(t)
	t.Cleanup(func() { m.store.Close() })
	account := 0
	rapid.Check(t, func(rt *rapid.T) {
		account++
		m.who = &wire.Caller{Account: fmt.Sprintf("%012d", account), Region: testRegion}
		api, err := m.CreateRestAPI(ctx(), m.who, &wire.CreateRestAPIRequest{Name: "a"})
		want(rt, "CreateRestApi", err, "")
		m.api, m.w, m.steps = *api.ID, newWorld(*api.RootResourceID), 0
		rt.Repeat(m.actions(t))
		m.check(rt)
		_, err = m.DeleteRestAPI(ctx(), m.who, &wire.DeleteRestAPIRequest{RestAPIID: m.api})
		want(rt, "DeleteRestApi", err, "")
		_, err = m.GetResources(ctx(), m.who, &wire.GetResourcesRequest{RestAPIID: m.api})
		want(rt, "GetResources", err, "NotFound")
	})
}
