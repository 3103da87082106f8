package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/smithy-go"
)

// A session is one API on the server, and the world that it should be.
type session struct {
	*apigateway.Client
	base string // URL of the server
	api  string
	w    *world
}

// lost is the outcome of a call that got no answer: what it asked for is done
// or is not. unsent is that of one that was not made, because a read before it
// got none.
const (
	lost   = "lost"
	unsent = "unsent"
)

// errUnsent marks the failure of a read before a call.
type errUnsent struct{ error }

// outcome is the type of an answer without "Exception", "" for success.
func outcome(err error) string {
	var answer smithy.APIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &answer):
		return strings.TrimSuffix(answer.ErrorCode(), "Exception")
	case errors.As(err, new(errUnsent)):
		return unsent
	}
	return lost
}

// largestPage is the largest page.
var largestPage = aws.Int32(500)

// idOf is the id of the resource at a path, and "nope" for the path "".
func (s *session) idOf(path string) (*string, error) {
	if path == "" {
		return aws.String("nope"), nil
	}
	out, err := s.GetResources(context.Background(), &apigateway.GetResourcesInput{RestApiId: &s.api, Limit: largestPage})
	if err != nil {
		return nil, errUnsent{err}
	}
	for _, r := range out.Items {
		if *r.Path == path {
			return r.Id, nil
		}
	}
	return nil, fmt.Errorf("there is no resource %s", path)
}

// deploymentOf is the id of the deployment with a description, and "nope" for
// "".
func (s *session) deploymentOf(label string) (*string, error) {
	if label == "" {
		return aws.String("nope"), nil
	}
	out, err := s.GetDeployments(context.Background(), &apigateway.GetDeploymentsInput{RestApiId: &s.api, Limit: largestPage})
	if err != nil {
		return nil, errUnsent{err}
	}
	for _, d := range out.Items {
		if aws.ToString(d.Description) == label {
			return d.Id, nil
		}
	}
	return nil, fmt.Errorf("there is no deployment %s", label)
}

// read is what the server holds, in the form of world.dump.
func (s *session) read() (map[string]string, error) {
	ctx, out := context.Background(), map[string]string{}
	if err := s.readCallers(ctx, out); err != nil {
		return nil, err
	}
	if err := s.readDomain(ctx, out); err != nil {
		return nil, err
	}
	api, err := s.GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: &s.api})
	if outcome(err) == "NotFound" {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	out["api"] = fmt.Sprintf("%q %q", aws.ToString(api.Description), aws.ToString(api.Version))
	resources, err := s.GetResources(ctx, &apigateway.GetResourcesInput{RestApiId: &s.api, Limit: largestPage, Embed: []string{"methods"}})
	if err != nil {
		return nil, err
	}
	for _, r := range resources.Items {
		out["resource "+*r.Path] = ""
		for verb, m := range r.ResourceMethods {
			state := methodState{model: m.RequestModels["application/json"], mock: m.MethodIntegration != nil}
			_, state.ok = m.MethodResponses["200"]
			_, state.missing = m.MethodResponses["404"]
			if state.mock {
				state.answer = m.MethodIntegration.IntegrationResponses["200"].ResponseTemplates["application/json"]
			}
			out["method "+verb+" "+*r.Path] = fmt.Sprintf("%+v", state)
		}
	}
	return out, s.readRest(ctx, out)
}

// readRest reads models, deployments and stages.
func (s *session) readRest(ctx context.Context, out map[string]string) error {
	models, err := s.GetModels(ctx, &apigateway.GetModelsInput{RestApiId: &s.api, Limit: largestPage})
	if err != nil {
		return err
	}
	for _, m := range models.Items {
		out["model "+*m.Name] = ""
	}
	deployments, err := s.GetDeployments(ctx, &apigateway.GetDeploymentsInput{RestApiId: &s.api, Limit: largestPage})
	if err != nil {
		return err
	}
	labels := map[string]string{}
	for _, d := range deployments.Items {
		labels[*d.Id] = aws.ToString(d.Description)
		out["deployment "+labels[*d.Id]] = ""
	}
	stages, err := s.GetStages(ctx, &apigateway.GetStagesInput{RestApiId: &s.api})
	if err != nil {
		return err
	}
	for _, st := range stages.Item {
		out["stage "+*st.StageName] = fmt.Sprintf("%+v", stageState{labels[*st.DeploymentId], st.Variables["x"]})
	}
	return nil
}

var placeholders = strings.NewReplacer("{v}", "7", "{w}", "8", "{x+}", "9/10")

// served compares what the stages answer with what their deployments froze,
// and is the first difference.
func (s *session) served() error {
	for _, name := range stageNames {
		st, ok := s.w.stages[name]
		base := s.base + "/_aws/execute-api/" + s.api + "/" + name
		if !ok {
			if status, _, err := ask("GET", base+"/"); err != nil || status != http.StatusForbidden && status != http.StatusNotFound {
				return fmt.Errorf("stage %s is not there and answers %d, %v", name, status, err)
			}
			continue
		}
		tried := 0
		for key, answer := range s.w.deployments[st.deployment] {
			verb, path, _ := strings.Cut(key, " ")
			if verb == "ANY" {
				verb = "PUT"
			}
			status, body, err := ask(verb, base+placeholders.Replace(path))
			if want := replaceX(answer, st.x); err != nil || status != http.StatusOK || body != want {
				return fmt.Errorf("stage %s: %s answers %d %q, %v, want %q", name, key, status, body, err, want)
			}
			if tried++; tried == 3 {
				break
			}
		}
	}
	return s.servedByName()
}

// replaceX is an answer under a stage's variable x.
func replaceX(answer, x string) string { return strings.ReplaceAll(answer, "$stageVariables.x", x) }

// ask sends a request to a stage.
func ask(verb, url string) (int, string, error) {
	req, err := http.NewRequest(verb, url, nil)
	if err != nil {
		return 0, "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}
