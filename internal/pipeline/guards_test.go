package pipeline

import (
	"strings"
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
		want   []ClosedMethod
	}{
		"nothing":       {},
		"open settings": {api: snapshot.Deployment{EndpointType: "EDGE", EndpointAccessMode: "BASIC"}, method: func(m *snapshot.Method) { m.AuthorizationType = "" }},
		"policy":        {api: snapshot.Deployment{Policy: "{}"}, want: []ClosedMethod{{Setting: "RestApi.policy"}}},
		"a policy on a key of nobody": {
			api:  snapshot.Deployment{Policy: `{"Statement": [` + statement("Allow", "*", "") + "," + statement("Deny", "*", `, "Condition": {"StringEquals": {"aws:PrincipalTag/team": "guests"}}`) + `]}`},
			want: []ClosedMethod{{Setting: "RestApi.policy"}},
		},
		"a new type":                        {method: func(m *snapshot.Method) { m.AuthorizationType = "TELEPATHY" }, want: []ClosedMethod{{Setting: "Method.authorizationType", Value: "TELEPATHY"}}},
		"no key, where authorizers have it": {api: snapshot.Deployment{APIKeySource: "AUTHORIZER"}},
		"all there is": {
			api:    snapshot.Deployment{Policy: "{}", APIKeySource: "AUTHORIZER"},
			method: func(m *snapshot.Method) { m.AuthorizationType, m.APIKeyRequired = "TELEPATHY", true },
			want:   []ClosedMethod{{Setting: "RestApi.policy"}, {Setting: "Method.authorizationType", Value: "TELEPATHY"}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.api.Resources = []snapshot.Resource{mock(tt.method)}
			r := newRigOf(t, &tt.api)
			for i := range tt.want {
				tt.want[i].Resource, tt.want[i].Method, tt.want[i].Why = "/x", "ANY", NotEnforced
				if tt.want[i].Setting == "RestApi.policy" {
					tt.want[i].Why = "cannot be used as it is written"
				}
			}
			if d := cmp.Diff(tt.want, r.stage.program.ClosedMethods()); d != "" {
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

// A method that cannot be served still validates what it is sent; the first
// fault of its definition is the one that the log tells of.
func TestRefusals(t *testing.T) {
	illegal := func(m *snapshot.Method) {
		m.Integration.Type, m.Integration.HTTPMethod, m.Integration.URI = "HTTP", "POST", "http://127.0.0.1:1"
		m.Integration.RequestParameters = map[string]string{"integration.request.header.Content-Length": "'1'", "integration.request.header.Transfer-Encoding": "'x'"}
	}
	tests := map[string]struct {
		edit    func(*snapshot.Method)
		request string
		want    string
		log     string
	}{
		"mapping that fails every call":     {illegal, "POST /x/1\n\n{\"name\": \"Rex\"}", internalError, `reason="Content-Length header already present"`},
		"and a body that is invalid":        {illegal, "POST /x/1\n\n{}", badRequestText("Invalid request body"), ""},
		"and no validator of the name":      {func(m *snapshot.Method) { illegal(m); m.RequestValidatorID = "gone" }, "POST /x/1\n\n{}", internalError, `reason="request validator gone is missing"`},
		"and a protection not enforced yet": {func(m *snapshot.Method) { illegal(m); m.AuthorizationType = "TELEPATHY" }, "POST /x/1\n\n{}", "403\nx-amzn-ErrorType: AccessDeniedException\nContent-Type: application/json\n\n" + `{"Message":"Forbidden"}`, "Method.authorizationType TELEPATHY"},
		"a type of integration not served":  {func(m *snapshot.Method) { m.Integration.Type = "TELEPATHY" }, "POST /x/1\n\n{\"name\": \"Rex\"}", internalError, "integration type TELEPATHY is not served"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRigOf(t, validated(func(_ *snapshot.Deployment, m *snapshot.Method) {
				m.RequestModels = models1("Pet")
				tt.edit(m)
			}))
			if log := reasons(t, r, tt.request, tt.want); !strings.Contains(log, tt.log) {
				t.Errorf("the log is %q, want %q in it", log, tt.log)
			}
		})
	}
}

// TestUnprotected compiles methods whose authorizers and keys are skipped: everybody is
// let in and every answer says so, that of a failing call included. What guards the API
// as a whole is not skipped.
func TestUnprotected(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		edit       func(*snapshot.Method)
		deployment snapshot.Deployment
		status     int
		skipped    string
	}{
		"nothing":     {edit: func(*snapshot.Method) {}, status: 200},
		"a signature": {edit: func(m *snapshot.Method) { m.AuthorizationType = "AWS_IAM" }, status: 200, skipped: "authorization"},
		"a key":       {edit: func(m *snapshot.Method) { m.APIKeyRequired = true }, status: 200, skipped: "api-key"},
		"a key of an authorizer": {
			edit:       func(m *snapshot.Method) { m.AuthorizationType, m.APIKeyRequired = "CUSTOM", true },
			deployment: snapshot.Deployment{APIKeySource: "AUTHORIZER"}, status: 200, skipped: "authorization, api-key",
		},
		"a call that fails": {
			edit:   func(m *snapshot.Method) { m.AuthorizationType, m.Integration.Responses = "CUSTOM", nil },
			status: 500, skipped: "authorization",
		},
		"a policy": {
			edit:       func(m *snapshot.Method) { m.AuthorizationType = "CUSTOM" },
			deployment: snapshot.Deployment{Policy: "{}"}, status: 403, skipped: "authorization",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := tt.deployment
			d.Resources = []snapshot.Resource{mock(tt.edit)}
			stage := Bind(&snapshot.Stage{APIID: "abc", Name: "prod"}, CompileUnprotected(&d), &Services{})
			resp := stage.Serve(parseRequest("GET /x"))
			defer resp.Release()
			if got := resp.Header.Get(UnprotectedHeader); resp.Status != tt.status || got != tt.skipped {
				t.Errorf("got %d, %q; want %d, %q", resp.Status, got, tt.status, tt.skipped)
			}
		})
	}
}
