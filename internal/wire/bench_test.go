package wire

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
)

const methodResponseBody = `{"responseParameters":{"method.response.header.Content-Type":false,"method.response.header.X-Id":true},"responseModels":{"application/json":"Empty"}}`

// BenchmarkServe is one PutMethodResponse from its HTTP request to its answer,
// connection and operation left out.
func BenchmarkServe(b *testing.B) {
	s := newTestServer(b, testOptions(map[string]Handler{
		"PutMethodResponse": Op(func(_ context.Context, _ *Caller, in *PutMethodResponseRequest) (*MethodResponse, error) {
			return &MethodResponse{StatusCode: &in.StatusCode, ResponseParameters: in.ResponseParameters, ResponseModels: in.ResponseModels}, nil
		}),
	}))
	body := strings.NewReader(methodResponseBody)
	r := httptest.NewRequest("PUT", "/restapis/a1b2c3d4e5/resources/x1y2z3/methods/GET/responses/200", body)
	r.Body = io.NopCloser(body)
	w := &discard{header: make(http.Header)}
	b.ReportAllocs()
	for b.Loop() {
		body.Reset(methodResponseBody)
		clear(w.header)
		s.ServeHTTP(w, r)
		if w.status != 201 {
			b.Fatal(w.status)
		}
	}
}

// BenchmarkBind is what of that makes the operation's input.
func BenchmarkBind(b *testing.B) {
	rt := routeOf(b, "PutMethodResponse")
	req := &request{labels: []string{"a1b2c3d4e5", "x1y2z3", "GET", "200"}, body: []byte(methodResponseBody)}
	b.ReportAllocs()
	for b.Loop() {
		in := new(PutMethodResponseRequest)
		if err := rt.bind(reflect.ValueOf(in).Elem(), req); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBindPatch is a body with structures in a list.
func BenchmarkBindPatch(b *testing.B) {
	rt := routeOf(b, "UpdateStage")
	patch := `{"op":"replace","path":"/*/*/throttling/rateLimit","value":"100"}`
	req := &request{labels: []string{"a1b2c3d4e5", "prod"}, body: []byte(`{"patchOperations":[` + strings.Repeat(patch+",", 9) + patch + `]}`)}
	b.ReportAllocs()
	for b.Loop() {
		in := new(UpdateStageRequest)
		if err := rt.bind(reflect.ValueOf(in).Elem(), req); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEncode is a page of resources with their methods.
func BenchmarkEncode(b *testing.B) {
	method := Method{HTTPMethod: new("GET"), AuthorizationType: new("NONE"), APIKeyRequired: new(false),
		MethodIntegration: &Integration{Type: new("MOCK"), TimeoutInMillis: new(int32(29000)), CacheKeyParameters: []string{}}}
	out := &Resources{}
	for range 25 {
		out.Items = append(out.Items, Resource{ID: new("x1y2z3"), Path: new("/pets"), ResourceMethods: map[string]Method{"GET": method}})
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := encode(out); err != nil {
			b.Fatal(err)
		}
	}
}

// discard is a ResponseWriter that keeps the status alone.
type discard struct {
	header http.Header
	status int
}

func (w *discard) Header() http.Header         { return w.header }
func (w *discard) WriteHeader(status int)      { w.status = status }
func (w *discard) Write(b []byte) (int, error) { return len(b), nil }
