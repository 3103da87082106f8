package pipeline

import (
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// overriding is a resource /x that posts to a backend's root, with mappings and
// a request template.
func overriding(uri, template string, params map[string]string) snapshot.Resource {
	return snapshot.Resource{ID: "r1", Path: "/x", Methods: []snapshot.Method{{
		HTTPMethod: "POST",
		Integration: snapshot.Integration{
			Type: "HTTP", HTTPMethod: "POST", URI: uri, TimeoutMillis: 29000, PassthroughBehavior: "WHEN_NO_MATCH",
			RequestTemplates: map[string]string{"application/json": template}, RequestParameters: params,
			Responses: []snapshot.IntegrationResponse{{StatusCode: "200"}},
		},
		Responses: map[string]snapshot.MethodResponse{"200": {}},
	}}}
}

// An override stands in place of what is mapped under the same name, whose
// expression is not evaluated.
func TestQueryOverrideReplacesMapping(t *testing.T) {
	params := map[string]string{
		"integration.request.querystring.q":    "method.request.querystring.q",
		"integration.request.querystring.Q":    "'kept'",
		"integration.request.querystring.body": "method.request.body.n",
	}
	tests := map[string]struct{ template, request, want string }{
		"none":              {"{}", "POST /x?q=client\n\n{\"n\":1}", "/?u=1&Q=kept&body=1&q=client"},
		"replaces":          {`#set($context.requestOverride.querystring.q = "o")`, "POST /x?q=client", "/?u=1&Q=kept&q=o"},
		"replaces nothing":  {`#set($context.requestOverride.querystring.q = "o")`, "POST /x", "/?u=1&Q=kept&q=o"},
		"new":               {`#set($context.requestOverride.querystring.n = "o")`, "POST /x?q=client", "/?u=1&Q=kept&q=client&n=o"},
		"of what cannot be": {`#set($context.requestOverride.querystring.body = "o")`, "POST /x\n\n{not json", "/?u=1&Q=kept&body=o"},
		"URI keeps its own": {`#set($context.requestOverride.querystring.u = "o")`, "POST /x", "/?u=1&Q=kept&u=o"},
	}
	backend := newBackend(t) + "/?u=1"
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, overriding(backend, tt.template, params))
			if got := decodeSeen(t, r.call(tt.request)).Target; got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// An override that templates set twice fails the call, as AWS documents.
func TestOverriddenTwice(t *testing.T) {
	const status = `#set($context.responseOverride.status = 201)`
	tests := map[string]struct {
		edit func(*snapshot.Method)
		want string
	}{
		"once":            {respond(status + "x"), "201\nContent-Type: application/json\n\nx"},
		"in the response": {respond(status + status), internalError},
		"in the request":  {ask(`{"statusCode": 200}` + status + status), internalError},
		"in both":         {func(m *snapshot.Method) { ask(`{"statusCode": 200}` + status)(m); respond(status)(m) }, internalError},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			newRig(t, mock(tt.edit)).want(t, "GET /x", tt.want)
		})
	}
	text := newRig(t, mock(respond(status+status))).trace(t, "GET /x").Text(trace.TextOptions{})
	for _, want := range []string{"Unable to transform response", "$context.responseOverride.status is overridden a second time"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}
