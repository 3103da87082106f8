package pipeline

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/observe"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// logged serves a request on a stage with an access log and returns the line.
func logged(t *testing.T, format, request string, resource snapshot.Resource) string {
	t.Helper()
	return newRig(t, resource).logged(t, format, parseRequest(request))
}

// logged serves a request and returns the line of an access log.
func (r *rig) logged(t *testing.T, format string, request *httpmsg.Request) string {
	t.Helper()
	var out bytes.Buffer
	lines := observe.NewLines(&out, slog.New(slog.DiscardHandler))
	settings := *r.stage.settings
	settings.AccessLog = &snapshot.AccessLog{DestinationARN: "arn:x", Format: format}
	services := *r.stage.services
	services.AccessLog = func(arn string) *observe.Lines {
		if arn != "arn:x" {
			t.Errorf("destination is %q", arn)
		}
		return lines
	}
	deliver(Bind(&settings, r.stage.program, &services).Serve(request))
	lines.Close()
	return out.String()
}

// deliver ends a call as the listener does that has written its answer.
func deliver(resp *httpmsg.Response) {
	now := time.Now()
	resp.Done(&httpmsg.Done{Status: resp.Status, AnswerBytes: int64(len(resp.Body)), Received: now, FirstByte: now, LastByte: now})
	resp.Release()
}

