package logs

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/logevents"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

const account, region = "111122223333", "us-east-1"

// A rig is the service over a store in memory.
type rig struct {
	t      *testing.T
	kept   *records.Records
	events *logevents.Store
	server *operation.Service
	asked  []string // permissions
}

func newRig(t *testing.T, budget int64) *rig {
	t.Helper()
	st, err := store.Open(context.Background(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	r := &rig{t: t, kept: records.New(records.Options{Store: st}), events: logevents.New(budget, nil)}
	anyone := func(string) func(*http.Request, string) (wire.Identify, error) {
		return func(*http.Request, string) (wire.Identify, error) {
			return func([]byte) (*wire.Caller, error) {
				return &wire.Caller{Account: account, Region: region}, nil
			}, nil
		}
	}
	r.server = New(Options{Records: r.kept, Events: r.events, Flush: func() {}}).Start(&operation.Host{
		Authenticate: anyone, Trail: wire.Trail{Log: slog.New(slog.DiscardHandler)}, Bodies: httpmsg.NewBudget(32 << 20),
		Authorize: func(_ context.Context, _ *wire.Caller, p operation.Permission) error {
			r.asked = append(r.asked, p.Action+" "+p.Resource)
			return nil
		},
	})
	return r
}

// ask calls an operation and returns the answer.
func (r *rig) ask(op, body string) string {
	r.t.Helper()
	req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	req.Header.Set("X-Amz-Target", Target+"."+op)
	w := httptest.NewRecorder()
	r.server.ServeHTTP(w, req)
	return w.Body.String()
}

// must calls an operation that is to succeed.
func (r *rig) must(op, body string) string {
	r.t.Helper()
	answer := r.ask(op, body)
	if strings.Contains(answer, "__type") {
		r.t.Fatalf("%s %s: %s", op, body, answer)
	}
	return answer
}

// times are what differs from run to run.
var times = regexp.MustCompile(`(creationTime|ingestionTime|lastIngestionTime)":\d+`)

func steady(answer string) string { return times.ReplaceAllString(answer, `$1":0`) }

// put puts events into a stream, a second apart, the last one now.
func (r *rig) put(group, stream string, messages ...string) (first int64) {
	r.t.Helper()
	type event struct {
		Time    int64  `json:"timestamp"`
		Message string `json:"message"`
	}
	first = time.Now().UnixMilli() - int64(len(messages))*1000
	var list []event
	for i, m := range messages {
		list = append(list, event{first + int64(i)*1000, m})
	}
	body, _ := json.Marshal(map[string]any{"logGroupName": group, "logStreamName": stream, "logEvents": list})
	r.must("PutLogEvents", string(body))
	return first
}
