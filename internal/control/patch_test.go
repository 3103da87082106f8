package control

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// FuzzPatch gives every table operations of strangers: whatever they are, the
// answer is an error of the service or none, never a panic.
func FuzzPatch(f *testing.F) {
	for _, seed := range [][4]string{
		{"replace", "/name", "x", ""}, {"add", "/requestParameters/method.request.header.X-A", "true", ""},
		{"remove", "/responseModels/application~1json", "", ""}, {"copy", "/deploymentId", "", "/canarySettings/deploymentId"},
		{"replace", "/~1pets~1{id}/GET/throttling/rateLimit", "-1.000000", ""}, {"remove", "/*/*", "", ""},
		{"add", "/accessLogSettings/format", "$context.requestId", ""}, {"replace", "/variables", `{"a":"b"}`, ""},
		{"replace", "/canarySettings/stageVariableOverrides/a", "b", ""}, {"add", "/binaryMediaTypes/-", "", ""},
		{"replace", "/endpointConfiguration/types/0", "PRIVATE", ""}, {"add", "/cacheKeyParameters", "x", ""},
		{"replace", "/methodSettings", `{"*/*": {"throttlingRateLimit": 1}, "a/GET": {"metricsEnabled": true}}`, ""},
		{"move", "/~01/~~/~", "\x00", "/"}, {"test", strings.Repeat("/", 300), "", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, op, path, value, from string) {
		o := []wire.PatchOperation{{Op: &op, Path: &path, Value: &value, From: &from}, {Op: &op, Path: &path}}
		checkPatch(t, &restAPIPatch, &wire.RestAPI{Name: new("a"), EndpointConfiguration: &wire.EndpointConfiguration{Types: []string{"EDGE"}}}, o)
		checkPatch(t, &methodPatch, &wire.Method{RequestModels: map[string]string{"application/json": "Empty"}}, o)
		checkPatch(t, &methodResponsePatch, &wire.MethodResponse{}, o)
		checkPatch(t, &integrationPatch, &wire.Integration{Type: new("HTTP")}, o)
		checkPatch(t, &integrationResponsePatch, &wire.IntegrationResponse{}, o)
		checkPatch(t, &modelPatch, &wire.Model{}, o)
		checkPatch(t, &validatorPatch, &wire.RequestValidator{}, o)
		checkPatch(t, &gatewayResponsePatch, stockGatewayResponse("THROTTLED"), o)
		checkPatch(t, &deploymentPatch, &wire.Deployment{}, o)
		checkPatch(t, &vpcLinkPatch, &wire.VPCLink{}, o)
		checkPatch(t, &clientCertificatePatch, &clientCertificate{}, o)
		checkPatch(t, &accountPatch, &wire.Account{Features: []string{usagePlansFeature}}, o)
		if strings.HasSuffix(path, "/logging/loglevel") || path == "/methodSettings" && setsLogLevel(value) {
			return // looks at the account
		}
		st := &stage{Stage: wire.Stage{DeploymentID: new("d"), StageName: new("s")}}
		checkPatch(t, &stagePatch, st, o)
		if freezeMethodSettings(st); len(st.MethodSettings) != len(st.Set) {
			t.Errorf("%d settings, of which %d are known", len(st.MethodSettings), len(st.Set))
		}
	})
}

// setsLogLevel reports whether a JSON object of method settings has a level.
func setsLogLevel(value string) bool {
	var all map[string]map[string]json.RawMessage
	_ = json.Unmarshal([]byte(value), &all)
	for _, settings := range all {
		if _, ok := settings["loggingLevel"]; ok {
			return true
		}
	}
	return false
}

func checkPatch[T any](t *testing.T, table *patchTable[T], target *T, o []wire.PatchOperation) {
	err := table.Apply(&tx{}, target, o)
	var answer *wire.Error
	if err != nil && !errors.As(err, &answer) {
		t.Errorf("%T: %v", target, err)
	}
	if err != nil && len(answer.Message) > 4000 {
		t.Errorf("%T: an error of %d bytes", target, len(answer.Message))
	}
}

// FuzzARN takes ARNs apart.
func FuzzARN(f *testing.F) {
	for _, seed := range []string{
		"arn:aws:apigateway:us-east-1::/restapis/a", "arn:aws-cn:apigateway:us-east-1::/restapis/a/stages/b", "arn:aws:apigateway:us-east-1:1:/restapis/a",
		"arn:aws:apigateway:us-east-1::restapis/a", "arn:aws:apigateway:us-east-1::/", ":::::", "", "arn:aws:apigateway:us-east-1::/a:b/c:d",
	} {
		f.Add(seed)
	}
	who := &wire.Caller{Account: "1", Region: "us-east-1"}
	f.Fuzz(func(tt *testing.T, arn string) {
		path, ok := parseARN(who, arn)
		if ok && !strings.HasSuffix(arn, ":/"+strings.Join(path, "/")) {
			tt.Errorf("%q became %q", arn, path)
		}
	})
}

// The tags of an API and of its stages are changed in the API's scope.
func TestAPIOfARN(t *testing.T) {
	who := &wire.Caller{Account: "111122223333", Region: "us-east-1"}
	for arn, want := range map[string]string{
		"arn:aws:apigateway:us-east-1::/restapis/a":             "a",
		"arn:aws:apigateway:us-east-1::/restapis/a/stages/prod": "a",
		"arn:aws:apigateway:us-east-1::/restapis":               "",
		"arn:aws:apigateway:us-east-1::/vpclinks/a":             "",
		"arn:aws:apigateway:eu-west-1::/restapis/a":             "", // another region's
		"restapis/a": "",
	} {
		if got := apiOfARN(who, arn); got != want {
			t.Errorf("%s: got %q, want %q", arn, got, want)
		}
	}
}
