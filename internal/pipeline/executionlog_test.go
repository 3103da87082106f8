package pipeline

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// logging is the rig with the log level and the data trace that a stage sets for a
// method, "*/*" for all, and what its execution log gets by log group.
func (r *rig) logging(method, level string, data bool) (*rig, map[string]*bytes.Buffer) {
	groups := make(map[string]*bytes.Buffer)
	settings := *r.stage.settings
	settings.MethodSettings = map[string]snapshot.MethodSetting{method: {LoggingLevel: level, DataTraceEnabled: data}}
	services := *r.stage.services
	services.ExecutionLog = func(group string) ExecutionLog {
		groups[group] = new(bytes.Buffer)
		return ExecutionLog{Lines: groups[group]}
	}
	return &rig{r.deployment, Bind(&settings, r.stage.program, &services)}, groups
}

const prodLog = "API-Gateway-Execution-Logs_abc/prod"

// executionLog serves a request and returns what the stage's execution log has of it,
// without what is never the same.
func (r *rig) executionLog(t *testing.T, level string, data bool, request string) string {
	t.Helper()
	logging, groups := r.logging("*/*", level, data)
	deliver(logging.stage.Serve(parseRequest(request)))
	if groups[prodLog] == nil {
		t.Fatalf("the log groups are %v", groups)
	}
	return steadyLog(groups[prodLog].String())
}

