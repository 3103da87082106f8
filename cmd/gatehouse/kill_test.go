package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/smithy-go"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
	"github.com/gatehouse-gw/gatehouse/internal/sdktest"
	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

// newSDK is the Go SDK against a running process.
func newSDK(url string) *apigateway.Client { return newSDKOf(url, "test", "test") }

func newSDKOf(url, key, secret string) *apigateway.Client {
	return apigateway.New(apigateway.Options{
		Region: "us-east-1", BaseEndpoint: &url, Retryer: aws.NopRetryer{}, HTTPClient: sdktest.NewClient(),
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
}

// launchServer starts a server on a data directory and returns a client.
func launchServer(t *testing.T, dir string, settings ...string) (*process, *apigateway.Client) {
	t.Helper()
	p, err := launch(dir, append([]string{"serve", "--listen", "127.0.0.1:0", "--data-dir", "data"}, settings...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if err := p.waitFor(`^Ready\.$`); err != nil {
		t.Fatal(err)
	}
	return p, newSDK(urlLine.FindStringSubmatch(p.printed())[2])
}

// acknowledged is what the server has answered for: path of a resource to
// the status codes of its GET method's responses.
type acknowledged struct {
	mu    sync.Mutex
	paths map[string][]string
}

func (a *acknowledged) add(path, status string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.paths[path] = append(a.paths[path], status)
}

// TestKill ends the server with SIGKILL in the middle of concurrent writes,
// again and again, and finds every acknowledged write and a whole tree.
func TestKill(t *testing.T) {
	t.Run("data directory", func(t *testing.T) { killed(t, soak.Times(8)) })
	t.Run("PostgreSQL", func(t *testing.T) { killed(t, soak.Times(2), "--database", pgtest.Database(t)) })
}

func killed(t *testing.T, rounds int, settings ...string) {
	const writers = 8
	dir := t.TempDir()
	acked := &acknowledged{paths: make(map[string][]string)}
	p, client := launchServer(t, dir, settings...)
	api, err := client.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("kill")})
	if err != nil {
		t.Fatal(err)
	}
	for round := range rounds {
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() { write(client, *api.Id, *api.RootResourceId, fmt.Sprintf("r%dw%d", round, w), acked) })
		}
		time.Sleep(time.Duration(50+rand.IntN(200)) * time.Millisecond)
		p.kill()
		wg.Wait()
		p, client = launchServer(t, dir, settings...)
		verify(t, client, *api.Id, acked)
	}
	t.Logf("%d resources acknowledged", len(acked.paths))
}

// write adds resources, methods and method responses until a call fails.
func write(client *apigateway.Client, api, root, prefix string, acked *acknowledged) {
	ctx := context.Background()
	for i := 0; ; i++ {
		part := fmt.Sprintf("%s-%d", prefix, i)
		r, err := client.CreateResource(ctx, &apigateway.CreateResourceInput{RestApiId: &api, ParentId: &root, PathPart: &part})
		if err != nil {
			return
		}
		acked.add("/"+part, "")
		_, err = client.PutMethod(ctx, &apigateway.PutMethodInput{RestApiId: &api, ResourceId: r.Id, HttpMethod: aws.String("GET"), AuthorizationType: aws.String("NONE")})
		if err != nil {
			return
		}
		for _, status := range []string{"200", "404"} {
			_, err := client.PutMethodResponse(ctx, &apigateway.PutMethodResponseInput{RestApiId: &api, ResourceId: r.Id, HttpMethod: aws.String("GET"), StatusCode: &status})
			if err != nil {
				return
			}
			acked.add("/"+part, status)
		}
	}
}

// verify reads the whole tree.
func verify(t *testing.T, client *apigateway.Client, api string, acked *acknowledged) {
	t.Helper()
	found := make(map[string]map[string]bool)
	ids := make(map[string]bool)
	parents := make(map[string]string)
	pages := apigateway.NewGetResourcesPaginator(client, &apigateway.GetResourcesInput{RestApiId: &api, Embed: []string{"methods"}, Limit: aws.Int32(500)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Items {
			ids[*r.Id] = true
			parents[*r.Id] = aws.ToString(r.ParentId)
			if found[*r.Path] != nil {
				t.Errorf("%s is there twice", *r.Path)
			}
			found[*r.Path] = map[string]bool{"": true}
			for status := range r.ResourceMethods["GET"].MethodResponses {
				found[*r.Path][status] = true
			}
		}
	}
	for id, parent := range parents {
		if parent != "" && !ids[parent] {
			t.Errorf("resource %s has no parent", id)
		}
	}
	for path, statuses := range acked.paths {
		for _, status := range statuses {
			if !found[path][status] {
				t.Errorf("%s %q was acknowledged and is gone", path, status)
			}
		}
	}
	// What may be taken is free: a place among siblings is not half taken.
	for path := range found {
		if path == "/" {
			continue
		}
		_, err := client.CreateResource(t.Context(), &apigateway.CreateResourceInput{RestApiId: &api, ParentId: aws.String(rootOf(parents)), PathPart: aws.String(path[1:])})
		var answer smithy.APIError
		if !errors.As(err, &answer) || answer.ErrorCode() != "ConflictException" {
			t.Errorf("%s can be created again: %v", path, err)
		}
		break
	}
}

func rootOf(parents map[string]string) string {
	for id, parent := range parents {
		if parent == "" {
			return id
		}
	}
	return ""
}