func TestAccessLog(t *testing.T) {
	tests := map[string]struct{ format, request, want string }{
		"CLF": {`$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] "$context.httpMethod $context.resourcePath $context.protocol" $context.status $context.responseLength $context.requestId`,
			"GET /x", `192\.0\.2\.1 - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET /x HTTP/1\.1" 200 2 [0-9a-f-]{36}`},
		"JSON": {`{"id":"$context.requestId","ms":$context.responseLatency,"integration":"$context.integration.status"}`,
			"GET /x", `\{"id":"[0-9a-f-]{36}","ms":\d+,"integration":"200"\}`},
		"unknown is a dash":                 {"$context.nope $context.authorizer.principalId", "GET /x", "- -"},
		"no reference":                      {"$ctx.status $context", "GET /x", `\$ctx\.status \$context`},
		"dot behind a name is text":         {"$context.status.", "GET /x", `200\.`},
		"quotes and line ends are held":     {`"$context.identity.userAgent"`, "GET /x\nUser-Agent: a\"b\\c\rd", `"a\\"b\\\\c\\u000dd"`},
		"request id of the client":          {"$context.requestId", "GET /x\nx-amzn-RequestId: 0a1b2c3d-0000-4000-8000-000000000001", "0a1b2c3d-0000-4000-8000-000000000001"},
		"request id of the client, no UUID": {"$context.requestId", "GET /x\nx-amzn-RequestId: mine", "UUID_REPLACED_INVALID_REQUEST_ID"},
		"error message, quoted":             {`{"m":$context.error.messageString}`, "GET /nope", `\{"m":"Missing Authentication Token"\}`},
		"no error":                          {"$context.error.messageString $context.error.message", "GET /x", "- -"},
		"MOCK":                              {"$context.integration.status $context.integrationStatus $context.integration.responseTransferMode $context.integration.latency", "GET /x", "200 - BUFFERED -"},
		"no route":                          {"$context.integration.status $context.integration.responseTransferMode", "GET /nope", "- -"},
		"what is not built":                 {"$context.authorize.status $context.authorizer.error $context.authenticate.latency $context.waf.error $context.customDomain.basePathMatched", "GET /x", "- - - - -"},
		"without TLS":                       {"$context.tlsVersion $context.cipherSuite", "GET /x", "- -"},
		"a failed call": {"$context.status $context.error.message $context.error.responseType", "GET /nope",
			"403 Missing Authentication Token MISSING_AUTHENTICATION_TOKEN"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := logged(t, tt.format, tt.request, mock(respond("hi")))
			if !regexp.MustCompile("^" + tt.want + "\n$").MatchString(got) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// What access logs tell of an integration.
func TestAccessLogOfIntegration(t *testing.T) {
	const format = "$context.status $context.integration.status $context.integrationStatus $context.integration.integrationStatus $context.integration.requestId " +
		"$context.awsEndpointRequestId $context.integration.responseTransferMode [$context.integration.error] [$context.integrationErrorMessage]"
	tests := map[string]struct {
		rig  *rig
		want string
	}{
		"HTTP": {newRig(t, proxy("/x", "GET", "GET", canned(t, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"), nil)), "404 404 404 404 - - BUFFERED [-] [-]"},
		"HTTP, too slow": {newRig(t, slow(proxy("/x", "GET", "GET", silent(t), nil))),
			"504 - - - - - BUFFERED [Execution failed due to a timeout error] [Execution failed due to a timeout error]"},
		"a function's own status": {newAWSRig(t, answering(t, `{"statusCode": 404}`), function("/x")), "404 404 200 200 lambda-id lambda-id BUFFERED [-] [-]"},
		"malformed": {newAWSRig(t, answering(t, `{"statusCode": 404, "a": 1}`), function("/x")), "502 - 200 200 lambda-id lambda-id BUFFERED " +
			"[Execution failed due to configuration error: Malformed Lambda proxy response] [Execution failed due to configuration error: Malformed Lambda proxy response]"},
		"a function that throws": {newAWSRig(t, failing(t, `{"errorMessage": "a \"b\""}`), function("/x")), "502 - 200 200 lambda-id lambda-id BUFFERED " +
			`[Lambda execution failed with status 200 due to customer function error: a \"b\". Lambda request id: lambda-id] ` +
			`[Lambda execution failed with status 200 due to customer function error: a \"b\". Lambda request id: lambda-id]`},
		"Lambda refuses": {newAWSRig(t, newCloud(t, func(w http.ResponseWriter, _ seen) {
			w.WriteHeader(429)
			_, _ = io.WriteString(w, `{"message":"Rate Exceeded."}`)
		}), function("/x")),
			"500 - 429 429 lambda-id lambda-id BUFFERED [Execution failed due to configuration error: Rate Exceeded.] [Execution failed due to configuration error: Rate Exceeded.]"},
		"AWS": {newAWSRig(t, answering(t, "{}"), awsMethod("/x", "GET", "AWS", lambdaURI(testFunction), nil)), "200 200 200 200 lambda-id lambda-id BUFFERED [-] [-]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.rig.logged(t, format, parseRequest("GET /x")); got != tt.want+"\n" {
				t.Errorf("got  %swant %s", got, tt.want)
			}
		})
	}
}

// slow gives the methods of a resource the shortest of times.
func slow(r snapshot.Resource) snapshot.Resource {
	r.Methods[0].Integration.TimeoutMillis = 50
	return r
}

// The times of an integration's answer are those of its parts.
func TestAccessLogOfTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial := func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				defer theirs.Close()
				_, _ = http.ReadRequest(bufio.NewReader(theirs))
				for _, part := range []string{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "\r\n", "a", "b"} {
					time.Sleep(30 * time.Millisecond)
					_, _ = io.WriteString(theirs, part)
				}
			}()
			return ours, nil
		}
		r := newRig(t, proxy("/x", "GET", "GET", "http://192.0.2.1", nil))
		client := integration.NewClient(integration.Options{Dial: dial})
		defer client.Close()
		r.stage.services.Client = client
		got := r.logged(t, "$context.integration.timeToAllHeaders $context.integration.timeToFirstContent $context.integration.latency", parseRequest("GET /x"))
		if want := "60 90 120\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	var line string
	for _, answer := range []string{"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"} {
		line = newRig(t, proxy("/x", "GET", "GET", canned(t, answer), nil)).logged(t, "$context.integration.timeToAllHeaders $context.integration.timeToFirstContent", parseRequest("GET /x"))
		if !regexp.MustCompile(`^\d+ -\n$`).MatchString(line) {
			t.Errorf("got %q for an answer without content", line)
		}
	}
	if line = logged(t, "$context.integration.timeToAllHeaders", "GET /x", mock(nil)); line != "-\n" {
		t.Errorf("got %q for no backend", line)
	}
}

// The base path or the routing rule that has matched is for logs; templates see neither.
func TestAccessLogOfCustomDomain(t *testing.T) {
	for _, tt := range []struct {
		domain *httpmsg.CustomDomain
		want   string
	}{
		{&httpmsg.CustomDomain{BasePath: "orders"}, "orders - /orders/x\n"}, {&httpmsg.CustomDomain{}, "- - /orders/x\n"}, {nil, "- - /prod/x\n"},
		{&httpmsg.CustomDomain{RoutingRuleID: "abc123"}, "- abc123 /orders/x\n"}, {&httpmsg.CustomDomain{BasePath: "orders", RoutingRuleID: "abc123"}, "- abc123 /orders/x\n"},
	} {
		req := parseRequest("GET /x")
		req.Sent, req.Domain = "/orders/x", tt.domain
		if got := newRig(t, mock(nil)).logged(t, "$context.customDomain.basePathMatched $context.customDomain.routingRuleIdMatched $context.path", req); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestAccessLogOfTLS(t *testing.T) {
	req := parseRequest("GET /x")
	req.Peer = &httpmsg.Peer{TLSVersion: tls.VersionTLS13, CipherSuite: tls.TLS_AES_128_GCM_SHA256}
	if got := newRig(t, mock(nil)).logged(t, "$context.tlsVersion $context.cipherSuite", req); got != "TLSv1.3 TLS_AES_128_GCM_SHA256\n" {
		t.Errorf("got %q", got)
	}
}

func TestAccessLogOfOverrides(t *testing.T) {
	got := logged(t, "$context.requestOverride.header.X-A $context.requestOverride.path.p $context.requestOverride.querystring.q $context.responseOverride.header.X-B "+
		"$context.responseOverride.status $context.requestOverride.header.x-a $context.requestOverride.header $context.responseOverride.nope", "GET /x", mock(func(m *snapshot.Method) {
		ask(`#set($context.requestOverride.header.X-A = "a b")#set($context.requestOverride.path.p = "p")#set($context.requestOverride.querystring.q = ["q", "r"]){"statusCode": 200}`)(m)
		respond(`#set($context.responseOverride.header.X-B = "b")#set($context.responseOverride.status = 201)`)(m)
	}))
	if want := "a b p q,r b 201 - - -\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := logged(t, "$context.responseOverride.status", "GET /x", mock(nil)); got != "-\n" {
		t.Errorf("got %q without an override", got)
	}
}

// A stage, its canary and the front door's refusals have one log: its format is
// parsed once.
func TestOneAccessLog(t *testing.T) {
	var out bytes.Buffer
	lines := observe.NewLines(&out, slog.New(slog.DiscardHandler))
	draw := 0.0
	services := &Services{AccessLog: func(string) *observe.Lines { return lines }, Draw: func() float64 { return draw }}
	settings := services.Settings(&snapshot.Stage{APIID: "abc", Name: "prod", AccessLog: &snapshot.AccessLog{Format: "$context.status"},
		Canary: &snapshot.Canary{PercentTraffic: 50}})
	s := Prepare(settings, Compile(versioned("d1", "201", "/x")), Compile(versioned("d2", "202", "/x")), services)(true)
	for _, draw = range []float64{0.1, 0.9} {
		deliver(s.Serve(parseRequest("GET /x")))
	}
	settings.Refused(parseRequest("GET /x"), &httpmsg.Done{Status: 413})
	lines.Close()
	if want := "202\n201\n413\n"; out.String() != want || s.accessLog != s.canary.stage.accessLog {
		t.Errorf("got %q, want %q of one log: %t", out.String(), want, s.accessLog == s.canary.stage.accessLog)
	}
}

// The front door's refusals are in the stage's log, under its own settings.
func TestAccessLogOfRefusals(t *testing.T) {
	var out bytes.Buffer
	lines := observe.NewLines(&out, slog.New(slog.DiscardHandler))
	services := &Services{AccessLog: func(string) *observe.Lines { return lines }}
	settings := &snapshot.Stage{APIID: "abc", Name: "prod", Account: "000000000000"}
	services.Settings(settings).Refused(parseRequest("POST /x"), new(httpmsg.Done)) // a stage without a log
	settings.AccessLog = &snapshot.AccessLog{Format: "$context.apiId $context.stage $context.accountId $context.requestId $context.extendedRequestId $context.httpMethod $context.path $context.resourcePath " +
		"$context.status $context.responseLength $context.error.responseType $context.error.messageString $context.identity.sourceIp $context.identity.userAgent $context.integration.status"}
	services.Settings(settings).Refused(parseRequest("POST /x?secret=1\nUser-Agent: me"), &httpmsg.Done{
		RequestID: "r-1", ExtendedRequestID: "e-1", Status: 413, AnswerBytes: 30, ErrorType: "REQUEST_TOO_LARGE", ErrorMessage: "Request Too Long"})
	lines.Close()
	if want := `abc prod 000000000000 r-1 e-1 POST /prod/x - 413 30 REQUEST_TOO_LARGE "Request Too Long" 192.0.2.1 me -` + "\n"; out.String() != want {
		t.Errorf("got  %swant %s", out.String(), want)
	}
}

// TestAccessLogGroups: the lines of a stage go to the log group that its destination is, in
// its own account and region alone, and those of its canary to one of theirs as well.
func TestAccessLogGroups(t *testing.T) {
	t.Parallel()
	for arn, want := range map[string]string{
		"arn:aws:logs:us-east-1:1:log-group:a/b":        "a/b",
		"arn:aws:logs:us-east-1:1:log-group:a:*":        "a",
		"arn:aws:logs:us-east-1:2:log-group:a":          "",
		"arn:aws:logs:eu-west-1:1:log-group:a":          "",
		"arn:aws:firehose:us-east-1:1:deliverystream/a": "",
		"arn:aws:logs:us-east-1:1:log-group":            "",
		"arn:aws:logs:us-east-1:1:other:a":              "",
		"":                                              "",
	} {
		var opened []string
		services := &Services{AccessLog: func(string) *observe.Lines { return nil }, LogGroup: func(st *snapshot.Stage, name string) observe.Taker {
			opened = append(opened, name)
			return nil
		}}
		st := &snapshot.Stage{APIID: "abc", Name: "prod", Account: "1", Region: "us-east-1", AccessLog: &snapshot.AccessLog{DestinationARN: arn, Format: "$context.status"}}
		services.Settings(st)
		if got := strings.Join(opened, " "); got != want {
			t.Errorf("%s: got %q, want %q", arn, got, want)
		}
	}
}
