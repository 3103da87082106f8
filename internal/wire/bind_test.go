package wire

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Query strings as clients send them, and the inputs they become.
func TestBindQuery(t *testing.T) {
	tests := map[string]struct {
		method, target string
		want           any
		err            string
	}{
		"paging":                    {method: "GET", target: "/restapis?limit=7&position=abc%2F%3D", want: &GetRestAPIsRequest{Limit: new(int32(7)), Position: new("abc/=")}},
		"empty number and position": {method: "GET", target: "/restapis?limit=&position=", want: &GetRestAPIsRequest{Position: new("")}},
		"first of two":              {method: "GET", target: "/restapis?limit=7&limit=8", want: &GetRestAPIsRequest{Limit: new(int32(7))}},
		"bad number":                {method: "GET", target: "/restapis?limit=x", err: "'x' can not be converted to an Integer"},
		"number too large":          {method: "GET", target: "/restapis?limit=2147483648", err: "'2147483648' can not be converted to an Integer"},
		"embed repeated":            {method: "GET", target: "/restapis/a/resources?embed=methods&embed=x", want: &GetResourcesRequest{RestAPIID: "a", Embed: []string{"methods", "x"}}},
		"embed with commas":         {method: "GET", target: "/restapis/a/resources?embed=methods%2Cx&embed=y", want: &GetResourcesRequest{RestAPIID: "a", Embed: []string{"methods", "x", "y"}}},
		"tag keys keep commas":      {method: "DELETE", target: "/tags/arn?tagKeys=a,b&tagKeys=c%20d", want: &UntagResourceRequest{ResourceARN: "arn", TagKeys: []string{"a,b", "c d"}}},
		"renamed":                   {method: "GET", target: "/apikeys?name=n&includeValues=true", want: &GetAPIKeysRequest{NameQuery: new("n"), IncludeValues: new(true)}},
		"lower case, upper value":   {method: "POST", target: "/apikeys?mode=import&format=csv&failonwarnings=TRUE", want: &ImportAPIKeysRequest{Format: "csv", FailOnWarnings: new(true), Body: []byte{}}},
		"bad boolean":               {method: "GET", target: "/apikeys?includeValues=1", err: "'1' can not be converted to an Boolean"},
		"empty boolean":             {method: "GET", target: "/apikeys?includeValues=", want: &GetAPIKeysRequest{}},
		"unnamed ones": {method: "POST", target: "/restapis?basepath=split&failonwarnings=false&mode=import&endpointConfigurationTypes=REGIONAL",
			want: &ImportRestAPIRequest{FailOnWarnings: new(false), Parameters: map[string]string{"basepath": "split", "endpointConfigurationTypes": "REGIONAL"}, Body: []byte{}}},
		"mode with a map": {method: "PUT", target: "/restapis/a?mode=merge&ignore=documentation",
			want: &PutRestAPIRequest{RestAPIID: "a", Mode: new("merge"), Parameters: map[string]string{"ignore": "documentation"}, Body: []byte{}}},
		"no unnamed ones": {method: "GET", target: "/restapis/a/stages/b/sdks/c", want: &GetSDKRequest{RestAPIID: "a", StageName: "b", SDKType: "c"}},
		"presigned": {method: "GET", target: "/restapis/a/stages/b/exports/oas30?extensions=integrations&X-Amz-Signature=1&X-Amz-Date=2",
			want: &GetExportRequest{RestAPIID: "a", StageName: "b", ExportType: "oas30", Parameters: map[string]string{"extensions": "integrations"}}},
		"unknown are ignored": {method: "GET", target: "/account?a=b", want: &GetAccountRequest{}},
		"plus is a space":     {method: "GET", target: "/apikeys?name=a+b%2Bc", want: &GetAPIKeysRequest{NameQuery: new("a b+c")}},
		"bad escape":          {method: "GET", target: "/apikeys?name=%zz", err: "The query string holds an invalid percent-encoding."},
		"bad UTF-8":           {method: "GET", target: "/apikeys?name=%ff", err: "The query string is not valid UTF-8."},
		"bad UTF-8 in a key":  {method: "GET", target: "/apikeys?%ff=a", err: "The query string is not valid UTF-8."},
		"too long":            {method: "GET", target: "/apikeys?name=" + strings.Repeat("a", maxQuery), err: "The query string must not be longer than 65536 bytes."},
	}
	var rec recording
	s := newTestServer(t, testOptions(recordAll(&rec)))
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			rec = recording{}
			r := send(s, tt.method, tt.target, "")
			if tt.err != "" {
				checkError(t, r, http.StatusBadRequest, "SerializationException", tt.err)
				return
			}
			if diff := cmp.Diff(tt.want, rec.in); diff != "" {
				t.Errorf("answered %d\n%s", r.StatusCode, diff)
			}
		})
	}
}

// checkError checks an error answer to the letter.
func checkError(t *testing.T, r *http.Response, status int, typ, message string) {
	t.Helper()
	body, err := encode(struct {
		Message string `json:"message"`
	}{message})
	if err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, r); got != string(body) {
		t.Errorf("body\n%s, want\n%s", got, body)
	}
	if r.StatusCode != status || header(r, "x-amzn-ErrorType") != typ || r.Header.Get("Content-Type") != "application/json" || header(r, "x-amzn-RequestId") == "" {
		t.Errorf("answered %d %v, want %d %s", r.StatusCode, r.Header, status, typ)
	}
}

// header returns a header by the exact spelling of its name.
func header(r *http.Response, name string) string {
	if v := r.Header[name]; len(v) == 1 {
		return v[0]
	}
	return ""
}
