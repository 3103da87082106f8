package control_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// What a page of a listing may be, whatever is listed: some megabytes of the
// documents of each kind, and the one that is too much.
const largestPage = 7 << 20

// A page of what is large ends before it is too large, and its position leads to
// the rest: limit is a maximum.
func TestPagesAreBounded(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	call := func(method, path, body string, out any) (size int) {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx(), method, srv.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := plainClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		data, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode >= 300 {
			t.Fatalf("%s %s: %d %v %.200s", method, path, answer.StatusCode, err, data)
		}
		if err := json.Unmarshal(data, out); err != nil {
			t.Fatal(err)
		}
		return len(data)
	}
	var api struct{ ID string }
	const n = 70
	call("POST", "/restapis?mode=import", largeDefinition(0, n), &api)
	call("PUT", "/restapis/"+api.ID+"?mode=merge", largeDefinition(n, 2*n), &api)
	templates := map[string]any{"responseTemplates": map[string]string{}}
	for i := range 16 {
		templates["responseTemplates"].(map[string]string)[fmt.Sprintf("a/%d", i)] = strings.Repeat("x", 60_000)
	}
	body, _ := json.Marshal(templates)
	call("PUT", "/restapis/"+api.ID+"/gatewayresponses/DEFAULT_4XX", string(body), &struct{}{})

	for path, want := range map[string]int{"resources?embed=methods": 2*n + 1, "models?": 2 * n, "gatewayresponses?": 21} {
		t.Run(path, func(t *testing.T) {
			seen, pages := map[string]bool{}, 0
			for position := "start"; position != ""; pages++ {
				page := struct {
					Position string
					Items    []struct {
						ID, ResponseType string
						ResourceMethods  map[string]struct {
							MethodIntegration struct{ RequestTemplates map[string]string }
						}
					} `json:"item"`
				}{}
				at := "/restapis/" + api.ID + "/" + path + "&limit=500"
				if position != "start" {
					at += "&position=" + url.QueryEscape(position)
				}
				if size := call("GET", at, "", &page); size > largestPage {
					t.Errorf("page %d has %d bytes", pages, size)
				}
				for _, item := range page.Items {
					name := item.ID + item.ResponseType
					if seen[name] {
						t.Errorf("%s is listed twice", name)
					}
					seen[name] = true
					for verb, m := range item.ResourceMethods {
						if len(m.MethodIntegration.RequestTemplates["application/json"]) != 60_000 {
							t.Errorf("%s %s has lost its template", name, verb)
						}
					}
				}
				position = page.Position
			}
			if len(seen) != want || pages < 2 || pages > 20 {
				t.Errorf("%d items on %d pages, want %d items on a few", len(seen), pages, want)
			}
		})
	}
}

// largeDefinition has resources and models of 60 KB from one number to another.
func largeDefinition(from, to int) string {
	var paths, schemas []string
	for i := from; i < to; i++ {
		paths = append(paths, fmt.Sprintf(`"/r%d":{"get":{"responses":{"200":{"description":"x"}},"x-amazon-apigateway-integration":{"type":"mock","requestTemplates":{"application/json":"%s"}}}}`,
			i, strings.Repeat("x", 60_000)))
		if i%2 == 0 {
			schemas = append(schemas, fmt.Sprintf(`"m%d":{"type":"object","description":"%s"}`, i, strings.Repeat("x", 50_000)))
		} else {
			schemas = append(schemas, fmt.Sprintf(`"m%d":{"type":"object"}`, i))
		}
	}
	return `{"openapi":"3.0.1","info":{"title":"large","version":"1"},"paths":{` + strings.Join(paths, ",") + `},"components":{"schemas":{` + strings.Join(schemas, ",") + `}}}`
}
