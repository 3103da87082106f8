package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/google/go-cmp/cmp"
)

// A backup taken under load restores to a consistent server that serves the same
// stages: what was there before the load is listed and answers as it did, and
// of what was made meanwhile, each stage that is listed answers.
func TestBackupUnderLoad(t *testing.T) {
	dir := t.TempDir()
	p, client := launchServer(t, dir)
	before := make(map[string]string) // API id to the answer of its stage
	for i := range 3 {
		id := deployMock(t, client, fmt.Sprint("before ", i))
		before[id] = answerOf(t, p, id)
	}
	ctx, stop := context.WithCancel(t.Context())
	var made atomic.Int64
	underWay := make(chan struct{})
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for ctx.Err() == nil {
				if _, err := tryDeployMock(ctx, client, fmt.Sprint("load ", w)); err == nil {
					if made.Add(1) == 8 {
						close(underWay)
					}
				} else if ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	file := filepath.Join(dir, "copy")
	select {
	case <-underWay:
	case <-time.After(patience):
		t.Error("the load does not get under way")
	}
	gatehouse(t, dir, "backup", "--data-dir", "data", file)
	stop()
	writers.Wait()
	p.kill()

	gatehouse(t, dir, "restore", "--data-dir", "restored/data", file)
	p, client = launchServer(t, filepath.Join(dir, "restored"))
	after := make(map[string]string)
	loaded := 0
	apis := apigateway.NewGetRestApisPaginator(client, &apigateway.GetRestApisInput{Limit: aws.Int32(500)})
	for apis.HasMorePages() {
		page, err := apis.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, api := range page.Items {
			stages, err := client.GetStages(t.Context(), &apigateway.GetStagesInput{RestApiId: api.Id})
			if err != nil {
				t.Fatal(err)
			}
			if len(stages.Item) == 0 {
				continue // the backup came before its deployment
			}
			answer := answerOf(t, p, *api.Id)
			if want := "200 " + *api.Name; answer != want {
				t.Errorf("%s: got %q, want %q", *api.Id, answer, want)
			}
			if before[*api.Id] != "" {
				after[*api.Id] = answer
			} else {
				loaded++
			}
		}
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("(-before +after)\n%s", diff)
	}
	if loaded == 0 {
		t.Error("nothing of the load is in the backup")
	}
	deployMock(t, client, "new") // it takes writes
	t.Logf("%d APIs made under load, %d deployed ones in the backup", made.Load(), loaded)
}

// gatehouse runs a command of the program to its end.
func gatehouse(t *testing.T, dir string, args ...string) {
	t.Helper()
	p, err := launch(dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	<-p.done
	if err := p.cmd.Wait(); err != nil {
		t.Fatalf("gatehouse %v: %v\n%s", args, err, p.printed())
	}
}

// deployMock makes an API of one method that answers with the API's name, with
// the stage prod.
func deployMock(t *testing.T, client *apigateway.Client, name string) (id string) {
	t.Helper()
	id, err := tryDeployMock(t.Context(), client, name)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func tryDeployMock(ctx context.Context, client *apigateway.Client, name string) (id string, err error) {
	api, err := client.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: &name})
	if err != nil {
		return "", err
	}
	get, ok, prod := aws.String("GET"), aws.String("200"), aws.String("prod")
	_, err1 := client.PutMethod(ctx, &apigateway.PutMethodInput{RestApiId: api.Id, ResourceId: api.RootResourceId, HttpMethod: get, AuthorizationType: aws.String("NONE")})
	_, err2 := client.PutMethodResponse(ctx, &apigateway.PutMethodResponseInput{RestApiId: api.Id, ResourceId: api.RootResourceId, HttpMethod: get, StatusCode: ok})
	_, err3 := client.PutIntegration(ctx, &apigateway.PutIntegrationInput{
		RestApiId: api.Id, ResourceId: api.RootResourceId, HttpMethod: get, Type: "MOCK",
		RequestTemplates: map[string]string{"application/json": `{"statusCode": 200}`},
	})
	_, err4 := client.PutIntegrationResponse(ctx, &apigateway.PutIntegrationResponseInput{
		RestApiId: api.Id, ResourceId: api.RootResourceId, HttpMethod: get, StatusCode: ok,
		ResponseTemplates: map[string]string{"application/json": name},
	})
	_, err5 := client.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: api.Id, StageName: prod})
	return *api.Id, errors.Join(err1, err2, err3, err4, err5)
}

// answerOf is what the stage prod of an API answers.
func answerOf(t *testing.T, p *process, api string) string {
	t.Helper()
	resp, err := http.Get(urlLine.FindStringSubmatch(p.printed())[2] + "/_aws/execute-api/" + api + "/prod/")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(resp.StatusCode, " ", string(body))
}
