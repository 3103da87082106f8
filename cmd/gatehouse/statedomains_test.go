package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"pgregory.net/rapid"
)

// domainName is the custom domain name that a session may have. It outlives the API.
func (s *session) domainName() *string { return aws.String(s.api + ".example.com") }

// keepDomain gives a world the domain name of another.
func (w *world) keepDomain(of *world) { w.domain, w.mappings = of.domain, maps.Clone(of.mappings) }

// mapped reports whether a base path leads to a stage, or for "" to any.
func (w *world) mapped(stage string) bool {
	for _, to := range w.mappings {
		if stage == "" || to == stage {
			return true
		}
	}
	return false
}

func planDomain(_ *rapid.T, w *world, _ string) plan {
	after, want := w.clone(), ""
	if w.domain {
		want = "BadRequest"
	}
	after.domain, after.mappings = true, map[string]string{}
	return plan{"CreateDomainName", func(s *session) error {
		_, err := s.CreateDomainName(context.Background(), &apigateway.CreateDomainNameInput{
			DomainName: s.domainName(), RegionalCertificateArn: aws.String(aCertificate + "1"), EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{"REGIONAL"}},
		})
		return err
	}, want, after}
}

// planDeleteDomain removes the domain name with its mappings.
func planDeleteDomain(_ *rapid.T, w *world, _ string) plan {
	after := w.clone()
	after.domain, after.mappings = false, nil
	return plan{"DeleteDomainName", func(s *session) error {
		_, err := s.DeleteDomainName(context.Background(), &apigateway.DeleteDomainNameInput{DomainName: s.domainName()})
		return err
	}, unlessThere(w.domain), after}
}

var drawnBasePath = rapid.SampledFrom([]string{"", "m", "n"})

func planMapping(t *rapid.T, w *world, _ string) plan {
	base, stage := drawnBasePath.Draw(t, "base path"), oneOf(t, "stage", w.stages)
	if stage == "" {
		stage = "nope"
	}
	after, want := w.clone(), ""
	_, taken := w.mappings[base]
	_, there := w.stages[stage]
	switch {
	case !w.domain:
		want = "NotFound"
	case !there:
		want = "BadRequest"
	case taken:
		want = "Conflict"
	default:
		after.mappings[base] = stage
	}
	return plan{"CreateBasePathMapping " + base + " to " + stage, func(s *session) error {
		_, err := s.CreateBasePathMapping(context.Background(), &apigateway.CreateBasePathMappingInput{DomainName: s.domainName(), BasePath: &base, RestApiId: &s.api, Stage: &stage})
		return err
	}, want, after}
}

// planMoveMapping gives a mapping another base path.
func planMoveMapping(t *rapid.T, w *world, _ string) plan {
	from, to := drawnBasePath.Draw(t, "base path"), drawnBasePath.Draw(t, "new base path")
	after := w.clone()
	stage, there := w.mappings[from]
	_, taken := w.mappings[to]
	want := unlessThere(there)
	switch {
	case there && taken && from != to:
		want = "Conflict"
	case there:
		delete(after.mappings, from)
		after.mappings[to] = stage
	}
	return plan{"UpdateBasePathMapping " + from + " to " + to, func(s *session) error {
		_, err := s.UpdateBasePathMapping(context.Background(), &apigateway.UpdateBasePathMappingInput{DomainName: s.domainName(), BasePath: basePathLabel(from), PatchOperations: stagePatch("/basePath", to)})
		return err
	}, want, after}
}

func planDeleteMapping(t *rapid.T, w *world, _ string) plan {
	base := drawnBasePath.Draw(t, "base path")
	after := w.clone()
	_, there := w.mappings[base]
	delete(after.mappings, base)
	return plan{"DeleteBasePathMapping " + base, func(s *session) error {
		_, err := s.DeleteBasePathMapping(context.Background(), &apigateway.DeleteBasePathMappingInput{DomainName: s.domainName(), BasePath: basePathLabel(base)})
		return err
	}, unlessThere(there), after}
}

// basePathLabel is a base path as the path of a URL names it.
func basePathLabel(base string) *string {
	if base == "" {
		base = "(none)"
	}
	return &base
}

// dumpDomain adds the domain name and its mappings.
func (w *world) dumpDomain(out map[string]string) {
	if w.domain {
		out["domain"] = fmt.Sprint(w.mappings)
	}
}

// readDomain reads the domain name and its mappings.
func (s *session) readDomain(ctx context.Context, out map[string]string) error {
	list, err := s.GetBasePathMappings(ctx, &apigateway.GetBasePathMappingsInput{DomainName: s.domainName(), Limit: largestPage})
	if outcome(err) == "NotFound" {
		return nil
	}
	if err != nil {
		return err
	}
	mappings := map[string]string{}
	for _, m := range list.Items {
		base := *m.BasePath
		if base == "(none)" {
			base = ""
		}
		mappings[base] = *m.Stage
	}
	out["domain"] = fmt.Sprint(mappings)
	return nil
}

// servedByName asks for one answer of each stage that a base path leads to, and for one
// that no base path leads to.
func (s *session) servedByName() error {
	_, all := s.w.mappings[""] // takes what the others do not
	for _, base := range []string{"", "m", "n"} {
		stage, mapped := s.w.mappings[base]
		path, want := "/", ""
		switch {
		case !s.w.domain || !mapped && all:
			continue
		case mapped:
			st := s.w.stages[stage]
			answers := s.w.deployments[st.deployment]
			gets := slices.DeleteFunc(slices.Sorted(maps.Keys(answers)), func(key string) bool { return !strings.HasPrefix(key, "GET ") })
			if len(gets) == 0 {
				continue
			}
			path, want = placeholders.Replace(gets[0][len("GET "):]), replaceX(answers[gets[0]], st.x)
		}
		if base != "" {
			path = "/" + base + path
		}
		status, body, err := s.askByName(path)
		switch {
		case err != nil:
			return err
		case mapped && (status != http.StatusOK || body != want):
			return fmt.Errorf("%s by the domain name answers %d %q, want %q", path, status, body, want)
		case !mapped && status != http.StatusForbidden:
			return fmt.Errorf("%s by the domain name leads nowhere and answers %d %q", path, status, body)
		}
	}
	return nil
}

// askByName sends a GET to the domain name.
func (s *session) askByName(path string) (int, string, error) {
	req, err := http.NewRequest(http.MethodGet, s.base+path, nil)
	if err != nil {
		return 0, "", err
	}
	req.Host = *s.domainName()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}
