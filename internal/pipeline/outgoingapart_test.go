package pipeline

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/target"
)

// A call may ask a function on its way, after its integration's request was begun
// and before it is sent: neither request shows in the other.
func TestOutgoingApart(t *testing.T) {
	lambda := newCloud(t, func(w http.ResponseWriter, asked seen) {
		text := `{"statusCode": 200, "body": "served"}`
		if strings.Contains(asked.Target, "asked") {
			text = `{"allowed": true}`
		}
		_, _ = w.Write([]byte(text))
	})
	r := newAWSRig(t, lambda, function("/x"))
	alone := r.event(t, lambda, fixed("POST /x\n\nbody"))
	want := lambda.last(t)

	m := r.stage.program.methods[0]
	steps := m.steps
	at := len(steps) - 3 // before callService
	ask := func(c *call) error {
		s, err := c.stage.service(target.ParseURI(lambdaURI(testFunction+"-asked")), target.ParseURI(""), "authorizers/a1")
		if err != nil {
			return err
		}
		var o outgoing
		o.Method = "POST"
		c.addInvocationHeaders(&o, s)
		o.body = append(o.body[:0], `{"type": "TOKEN"}`...)
		o.Body = o.body
		if err := o.aim(target.New(s.service.Endpoint, s.service.Target)); err != nil {
			return err
		}
		o.Target, o.Deadline = string(o.target), c.deadline()
		resp, err := c.stage.services.AWS.Do(&o.Request, s.service, s.role)
		if err != nil {
			return err
		}
		defer resp.Release()
		if string(resp.Body) != `{"allowed": true}` {
			t.Errorf("the function that was asked answered %s", resp.Body)
		}
		return nil
	}
	m.steps = append(append(append([]step{}, steps[:at]...), ask), steps[at:]...)
	got := r.event(t, lambda, fixed("POST /x\n\nbody"))
	if sent := lambda.last(t); sent.Target != want.Target || len(sent.Header) != len(want.Header) {
		t.Errorf("the integration's request is %v, without the other it is %v", sent, want)
	}
	if len(lambda.asked) != 3 {
		t.Fatalf("%d requests", len(lambda.asked))
	}
	other := lambda.asked[1]
	if source := other.Header.Get("X-Amz-Source-Arn"); !strings.HasSuffix(source, ":abc/authorizers/a1") || other.Body != `{"type": "TOKEN"}` {
		t.Errorf("asked with %v", other)
	}
	if len(got) != len(alone) || !strings.Contains(got, `"body":"body"`) { // ids differ, and have one length
		t.Errorf("event %s, without the other %s", got, alone)
	}
}
