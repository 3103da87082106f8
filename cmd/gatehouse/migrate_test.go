package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// migrated runs gatehouse migrate, and returns what it says.
func migrated(t *testing.T, dir string, works bool, from, to string) string {
	t.Helper()
	p, err := launch(dir, "migrate", from, to)
	if err != nil {
		t.Fatal(err)
	}
	<-p.done
	if err := p.cmd.Wait(); (err == nil) != works {
		t.Errorf("gatehouse migrate: %v: %s", err, p.printed())
	}
	return p.printed()
}

// stop ends a server as an operator does.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Fatalf("the server ended with %v:\n%s", err, p.printed())
	}
	<-p.done
}

// account is all that the API tells of what there is, and what the stage answers.
func account(t *testing.T, client *apigateway.Client, base, key string) string {
	t.Helper()
	var all bytes.Buffer
	put := func(v any, err error) {
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.MarshalIndent(v, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		all.Write(append(text, '\n'))
	}
	ctx, id := t.Context(), aws.String("moved")
	apis, err := client.GetRestApis(ctx, &apigateway.GetRestApisInput{})
	apis.ResultMetadata = middleware.Metadata{}
	put(apis, err)
	resources, err := client.GetResources(ctx, &apigateway.GetResourcesInput{RestApiId: id, Embed: []string{"methods"}})
	put(resources.Items, err)
	stages, err := client.GetStages(ctx, &apigateway.GetStagesInput{RestApiId: id})
	put(stages.Item, err)
	deployments, err := client.GetDeployments(ctx, &apigateway.GetDeploymentsInput{RestApiId: id})
	put(deployments.Items, err)
	keys, err := client.GetApiKeys(ctx, &apigateway.GetApiKeysInput{IncludeValues: aws.Bool(true)})
	put(keys.Items, err)
	plans, err := client.GetUsagePlans(ctx, &apigateway.GetUsagePlansInput{})
	put(plans.Items, err)
	export, err := client.GetExport(ctx, &apigateway.GetExportInput{RestApiId: id, StageName: aws.String("prod"), ExportType: aws.String("oas30"), Parameters: map[string]string{"extensions": "apigateway"}})
	if err != nil {
		t.Fatal(err)
	}
	all.Write(export.Body)
	for _, headers := range [][]string{nil, {"X-Api-Key: " + key}} {
		got := exchange(t, "GET", base+"/_aws/execute-api/moved/prod/hello", nil, headers...)
		put([]any{got.status, got.body}, nil)
	}
	return all.String()
}

// TestMigrate moves a server to a PostgreSQL and back as its operator does: clients are answered
// the same at each place. What a server uses, or what is not empty, is refused, and a move
// that was killed half way can be made again.
func TestMigrate(t *testing.T) {
	pg := pgtest.New(t, pgtest.Options{})
	pg.Exec(t, "postgres", "CREATE DATABASE gatehouse")
	dir := t.TempDir()
	database, data, back := pg.URL("gatehouse"), "sqlite://data", "sqlite://"+filepath.Join(dir, "back")
	before := time.Now().UTC().Format(time.DateOnly)
	p, client := launchServer(t, dir)
	base := urlLine.FindStringSubmatch(p.printed())[2]
	deployAPI(t, base, "moved", `{"openapi": "3.0.1", "info": {"title": "moved", "version": "1"}, "paths": {"/hello": {"get": {
		"x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}, "responses": {"default": {"statusCode": "200",
			"responseTemplates": {"application/json": "hello $context.apiId"}}}},
		"responses": {"200": {}}, "security": [{"api_key": []}]}}},
		"components": {"securitySchemes": {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}}}`)
	const key = "a-value-of-twenty-characters"
	made, err := client.CreateApiKey(t.Context(), &apigateway.CreateApiKeyInput{Name: aws.String("k"), Enabled: true, Value: aws.String(key)})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := client.CreateUsagePlan(t.Context(), &apigateway.CreateUsagePlanInput{Name: aws.String("p"), ApiStages: []types.ApiStage{{ApiId: aws.String("moved"), Stage: aws.String("prod")}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateUsagePlanKey(t.Context(), &apigateway.CreateUsagePlanKeyInput{UsagePlanId: plan.Id, KeyId: made.Id, KeyType: aws.String("API_KEY")}); err != nil {
		t.Fatal(err)
	}
	want := account(t, client, base, key)
	for _, says := range []string{"hello moved", "403", key, "a-value-of"} {
		if !strings.Contains(want, says) {
			t.Fatalf("no %q in %s", says, want)
		}
	}

	says := func(what, text, want string) {
		t.Helper()
		if !strings.Contains(text, want) || strings.Contains(text, "hush") {
			t.Errorf("%s: got %q, want %q", what, text, want)
		}
	}
	says("from a server that runs", migrated(t, dir, false, data, database), "in use by another process")
	p.stop(t)
	pg.Exec(t, "postgres", "CREATE ROLE keeper LOGIN PASSWORD 'hush-hush'")
	withPassword := strings.Replace(database, "gatehouse@", "keeper:hush-hush@", 1)
	says("without the right to make tables", migrated(t, dir, false, data, withPassword), "permission denied")
	says("from a database without a store", migrated(t, dir, false, database, back), "has no database")
	st, err := store.Open(t.Context(), store.Options{URL: database}) // makes the tables
	if err != nil {
		t.Fatal(err)
	}
	_ = st.Close()
	interrupted(t, pg, dir, data, database, "gatehouse_counter IN SHARE MODE") // which are the last to be written
	says("to an empty database", migrated(t, dir, true, data, database), "gatehouse serve --database URL --data-dir data\n")
	says("to one that is not", migrated(t, dir, false, data, database), "has a server's data already")

	serve := func(settings ...string) (*process, string) {
		t.Helper()
		p, client := launchServer(t, dir, settings...)
		if got := account(t, client, urlLine.FindStringSubmatch(p.printed())[2], key); got != want {
			t.Errorf("%v: got\n%s\nwant\n%s", settings, got, want)
		}
		return p, p.printed()
	}
	p, _ = serve("--database", database)
	says("from a database that a server uses", migrated(t, dir, false, database, back), "in use by another process")
	p.stop(t)
	says("to a directory that is not empty", migrated(t, dir, false, database, data), "has files already (gatehouse.db)")
	interrupted(t, pg, dir, database, back, "gatehouse_served IN ACCESS EXCLUSIVE MODE") // which are read behind the documents
	says("to an empty directory", migrated(t, dir, true, database, back), "gatehouse serve --data-dir "+filepath.Join(dir, "back")+"\n")
	p, _ = serve("--data-dir", filepath.Join(dir, "back"))
	today := aws.String(time.Now().UTC().Format(time.DateOnly))
	usage, err := newSDK(urlLine.FindStringSubmatch(p.printed())[2]).GetUsage(t.Context(), &apigateway.GetUsageInput{UsagePlanId: plan.Id, StartDate: aws.String(before), EndDate: today})
	if err != nil {
		t.Fatal(err)
	}
	calls := int64(0)
	for _, day := range usage.Items[*made.Id] {
		calls += day[0]
	}
	if calls != 3 {
		t.Errorf("the calls of three places are %d", calls)
	}
	p.stop(t)
}

// interrupted kills a migration that waits for a table of the database, and wants nothing
// to be at its target.
func interrupted(t *testing.T, pg *pgtest.Server, dir, from, to, lock string) {
	t.Helper()
	release := pg.Hold(t, "gatehouse", "LOCK TABLE "+lock)
	p, err := launch(dir, "migrate", from, to)
	if err != nil {
		t.Fatal(err)
	}
	pg.Await(t, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'gatehouse' AND wait_event_type = 'Lock')")
	p.kill()
	release()
	if place, ok := strings.CutPrefix(to, "sqlite://"); ok {
		if _, err := os.Stat(filepath.Join(place, "gatehouse.db")); err == nil {
			t.Error("a migration that was killed has made a database")
		}
		return
	}
	pg.Exec(t, "gatehouse", "DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM gatehouse_document); END $$")
}
