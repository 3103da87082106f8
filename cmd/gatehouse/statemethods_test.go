package main

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"pgregory.net/rapid"
)

// onMethod draws a method of a resource, which need not be there.
func onMethod(t *rapid.T, w *world) (path, verb string, m methodState, exists bool) {
	path = oneOf(t, "resource", w.resources)
	verb = rapid.SampledFrom([]string{"GET", "POST", "ANY"}).Draw(t, "verb")
	m, exists = w.methods[verb+" "+path]
	return path, verb, m, exists
}

// methodPlan is a call on a method of a resource that is found first.
func methodPlan(name, path, verb, want string, after *world, call func(s *session, resource *string) error) plan {
	return plan{name + " " + verb + " " + path, func(s *session) error {
		id, err := s.idOf(path)
		if err != nil {
			return err
		}
		return call(s, id)
	}, want, after}
}

func planMethod(t *rapid.T, w *world, _ string) plan {
	path, verb, _, exists := onMethod(t, w)
	model := oneOf(t, "model", w.models)
	after, want := w.clone(), ""
	switch {
	case path == "":
		want = "NotFound"
	case model == "":
		model, want = "nope", "BadRequest"
	case exists:
		want = "Conflict"
	}
	after.methods[verb+" "+path] = methodState{model: model}
	return methodPlan("PutMethod", path, verb, want, after, func(s *session, id *string) error {
		_, err := s.PutMethod(context.Background(), &apigateway.PutMethodInput{RestApiId: &s.api, ResourceId: id, HttpMethod: &verb,
			AuthorizationType: aws.String("NONE"), RequestModels: map[string]string{"application/json": model}})
		return err
	})
}

func planDeleteMethod(t *rapid.T, w *world, _ string) plan {
	path, verb, _, exists := onMethod(t, w)
	after := w.clone()
	delete(after.methods, verb+" "+path)
	return methodPlan("DeleteMethod", path, verb, unlessThere(exists), after, func(s *session, id *string) error {
		_, err := s.DeleteMethod(context.Background(), &apigateway.DeleteMethodInput{RestApiId: &s.api, ResourceId: id, HttpMethod: &verb})
		return err
	})
}

// unlessThere is the outcome of a call on what has to be there.
func unlessThere(exists bool) string {
	if exists {
		return ""
	}
	return "NotFound"
}

// planResponse puts or deletes a method response.
func planResponse(t *rapid.T, w *world, _ string) plan {
	path, verb, m, exists := onMethod(t, w)
	status := rapid.SampledFrom([]string{"200", "404"}).Draw(t, "status")
	state := map[string]*bool{"200": &m.ok, "404": &m.missing}[status]
	there, after := *state, w.clone()
	if rapid.IntRange(0, 3).Draw(t, "delete") == 0 {
		*state = false
		after.methods[verb+" "+path] = m
		return methodPlan("DeleteMethodResponse "+status, path, verb, unlessThere(exists && there), after, func(s *session, id *string) error {
			_, err := s.DeleteMethodResponse(context.Background(), &apigateway.DeleteMethodResponseInput{RestApiId: &s.api, ResourceId: id, HttpMethod: &verb, StatusCode: &status})
			return err
		})
	}
	want := unlessThere(exists)
	if there {
		want = "Conflict"
	}
	*state = true
	after.methods[verb+" "+path] = m
	return methodPlan("PutMethodResponse "+status, path, verb, want, after, func(s *session, id *string) error {
		_, err := s.PutMethodResponse(context.Background(), &apigateway.PutMethodResponseInput{RestApiId: &s.api, ResourceId: id, HttpMethod: &verb, StatusCode: &status})
		return err
	})
}

// planMock puts an integration, whose responses go.
func planMock(t *rapid.T, w *world, _ string) plan {
	path, verb, m, exists := onMethod(t, w)
	after := w.clone()
	m.mock, m.answer = true, ""
	after.methods[verb+" "+path] = m
	return methodPlan("PutIntegration", path, verb, unlessThere(exists), after, func(s *session, id *string) error {
		_, err := s.PutIntegration(context.Background(), &apigateway.PutIntegrationInput{RestApiId: &s.api, ResourceId: id, HttpMethod: &verb,
			Type: types.IntegrationTypeMock, RequestTemplates: map[string]string{"application/json": `{"statusCode": 200}`}})
		return err
	})
}