// lineHead is what each line of a stage's log begins with, as CloudWatch exports it
// (recorded).
var lineHead = regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \([0-9a-f-]{36}\) `)

func steadyLog(log string) string {
	log = lineHead.ReplaceAllString(log, "{head} ")
	return regexp.MustCompile(`(?m)(Extended Request Id: ).{15}=$`).ReplaceAllString(steady(log), "$1{extended id}")
}

// The lines of a call at the level INFO without data (recorded), with those that newer
// recordings have at both ends.
func TestExecutionLogOfInfo(t *testing.T) {
	c := answering(t, `{"statusCode": 201, "body": "made"}`)
	got := newAWSRig(t, c, function("/x")).executionLog(t, "INFO", false, "POST /x\nAuthorization: Bearer 0123456789abcdef\n\nhi")
	want := "{head} Extended Request Id: {extended id}\n" +
		"{head} Verifying Usage Plan for request: {id}. API Key:  API Stage: abc/prod\n" +
		"{head} API Key  authorized because method 'ANY /x' does not require API Key. Request will not contribute to throttle or quota limits\n" +
		"{head} Usage Plan check succeeded for API Key  and API Stage abc/prod\n" +
		"{head} Starting execution for request: {id}\n" +
		"{head} HTTP Method: POST, Resource Path: /x\n" +
		"{head} Successfully completed execution\n" +
		"{head} Method completed with status: 201\n" +
		"{head} AWS Integration Endpoint RequestId : lambda-id\n" +
		"{head} X-ray Tracing ID : {trace}\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What the levels and the data trace have of calls that fail and of those that do not.
func TestExecutionLogLevels(t *testing.T) {
	broken := newRig(t, mock(respond("#set($l = [1])$l[9]")))
	tests := map[string]struct {
		rig      *rig
		level    string
		data     bool
		request  string
		has, not []string // parts of the log
	}{
		"off":                      {newRig(t, mock(nil)), "OFF", true, "GET /x", nil, nil},
		"no level":                 {newRig(t, mock(nil)), "", true, "GET /x", nil, nil},
		"no method":                {newRig(t, mock(nil)), "INFO", true, "GET /nowhere", nil, nil},
		"ERROR, a success":         {newRig(t, mock(nil)), "ERROR", false, "GET /x", nil, nil},
		"ERROR, a success in full": {newRig(t, mock(nil)), "ERROR", true, "GET /x", nil, nil},
		"ERROR, a failure": {broken, "ERROR", false, "GET /x", []string{
			"{head} Execution failed due to configuration error: Unable to transform response\n{head} Method completed with status: 500\n",
		}, []string{"Starting execution", "Verifying", "Extended", "Method request"}},
		"ERROR, a failure in full": {broken, "ERROR", true, "GET /x", []string{
			"{head} Extended Request Id: ", "{head} Starting execution for request: {id}\n", "{head} Method request headers: {}\n", "{head} Execution failed due to configuration error: ",
		}, []string{"Successfully"}},
		"INFO, a failure": {broken, "INFO", false, "GET /x", []string{"{head} HTTP Method: GET, Resource Path: /x\n{head} Execution failed due to configuration error: "}, []string{"Method request", "Successfully"}},
		"INFO with data": {newRig(t, mock(nil)), "INFO", true, "POST /x?a=1\nX-A: b\n\nhi", []string{
			"{head} Method request query string: {a=1}\n{head} Method request headers: {X-A=b}\n{head} Method request body before transformations: hi\n",
			"{head} Method response body after transformations: ", "{head} Successfully completed execution\n{head} Method completed with status: 200\n",
		}, nil},
		"an authorizer": {guarded(t, answering(t, says("Allow", testAPI+"*")), tokens(nil)), "INFO", false, "GET /x\nAuthorization: Bearer abcdefgh",
			[]string{"{head} Starting authorizer: auth01 for request: {id}\n{head} Successfully completed authorizer execution\n{head} Verifying"}, []string{"identity", "Endpoint", "policy", "efgh"}},
		"an authorizer's refusal": {guarded(t, answering(t, "null"), tokens(nil)), "INFO", false, "GET /x",
			[]string{"{head} Starting authorizer: auth01 for request: {id}\n{head} Unauthorized request: {id}\n"}, []string{"Verifying"}},
		"ERROR of an authorizer": {guarded(t, answering(t, "null"), tokens(nil)), "ERROR", false, "GET /x\nAuthorization: Bearer abcdefgh",
			[]string{"{head} Execution failed due to configuration error: Could not parse policy\n"}, []string{"Starting"}},
		"a key without a plan": {keyed(t, nil, mock(func(m *snapshot.Method) { m.APIKeyRequired = true })), "ERROR", false, "GET /x\nx-api-key: 0123456789012345678901",
			[]string{"{head} API Key ****************678901 not authorized because method 'ANY /x' requires API Key"}, []string{"Verifying", "Starting"}},
		"a policy that refuses": {guardedBy(`{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}`), "ERROR", false, "GET /x", []string{"explicit deny"}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			logging, groups := tt.rig.logging("*/*", tt.level, tt.data)
			deliver(logging.stage.Serve(parseRequest(tt.request)))
			got := ""
			if to := groups[prodLog]; to != nil {
				got = steadyLog(to.String())
			}
			if len(tt.has) == 0 && got != "" {
				t.Errorf("got\n%s", got)
			}
			for _, part := range tt.has {
				if !strings.Contains(got, part) {
					t.Errorf("%q is not in\n%s", part, got)
				}
			}
			for _, part := range tt.not {
				if strings.Contains(got, part) {
					t.Errorf("%q is in\n%s", part, got)
				}
			}
		})
	}
}

// A stage's log with data and TestInvokeMethod's are one text, but for the head of the
// lines, what a test has not, and the headers of a request that came over a connection.
func TestExecutionLogIsThatOfTests(t *testing.T) {
	post := func(r snapshot.Resource) snapshot.Resource {
		r.Methods[0].HTTPMethod = "POST"
		return r
	}
	for name, r := range map[string]*rig{
		"mock":     newRig(t, post(mock(respond(`{"id": "$input.params('id')"}`)))),
		"failure":  newRig(t, post(mock(respond("#set($l = [1])$l[9]")))),
		"function": newAWSRig(t, answering(t, `{"statusCode": 201, "headers": {"X-A": "b", "Date": "then"}, "body": "made"}`), post(function("/x"))),
	} {
		t.Run(name, func(t *testing.T) {
			const request = "POST /x?id=7&q=1\nAccept: application/json\nContent-Type: application/json\n\n{\"a\": 1}"
			want := strings.ReplaceAll(steady(r.invoke(request).Trace.ExecutionLog()), "{date} : ", "{head} ")
			_, want, _ = strings.Cut(want, "\n")
			var got strings.Builder
			for line := range strings.Lines(r.executionLog(t, "INFO", true, request)) {
				if !regexp.MustCompile(`^\{head\} (Extended Request Id|Verifying Usage Plan|API Key |Usage Plan check|AWS Integration|X-ray)`).MatchString(line) {
					got.WriteString(line)
				}
			}
			// What an event says of the stage and of who calls differs.
			event := regexp.MustCompile(`(?m)^(\{head\} Endpoint request (headers|body after transformations): ).*$`)
			if g, w := event.ReplaceAllString(got.String(), "$1"), event.ReplaceAllString(want, "$1"); g != w {
				t.Errorf("got\n%s\nwant\n%s", g, w)
			}
		})
	}
}

// Settings of a method go before those of all methods, whole.
func TestExecutionLogPerMethod(t *testing.T) {
	other := mock(nil)
	other.Path = "/y"
	r, groups := newRig(t, mock(nil), other).logging("/y/ANY", "INFO", false)
	for _, path := range []string{"/x", "/y"} {
		deliver(r.call("GET " + path))
	}
	if got := groups[prodLog].String(); strings.Contains(got, "Path: /x") || !strings.Contains(got, "Path: /y") {
		t.Errorf("got\n%s", got)
	}
}

// What a canary serves stands in the stage's log group and in its own; once, and under
// the stage's, where both are one place.
func TestExecutionLogOfCanary(t *testing.T) {
	settings := &snapshot.Stage{APIID: "abc", Name: "prod", Canary: &snapshot.Canary{PercentTraffic: 50}, MethodSettings: map[string]snapshot.MethodSetting{"*/*": {LoggingLevel: "INFO"}}}
	for _, shared := range []bool{false, true} {
		groups, one, drawn := make(map[string]*bytes.Buffer), new(bytes.Buffer), 0.0
		services := &Services{Draw: func() float64 { return drawn }, ExecutionLog: func(group string) ExecutionLog {
			switch {
			case shared:
				groups[group] = one
			case groups[group] == nil:
				groups[group] = new(bytes.Buffer)
			}
			return ExecutionLog{Lines: groups[group], Shared: shared}
		}}
		s := Prepare(services.Settings(settings), Compile(versioned("d1", "201", "/x")), Compile(versioned("d2", "202", "/x")), services)(true)
		for _, drawn = range []float64{0, 0.9} {
			deliver(s.Serve(parseRequest("GET /x")))
		}
		for group, want := range map[string][]string{prodLog: {"201", "202"}, prodLog + "/Canary": {"202"}} {
			if shared {
				want = []string{"201", "202"}
				if group = prodLog; strings.Count(one.String(), "Z "+prodLog+" (") != strings.Count(one.String(), "\n") {
					t.Errorf("shared: got\n%s", one)
				}
			}
			for _, status := range []string{"201", "202"} {
				if n := strings.Count(groups[group].String(), "Method completed with status: "+status); n != strings.Count(strings.Join(want, " "), status) {
					t.Errorf("shared %v: %s has %d of status %s", shared, group, n, status)
				}
			}
		}
	}
}

// What strangers send can neither end a line nor be a command for a terminal, and does
// not make a line long.
func TestExecutionLogOfHostileRequests(t *testing.T) {
	const forged = "2026-01-01T00:00:00.000Z (00000000-0000-0000-0000-000000000000) Method completed with status: 200"
	r := newRig(t, proxy("/{p+}", "ANY", "ANY", tracedBackend(t, 200, "a\n"+forged+"\r\n\x1b[2J")+"/up/{p}", map[string]string{"integration.request.path.p": "method.request.path.p"}))
	req := parseRequest("POST /a%0A" + strings.ReplaceAll(forged, " ", "%20") + "?q=%0A%1B[31m\n\n\n" + forged + "\n\u2028\u202e\x9b31m")
	req.Header = httpmsg.Header{{Name: "X-Evil", Value: "\n" + forged}, {Name: "X-Long", Value: strings.Repeat("\x1b", 20_000)}, {Name: "X-Bell\x07", Value: "\xff"}}
	logging, groups := r.logging("*/*", "INFO", true)
	deliver(logging.stage.Serve(req))
	log := groups[prodLog].String()
	for line := range strings.Lines(log) {
		if !lineHead.MatchString(line) || strings.HasPrefix(line, forged[:len("2026-01-01T00:00:00.000Z (0")]) {
			t.Errorf("a line is %q", line)
		}
		if len(line) > 6*1024+200 {
			t.Errorf("a line has %d bytes", len(line))
		}
	}
	if strings.ContainsAny(strings.ReplaceAll(log, "\n", ""), "\x1b\r\x07\x00\u2028\u202e") || !strings.Contains(log, `\n`+forged) {
		t.Errorf("got %q", log)
	}
}

// Secrets of a call are in no line, whatever has them; the log of a test shows what
// AWS's shows.
func TestExecutionLogMasks(t *testing.T) {
	const secret = "0123456789abcdef0123"
	c := answering(t, `{"statusCode": 200, "body": "you are Bearer `+secret+`"}`)
	for name, tt := range map[string]struct {
		rig     *rig
		request string
	}{
		"the event of a function":             {newAWSRig(t, c, function("/x")), "POST /x\nAuthorization: Bearer " + secret + "\nx-api-key: " + secret + "\n\n{\"token\": \"" + secret + "\"}"},
		"an authorizer's token":               {guarded(t, answering(t, `{"principalId":"`+secret+`","policyDocument":{"Version":"2012-10-17","Statement":[]},"context":{"t":"`+secret+`"}}`), tokens(nil)), "GET /x\nAuthorization: " + secret},
		"an authorizer's answer":              {guarded(t, answering(t, `{"principalId":"u","usageIdentifierKey":"`+secret+`","policyDocument":{"Version":"2012-10-17","Statement":[]}}`), tokens(nil)), "GET /x\nAuthorization: me"},
		"an authorizer's answer that is none": {guarded(t, answering(t, `{"principalId":"u","usageIdentifierKey":"`+secret+`","policyDocument":{"Version":"1"}}`), tokens(nil)), "GET /x\nAuthorization: me"},
		"a presigned URL":                     {newRig(t, mock(nil)), "GET /x?X-Amz-Signature=" + secret + "&a=" + secret},
		"a path":                              {newRig(t, proxy("/{p+}", "ANY", "ANY", tracedBackend(t, 200, "")+"/{p}", map[string]string{"integration.request.path.p": "method.request.path.p"})), "GET /" + secret + "\nx-api-key: " + secret},
	} {
		t.Run(name, func(t *testing.T) {
			if log := tt.rig.executionLog(t, "INFO", true, tt.request); strings.Contains(log, secret) || !strings.Contains(log, "**ef0123") {
				t.Errorf("got\n%s", log)
			}
		})
	}
}

// A streamed call is logged when its stream has ended: what broke it off is an error,
// whatever status the client has had.
func TestExecutionLogOfStreams(t *testing.T) {
	for name, tt := range map[string]struct{ level, response, want, not string }{
		"whole":              {"INFO", chunkedHead + chunk("half") + chunk("half") + "0\r\n\r\n", "} Successfully completed execution\n{head} Method completed with status: 200\n", "failed"},
		"broken off":         {"INFO", chunkedHead + chunk("half"), "} Execution failed due to a network error communicating with endpoint: ", "Successfully"},
		"broken off, errors": {"ERROR", chunkedHead + chunk("half"), "} Execution failed due to a network error communicating with endpoint: ", "Starting"},
		"whole, errors":      {"ERROR", chunkedHead + "0\r\n\r\n", "", "{"},
	} {
		t.Run(name, func(t *testing.T) {
			r, groups := newRig(t, streamed(canned(t, tt.response), nil)).logging("*/*", tt.level, false)
			resp := r.call("GET /x")
			_, _ = io.ReadAll(resp.Stream)
			_ = resp.Stream.Close()
			if groups[prodLog].Len() > 0 {
				t.Error("there are lines before the end")
			}
			deliver(resp)
			if log := steadyLog(groups[prodLog].String()); !strings.Contains(log, tt.want) || strings.Contains(log, tt.not) {
				t.Errorf("got\n%s", log)
			}
		})
	}
}

// discard is a log that costs nothing.
func discard(string) ExecutionLog { return ExecutionLog{Lines: io.Discard} }

// A call that is not logged costs nothing by the logs of others.
func TestExecutionLogOffIsFree(t *testing.T) {
	other := mock(nil)
	other.Path = "/y"
	r, _ := newRig(t, mock(nil), other).logging("/y/ANY", "INFO", true)
	off, req := newRig(t, mock(nil), other), parseRequest("GET /x\nAccept: */*")
	count := func(s *Stage) float64 { return leastAllocations(func() { deliver(s.Serve(req)) }) }
	if on, none := count(r.stage), count(off.stage); on != none {
		t.Errorf("%v allocations, %v without logs", on, none)
	}
}

func BenchmarkExecutionLog(b *testing.B) {
	for _, bench := range []struct {
		name, level string
		data        bool
	}{{"off", "OFF", false}, {"error", "ERROR", false}, {"info", "INFO", false}, {"data", "INFO", true}} {
		b.Run(bench.name, func(b *testing.B) {
			r := newRig(b, mock(respond(`{"id":"$input.params('id')","stage":"$context.stage","q":"$input.params('q')"}`)))
			r.stage.services.ExecutionLog = discard
			settings := *r.stage.settings
			settings.MethodSettings = map[string]snapshot.MethodSetting{"*/*": {LoggingLevel: bench.level, DataTraceEnabled: bench.data}}
			s := Bind(&settings, r.stage.program, r.stage.services)
			req := parseRequest("GET /x?q=1\nAccept: application/json\nUser-Agent: bench\nX-Api-Key: key")
			b.ReportAllocs()
			for b.Loop() {
				deliver(s.Serve(req))
			}
		})
	}
}
