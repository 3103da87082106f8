package trace

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
)

var stageLineHead = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z group \(id\) [A-Z]`)

// FuzzAppendLog has strangers choose every text of a call. Whatever they are, each line
// is one of ours, of bounded length, without a command for a terminal, and none has the
// call's token.
func FuzzAppendLog(f *testing.F) {
	for _, text := range []string{"", "a", "\n2026-01-01T00:00:00.000Z group (id) Method completed with status: 200", "\x1b[2J\x07", "\xff\xfe", "a\u2028\u202e\u0085",
		"secret-token-0123", "Bearer secret-token-0123", "secret%2Dtoken-0123", strings.Repeat("x", 1020) + "secret-token-0123", strings.Repeat("é", 600)} {
		f.Add(text, text, text, true, false)
		f.Add("/x", "q", text, false, true)
	}
	f.Fuzz(func(t *testing.T, path, name, body string, data, failed bool) {
		const token = "secret-token-0123"
		tr := &Trace{RequestID: "id", Target: path + "?" + name, Received: time.UnixMilli(1_700_000_000_123), Brief: !data}
		header := httpmsg.Header{{Name: "Authorization", Value: "Bearer " + token}, {Name: name, Value: body}}
		tr.HideCredentials(header, "")
		scope := &mapping.Scope{RawQuery: name + "=" + body, RequestBody: []byte(body), PathParams: []mapping.Param{{Name: name, Value: path}}}
		scope.Context.HTTPMethod = "GET"
		tr.Key(&KeyEvent{Key: body, Stage: "a/prod", Method: "GET /x"})
		tr.Authorizer(&AuthorizerEvent{ID: "auth", Identity: body})
		tr.AuthorizerAnswer([]byte(body))
		tr.Authorized(&AuthorizedEvent{Principal: body})
		tr.Request(path, header, scope)
		tr.EndpointRequest(time.Now(), "GET", "http://a/"+path, header, []byte(body))
		tr.EndpointResponse(&httpmsg.Response{Status: 200, Header: header, Body: []byte(body)}, time.Second, false)
		tr.Response(header, []byte(body))
		if failed {
			tr.Failed(&FailureEvent{Line: "Failed: " + body})
		}
		tr.Complete(200)
		log := string(tr.AppendLog(nil, &LogOptions{Group: "group", Data: data}, &httpmsg.Done{ExtendedRequestID: "E", TraceID: "T"}))
		for line := range strings.Lines(log) {
			if !strings.HasSuffix(line, "\n") || !stageLineHead.MatchString(line) || len(line) > 100+10*MaxLogLine || printable(line[:len(line)-1]) != line[:len(line)-1] {
				t.Errorf("a line is %q", line)
			}
		}
		if strings.Contains(log, token) {
			t.Errorf("the token is in %q", log)
		}
	})
}

func TestRootOf(t *testing.T) {
	for id, want := range map[string]string{"": "", "Root=1-a": "Root=1-a", "Root=1-a;Parent=b;Sampled=0": "Root=1-a", "Self=1-b;Root=1-a": "Root=1-a", "Self=1-b": ""} {
		if got := rootOf(id); got != want {
			t.Errorf("%q gives %q, not %q", id, got, want)
		}
	}
}

func TestAppendTime(t *testing.T) {
	for _, at := range []time.Time{time.UnixMilli(0), time.UnixMilli(1_700_000_000_007), time.Date(2031, 12, 31, 23, 59, 59, 999_999_999, time.UTC), time.Date(9999, 1, 2, 3, 4, 5, 60e6, time.UTC)} {
		if got, want := string(appendTime(nil, at.UTC())), at.UTC().Format("2006-01-02T15:04:05.000Z"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// The memory of a trace serves the next call, which sees nothing of the one before.
func TestRestart(t *testing.T) {
	var tr Trace
	tr.RequestID, tr.Brief = "one", true
	tr.Hide("a secret")
	tr.Complete(200)
	events := tr.Events[:1]
	tr.Restart()
	if tr.RequestID != "" || tr.Brief || len(tr.Events) != 0 || len(tr.secrets) != 0 || events[0].Data != nil {
		t.Errorf("%+v", tr)
	}
	for range 1000 {
		tr.Complete(200)
	}
	if tr.Restart(); cap(tr.Events) != 0 {
		t.Error("the memory of a thousand events is kept")
	}
}
