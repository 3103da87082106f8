package pipeline

import (
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// TestServed has every request told: one that is answered, one that fails, and one
// that the front door refuses.
func TestServed(t *testing.T) {
	t.Parallel()
	var told []trace.Served
	services := &Services{Served: func(s *trace.Served) { told = append(told, *s) }}
	settings := &snapshot.Stage{APIID: "abc", Name: "prod"}
	stage := Bind(settings, Compile(&snapshot.Deployment{Resources: []snapshot.Resource{mock(nil)}}), services)
	for _, target := range []string{"/x?secret=1", "/nowhere"} {
		resp := stage.Serve(parseRequest("GET " + target))
		resp.Done(&httpmsg.Done{Status: resp.Status})
		resp.Release()
	}
	services.Settings(settings).Refused(parseRequest("GET /long"), &httpmsg.Done{Status: 413, ErrorMessage: "Request Too Long"})

	want := []struct {
		path, resource string
		status         int
		failed         string
	}{
		{"/x", "/x", 200, ""},
		{"/nowhere", "", 403, "Missing Authentication Token"},
		{"/long", "", 413, "Request Too Long"},
	}
	if len(told) != len(want) {
		t.Fatalf("got %d, want %d", len(told), len(want))
	}
	for i, w := range want {
		got, failed := told[i], ""
		if got.Failure != nil {
			failed = got.Failure.Message
		}
		if got.Method != "GET" || got.Path != w.path || got.Done.Resource != w.resource || got.Done.Status != w.status || failed != w.failed {
			t.Errorf("got %s %s, route %q, status %d, failure %q; want %+v", got.Method, got.Path, got.Done.Resource, got.Done.Status, failed, w)
		}
	}
}
