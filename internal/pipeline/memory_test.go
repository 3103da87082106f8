//go:build !race

package pipeline

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// greedyMethods make much of a body of 10 MB.
func greedyMethods() map[string]*snapshot.Deployment {
	template := func(text string) *snapshot.Deployment {
		return budgeted(mock(func(m *snapshot.Method) {
			m.Integration.RequestTemplates = map[string]string{"application/json": text + `{"statusCode": 200}`}
		}))
	}
	response := func(text string) *snapshot.Deployment {
		return budgeted(mock(func(m *snapshot.Method) {
			m.Integration.RequestTemplates = map[string]string{"application/json": "$input.body"}
			m.Integration.Responses[0].Templates = map[string]string{"application/json": text}
		}))
	}
	mapped := budgeted(mock(func(m *snapshot.Method) {
		m.Integration.Type, m.Integration.HTTPMethod, m.Integration.URI = "HTTP", "POST", "http://127.0.0.1:1/"
		m.Integration.RequestTemplates = nil
		m.Integration.RequestParameters = map[string]string{"integration.request.header.X-A": "method.request.body.$..a"}
	}))
	model := budgeted(mock(func(m *snapshot.Method) {
		m.RequestModels, m.RequestValidatorID = map[string]string{"application/json": "M"}, "v1"
	}))
	model.Validators = map[string]snapshot.Validator{"v1": {Body: true}}
	model.Models = map[string]snapshot.Model{"M": {ContentType: "application/json", Schema: `{"$schema":"http://json-schema.org/draft-04/schema#"}`}}
	return map[string]*snapshot.Deployment{
		"$input.path":          template(`#set($x = $input.path("$"))`),
		"$input.json":          template(`#set($x = $input.json("$"))`),
		"$input.path of all":   template(`#set($x = $input.path("$..*"))`),
		"$util.parseJson":      template(`#set($x = $util.parseJson($input.body))`),
		"$util.escape":         template(`#set($x = $util.escapeJavaScript($input.body))`),
		"$util.base64":         template(`#set($x = $util.base64Encode($input.body))`),
		"parsed a dozen times": template(`#foreach($i in [1..12])#set($x = $util.parseJson($input.body))#end`),
		"strings":              template(`#set($x = $input.body)#foreach($i in [1..12])#set($x = $x.toUpperCase())#end`),
		"what a MOCK renders":  response(""),
		"body mapping":         mapped,
		"model":                model,
	}
}

func budgeted(resources ...snapshot.Resource) *snapshot.Deployment {
	return &snapshot.Deployment{ID: "d1", APIID: "abc", Account: "000000000000", Region: "us-east-1", Resources: resources}
}

// greedyBodies are bodies of which much can be made.
func greedyBodies(n int) map[string][]byte {
	list := func(item string) string { return "[" + strings.Repeat(item+",", (n-8)/(len(item)+1)) + "0]" }
	return map[string][]byte{
		"empty objects":      []byte(list(`{}`)),
		"nested":             []byte(list(strings.Repeat("[", 300) + strings.Repeat("]", 300))),
		"short keys":         []byte(list(`{"a":1,"b":2}`)),
		"long numbers":       []byte(list("1234567890123456789012345678901234567890")),
		"strings of escapes": []byte(list(`"\u0001\u0001"`)),
		"not UTF-8":          []byte(`"` + strings.Repeat("\xff", n-2) + `"`),
	}
}

// However much could be made of their bodies, calls together hold no more than
// the budget, whoever gets no memory is answered 503, and all of it is given
// back. The race detector has a cost for each byte, so that it is left out.
func TestMemoryIsWithinTheBudget(t *testing.T) {
	const (
		budget = 64 << 20
		slack  = 48 << 20 // what is made while the collector marks counts as live
	)
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	bodies := greedyBodies(httpmsg.MaxBody)
	for name, d := range greedyMethods() {
		t.Run(name, func(t *testing.T) {
			r := newRigOf(t, d)
			requests, answers := httpmsg.NewBudget(budget), httpmsg.NewBudget(budget)
			r.stage.requests, r.stage.answers = requests, answers
			runtime.GC()
			before := liveHeap()
			most := watchHeap(t)
			var all sync.WaitGroup
			post := func(body []byte) int {
				resp := r.stage.Serve(&httpmsg.Request{Method: "POST", Path: "/x", Host: "h", Received: time.Now(), Body: body})
				defer resp.Release()
				return resp.Status
			}
			var refused atomic.Int64
			for _, body := range bodies {
				for range 3 {
					all.Go(func() {
						if post(body) == 503 {
							refused.Add(1)
						}
					})
				}
			}
			all.Wait()
			t.Logf("%d of %d were refused", refused.Load(), 3*len(bodies))
			if refused.Load() == 0 {
				t.Error("all were served: the budget counts nothing")
			}
			if status := post([]byte(`{"a":"x","statusCode":200}`)); status == 503 {
				t.Error("a small body is refused when the others have ended")
			}
			if grown := int64(most()) - int64(before); grown > budget+slack {
				t.Errorf("the heap grew by %d MB", grown>>20)
			}
			if requests.Used() != 0 || answers.Used() != 0 {
				t.Errorf("%d and %d bytes are not given back", requests.Used(), answers.Used())
			}
		})
	}
}

// liveHeap is how many bytes the collector found in use when it last looked:
// garbage, of which there is the more the busier the machine is, does not count.
func liveHeap() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}

// watchHeap returns what returns the most bytes that were live since.
func watchHeap(t *testing.T) func() uint64 {
	t.Helper()
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		top := uint64(0)
		for {
			top = max(top, liveHeap())
			select {
			case <-stop:
				most <- top
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() uint64 {
		close(stop)
		return <-most
	}
}
