package wire

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Shapes as they go over the wire: what is empty stays, what is absent is left
// out, times are whole seconds, doubles have a fraction, null templates are null.
func TestEncodeGolden(t *testing.T) {
	shapes := map[string]any{
		"restapi": &RestAPI{ID: new("a1b2c3d4e5"), Name: new("<pets & owners>"), CreatedDate: new(Timestamp(1700000000)), APIKeySource: new("HEADER"),
			EndpointConfiguration: &EndpointConfiguration{Types: []string{"EDGE"}, IPAddressType: new("ipv4")}, Tags: map[string]string{},
			DisableExecuteAPIEndpoint: new(false), Policy: new(`{\"Version\":\"2012-10-17\"}`), BinaryMediaTypes: []string{}},
		"restapis":   &RestAPIs{Items: []RestAPI{{ID: new("a")}, {}}, Position: new("b")},
		"empty list": &RestAPIs{Items: []RestAPI{}},
		"stages":     &Stages{Item: []Stage{{StageName: new("prod"), MethodSettings: map[string]MethodSetting{"*/*": {ThrottlingRateLimit: new(Double(10000)), ThrottlingBurstLimit: new(int32(5000)), CachingEnabled: new(false)}}}}},
		"integration response": &IntegrationResponse{StatusCode: new("200"), SelectionPattern: new(""), ResponseParameters: map[string]string{},
			ResponseTemplates: map[string]*string{"application/json": nil, "text/plain": new("#set($a = \"b\")\u2028")}},
		"method": &Method{HTTPMethod: new("GET"), APIKeyRequired: new(false), RequestParameters: map[string]bool{"method.request.path.id": true},
			MethodIntegration: &Integration{CacheKeyParameters: []string{}, TimeoutInMillis: new(int32(29000))}, MethodResponses: map[string]MethodResponse{"200": {}}},
		"usage":   &Usage{UsagePlanID: new("p"), Items: map[string][][]int64{"k": {{137, 999863}, {}}}},
		"account": &Account{Features: []string{"UsagePlans"}, ThrottleSettings: &ThrottleSettings{RateLimit: new(Double(1e7))}},
		"nothing": &RestAPI{},
	}
	got := make(map[string]string)
	for name, shape := range shapes {
		text, err := encode(shape)
		if err != nil {
			t.Fatal(err)
		}
		got[name] = string(text)
		again := reflect.New(reflect.TypeOf(shape).Elem()).Interface()
		if err := json.Unmarshal(text, again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(shape, again); diff != "" {
			t.Errorf("%s does not come back from JSON:\n%s", name, diff)
		}
	}
	checkGolden(t, "encode.txt", got)
}

// checkGolden compares texts by name with a file of testdata, one a line.
func checkGolden(t *testing.T, file string, texts map[string]string) {
	t.Helper()
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		b.WriteString(name + ": " + texts[name] + "\n")
	}
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s, want (-) and got (+):\n%s", path, diff)
	}
}

// Every output shape with every member set comes back from JSON, as the store
// needs it.
func TestOutputsRoundTrip(t *testing.T) {
	for name, make := range recorders {
		typ := make(nil).out
		if typ == reflect.TypeFor[ExportResponse]() || typ == reflect.TypeFor[SDKResponse]() {
			continue // no documents
		}
		out := reflect.New(typ)
		fill(out.Elem(), "")
		text, err := json.Marshal(out.Interface())
		if err != nil {
			t.Fatal(err)
		}
		again := reflect.New(typ)
		if err := json.Unmarshal(text, again.Interface()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(out.Interface(), again.Interface()); diff != "" {
			t.Errorf("output of %s:\n%s", name, diff)
		}
	}
}

func TestDownloads(t *testing.T) {
	s := newTestServer(t, testOptions(recordAll(&recording{})))
	for _, target := range []string{"/restapis/a/stages/b/exports/oas30", "/restapis/a/stages/b/sdks/javascript"} {
		r := send(s, "GET", target, "")
		if r.StatusCode != 200 || r.Header.Get("Content-Type") != "application/x-sample" || r.Header.Get("Content-Disposition") != "application/x-sample" {
			t.Errorf("%s is answered %d %v", target, r.StatusCode, r.Header)
		}
		if got := readAll(t, r); got != "raw \x00\xff bytes" {
			t.Errorf("%s is answered %q", target, got)
		}
	}
}
