package wire

import (
	"encoding/json"
	"math"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// routeOf returns the route of an operation.
func routeOf(t testing.TB, name string) *route {
	t.Helper()
	for i := range operations {
		if op := &operations[i]; op.Name == name {
			query, _ := url.ParseQuery(op.Query)
			rt, _, err := newRouter(operations[:]).match(op.Method, op.Path, query, nil)
			if err != nil {
				t.Fatal(err)
			}
			return rt
		}
	}
	t.Fatalf("no operation %s", name)
	return nil
}

// bindBody binds body as the input In of the operation name, whose labels are
// all "200".
func bindBody[In any](t *testing.T, name, body string) (*In, error) {
	t.Helper()
	in := new(In)
	req := &request{labels: []string{"200", "200", "200", "200", "200", "200"}, body: []byte(body)}
	err := routeOf(t, name).bind(reflect.ValueOf(in).Elem(), req)
	return in, err
}

func message(err error) string {
	if e, ok := err.(*Error); ok {
		return e.Message
	}
	return ""
}

// One row for each JSON kind where each type is wanted. Rows marked r were
// recorded on this service, c on other services with the same framework; g is
// what we take to be the case.
func TestTypeErrors(t *testing.T) {
	const (
		list      = "Start of list found where not expected"
		structure = "Start of structure or map found where not expected."
		number    = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an "
		boolean   = "class java.lang.Boolean can not be converted to an "
		text      = "class java.lang.String can not be converted to an "
	)
	tests := []struct{ mark, op, body, want string }{
		// String
		{"r", "PutIntegration", `{"requestParameters":{"a":true}}`, boolean + "String"},
		{"r", "PutIntegrationResponse", `{"responseTemplates":{"application/json":1}}`, number + "String"},
		{"c", "CreateRestApi", `{"name":1.5}`, number + "String"},
		{"c", "CreateRestApi", `{"name":[]}`, list},
		{"c", "CreateRestApi", `{"name":{}}`, structure},
		{"c", "CreateRestApi", `{"binaryMediaTypes":[false]}`, boolean + "String"},
		{"c", "CreateRestApi", `{"apiKeySource":7}`, number + "String"},
		// Boolean
		{"c", "CreateApiKey", `{"enabled":"23"}`, "'23' can not be converted to an Boolean"},
		{"c", "CreateApiKey", `{"enabled":23}`, number + "Boolean"},
		{"g", "CreateApiKey", `{"enabled":2.3}`, number + "Boolean"},
		{"c", "CreateApiKey", `{"enabled":[]}`, list},
		{"c", "CreateApiKey", `{"enabled":{}}`, structure},
		{"g", "PutMethodResponse", `{"responseParameters":{"a":1}}`, number + "Boolean"},
		// Integer
		{"c", "CreateRestApi", `{"minimumCompressionSize":"23"}`, text + "Integer"},
		{"c", "CreateRestApi", `{"minimumCompressionSize":true}`, boolean + "Integer"},
		{"c", "CreateRestApi", `{"minimumCompressionSize":[]}`, list},
		{"c", "CreateRestApi", `{"minimumCompressionSize":{}}`, structure},
		// Double
		{"g", "CreateUsagePlan", `{"throttle":{"rateLimit":"1"}}`, text + "Double"},
		{"g", "CreateUsagePlan", `{"throttle":{"rateLimit":true}}`, boolean + "Double"},
		{"g", "CreateUsagePlan", `{"throttle":{"rateLimit":[]}}`, list},
		{"g", "CreateUsagePlan", `{"throttle":{"rateLimit":1e999}}`, "A number in the request body is too large."},
		// List
		{"c", "CreateRestApi", `{"binaryMediaTypes":"a"}`, "Expected list or null"},
		{"c", "CreateRestApi", `{"binaryMediaTypes":1}`, "Expected list or null"},
		{"c", "CreateRestApi", `{"binaryMediaTypes":true}`, "Expected list or null"},
		{"c", "CreateRestApi", `{"binaryMediaTypes":{}}`, structure},
		{"c", "UpdateAccount", `{"patchOperations":"a"}`, "Expected list or null"},
		// Map
		{"c", "CreateRestApi", `{"tags":"a"}`, "Expected map or null"},
		{"c", "CreateRestApi", `{"tags":false}`, "Expected map or null"},
		{"c", "CreateRestApi", `{"tags":[]}`, list},
		{"c", "PutIntegration", `{"requestTemplates":1}`, "Expected map or null"},
		{"c", "TestInvokeMethod", `{"multiValueHeaders":{"a":"b"}}`, "Expected list or null"},
		// Structure
		{"c", "CreateRestApi", `{"endpointConfiguration":"a"}`, "Expected null"},
		{"c", "CreateRestApi", `{"endpointConfiguration":[]}`, list},
		{"c", "UpdateAccount", `{"patchOperations":["a"]}`, "Expected null"},
		{"c", "UpdateAccount", `{"patchOperations":[[]]}`, list},
		{"c", "CreateUsagePlan", `{"apiStages":[{"throttle":{"/a/GET":1}}]}`, "Expected null"},
		{"g", "CreateRestApi", `[]`, list},
		{"g", "CreateRestApi", `"a"`, "Expected null"},
		{"g", "CreateRestApi", `{} {}`, "The request body is not valid JSON: invalid character '{' after top-level value at byte 3."},
		{"g", "CreateRestApi", `{"name":`, "The request body is not valid JSON: unexpected end at byte 8."},
		{"g", "CreateRestApi", "{\"name\":\"\xff\"}", "The request body is not valid UTF-8."},
		{"g", "CreateRestApi", "{\"x\":\"\\n\xed\xa0\x80\"}", "The request body is not valid UTF-8."},
		{"g", "CreateRestApi", `{"name":"\ud83d"}`, "The request body is not valid JSON: half a surrogate pair in string escape code at byte 9."},
		{"g", "CreateRestApi", `{"x":"\ude00\ud83d"}`, "The request body is not valid JSON: half a surrogate pair in string escape code at byte 6."},
		{"g", "CreateRestApi", `{"binaryMediaTypes":[` + strings.Repeat("null,", maxElements) + `null]}`, "The request body has a list or map of more than 100000 elements."},
		{"g", "CreateRestApi", `{"tags":{` + strings.Repeat(`"a":null,`, maxElements) + `"a":null}}`, "The request body has a list or map of more than 100000 elements."},
		{"g", "CreateRestApi", `{` + strings.Repeat(`"x":null,`, maxElements) + `"x":null}`, "The request body has a list or map of more than 100000 elements."},
		{"g", "CreateRestApi", `{"x":` + strings.Repeat("[", 200), "The request body is nested deeper than 100 levels."},
	}
	for _, tt := range tests {
		t.Run(tt.op+" "+tt.body[:min(len(tt.body), 40)], func(t *testing.T) {
			rt := routeOf(t, tt.op)
			in := reflect.New(recorders[tt.op](nil).in)
			err := rt.bind(in.Elem(), &request{labels: []string{"a", "b", "GET", "200"}, body: []byte(tt.body)})
			if typeOf(err) != "SerializationException" || message(err) != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestDecodeCreateRestAPI(t *testing.T) {
	tests := map[string]struct {
		body string
		want CreateRestAPIRequest
	}{
		"scalars":           {`{"name":"a","minimumCompressionSize":5,"disableExecuteApiEndpoint":true}`, CreateRestAPIRequest{Name: "a", MinimumCompressionSize: new(int32(5)), DisableExecuteAPIEndpoint: new(true)}},
		"required is empty": {`{"name":""}`, CreateRestAPIRequest{}},
		"null is absent":    {`{"name":"a","description":null,"tags":null,"endpointConfiguration":null}`, CreateRestAPIRequest{Name: "a"}},
		"empty is present":  {`{"name":"a","tags":{},"binaryMediaTypes":[],"description":"","endpointConfiguration":{}}`, CreateRestAPIRequest{Name: "a", Tags: map[string]string{}, BinaryMediaTypes: []string{}, Description: new(""), EndpointConfiguration: &EndpointConfiguration{}}},
		"unknown members":   {`{"name":"a","x":{"y":[1,{"z":null}]},"Name":"b","NAME":"c"}`, CreateRestAPIRequest{Name: "a"}},
		"last one counts":   {`{"name":"a","tags":{"k":"1"},"name":"b","tags":{"l":"2","l":"3"}}`, CreateRestAPIRequest{Name: "b", Tags: map[string]string{"l": "3"}}},
		"null after value":  {`{"name":"a","description":"d","description":null}`, CreateRestAPIRequest{Name: "a"}},
		"null elements":     {`{"name":"a","binaryMediaTypes":[null,"x",null],"tags":{"k":null,"l":"m"}}`, CreateRestAPIRequest{Name: "a", BinaryMediaTypes: []string{"x"}, Tags: map[string]string{"l": "m"}}},
		"text of a boolean": {`{"name":"a","disableExecuteApiEndpoint":"TRUE"}`, CreateRestAPIRequest{Name: "a", DisableExecuteAPIEndpoint: new(true)}},
		"fraction cut off":  {`{"name":"a","minimumCompressionSize":-5.9}`, CreateRestAPIRequest{Name: "a", MinimumCompressionSize: new(int32(-5))}},
		"exponent":          {`{"name":"a","minimumCompressionSize":1e3}`, CreateRestAPIRequest{Name: "a", MinimumCompressionSize: new(int32(1000))}},
		"too large":         {`{"name":"a","minimumCompressionSize":99999999999999999999}`, CreateRestAPIRequest{Name: "a", MinimumCompressionSize: new(int32(math.MaxInt32))}},
		"too small":         {`{"name":"a","minimumCompressionSize":-1e400}`, CreateRestAPIRequest{Name: "a", MinimumCompressionSize: new(int32(math.MinInt32))}},
		"escapes":           {`{"n\u0061me":"\u00e9\ud83d\ude00<\/>"}`, CreateRestAPIRequest{Name: "é😀</>"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := bindBody[CreateRestAPIRequest](t, "CreateRestApi", tt.body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeNested(t *testing.T) {
	patch, err := bindBody[UpdateStageRequest](t, "UpdateStage", `{"patchOperations":[{"op":"replace","path":"/a","value":"b"},null,{"op":"copy","from":"/c"},{}]}`)
	if err != nil {
		t.Fatal(err)
	}
	wantPatch := []PatchOperation{{Op: new("replace"), Path: new("/a"), Value: new("b")}, {Op: new("copy"), From: new("/c")}, {}}
	if diff := cmp.Diff(wantPatch, patch.PatchOperations); diff != "" {
		t.Error(diff)
	}

	plan, err := bindBody[CreateUsagePlanRequest](t, "CreateUsagePlan", `{"name":"p","apiStages":[{"apiId":"a","throttle":{"/x/GET":{"rateLimit":10000,"burstLimit":2},"/y/GET":null}}]}`)
	if err != nil {
		t.Fatal(err)
	}
	wantStages := []APIStage{{APIID: new("a"), Throttle: map[string]ThrottleSettings{"/x/GET": {RateLimit: new(Double(10000)), BurstLimit: new(int32(2))}}}}
	if diff := cmp.Diff(wantStages, plan.APIStages); diff != "" {
		t.Error(diff)
	}

	integration, err := bindBody[PutIntegrationRequest](t, "PutIntegration", `{"type":"MOCK","requestTemplates":{"application/json":"{}","text/plain":null}}`)
	if err != nil {
		t.Fatal(err)
	}
	wantTemplates := map[string]*string{"application/json": new("{}"), "text/plain": nil}
	if diff := cmp.Diff(wantTemplates, integration.RequestTemplates); diff != "" {
		t.Error(diff)
	}
}

// Operations without required members take an empty body, white space and null
// for an empty object; those without any JSON member take anything.
func TestEmptyBodies(t *testing.T) {
	for _, body := range []string{"", " \r\n", "null", "{}"} {
		in, err := bindBody[PutMethodResponseRequest](t, "PutMethodResponse", body)
		if err != nil {
			t.Errorf("%q: %v", body, err)
		}
		if in.ResponseModels != nil || in.ResponseParameters != nil {
			t.Errorf("%q became %+v", body, in)
		}
		_, err = bindBody[CreateRestAPIRequest](t, "CreateRestApi", body)
		if got, want := message(err), "1 validation error detected: Value null at 'createRestApiInput.name' failed to satisfy constraint: Member must not be null"; got != want {
			t.Errorf("%q: got %q, want %q", body, got, want)
		}
	}
	_, err := bindBody[CreateRestAPIRequest](t, "CreateRestApi", `{"name":"a","name":null}`)
	if typeOf(err) != "ValidationException" {
		t.Errorf("a required member that becomes null: got the error %v", err)
	}
	if _, err := bindBody[DeleteMethodResponseRequest](t, "DeleteMethodResponse", "anything"); err != nil {
		t.Error(err)
	}
}

// What encoding/json writes of an input's body, the binder reads back.
func FuzzBind(f *testing.F) {
	r := newRouter(operations[:], operationsV2[:])
	for _, op := range slices.Concat(operations[:], OperationsV2()) {
		in := reflect.New(recorderOf(&op)(nil).in)
		fill(in.Elem(), "")
		body, err := json.Marshal(in.Interface())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(op.Method, op.Path, op.Query+"&a=b&limit=5&failonwarnings=true", body)
	}
	f.Add("PATCH", "/account", "", []byte(`{"patchOperations":[{"op":"x"},null,{"op":null}]}`))
	f.Fuzz(func(t *testing.T, method, path, rawQuery string, body []byte) {
		query, err := parseQuery(rawQuery)
		if err != nil {
			return
		}
		rt, labels, err := r.match(method, path, query, nil)
		if err != nil || rt == nil || rt.op.input == &unread {
			return
		}
		in := reflect.New(recorderOf(rt.op)(nil).in)
		req := &request{labels: labels, query: query, body: body}
		if err := rt.bind(in.Elem(), req); err != nil {
			if got := typeOf(err); got != "SerializationException" && got != "ValidationException" {
				t.Fatalf("%s %s %q: %v", method, path, body, err)
			}
			return
		}
		if !rt.op.input.hasBody() {
			return
		}
		written, err := json.Marshal(in.Interface())
		if err != nil {
			t.Fatalf("bound %q as %+v, which does not encode: %v", body, in, err)
		}
		again := reflect.New(in.Type().Elem())
		req.body = written
		if err := rt.bind(again.Elem(), req); err != nil {
			t.Fatalf("bound %q, wrote %q: %v", body, written, err)
		}
		if diff := cmp.Diff(in.Interface(), again.Interface()); diff != "" {
			t.Fatalf("bound %q, wrote %q, bound again:\n%s", body, written, diff)
		}
	})
}
