package pipeline

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A protection that is not enforced closes its methods, and Closures says which
// it is.
func TestGuards(t *testing.T) {
	tests := map[string]struct {
		api    snapshot.Deployment
		method func(*snapshot.Method)
		want   []Closure
	}{
		"nothing":       {},
		"open settings": {api: snapshot.Deployment{EndpointType: "EDGE", EndpointAccessMode: "BASIC"}, method: func(m *snapshot.Method) { m.AuthorizationType = "" }},
		"private":       {api: snapshot.Deployment{EndpointType: "PRIVATE"}, want: []Closure{{Setting: "RestApi.endpointConfiguration.types", Value: "PRIVATE"}}},
		"strict":        {api: snapshot.Deployment{EndpointAccessMode: "STRICT"}, want: []Closure{{Setting: "RestApi.endpointAccessMode", Value: "STRICT"}}},
		"policy":        {api: snapshot.Deployment{Policy: "{}"}, want: []Closure{{Setting: "RestApi.policy"}}},
		"IAM":           {method: func(m *snapshot.Method) { m.AuthorizationType = "AWS_IAM" }, want: []Closure{{Setting: "Method.authorizationType", Value: "AWS_IAM"}}},
		"a new type":    {method: func(m *snapshot.Method) { m.AuthorizationType = "TELEPATHY" }, want: []Closure{{Setting: "Method.authorizationType", Value: "TELEPATHY"}}},
		"key":           {method: func(m *snapshot.Method) { m.APIKeyRequired = true }, want: []Closure{{Setting: "Method.apiKeyRequired", Value: "true"}}},
		"all there is": {
			api:    snapshot.Deployment{Policy: "{}"},
			method: func(m *snapshot.Method) { m.AuthorizationType, m.APIKeyRequired = "AWS_IAM", true },
			want:   []Closure{{Setting: "RestApi.policy"}, {Setting: "Method.authorizationType", Value: "AWS_IAM"}, {Setting: "Method.apiKeyRequired", Value: "true"}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.api.Resources = []snapshot.Resource{mock(tt.method)}
			r := newRigOf(t, &tt.api)
			for i := range tt.want {
				tt.want[i].Resource, tt.want[i].Method = "/x", "ANY"
			}
			if d := cmp.Diff(tt.want, r.stage.program.Closures()); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			resp := r.call("GET /x")
			defer resp.Release()
			want, body := 200, ""
			if tt.want != nil {
				want, body = 403, `{"Message":"Forbidden"}`
			}
			if resp.Status != want || string(resp.Body) != body {
				t.Errorf("got %d %s, want %d %s", resp.Status, resp.Body, want, body)
			}
		})
	}
}
