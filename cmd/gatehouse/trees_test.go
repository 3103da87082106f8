package main

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

// treesAPI is an API whose methods make much of a body.
const treesAPI = `{"openapi": "3.0.1", "info": {"title": "trees", "version": "1"},
 "x-amazon-apigateway-request-validators": {"body": {"validateRequestBody": true}},
 "components": {"schemas": {"Any": {"$schema": "http://json-schema.org/draft-04/schema#"}}},
 "paths": {
  "/path": {"post": {"x-amazon-apigateway-integration": {"type": "mock", "responses": {"default": {"statusCode": "200"}},
    "requestTemplates": {"application/json": "#set($x = $input.path(\"$\")){\"statusCode\": 200}"}}, "responses": {"200": {"description": "ok"}}}},
  "/json": {"post": {"x-amazon-apigateway-integration": {"type": "mock", "responses": {"default": {"statusCode": "200"}},
    "requestTemplates": {"application/json": "#set($x = $input.json(\"$\")){\"statusCode\": 200}"}}, "responses": {"200": {"description": "ok"}}}},
  "/model": {"post": {"x-amazon-apigateway-request-validator": "body",
    "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Any"}}}},
    "x-amazon-apigateway-integration": {"type": "mock", "responses": {"default": {"statusCode": "200"}},
    "requestTemplates": {"application/json": "{\"statusCode\": 200}"}}, "responses": {"200": {"description": "ok"}}}}}}`

// TestTreesOfBodies posts bodies of 10 MB, of which parsers make twenty times as
// much, under a budget of 64 MiB. The process takes no more than the collector
// makes of it, and serves others during and after.
func TestTreesOfBodies(t *testing.T) {
	t.Parallel()
	bound := int64(4*64) << 20 // the collector lets garbage grow to that, see tuneMemory
	if raceDetector {
		bound *= 4
	}
	p, _, url := launchWith(t, t.TempDir(), "in-memory: true\nmax-buffered-bytes: 67108864\n")
	deployAPI(t, url, "trees", treesAPI)
	before := resident(t, p)
	list := func(item string) []byte {
		return []byte("[" + strings.Repeat(item+",", 10_000_000/(len(item)+1)) + "0]")
	}
	bodies := [][]byte{list(`{}`), list(`{"a":1}`), list(`"\n"`), list("12345678901234567890123")}
	post := func(path string, body []byte) (int, error) {
		resp, err := http.Post(url+"/_aws/execute-api/trees/prod"+path, "application/json", bytes.NewReader(body))
		if err != nil {
			return 0, err
		}
		defer resp.Body.Close()
		return resp.StatusCode, nil
	}
	crowds := []int{24}
	if soak.Long() {
		crowds = []int{12, 64}
	}
	for _, clients := range crowds { // of whom three at a time have a body in memory
		for _, path := range []string{"/path", "/json", "/model"} {
			var all sync.WaitGroup
			for i := range clients {
				all.Go(func() {
					switch status, err := post(path, bodies[i%len(bodies)]); {
					case err != nil: // it was cut off, and the client went on to send
						t.Logf("%s: %v", path, err)
					case status == 408: // so it is where the client is slower than others, on a busy machine
					case status != 200 && status != 503:
						t.Errorf("%s: status %d", path, status)
					}
				})
			}
			all.Wait()
			grown := resident(t, p) - before
			t.Logf("%d clients of %s: %d MB more in use", clients, path, grown>>20)
			if grown > bound {
				t.Errorf("%d clients of %s: %d MB more in use", clients, path, grown>>20)
			}
			if status, err := post(path, []byte(`{"a": 1}`)); status != 200 {
				t.Errorf("a small body afterwards: %d, %v", status, err)
			}
		}
	}
}