// planAnswer puts the integration's response: what the method answers once it
// is deployed.
func planAnswer(t *rapid.T, w *world, label string) plan {
	path, verb, m, exists := onMethod(t, w)
	after := w.clone()
	there := exists && m.mock
	m.answer = label + " $stageVariables.x"
	after.methods[verb+" "+path] = m
	return methodPlan("PutIntegrationResponse", path, verb, unlessThere(there), after, func(s *session, id *string) error {
		_, err := s.PutIntegrationResponse(context.Background(), &apigateway.PutIntegrationResponseInput{RestApiId: &s.api, ResourceId: id, HttpMethod: &verb,
			StatusCode: aws.String("200"), ResponseTemplates: map[string]string{"application/json": label + " $stageVariables.x"}})
		return err
	})
}

// planDeploy freezes the API, and serves it under a stage or not.
func planDeploy(t *rapid.T, w *world, label string) plan {
	stage := rapid.SampledFrom(append([]string{""}, stageNames...)).Draw(t, "stage")
	after, want := w.clone(), ""
	if !w.deployable() {
		want = "BadRequest"
	}
	after.deployments[label] = w.frozen()
	in := &apigateway.CreateDeploymentInput{Description: &label}
	if stage != "" {
		in.StageName, in.Variables = &stage, map[string]string{"x": label}
		after.stages[stage] = stageState{label, label}
	}
	return plan{"CreateDeployment " + label + " " + stage, func(s *session) error {
		in.RestApiId = &s.api
		_, err := s.CreateDeployment(context.Background(), in)
		return err
	}, want, after}
}

// planStage moves a stage to a deployment and sets its variable, together.
func planStage(t *rapid.T, w *world, label string) plan {
	name, deployment := oneOf(t, "stage", w.stages), oneOf(t, "deployment", w.deployments)
	after, want := w.clone(), ""
	switch {
	case name == "":
		name, want = "nope", "NotFound"
	case deployment == "":
		want = "BadRequest"
	}
	after.stages[name] = stageState{deployment, label}
	return plan{"UpdateStage " + name, func(s *session) error {
		id, err := s.deploymentOf(deployment)
		if err == nil {
			_, err = s.UpdateStage(context.Background(), &apigateway.UpdateStageInput{RestApiId: &s.api, StageName: &name,
				PatchOperations: append(stagePatch("/variables/x", label), stagePatch("/deploymentId", *id)...)})
		}
		return err
	}, want, after}
}

func planDeleteStage(t *rapid.T, w *world, _ string) plan {
	name := oneOf(t, "stage", w.stages)
	after, want := w.clone(), unlessThere(name != "")
	switch {
	case name == "":
		name = "nope"
	case w.mapped(name):
		want = "BadRequest"
	}
	delete(after.stages, name)
	after.dropStage(name)
	return plan{"DeleteStage " + name, func(s *session) error {
		_, err := s.DeleteStage(context.Background(), &apigateway.DeleteStageInput{RestApiId: &s.api, StageName: &name})
		return err
	}, want, after}
}

func planDeleteDeployment(t *rapid.T, w *world, _ string) plan {
	label := oneOf(t, "deployment", w.deployments)
	after, want := w.clone(), unlessThere(label != "")
	if label != "" && w.served(label) {
		want = "BadRequest"
	}
	maps.DeleteFunc(after.deployments, func(l string, _ map[string]string) bool { return l == label })
	return plan{"DeleteDeployment " + label, func(s *session) error {
		id, err := s.deploymentOf(label)
		if err == nil {
			_, err = s.DeleteDeployment(context.Background(), &apigateway.DeleteDeploymentInput{RestApiId: &s.api, DeploymentId: id})
		}
		return err
	}, want, after}
}
