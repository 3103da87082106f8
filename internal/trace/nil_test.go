package trace

import (
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/vtl"
)

// A call that nobody traces costs no memory by what its steps record.
func TestNilTrace(t *testing.T) {
	var none *Trace
	scope, body := new(mapping.Scope), []byte("body")
	scope.RawQuery, scope.RequestBody = "a=1", body
	resp := &httpmsg.Response{Status: 200, Body: body, Header: httpmsg.Header{{Name: "A", Value: "b"}}}
	values := []string{"a", "b"}
	record := func() {
		none.Route("/x", "GET", "MOCK")
		none.Request("/x", resp.Header, scope)
		none.Converted("request", "gzip", "decoded", body, nil)
		none.Valid("body")
		none.Decided("resource policy", nil, nil)
		none.Token("an ID token")
		none.Cache("a hit")
		none.Access(AccessEvent{})
		none.Rendered("f", "application/json", body)
		none.Mapped("Parameters.x", nil, values...)
		none.Mapped("Parameters.x", nil, values[0])
		none.OverriddenRequest(&scope.Overrides)
		none.OverriddenResponse(&scope.Overrides)
		none.EndpointRequest(time.Time{}, "GET", "/", resp.Header, body)
		none.EndpointResponse(resp, 0, false)
		none.Selected(200, nil, "200")
		none.Response(resp.Header, body)
		none.GatewayResponse("DEFAULT_5XX", false, resp)
		_ = none.TemplateStep(vtl.Event{})
		none.Complete(200)
	}
	if n := testing.AllocsPerRun(10, record); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if none.Failed(nil); none.AnswerHeader() != nil {
		t.Error("a nil trace has a header")
	}
}
