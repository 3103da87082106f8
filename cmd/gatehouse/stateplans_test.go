package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"pgregory.net/rapid"
)

// A plan is one call of an API, what it should answer, and what the API is
// then.
type plan struct {
	name  string
	call  func(*session) error
	want  string // outcome
	after *world
}

// A planner draws a call of an API that is in a state. label is a text that
// nothing else has.
type planner func(t *rapid.T, w *world, label string) plan

// planners draw the calls of an API that exists; those that come twice are
// twice as likely.
var planners = []planner{
	planPatch, planResource, planResource, planMove, planDeleteResource, planMethod, planMethod, planDeleteMethod, planResponse, planResponse,
	planMock, planMock, planAnswer, planAnswer, planModel, planDeleteModel, planImport, planDeploy, planDeploy, planStage, planDeleteStage, planDeleteDeployment,
	planKey, planChangeKey, planDeleteKey, planUsagePlan, planPlanStage, planPlanStage, planJoin, planJoin, planLeave, planDeletePlan,
	planDomain, planMapping, planMapping, planMoveMapping, planDeleteMapping, planDeleteDomain,
}

var stageNames = []string{"dev", "prod"}

// draw draws the next call.
func draw(t *rapid.T, w *world, label string) plan {
	var p plan
	switch {
	case !w.exists:
		p = rapid.SampledFrom([]planner{planCreate, planCreate, planPatch}).Draw(t, "call")(t, w, label)
	case rapid.IntRange(0, 49).Draw(t, "end") == 49:
		p = planDelete(t, w, label)
	default:
		p = rapid.SampledFrom(planners).Draw(t, "call")(t, w, label)
	}
	if p.want != "" {
		p.after = w
	}
	t.Logf("%s: want %q", p.name, p.want)
	return p
}

// oneOf draws one of the keys of a map, or now and then "", which stands for
// what is not there.
func oneOf[V any](t *rapid.T, name string, m map[string]V) string {
	return rapid.SampledFrom(append(slices.Sorted(maps.Keys(m)), "")).Draw(t, name)
}

func planCreate(_ *rapid.T, w *world, _ string) plan {
	after := newWorld()
	after.keepCallers(w)
	after.keepDomain(w)
	return plan{"CreateRestApi", func(s *session) error {
		_, err := s.CreateRestApi(context.Background(), &apigateway.CreateRestApiInput{Name: aws.String("a"), Tags: map[string]string{"_custom_id_": s.api}})
		return err
	}, "", after}
}

func planDelete(_ *rapid.T, w *world, _ string) plan {
	after, want := &world{}, ""
	after.keepCallers(w)
	after.keepDomain(w)
	if w.mapped("") {
		want = "BadRequest"
	}
	for _, stage := range stageNames {
		after.dropStage(stage)
	}
	return plan{"DeleteRestApi", func(s *session) error {
		_, err := s.DeleteRestApi(context.Background(), &apigateway.DeleteRestApiInput{RestApiId: &s.api})
		return err
	}, want, after}
}

// planPatch patches two members, and fails at a third or not.
func planPatch(t *rapid.T, w *world, label string) plan {
	bad := rapid.Bool().Draw(t, "bad")
	after, want := w.clone(), ""
	after.description, after.version = label, "v"+label
	patch := append(stagePatch("/description", label), stagePatch("/version", "v"+label)...)
	if bad {
		patch, want = append(patch, stagePatch("/nope", "")...), "BadRequest"
	}
	if !w.exists {
		want = "NotFound"
	}
	return plan{"UpdateRestApi", func(s *session) error {
		_, err := s.UpdateRestApi(context.Background(), &apigateway.UpdateRestApiInput{RestApiId: &s.api, PatchOperations: patch})
		return err
	}, want, after}
}

var drawnPart = rapid.SampledFrom([]string{"a", "b", "c", "{v}", "{w}", "{x+}", "a b"})

func planResource(t *rapid.T, w *world, _ string) plan {
	parent, part := oneOf(t, "parent", w.resources), drawnPart.Draw(t, "part")
	after, want := w.clone(), "NotFound"
	if parent != "" {
		want = w.fits("", parent, part)
		after.resources[childPath(parent, part)] = true
	}
	return plan{"CreateResource " + childPath(parent, part), func(s *session) error {
		id, err := s.idOf(parent)
		if err == nil {
			_, err = s.CreateResource(context.Background(), &apigateway.CreateResourceInput{RestApiId: &s.api, ParentId: id, PathPart: &part})
		}
		return err
	}, want, after}
}

