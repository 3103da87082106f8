package pipeline

import (
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// An API whose default endpoint is disabled answers 403 there, to everything.
func TestDisableExecuteAPIEndpoint(t *testing.T) {
	for _, request := range []string{"GET /x", "GET /nope"} {
		r := newRigOf(t, &snapshot.Deployment{DisableExecuteAPIEndpoint: true, Resources: []snapshot.Resource{mock(nil)}})
		resp := r.call(request)
		if got := resp.Header.Get("x-amzn-ErrorType"); resp.Status != 403 || got != "ForbiddenException" {
			t.Errorf("%s: got %d %s", request, resp.Status, got)
		}
		resp.Release()
	}
}
