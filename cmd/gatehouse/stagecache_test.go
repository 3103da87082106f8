package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// A cachedStage is an API with a stage called prod, whose backend counts its calls.
type cachedStage struct {
	*apigateway.Client
	url     string
	calls   atomic.Int64
	backend string // its URL
	pet     string // the resource's id
}

// newCachedStage makes such an API by the SDK: its stage has a cache from the call that
// made it, and caches the GET of /pets/{id} by id and by the query parameter q.
func newCachedStage(t *testing.T, args ...string) *cachedStage {
	t.Helper()
	_, c, url := launchWith(t, t.TempDir(), "", append([]string{"--in-memory"}, args...)...)
	return cachedStageOf(t, c, url)
}

// cachedStageOf makes it at a server whose stages are at a URL.
func cachedStageOf(t *testing.T, c *apigateway.Client, url string) *cachedStage {
	t.Helper()
	s := &cachedStage{Client: c, url: url + "/_aws/execute-api/cached/prod"}
	backend := httptest.NewServer(http.HandlerFunc(s.answer))
	t.Cleanup(backend.Close)
	s.backend = backend.URL
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	api, err := c.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("a"), Tags: map[string]string{"_custom_id_": "cached"}})
	must(err)
	pets, err := c.CreateResource(t.Context(), &apigateway.CreateResourceInput{RestApiId: api.Id, ParentId: api.RootResourceId, PathPart: aws.String("pets")})
	must(err)
	pet, err := c.CreateResource(t.Context(), &apigateway.CreateResourceInput{RestApiId: api.Id, ParentId: pets.Id, PathPart: aws.String("{id}")})
	must(err)
	s.pet = *pet.Id
	_, err = c.PutMethod(t.Context(), &apigateway.PutMethodInput{RestApiId: api.Id, ResourceId: pet.Id, HttpMethod: aws.String("GET"), AuthorizationType: aws.String("NONE"),
		RequestParameters: map[string]bool{"method.request.path.id": true, "method.request.querystring.q": false}})
	must(err)
	in := &apigateway.PutIntegrationInput{
		RestApiId: api.Id, ResourceId: pet.Id, HttpMethod: aws.String("GET"), Type: types.IntegrationTypeHttpProxy, IntegrationHttpMethod: aws.String("GET"),
		Uri: aws.String(backend.URL + "/{id}"), RequestParameters: map[string]string{"integration.request.path.id": "method.request.path.id"},
		CacheKeyParameters: []string{"method.input.params.id"},
	}
	if _, err := c.PutIntegration(t.Context(), in); err == nil || !strings.Contains(err.Error(), "Invalid cache key parameter specified") {
		t.Errorf("a cache key that is no parameter: %v", err)
	}
	in.CacheKeyParameters = []string{"method.request.path.id", "method.request.querystring.q"}
	_, err = c.PutIntegration(t.Context(), in)
	must(err)
	_, err = c.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{
		RestApiId: api.Id, StageName: aws.String("prod"), CacheClusterEnabled: aws.Bool(true), CacheClusterSize: types.CacheClusterSizeSize0Point5Gb,
	})
	must(err)
	s.patch(t, "/*/*/caching/enabled", "true")
	return s
}

// answer answers as a file server does, with parts and under conditions. What it is asked
// for as pet zip it compresses for those that take it.
func (s *cachedStage) answer(w http.ResponseWriter, r *http.Request) {
	text := fmt.Sprintf("call %d %s", s.calls.Add(1), r.URL.Path)
	w.Header().Set("ETag", `"tag"`)
	if r.URL.Path == "/zip" && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(w)
		_, _ = io.WriteString(packed, text)
		_ = packed.Close()
		return
	}
	http.ServeContent(w, r, "pet.txt", time.Unix(1_700_000_000, 0), strings.NewReader(text))
}

