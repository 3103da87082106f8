package pipeline

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/observe"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// streamURI is the URI of an integration that invokes a function that streams.
func streamURI(function string) string {
	return "arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/" + function + "/response-streaming-invocations"
}

// streamingFunction is a resource whose answers the test function streams.
func streamingFunction(path string) snapshot.Resource {
	return awsMethod(path, "ANY", "AWS_PROXY", streamURI(testFunction), func(m *snapshot.Method) {
		m.Integration.ResponseTransferMode, m.Integration.TimeoutMillis = "STREAM", 900_000
	})
}

// invocationEvent is an event of Lambda's stream.
func invocationEvent(kind, payload string) []byte {
	m := eventstream.Message{Payload: []byte(payload)}
	m.Headers.Set(":message-type", eventstream.StringValue("event"))
	m.Headers.Set(":event-type", eventstream.StringValue(kind))
	var out bytes.Buffer
	if err := eventstream.NewEncoder().Encode(&out, m); err != nil {
		panic(err)
	}
	return out.Bytes()
}

const nuls = "\x00\x00\x00\x00\x00\x00\x00\x00"

// streamer is a cloud whose function streams payloads and ends with a completion, ""
// for none.
func streamer(t testing.TB, completion string, payloads ...string) *cloud {
	return newCloud(t, func(w http.ResponseWriter, _ seen) {
		w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
		for _, text := range payloads {
			_, _ = w.Write(invocationEvent("PayloadChunk", text))
			_ = http.NewResponseController(w).Flush()
		}
		if completion != "" {
			_, _ = w.Write(invocationEvent("InvokeComplete", completion))
		}
	})
}

// readOut calls with a request, and shows the answer with what was streamed, and how it
// ended: " and broke off", or "".
func readOut(r *rig, request string) (text, end string) {
	resp := r.call(request)
	defer deliver(resp)
	if resp.Stream == nil {
		return show(resp), ""
	}
	payload, err := io.ReadAll(resp.Stream)
	_ = resp.Stream.Close()
	if err != nil {
		end = " and broke off"
	}
	return show(resp) + string(payload), end
}

func TestFunctionStreams(t *testing.T) {
	const fine = `{}`
	long := strings.Repeat("0123456789", 5000)
	padded := func(n int) string {
		return `{"headers": {"A": "` + strings.Repeat("a", n-len(`{"headers": {"A": ""}}`)) + `"}}`
	}
	tests := map[string]struct {
		completion string
		payloads   []string
		want, end  string
	}{
		"metadata and pieces": {fine, []string{`{"statusCode": 201, "headers": {"Content-Type": "text/plain", "X-A": "1"}, "multiValueHeaders": {"X-B": ["2", "3"]}, "cookies": ["c=1"]}`, nuls, "one ", "two"},
			"201\nX-B: 2\nX-B: 3\nContent-Type: text/plain\nX-A: 1\nSet-Cookie: c=1\nX-Amzn-Trace-Id: ...\n\none two", ""},
		"in one piece":                   {fine, []string{`{}` + nuls + "all"}, plain200 + "all", ""},
		"cut within the delimiter":       {fine, []string{`{}` + nuls[:3], nuls[:4], nuls[:1] + "all"}, plain200 + "all", ""},
		"a long payload behind it":       {fine, []string{`{}` + nuls + long, long}, plain200 + long + long, ""},
		"no payload":                     {fine, []string{`{"statusCode": 404}` + nuls}, "404\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\n", ""},
		"a payload of bytes":             {fine, []string{`{}` + nuls + "\xff\x00\xfe" + nuls}, plain200 + "\xff\x00\xfe" + nuls, ""},
		"headers as of buffered ones":    {fine, []string{`{"headers": {"Connection": "a", "Date": "d", "Transfer-Encoding": "chunked", "Via": "v"}}` + nuls}, "200\nx-amzn-Remapped-Connection: a\nx-amzn-Remapped-Date: d\nVia: v\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\n", ""},
		"no delimiter":                   {fine, []string{`{"statusCode": 200}`}, plain500, ""},
		"an output that is not streamed": {fine, []string{`{"statusCode": 200, "body": "x"}`}, plain500, ""},
		"no metadata":                    {fine, []string{"hello world"}, plain500, ""},
		"malformed metadata":             {fine, []string{`{"statusCode": }` + nuls}, plain500, ""},
		"nothing":                        {fine, nil, plain500, ""},
		"a delimiter in time":            {fine, []string{padded(16<<10-8) + nuls}, "200\nA: " + strings.Repeat("a", 16<<10-8-len(`{"headers": {"A": ""}}`)) + "\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\n", ""},
		"a delimiter too late":           {fine, []string{padded(16<<10-7) + nuls}, plain500, ""},
		"metadata without end":           {fine, []string{strings.Repeat(" ", 100_000)}, plain500, ""},
		"it throws at once":              {`{"ErrorCode":"Unhandled","ErrorDetails":"{\"errorMessage\":\"no\"}"}`, nil, plain502, ""},
		"it throws in the middle":        {`{"ErrorCode":"Unhandled","ErrorDetails":"{\"errorMessage\":\"no\"}"}`, []string{`{}` + nuls + "half"}, plain200 + "half", " and broke off"},
		"its end is missing":             {"", []string{`{}` + nuls + "half"}, plain200 + "half", " and broke off"},
		"it says its length":             {fine, []string{`{"headers": {"Content-Length": "4"}}` + nuls + "four"}, "200\nx-amzn-Remapped-Content-Length: 4\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\nfour", ""},
		"it says more than it has":       {fine, []string{`{"headers": {"Content-Length": "5"}}` + nuls + "four"}, "200\nx-amzn-Remapped-Content-Length: 5\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\nfour", " and broke off"},
		"it says less than it has":       {fine, []string{`{"headers": {"Content-Length": "4"}}` + nuls + "four", "more"}, "200\nx-amzn-Remapped-Content-Length: 4\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\nfour", " and broke off"},
		"it says less in one piece":      {fine, []string{`{"headers": {"Content-Length": "4"}}` + nuls + "fourmore"}, "200\nx-amzn-Remapped-Content-Length: 4\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\nfour", " and broke off"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newAWSRig(t, streamer(t, tt.completion, tt.payloads...), streamingFunction("/x"))
			if got, end := readOut(r, "GET /x"); got != tt.want || end != tt.end {
				t.Errorf("got%s:\n%.300s\nwant%s:\n%.300s", end, got, tt.end, tt.want)
			}
		})
	}
}