func planMove(t *rapid.T, w *world, _ string) plan {
	path, parent, part := oneOf(t, "resource", w.resources), oneOf(t, "parent", w.resources), drawnPart.Draw(t, "part")
	after, want := w.clone(), ""
	target := childPath(parent, part)
	switch {
	case path == "":
		want = "NotFound"
	case path == "/":
		want = "BadRequest"
	case parent == "":
		want = "NotFound"
	case within(parent, path):
		want = "BadRequest"
	case target == path:
	default:
		if want = w.fits(path, parent, part); want == "" {
			for below := range w.resources {
				if below != path && within(below, path) && strings.HasSuffix(part, "+}") {
					want = "BadRequest"
				}
			}
		}
		after.move(path, target)
	}
	return plan{"UpdateResource " + path + " to " + target, func(s *session) error {
		id, err := s.idOf(path)
		if err != nil {
			return err
		}
		to, err := s.idOf(parent)
		if err == nil {
			_, err = s.UpdateResource(context.Background(), &apigateway.UpdateResourceInput{RestApiId: &s.api, ResourceId: id,
				PatchOperations: append(stagePatch("/parentId", *to), stagePatch("/pathPart", part)...)})
		}
		return err
	}, want, after}
}

func planDeleteResource(t *rapid.T, w *world, _ string) plan {
	path := oneOf(t, "resource", w.resources)
	after, want := w.clone(), ""
	switch path {
	case "":
		want = "NotFound"
	case "/":
		want = "BadRequest"
	default:
		after.drop(path)
	}
	return plan{"DeleteResource " + path, func(s *session) error {
		id, err := s.idOf(path)
		if err == nil {
			_, err = s.DeleteResource(context.Background(), &apigateway.DeleteResourceInput{RestApiId: &s.api, ResourceId: id})
		}
		return err
	}, want, after}
}

// planImport lays a definition over the API: many writes in one call.
func planImport(t *rapid.T, w *world, label string) plan {
	n, broken := rapid.IntRange(1, 30).Draw(t, "paths"), rapid.IntRange(0, 4).Draw(t, "broken") == 0
	after, want := w.clone(), ""
	after.description, after.version, after.models = "", label, map[string]bool{"Imported": true}
	after.resources, after.methods = map[string]bool{"/": true}, map[string]methodState{}
	paths := map[string]any{}
	for i := range n {
		path, answer := fmt.Sprintf("/i%d", i), fmt.Sprintf("%s-%d $stageVariables.x", label, i)
		integration := map[string]any{
			"type": "mock", "requestTemplates": map[string]any{"application/json": `{"statusCode": 200}`},
			"responses": map[string]any{"default": map[string]any{"statusCode": "200", "responseTemplates": map[string]any{"application/json": answer}}},
		}
		if broken && i == n-1 { // the last of many parts fails
			integration["type"] = "nope"
			want = "BadRequest"
		}
		paths[path] = map[string]any{"get": map[string]any{"responses": map[string]any{"200": map[string]any{"description": "ok"}}, "x-amazon-apigateway-integration": integration}}
		after.resources[path] = true
		after.methods["GET "+path] = methodState{ok: true, mock: true, answer: answer}
	}
	body, err := json.Marshal(map[string]any{
		"swagger": "2.0", "info": map[string]any{"title": "a", "version": label}, "paths": paths,
		"definitions": map[string]any{"Imported": map[string]any{"type": "object"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return plan{"PutRestApi " + label, func(s *session) error {
		_, err := s.PutRestApi(context.Background(), &apigateway.PutRestApiInput{RestApiId: &s.api, Mode: types.PutModeOverwrite, Body: body})
		return err
	}, want, after}
}

func planModel(t *rapid.T, w *world, _ string) plan {
	name := rapid.SampledFrom([]string{"A", "B", "Empty", "a-b"}).Draw(t, "name")
	after, want := w.clone(), ""
	switch {
	case name == "a-b":
		want = "BadRequest"
	case w.models[name]:
		want = "Conflict"
	}
	after.models[name] = true
	return plan{"CreateModel " + name, func(s *session) error {
		_, err := s.CreateModel(context.Background(), &apigateway.CreateModelInput{RestApiId: &s.api, Name: &name, ContentType: aws.String("application/json"), Schema: aws.String("{}")})
		return err
	}, want, after}
}

func planDeleteModel(t *rapid.T, w *world, _ string) plan {
	name := oneOf(t, "model", w.models)
	after, want := w.clone(), ""
	switch {
	case name == "":
		name, want = "nope", "NotFound"
	case w.uses(name):
		want = "Conflict"
	}
	delete(after.models, name)
	return plan{"DeleteModel " + name, func(s *session) error {
		_, err := s.DeleteModel(context.Background(), &apigateway.DeleteModelInput{RestApiId: &s.api, ModelName: &name})
		return err
	}, want, after}
}
