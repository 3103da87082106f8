package pipeline

import (
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A step that makes the answer ends the call: no step behind it runs, and what
// every answer gets, this one does.
func TestStepThatAnswers(t *testing.T) {
	const hit = "from the cache"
	r := newRigOf(t, &snapshot.Deployment{APIID: "abc", MinimumCompressionSize: new(int32(1000)), Resources: []snapshot.Resource{mock(respond("from the integration"))}})
	m := r.stage.program.methods[0]
	body := hit
	answer := func(c *call) error {
		c.answer.Status, c.answer.Body = 203, []byte(body)
		c.answer.Header.Add("X-A", "b")
		return errAnswered
	}
	m.steps = append([]step{answer}, m.steps...)
	r.want(t, "GET /x", "203\nX-A: b\nContent-Type: application/json\n\n"+hit)
	log := r.trace(t, "GET /x").ExecutionLog()
	if !strings.Contains(log, "Method response body after transformations: "+hit) || !strings.Contains(log, "Method completed with status: 203") {
		t.Errorf("got\n%s", log)
	}
	body = strings.Repeat(hit, 100)
	resp := r.call("GET /x\nAccept-Encoding: gzip")
	defer resp.Release()
	if resp.Status != 203 || resp.Header.Get("Content-Encoding") != "gzip" || len(resp.Body) > 1000 {
		t.Errorf("got %s", show(resp))
	}
}