// The function gets the event of a proxy integration, by the other operation.
func TestFunctionStreamRequest(t *testing.T) {
	c := streamer(t, "{}", "{}"+nuls)
	readOut(newAWSRig(t, c, streamingFunction("/x")), "GET /x")
	plain := answering(t, "{}")
	newAWSRig(t, plain, function("/x")).call("GET /x").Release()
	got, want := c.last(t), plain.last(t)
	if got.Method != "POST" || got.Target != "/2021-11-15/functions/"+testFunction+"/response-streaming-invocations" || !strings.Contains(got.Header.Get("Authorization"), "/us-east-1/lambda/aws4_request") {
		t.Errorf("%s %s, %s", got.Method, got.Target, got.Header.Get("Authorization"))
	}
	if len(got.Body) != len(want.Body) || !strings.HasPrefix(got.Body, `{"resource":"/x","path":"/x","httpMethod":"GET"`) {
		t.Errorf("the event is %s", got.Body)
	}
}

// What Lambda's API itself refuses is answered as of a buffered integration.
func TestFunctionStreamNotInvoked(t *testing.T) {
	c := newCloud(t, func(w http.ResponseWriter, _ seen) {
		w.WriteHeader(403)
		_, _ = io.WriteString(w, `{"Message": "no"}`)
	})
	if got, _ := readOut(newAWSRig(t, c, streamingFunction("/x")), "GET /x"); got != plain500 {
		t.Errorf("got %s", got)
	}
	c = answering(t, `{"statusCode": 200}`)
	if got, _ := readOut(newAWSRig(t, c, streamingFunction("/x")), "GET /x"); got != plain500 {
		t.Errorf("no event stream: %s", got)
	}
}

// What runs a function elsewhere may stream its payload without Lambda's framing.
func TestFunctionStreamsElsewhere(t *testing.T) {
	answer, failed := "", ""
	c := newCloud(t, func(w http.ResponseWriter, _ seen) {
		if failed != "" {
			w.Header().Set("X-Amz-Function-Error", failed)
		}
		_, _ = io.WriteString(w, answer)
	})
	r := newAWSRigOf(t, integration.AWSOptions{Functions: map[string]string{"f": c.url}}, &snapshot.Deployment{Resources: []snapshot.Resource{streamingFunction("/x")}})
	for _, tt := range []struct{ answer, failed, want string }{
		{`{"statusCode": 201}` + nuls + "payload", "", "201\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\npayload"},
		{`{"errorType": "Error", "errorMessage": "no"}`, "", plain500},
		{`{"errorType": "Error", "errorMessage": "no"}`, "Unhandled", plain502},
	} {
		answer, failed = tt.answer, tt.failed
		if got, _ := readOut(r, "GET /x"); got != tt.want {
			t.Errorf("%s: got %s", tt.answer, got)
		}
	}
	if got := c.last(t).Target; got != "/2021-11-15/functions/"+testFunction+"/response-streaming-invocations" {
		t.Errorf("the path is %s", got)
	}
}

