package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
)

// Settings of methods that a stage takes without serving such a method, and caching
// without a cache or a cache that nothing uses, are named by the doctor.
func TestDoctorListsIdleMethodSettings(t *testing.T) {
	s := newCachedStage(t)
	server, _, _ := strings.Cut(s.url, "/_aws/")
	expect := func(what string, want ...string) {
		t.Helper()
		r, err := fetchReport(t.Context(), http.DefaultClient, server)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, k := range r.Kept {
			if k.API == "cached" {
				got = append(got, k.String())
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: the doctor says %q, not %q", what, got, want)
		}
	}
	expect("a stage that caches")
	s.patch(t, "/~1pets~1{id}/GET/caching/ttlInSeconds", "60")
	expect("a setting of a method that is served")
	s.patch(t, "/pets/GET/throttling/rateLimit", "5")
	s.patch(t, "/~1/POST/caching/ttlInSeconds", "60")
	idle := []string{
		"cached/prod: POST /: Stage.methodSettings: the stage serves no such method",
		"cached/prod: GET /pets: Stage.methodSettings: the stage serves no such method",
	}
	expect("settings of methods that are not served", idle...)

	s.patch(t, "/*/*/caching/enabled", "false")
	s.patch(t, "/~1pets~1{id}/GET/caching/enabled", "false")
	expect("a cache that no method uses", append([]string{"cached/prod: Stage.cacheClusterEnabled true: no setting has answers cached"}, idle...)...)
	s.patch(t, "/*/*/caching/enabled", "true")
	s.patch(t, "/cacheClusterEnabled", "false")
	expect("caching without a cache", append([]string{"cached/prod: all methods: Stage.methodSettings.cachingEnabled true: the stage has no cache: cacheClusterEnabled is false"}, idle...)...)
}

// The settings of a method that answers ANY are those of ANY, and of no verb.
func TestDoctorKnowsTheSettingsOfAny(t *testing.T) {
	s := newCachedStage(t)
	server, _, _ := strings.Cut(s.url, "/_aws/")
	api := aws.String("cached")
	if _, err := s.PutMethod(t.Context(), &apigateway.PutMethodInput{RestApiId: api, ResourceId: &s.pet, HttpMethod: aws.String("ANY"), AuthorizationType: aws.String("NONE")}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutIntegration(t.Context(), &apigateway.PutIntegrationInput{RestApiId: api, ResourceId: &s.pet, HttpMethod: aws.String("ANY"), Type: "MOCK"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: api, StageName: aws.String("prod")}); err != nil {
		t.Fatal(err)
	}
	s.patch(t, "/~1pets~1{id}/ANY/throttling/rateLimit", "5")
	s.patch(t, "/~1pets~1{id}/PUT/throttling/rateLimit", "5")
	r, err := fetchReport(t.Context(), http.DefaultClient, server)
	if err != nil {
		t.Fatal(err)
	}
	want := "cached/prod: PUT /pets/{id}: Stage.methodSettings: ANY serves it, by its own settings"
	var got []string
	for _, k := range r.Kept {
		if k.Setting == "Stage.methodSettings" {
			got = append(got, k.String())
		}
	}
	if !slices.Equal(got, []string{want}) {
		t.Errorf("the doctor says %q, not %q", got, want)
	}
}

// Answers that are streamed are not cached, whatever is set for their method.
func TestDoctorListsCachingOfStreams(t *testing.T) {
	s := newCachedStage(t)
	server, _, _ := strings.Cut(s.url, "/_aws/")
	s.patch(t, "/~1pets~1{id}/GET/caching/enabled", "true")
	api := aws.String("cached")
	if _, err := s.UpdateIntegration(t.Context(), &apigateway.UpdateIntegrationInput{RestApiId: api, ResourceId: &s.pet, HttpMethod: aws.String("GET"),
		PatchOperations: stagePatch("/responseTransferMode", "STREAM")}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: api, StageName: aws.String("prod")}); err != nil {
		t.Fatal(err)
	}
	r, err := fetchReport(t.Context(), http.DefaultClient, server)
	if err != nil {
		t.Fatal(err)
	}
	want := "cached/prod: GET /pets/{id}: Stage.methodSettings.cachingEnabled true: its answers are streamed"
	if !slices.ContainsFunc(r.Kept, func(k idleSetting) bool { return k.String() == want }) {
		t.Errorf("the doctor says %v, without %q", r.Kept, want)
	}
}

// A data trace without a log level logs nothing; with one the doctor has nothing to say.
func TestDoctorListsDataTracesWithoutLogs(t *testing.T) {
	s := newCachedStage(t)
	server, _, _ := strings.Cut(s.url, "/_aws/")
	kept := func() (of []string) {
		r, err := fetchReport(t.Context(), http.DefaultClient, server)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range r.Kept {
			of = append(of, k.String())
		}
		return of
	}
	s.patch(t, "/*/*/logging/dataTrace", "true")
	if got, want := kept(), "cached/prod: all methods: Stage.methodSettings.dataTraceEnabled true: nothing is logged without a loggingLevel of INFO or ERROR"; !slices.Equal(got, []string{want}) {
		t.Errorf("the doctor says %q, not %q", got, want)
	}
	role := stagePatch("/cloudwatchRoleArn", "arn:aws:iam::000000000000:role/logs")
	if _, err := s.UpdateAccount(t.Context(), &apigateway.UpdateAccountInput{PatchOperations: role}); err != nil {
		t.Fatal(err)
	}
	s.patch(t, "/*/*/logging/loglevel", "ERROR")
	if got := kept(); len(got) > 0 {
		t.Errorf("the doctor says %q of a stage that logs", got)
	}
}
