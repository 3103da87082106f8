package pipeline

import (
	"bytes"
	"log/slog"
	"regexp"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/observe"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// logged serves a request on a stage with an access log and returns the line.
func logged(t *testing.T, format, request string, resource snapshot.Resource) string {
	t.Helper()
	var out bytes.Buffer
	lines := observe.NewLines(&out, slog.New(slog.DiscardHandler))
	r := newRig(t, resource)
	settings := *r.stage.settings
	settings.AccessLog = &snapshot.AccessLog{DestinationARN: "arn:x", Format: format}
	services := *r.stage.services
	services.AccessLog = func(arn string) *observe.Lines {
		if arn != "arn:x" {
			t.Errorf("destination is %q", arn)
		}
		return lines
	}
	r.stage = Bind(&settings, r.stage.program, &services)
	r.call(request).Release()
	lines.Close()
	return out.String()
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

func TestThrottle(t *testing.T) {
	one, zero, unlimited := int32(1), int32(0), int32(-1)
	slow, none, negative := 0.001, 0.0, -1.0
	tests := map[string]struct {
		settings map[string]snapshot.MethodSetting
		want     []int
	}{
		"all methods": {map[string]snapshot.MethodSetting{"*/*": {ThrottlingBurstLimit: &one, ThrottlingRateLimit: &slow}}, []int{200, 429, 429}},
		"the method's own wins": {map[string]snapshot.MethodSetting{
			"*/*": {ThrottlingBurstLimit: &zero, ThrottlingRateLimit: &none}, "/x/ANY": {ThrottlingBurstLimit: &unlimited, ThrottlingRateLimit: &negative}}, []int{200, 200, 200}},
		"rate of 0":       {map[string]snapshot.MethodSetting{"/x/ANY": {ThrottlingRateLimit: &none}}, []int{429}},
		"another method":  {map[string]snapshot.MethodSetting{"/y/ANY": {ThrottlingRateLimit: &none}}, []int{200}},
		"nothing was set": {map[string]snapshot.MethodSetting{"*/*": {}}, []int{200}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, mock(nil))
			settings := *r.stage.settings
			settings.MethodSettings = tt.settings
			r.stage = Bind(&settings, r.stage.program, r.stage.services)
			for i, want := range tt.want {
				resp := r.call("GET /x")
				if resp.Status != want {
					t.Errorf("call %d: got %d, want %d", i, resp.Status, want)
				}
				if want == 429 && show(resp) != "429\nx-amzn-ErrorType: TooManyRequestsException\nContent-Type: application/json\n\n"+`{"message":"Too Many Requests"}` {
					t.Errorf("got:\n%s", show(resp))
				}
			}
		})
	}
}