// The access log tells when the metadata and the payload came, and why a stream broke
// off; the process's log tells that as well.
func TestFunctionStreamLog(t *testing.T) {
	head, body := make(chan struct{}), make(chan struct{})
	c := newCloud(t, func(w http.ResponseWriter, _ seen) {
		w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
		send := func(message []byte) {
			_, _ = w.Write(message)
			_ = http.NewResponseController(w).Flush()
		}
		<-head
		send(invocationEvent("PayloadChunk", `{"statusCode": 202}`+nuls))
		<-body
		send(invocationEvent("PayloadChunk", "half"))
		send(invocationEvent("InvokeComplete", `{"ErrorCode":"Unhandled","ErrorDetails":"{\"errorMessage\":\"no\"}"}`))
	})
	r := newAWSRig(t, c, streamingFunction("/x"))
	var out, log bytes.Buffer
	lines := observe.NewLines(&out, slog.New(slog.DiscardHandler))
	settings, services := *r.stage.settings, *r.stage.services
	settings.AccessLog = &snapshot.AccessLog{DestinationARN: "arn:x", Format: `$context.status $context.integration.responseTransferMode $context.integration.status $context.integration.integrationStatus $context.integration.requestId [$context.integration.error] $context.error.message`}
	services.AccessLog = func(string) *observe.Lines { return lines }
	services.Log = slog.New(slog.NewTextHandler(&log, nil))
	close(head)
	resp := Bind(&settings, r.stage.program, &services).Serve(parseRequest("GET /x"))
	s := resp.Stream.(*answerStream)
	began := time.Now()
	if t1 := s.call.timing; t1.Header.IsZero() || t1.Header.After(began) || !t1.Content.IsZero() {
		t.Errorf("before the payload: %+v", t1)
	}
	close(body)
	if text, err := io.ReadAll(resp.Stream); string(text) != "half" || err == nil {
		t.Errorf("got %q, %v", text, err)
	}
	if s.call.timing.Content.Before(began) {
		t.Error("the time of the payload is not noted")
	}
	_ = resp.Stream.Close()
	deliver(resp)
	lines.Close()
	const why = "Lambda execution failed with status 200 due to customer function error: no. Lambda request id: lambda-id"
	if got, want := out.String(), fmt.Sprintf("202 STREAMED 202 200 lambda-id [%s] -\n", why); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !strings.Contains(log.String(), why) {
		t.Errorf("the log says %s", &log)
	}
}

// A function that streams behind a buffered integration gives the head, and no body
// (documented).
func TestBufferedFunctionStream(t *testing.T) {
	c := answering(t, `{"statusCode": 201, "headers": {"X-A": "1"}}`+nuls+"payload")
	newAWSRig(t, c, function("/x")).want(t, "GET /x", "201\nX-A: 1\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\n")
}

// The URI of one operation does not serve the other, also where only a stage variable
// makes it known.
func TestFunctionStreamMode(t *testing.T) {
	tests := map[string]struct{ uri, mode string }{
		"stream, invoked whole":       {lambdaURI(testFunction), "STREAM"},
		"buffered, invoked to stream": {streamURI(testFunction), ""},
		"by a stage variable":         {streamURI("${stageVariables.env}"), "BUFFERED"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := answering(t, `{}`)
			r := newAWSRig(t, c, awsMethod("/x", "GET", "AWS_PROXY", tt.uri, func(m *snapshot.Method) { m.Integration.ResponseTransferMode = tt.mode }))
			if got, _ := readOut(r, "GET /x"); got != plain500 || len(c.asked) > 0 {
				t.Errorf("got %s", got)
			}
		})
	}
}

// The log says of which backend a stream was malformed.
func TestFunctionStreamFaultNamesBackend(t *testing.T) {
	const half, long = `{}` + nuls + "half", `{"headers": {"Content-Length": "5"}}` + nuls + "four"
	for name, c := range map[string]*cloud{"no completion": streamer(t, "", half), "too short": streamer(t, `{}`, long)} {
		r := newAWSRig(t, c, streamingFunction("/x"))
		var log bytes.Buffer
		services := *r.stage.services
		services.Log = slog.New(slog.NewTextHandler(&log, nil))
		resp := Bind(r.stage.settings, r.stage.program, &services).Serve(parseRequest("GET /x"))
		at := resp.Stream.(*answerStream).call.out.endpoint.Authority()
		_, _ = io.Copy(io.Discard, resp.Stream)
		_ = resp.Stream.Close()
		deliver(resp)
		if !strings.Contains(log.String(), "read "+at+": ") {
			t.Errorf("%s: logged %s", name, log.String())
		}
	}
}
