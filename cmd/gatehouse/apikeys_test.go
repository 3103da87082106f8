package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/smithy-go"
)

// A keyedServer is a running server with an API whose methods want an API key, but
// for /open.
type keyedServer struct {
	t *testing.T
	*process
	*apigateway.Client
	dir string
	api string
}

func newKeyedServer(t *testing.T) *keyedServer {
	s := &keyedServer{t: t, dir: t.TempDir()}
	s.process, s.Client = launchServer(t, s.dir)
	echo := `"x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
		"responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": "$context.identity.apiKey $context.identity.apiKeyId"}}}},
		"responses": {"200": {"description": "ok"}}`
	wants := `{` + echo + `, "security": [{"key": []}]}`
	in, err := s.ImportRestApi(t.Context(), &apigateway.ImportRestApiInput{Body: []byte(`{"openapi": "3.0.1", "info": {"title": "keyed", "version": "1"},
		"components": {"securitySchemes": {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}},
		"paths": {"/x": {"get": ` + wants + `}, "/pets/{id}": {"get": ` + wants + `}, "/any/{proxy+}": {"x-amazon-apigateway-any-method": ` + wants + `},
			"/open": {"get": {` + echo + `}}}}`)})
	if err != nil {
		t.Fatal(err)
	}
	s.api = *in.Id
	for _, stage := range []string{"prod", "dev"} {
		if _, err := s.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: &s.api, StageName: &stage}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// again starts the server again on its data.
func (s *keyedServer) again() { s.process, s.Client = launchServer(s.t, s.dir) }

// key makes an enabled key, and returns its id.
func (s *keyedServer) key(value string) string {
	s.t.Helper()
	k, err := s.CreateApiKey(s.t.Context(), &apigateway.CreateApiKeyInput{Name: &value, Value: &value, Enabled: true})
	if err != nil {
		s.t.Fatal(err)
	}
	return *k.Id
}

// plan makes a plan of the stage prod with keys in it, and returns its id.
func (s *keyedServer) plan(in apigateway.CreateUsagePlanInput, keys ...string) string {
	s.t.Helper()
	in.Name = aws.String("plan")
	if in.ApiStages == nil {
		in.ApiStages = []types.ApiStage{{ApiId: &s.api, Stage: aws.String("prod")}}
	}
	p, err := s.CreateUsagePlan(s.t.Context(), &in)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, key := range keys {
		if _, err := s.CreateUsagePlanKey(s.t.Context(), &apigateway.CreateUsagePlanKeyInput{UsagePlanId: p.Id, KeyId: &key, KeyType: aws.String("API_KEY")}); err != nil {
			s.t.Fatal(err)
		}
	}
	return *p.Id
}

// get calls the stage prod with a key, and returns status and body.
func (s *keyedServer) get(path, key string) string {
	s.t.Helper()
	got, err := s.try(path, key)
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func (s *keyedServer) try(path, key string) (string, error) {
	req, err := http.NewRequest(http.MethodGet, urlLine.FindStringSubmatch(s.printed())[2]+"/_aws/execute-api/"+s.api+"/prod"+path, nil)
	if err != nil {
		return "", err
	}
	if key != "" {
		req.Header.Set("X-Api-Key", key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return fmt.Sprint(resp.StatusCode, " ", string(body)), err
}

func (s *keyedServer) expect(path, key string, want ...string) {
	s.t.Helper()
	for i, w := range want {
		if got := s.get(path, key); got != w {
			s.t.Errorf("%s with %q, call %d: got %s, want %s", path, key, i, got, w)
		}
	}
}

// usage is what a key has used of a plan today and yesterday, which a test may have
// begun on, and what it has left.
func (s *keyedServer) usage(plan, key string) (used [2]int64) {
	s.t.Helper()
	now := time.Now().UTC()
	u, err := s.GetUsage(s.t.Context(), &apigateway.GetUsageInput{
		UsagePlanId: &plan, KeyId: &key, StartDate: aws.String(now.AddDate(0, 0, -1).Format(time.DateOnly)), EndDate: aws.String(now.Format(time.DateOnly)),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, day := range u.Items[key] {
		used[0], used[1] = used[0]+day[0], day[1]
	}
	return used
}

const (
	forbidden403 = `403 {"message":"Forbidden"}`
	tooMany429   = `429 {"message":"Too Many Requests"}`
	exceeded429  = `429 {"message":"Limit Exceeded"}`
)

// What people have reported of API Gateway's keys and plans, over a socket and
// through AWS's own client.
func TestAPIKeys(t *testing.T) {
	s := newKeyedServer(t)
	value := func(name string) string { return strings.Repeat(name, 20)[:20] }
	code := func(err error) string {
		var answer smithy.APIError
		if errors.As(err, &answer) {
			return answer.ErrorCode()
		}
		return fmt.Sprint(err)
	}
	ok := func(name, id string) string { return "200 " + value(name) + " " + id }

	a, b := s.key(value("a")), s.key(value("b"))
	s.expect("/x", "", forbidden403)
	s.expect("/x", value("a"), forbidden403) // in no plan
	one := s.plan(apigateway.CreateUsagePlanInput{Throttle: &types.ThrottleSettings{RateLimit: 0.001, BurstLimit: 3}}, a)
	s.expect("/x", value("a"), ok("a", a))
	s.expect("/pets/7", value("a"), ok("a", a))
	s.expect("/any/path/there/is", value("a"), ok("a", a))
	s.expect("/x", value("a"), tooMany429) // throttled without a quota
	s.expect("/open", value("a"), "200  ", "200  ")
	for _, path := range []string{"/pets/7", "/any/path/there/is"} {
		s.expect(path, "", forbidden403)
		s.expect(path, value("b"), forbidden403)
	}

	two := s.plan(apigateway.CreateUsagePlanInput{Quota: &types.QuotaSettings{Limit: 1, Period: types.QuotaPeriodTypeDay}}, b)
	s.expect("/x", value("b"), ok("b", b), exceeded429)
	if got := s.usage(two, b); got != [2]int64{1, 0} {
		t.Errorf("usage %v", got)
	}
	if _, err := s.UpdateUsage(t.Context(), &apigateway.UpdateUsageInput{UsagePlanId: &two, KeyId: &b, PatchOperations: stagePatch("/remaining", "2")}); err != nil {
		t.Fatal(err)
	}
	s.expect("/x", value("b"), ok("b", b), ok("b", b), exceeded429)

	for _, enabled := range []string{"false", "true"} {
		if _, err := s.UpdateApiKey(t.Context(), &apigateway.UpdateApiKeyInput{ApiKey: &b, PatchOperations: stagePatch("/enabled", enabled)}); err != nil {
			t.Fatal(err)
		}
		s.expect("/x", value("b"), map[string]string{"false": forbidden403, "true": exceeded429}[enabled])
	}
	if _, err := s.UpdateUsagePlan(t.Context(), &apigateway.UpdateUsagePlanInput{UsagePlanId: &two, PatchOperations: stagePatch("/quota/limit", "1000")}); err != nil {
		t.Fatal(err)
	}
	s.expect("/x", value("b"), ok("b", b))

	plans, err := s.GetUsagePlans(t.Context(), &apigateway.GetUsagePlansInput{KeyId: &b})
	if err != nil || len(plans.Items) != 1 || *plans.Items[0].Id != two {
		t.Errorf("the plans of a key: %v, %v", plans, err)
	}
	_, err = s.GetUsagePlan(t.Context(), &apigateway.GetUsagePlanInput{UsagePlanId: aws.String("nowhere")})
	_, err2 := s.GetApiKey(t.Context(), &apigateway.GetApiKeyInput{ApiKey: aws.String("nowhere")})
	if code(err) != "NotFoundException" || code(err2) != "NotFoundException" {
		t.Errorf("unknown ids: %v, %v", err, err2)
	}
	if _, err := s.DeleteUsagePlanKey(t.Context(), &apigateway.DeleteUsagePlanKeyInput{UsagePlanId: &one, KeyId: &a}); err != nil {
		t.Fatal(err)
	}
	s.expect("/x", value("a"), forbidden403)
	for _, patch := range [][]types.PatchOperation{stagePatch("/*/*/throttling/rateLimit", "0"), stagePatch("/*/*/throttling/burstLimit", "0")} {
		if _, err := s.UpdateStage(t.Context(), &apigateway.UpdateStageInput{RestApiId: &s.api, StageName: aws.String("prod"), PatchOperations: patch}); err != nil {
			t.Fatal(err)
		}
	}
	s.expect("/x", value("b"), tooMany429)
	s.expect("/open", "", tooMany429)
	for _, name := range []string{"a", "b"} {
		if strings.Contains(s.printed(), value(name)) {
			t.Errorf("the value of a key is in what the server prints:\n%s", s.printed())
		}
	}
	report, err := http.Get(urlLine.FindStringSubmatch(s.printed())[2] + "/_gatehouse/doctor")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = report.Body.Close() }()
	if text, _ := io.ReadAll(report.Body); strings.Contains(string(text), value("a")) {
		t.Errorf("the value of a key is in the doctor's report: %s", text)
	}
}

// A key whose deletion is answered lets no later call in, however many are under way.
func TestDeletedKeyLetsNobodyIn(t *testing.T) {
	s := newKeyedServer(t)
	for round := range 5 {
		value := fmt.Sprintf("key-to-be-deleted-%d-%d", round, round)
		id := s.key(value)
		plan := s.plan(apigateway.CreateUsagePlanInput{}, id)
		var deleted atomic.Bool
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for last := false; !last; {
					last = deleted.Load()
					got, err := s.try("/x", value)
					if err != nil || last && got != forbidden403 {
						t.Errorf("after the deletion: %s, %v", got, err)
						return
					}
				}
			})
		}
		if round%2 == 0 {
			if _, err := s.DeleteApiKey(t.Context(), &apigateway.DeleteApiKeyInput{ApiKey: &id}); err != nil {
				t.Error(err)
			}
		} else if _, err := s.DeleteUsagePlanKey(t.Context(), &apigateway.DeleteUsagePlanKeyInput{UsagePlanId: &plan, KeyId: &id}); err != nil {
			t.Error(err)
		}
		deleted.Store(true)
		wg.Wait()
	}
}

// A server that is stopped has counted each call that it let in. One that is killed
// has counted all but those of its last second.
func TestUsageOutlivesTheServer(t *testing.T) {
	s := newKeyedServer(t)
	value := "key-that-is-counted-for-ever"
	id := s.key(value)
	plan := s.plan(apigateway.CreateUsagePlanInput{Quota: &types.QuotaSettings{Limit: 1_000_000, Period: types.QuotaPeriodTypeMonth}}, id)
	total := int64(0)
	for round, end := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL, syscall.SIGKILL, syscall.SIGTERM} {
		before := s.usage(plan, id)[0]
		for range 50 {
			s.expect("/x", value, "200 "+value+" "+id)
		}
		if end == syscall.SIGKILL {
			time.Sleep(3 * time.Second) // a second is promised; the rest is for a slow machine
		}
		if err := s.cmd.Process.Signal(end); err != nil {
			t.Fatal(err)
		}
		<-s.done
		s.again()
		total += 50
		if got := s.usage(plan, id); got != [2]int64{total, 1_000_000 - total} {
			t.Errorf("round %d: %v after %d and 50 calls more", round, got, before)
		}
	}
}