func (s *cachedStage) patch(t *testing.T, path, value string) *apigateway.UpdateStageOutput {
	t.Helper()
	out, err := s.UpdateStage(t.Context(), &apigateway.UpdateStageInput{RestApiId: aws.String("cached"), StageName: aws.String("prod"), PatchOperations: stagePatch(path, value)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (s *cachedStage) flush(t *testing.T) {
	t.Helper()
	if _, err := s.FlushStageCache(t.Context(), &apigateway.FlushStageCacheInput{RestApiId: aws.String("cached"), StageName: aws.String("prod")}); err != nil {
		t.Fatal(err)
	}
}

// expect sends a request and wants the answer to a call of the backend.
func (s *cachedStage) expect(t *testing.T, what, path string, call int, headers ...string) reply {
	t.Helper()
	got := exchange(t, "GET", s.url+path, nil, headers...)
	id, _, _ := strings.Cut(strings.TrimPrefix(path, "/pets/"), "?")
	if want := fmt.Sprintf("call %d /%s", call, id); got.status != 200 || got.body != want {
		t.Errorf("%s: got %v, want %q", what, got, want)
	}
	return got
}

// TestStageCache takes a cache through its life: hits, keys, a flush, Cache-Control,
// another size, an end.
func TestStageCache(t *testing.T) {
	s := newCachedStage(t)
	s.expect(t, "the first", "/pets/1", 1)
	s.expect(t, "again", "/pets/1", 1)
	s.expect(t, "another pet", "/pets/2", 2)
	s.expect(t, "a parameter of the key", "/pets/1?q=a", 3)
	s.expect(t, "one outside it", "/pets/1?other=a", 1)
	s.flush(t)
	s.expect(t, "flushed", "/pets/1", 4)
	s.expect(t, "flushed, again", "/pets/1", 4)

	warned := func(r reply) bool {
		return r.header.Get("Warning") == "199 Cache-control headers were ignored because the caller was unauthorized."
	}
	if !warned(s.expect(t, "a caller that may not", "/pets/1", 4, "Cache-Control: max-age=0")) {
		t.Error("the caller is not warned")
	}
	s.patch(t, "/*/*/caching/unauthorizedCacheControlHeaderStrategy", "SUCCEED_WITHOUT_RESPONSE_HEADER")
	if warned(s.expect(t, "a caller that may not", "/pets/1", 4, "Cache-Control: max-age=0")) {
		t.Error("the caller is warned")
	}
	s.patch(t, "/*/*/caching/unauthorizedCacheControlHeaderStrategy", "FAIL_WITH_403")
	if got := exchange(t, "GET", s.url+"/pets/1", nil, "Cache-Control: max-age=0"); got.status != 403 {
		t.Errorf("got %v, want 403", got)
	}
	s.patch(t, "/*/*/caching/requireAuthorizationForCacheControl", "false")
	s.expect(t, "everybody may", "/pets/1", 5, "Cache-Control: max-age=0")
	s.expect(t, "and has renewed it for all", "/pets/1", 5)

	s.patch(t, "/description", "another setting")
	s.expect(t, "another setting", "/pets/1", 5)
	s.patch(t, "/cacheClusterSize", "1.6")
	s.expect(t, "another size", "/pets/1", 6)
	if out := s.patch(t, "/cacheClusterEnabled", "false"); aws.ToString((*string)(&out.CacheClusterStatus)) != "DELETE_IN_PROGRESS" {
		t.Errorf("the cache is %s", out.CacheClusterStatus)
	}
	s.expect(t, "without a cache", "/pets/1", 7)
	s.expect(t, "without a cache, again", "/pets/1", 8)
}

// TestStageCacheTTL sees an answer go when its time is over.
func TestStageCacheTTL(t *testing.T) {
	s := newCachedStage(t)
	s.patch(t, "/*/*/caching/ttlInSeconds", "1")
	s.expect(t, "the first", "/pets/1", 1)
	for end := time.Now().Add(time.Minute); s.calls.Load() == 1; {
		if time.Now().After(end) {
			t.Fatal("an answer of a second is there after a minute")
		}
		exchange(t, "GET", s.url+"/pets/1", nil)
		time.Sleep(50 * time.Millisecond)
	}
}

// TestCanaryCache has a canary that shares its stage's cache while it is on the same
// deployment, and has entries of its own on another.
func TestCanaryCache(t *testing.T) {
	s := newCachedStage(t)
	s.expect(t, "the stage", "/pets/1", 1)
	s.patch(t, "/canarySettings/percentTraffic", "100")
	s.expect(t, "a canary without the cache", "/pets/1", 2)
	s.expect(t, "a canary without the cache, again", "/pets/1", 3)
	s.patch(t, "/canarySettings/useStageCache", "true")
	s.expect(t, "a canary on the same deployment", "/pets/1", 1)
	if _, err := s.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{
		RestApiId: aws.String("cached"), StageName: aws.String("prod"), CanarySettings: &types.DeploymentCanarySettings{PercentTraffic: 100, UseStageCache: true},
	}); err != nil {
		t.Fatal(err)
	}
	s.expect(t, "a canary on another deployment", "/pets/1", 4)
	s.expect(t, "the same, again", "/pets/1", 4)
	s.patch(t, "/canarySettings/percentTraffic", "0")
	s.expect(t, "the stage", "/pets/1", 1)
}

// TestThrottledPostIsNotCached limits the rate of a POST while the stage caches all that
// it may. That gives the method settings of its own, which say that it is cached, and
// yet each POST reaches the backend until caching is set for the method itself.
func TestThrottledPostIsNotCached(t *testing.T) {
	s := newCachedStage(t)
	api, post := aws.String("cached"), aws.String("POST")
	if _, err := s.PutMethod(t.Context(), &apigateway.PutMethodInput{RestApiId: api, ResourceId: &s.pet, HttpMethod: post, AuthorizationType: aws.String("NONE"),
		RequestParameters: map[string]bool{"method.request.path.id": true}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutIntegration(t.Context(), &apigateway.PutIntegrationInput{RestApiId: api, ResourceId: &s.pet, HttpMethod: post,
		Type: types.IntegrationTypeHttpProxy, IntegrationHttpMethod: post, Uri: aws.String(s.backend + "/{id}"),
		RequestParameters: map[string]string{"integration.request.path.id": "method.request.path.id"}, CacheKeyParameters: []string{"method.request.path.id"},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: api, StageName: aws.String("prod")}); err != nil {
		t.Fatal(err)
	}
	expect := func(what, body string) {
		t.Helper()
		if got := exchange(t, "POST", s.url+"/pets/1", []byte("{}")); got.status != 200 || got.body != body {
			t.Errorf("%s: got %v, want %q", what, got, body)
		}
	}
	out := s.patch(t, "/~1pets~1{id}/POST/throttling/rateLimit", "100")
	if own := out.MethodSettings["~1pets~1{id}/POST"]; !own.CachingEnabled {
		t.Errorf("the method's settings are not those of all methods: %+v", out.MethodSettings)
	}
	expect("throttled", "call 1 /1")
	expect("throttled, again", "call 2 /1")
	s.patch(t, "/~1pets~1{id}/POST/caching/enabled", "true")
	expect("cached", "call 3 /1")
	expect("cached, again", "call 3 /1")
}

// TestPartsAreNotCached has clients ask for parts of an answer, and for answers under
// conditions. What the backend sends them is given to nobody else; once the whole answer
// is kept, they are given it.
func TestPartsAreNotCached(t *testing.T) {
	for name, tt := range map[string]struct {
		header string
		status int // of the backend's answer to that
	}{
		"a part":                     {"Range: bytes=0-3", 206},
		"a part that is not there":   {"Range: bytes=900-", 416},
		"a part, if it is as it was": {`If-Range: "other"`, 200},
		"another version":            {`If-None-Match: "tag"`, 304},
		"a later version":            {"If-Modified-Since: Wed, 15 Nov 2023 00:00:00 GMT", 304},
		"a certain version":          {`If-Match: "other"`, 412},
		"an earlier version":         {"If-Unmodified-Since: Wed, 15 Nov 2000 00:00:00 GMT", 412},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newCachedStage(t)
			for range 2 {
				if got := exchange(t, "GET", s.url+"/pets/1", nil, tt.header); got.status != tt.status {
					t.Errorf("got %v, want %d", got, tt.status)
				}
			}
			s.expect(t, "another client", "/pets/1", 3)
			s.expect(t, "another client, again", "/pets/1", 3)
			s.expect(t, "with the whole answer in the cache", "/pets/1", 3, tt.header)
		})
	}
}

// TestCodingsOfCachedAnswers has a backend that compresses for those that take it. Who
// does not is given nothing compressed, and what all can read takes its place.
func TestCodingsOfCachedAnswers(t *testing.T) {
	s := newCachedStage(t)
	packed := func(r reply) bool { return r.header.Get("Content-Encoding") == "gzip" }
	const takes = "Accept-Encoding: br;q=0.5, gzip"
	first := exchange(t, "GET", s.url+"/pets/zip", nil, takes)
	again := exchange(t, "GET", s.url+"/pets/zip", nil, takes)
	if !packed(first) || !packed(again) || first.body != again.body || s.calls.Load() != 1 {
		t.Errorf("got %v and %v after %d calls", first, again, s.calls.Load())
	}
	s.expect(t, "a client that reads no gzip", "/pets/zip", 2)
	s.expect(t, "the same, again", "/pets/zip", 2)
	s.expect(t, "one that reads gzip", "/pets/zip", 2, takes)
	if refuses := s.expect(t, "one that refuses it", "/pets/zip", 2, "Accept-Encoding: gzip;q=0, *"); packed(refuses) {
		t.Errorf("got %v", refuses)
	}
}
