package main

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
)

// Two servers share a PostgreSQL: what one has answered for the other knows, and serves.
// While the database is away calls are answered 503, and go on when it is back.
func TestDatabase(t *testing.T) {
	pg := pgtest.New(t, pgtest.Options{Durable: true, HBA: []string{"host all keeper 127.0.0.1/32 scram-sha-256"}})
	pg.Exec(t, "postgres", "CREATE ROLE keeper SUPERUSER LOGIN PASSWORD 'hush-hush'")
	t.Setenv("GATEHOUSE_DATABASE", "postgres://keeper:hush-hush@"+pg.Addr()+"/postgres?sslmode=disable")
	dir := t.TempDir()
	start := func(data string) (*process, *apigateway.Client, string) {
		p, err := launch(dir, "serve", "--listen", "127.0.0.1:0", "--data-dir", data)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.kill)
		if err := p.waitFor(`^Ready\.$`); err != nil {
			t.Fatal(err)
		}
		url := urlLine.FindStringSubmatch(p.printed())[2]
		return p, newSDK(url), url
	}
	one, first, firstURL := start("one")
	_, second, secondURL := start("two")
	api, err := first.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("shared")})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := second.GetRestApi(t.Context(), &apigateway.GetRestApiInput{RestApiId: api.Id}); err != nil || aws.ToString(got.Name) != "shared" {
		t.Errorf("the other server: got %v, %v", got, err)
	}
	definition := `{"openapi": "3.0.1", "info": {"title": "shared"}, "paths": {"/hello": {"get": {"x-amazon-apigateway-integration":
		{"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}, "responses": {"default": {"statusCode": "200"}}}, "responses": {"200": {}}}}}}`
	if _, err := first.PutRestApi(t.Context(), &apigateway.PutRestApiInput{RestApiId: api.Id, Mode: "overwrite", Body: []byte(definition)}); err != nil {
		t.Fatal(err)
	}
	if _, err := first.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: api.Id, StageName: aws.String("prod")}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		answer, err := http.Get(secondURL + "/_aws/execute-api/" + *api.Id + "/prod/hello")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("the other server answers for the stage: %s", answer.Status)
		}
		return nil
	})

	pg.Kill(t)
	_, err = first.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("away")})
	if answer, ok := errors.AsType[*smithyhttp.ResponseError](err); !ok || answer.HTTPStatusCode() != http.StatusServiceUnavailable || answer.Response.Header.Get("Retry-After") == "" {
		t.Errorf("without the database: got %v", err)
	}
	if _, err = first.GetRestApi(t.Context(), &apigateway.GetRestApiInput{RestApiId: api.Id}); err == nil {
		t.Error("a read without the database: got no error")
	}
	pg.Restart(t)
	eventually(t, func() error {
		_, err := first.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("back")})
		return err
	})
	all, err := second.GetRestApis(t.Context(), &apigateway.GetRestApisInput{})
	if err != nil || len(all.Items) != 2 {
		t.Errorf("after it was away: got %v, %v", all, err)
	}
	if got := exchange(t, "POST", secondURL+"/_gatehouse/reset", nil); got.status != http.StatusOK {
		t.Error(got)
	}
	all, err = first.GetRestApis(t.Context(), &apigateway.GetRestApisInput{})
	if err != nil || len(all.Items) != 0 {
		t.Errorf("after a reset at the other server: got %v, %v", all, err)
	}
	eventually(t, func() error {
		if got := exchange(t, "GET", firstURL+"/_aws/execute-api/"+*api.Id+"/prod/hello", nil); got.status != http.StatusNotFound {
			return fmt.Errorf("after a reset at the other server: %v", got)
		}
		return nil
	})
	for _, command := range []string{"backup", "restore"} {
		p, err := launch(dir, command, "--data-dir", "one", "file")
		if err != nil {
			t.Fatal(err)
		}
		<-p.done
		if err := p.cmd.Wait(); err == nil || !strings.Contains(p.printed(), "pg_dump") || strings.Contains(p.printed(), "hush") {
			t.Errorf("%s: got %v, %s", command, err, p.printed())
		}
	}
	if text := one.printed(); strings.Contains(text, "hush") {
		t.Errorf("the log has the password: %s", text)
	}
}

// What is wrong with the setting is said without its password.
func TestDatabaseErrors(t *testing.T) {
	for url, want := range map[string]string{
		"mysql://u:hush-hush@h/d":                                             "want postgres://USER@HOST/DATABASE",
		"postgres://u:hush-hush@h:x/d":                                        "not a URL of PostgreSQL",
		"postgres://u:hush%hush@h/d":                                          "not a URL of PostgreSQL",
		"postgres://u:hush-hush@h/d?target_session_attrs=any":                 "target_session_attrs: want read-write or primary",
		"postgres://u:hush-hush@h/d?sslmode=perhaps":                          "sslmode is invalid",
		"postgres://u:hush-hush@h/d?sslrootcert=/nowhere&sslmode=verify-full": "/nowhere",
	} {
		c := defaults()
		c.Database = url
		err := c.check(inServe)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "database: ") || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: got %v, want %s", url, err, want)
		}
	}
	c := defaults()
	c.Database, c.InMemory = "postgres://u@h/d", true
	c.given = map[string]source{"database": {name: "--database"}}
	if err := c.check(inServe); err == nil || err.Error() != "--database: has no effect with in-memory" {
		t.Errorf("with --in-memory: got %v", err)
	}
}
