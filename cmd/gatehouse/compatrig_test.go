package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A compatRig drives settings on a server.
type compatRig struct {
	url  string
	apis int
}

func newCompatRig(t *testing.T) *compatRig {
	t.Helper()
	p, err := launch(t.TempDir(), "serve", "--listen", "127.0.0.1:0", "--in-memory", "--log-level", "error")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if err := p.waitFor(`^Ready\.$`); err != nil {
		t.Fatal(err)
	}
	return &compatRig{url: urlLine.FindStringSubmatch(p.printed())[2]}
}

// answer sends a request and returns the status and the body, or of an error
// the type and the text.
func (r *compatRig) answer(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	got := exchange(t, method, r.url+path, []byte(body))
	if got.status < 400 {
		return got.status, got.body
	}
	var failure struct{ Message string }
	if err := json.Unmarshal([]byte(got.body), &failure); err != nil {
		t.Fatalf("%s %s: %d %q", method, path, got.status, got.body)
	}
	return got.status, got.header.Get("x-amzn-ErrorType") + " " + failure.Message
}

// ok sends a request that has to succeed, and returns the body.
func (r *compatRig) ok(t *testing.T, method, path, body string) string {
	t.Helper()
	status, text := r.answer(t, method, path, body)
	if status >= 400 {
		t.Fatalf("%s %s %s: %d %s", method, path, body, status, text)
	}
	return text
}

var label = regexp.MustCompile(`\{[^}]+\}`)

// notBuilt wants an operation to be refused because it is not built.
func (r *compatRig) notBuilt(t *testing.T, op *wire.Operation) {
	t.Helper()
	path := label.ReplaceAllString(op.Path, "x")
	if op.Query != "" {
		path += "?" + op.Query
	}
	status, text := r.answer(t, op.Method, path, "{}")
	if want := "NotImplementedException The operation " + op.Name + " is not implemented."; status != http.StatusNotImplemented || text != want {
		t.Errorf("%s: got %d %s, want 501 %s", op.Name, status, text, want)
	}
}

// An attempt is a setting being set by one operation on an API of its own.
type attempt struct {
	*compatRig
	names *strings.Replacer // {api}, {root}, {deployment}
	api   string
	read  string // path at which the setting is read back
}

// calls are the requests of operations that set what is driven, with what they
// need besides. In the paths and bodies {names} are filled in.
var calls = map[string]struct{ request, body, read string }{
	"CreateRestApi":     {"POST /restapis", `{"name": "a", "tags": {"_custom_id_": "{api}"}, "endpointConfiguration": {"types": ["REGIONAL"]}}`, "/restapis/{api}"},
	"UpdateRestApi":     {"PATCH /restapis/{api}", "", "/restapis/{api}"},
	"PutMethod":         {"PUT /restapis/{api}/resources/{root}/methods/GET", `{"authorizationType": "NONE"}`, "/restapis/{api}/resources/{root}/methods/GET"},
	"UpdateMethod":      {"PATCH /restapis/{api}/resources/{root}/methods/GET", "", "/restapis/{api}/resources/{root}/methods/GET"},
	"PutIntegration":    {"PUT /restapis/{api}/resources/{root}/methods/GET/integration", `{"type": "HTTP_PROXY", "httpMethod": "GET", "uri": "http://127.0.0.1:1/"}`, "/restapis/{api}/resources/{root}/methods/GET/integration"},
	"UpdateIntegration": {"PATCH /restapis/{api}/resources/{root}/methods/GET/integration", "", "/restapis/{api}/resources/{root}/methods/GET/integration"},
	"CreateStage":       {"POST /restapis/{api}/stages", `{"stageName": "made", "deploymentId": "{deployment}"}`, "/restapis/{api}/stages/made"},
	"CreateDeployment":  {"POST /restapis/{api}/deployments", `{"stageName": "dev"}`, "/restapis/{api}/stages/dev"}, // a canary wants a stage that is there
	"UpdateStage":       {"PATCH /restapis/{api}/stages/dev", "", "/restapis/{api}/stages/dev"},
	"UpdateAccount":     {"PATCH /account", "", "/account"},
	"CreateApiKey":      {"POST /apikeys", `{"name": "k"}`, "/apikeys/{made}"},
	"UpdateApiKey":      {"PATCH /apikeys/{key}", "", "/apikeys/{key}"},
	"UpdateUsagePlan":   {"PATCH /usageplans/{plan}", "", "/usageplans/{plan}"},
	"v2 CreateVpcLink":  {"POST /v2/vpclinks", `{"name": "l", "subnetIds": ["subnet-0"], "tags": {"_custom_id_": "{api}"}}`, "/v2/vpclinks/{api}"},
	"CreateDomainName":  {"POST /domainnames", `{"domainName": "{api}.example.com", "certificateArn": "` + aCertificate + `0"}`, "/domainnames/{api}.example.com"},
	"UpdateDomainName":  {"PATCH /domainnames/{api}.example.com", "", "/domainnames/{api}.example.com"},
	"ImportRestApi":     {"POST /restapis?mode=import", `{"swagger": "2.0", "info": {"title": "a", "version": "1"}, "paths": {}}`, ""},
	"PutRestApi":        {"PUT /restapis/{api}", `{"swagger": "2.0", "info": {"title": "a", "version": "1"}, "paths": {}}`, ""},
}

// drive sets a setting with each operation that takes it.
func (r *compatRig) drive(t *testing.T, d *driven, takers []taker) verdict {
	v := verdict{setting: d.setting, becomes: d.becomes}
	if !d.any {
		v.value = plain(d.value)
	}
	operations := make(map[string]bool)
	for _, by := range takers {
		operations[by.operation] = true
	}
	if strings.HasPrefix(d.setting, "Definition.") {
		operations = map[string]bool{"ImportRestApi": true, "PutRestApi": true}
	}
	for op := range operations {
		t.Run(d.setting+" "+v.value+" "+op, func(t *testing.T) {
			why := r.attempt(t, op).run(t, d, op)
			if v.text != "" && v.text != why {
				t.Errorf("%s: %s, and elsewhere %s", op, why, v.text)
			}
			v.text = why
		})
	}
	return v
}

// attempt makes an API with a mock, deployed to the stage dev, unless the
// operation is to make the API.
func (r *compatRig) attempt(t *testing.T, op string) *attempt {
	r.apis++
	a := &attempt{compatRig: r, api: fmt.Sprintf("c%d", r.apis)}
	a.names = strings.NewReplacer("{api}", a.api)
	t.Cleanup(func() {
		r.answer(t, "DELETE", "/domainnames/"+a.api+".example.com", "")
		r.answer(t, "DELETE", "/v2/vpclinks/"+a.api, "")
		r.answer(t, "DELETE", "/restapis/"+a.api, "")
	})
	a.read = calls[op].read
	if op == "CreateRestApi" || op == "ImportRestApi" {
		return a
	}
	a.ok(t, "POST", "/restapis", a.names.Replace(calls["CreateRestApi"].body))
	a.complete(t, op != "PutMethod")
	if op == "UpdateDomainName" {
		a.ok(t, "POST", "/domainnames", a.names.Replace(calls["CreateDomainName"].body))
	}
	return a
}

// complete gives the API what a deployment needs, and deploys it to dev.
func (a *attempt) complete(t *testing.T, withMethod bool) {
	t.Helper()
	var api wire.RestAPI
	if err := json.Unmarshal([]byte(a.ok(t, "GET", "/restapis/"+a.api, "")), &api); err != nil {
		t.Fatal(err)
	}
	authorizers := "/restapis/" + a.api + "/authorizers"
	names := []string{
		"{api}", a.api, "{root}", *api.RootResourceID,
		"{token}", madeID(t, a.ok(t, "POST", authorizers, aTokenAuthorizer)), "{pool}", madeID(t, a.ok(t, "POST", authorizers, aUserPool)),
	}
	a.names = strings.NewReplacer(names...)
	if !withMethod {
		return
	}
	method := a.names.Replace("/restapis/{api}/resources/{root}/methods/GET")
	a.ok(t, "PUT", method, `{"authorizationType": "NONE", "requestParameters": {"method.request.querystring.q": false}}`)
	a.ok(t, "PUT", method+"/integration", `{"type": "MOCK", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}}`)
	a.ok(t, "PUT", method+"/integration/responses/200", `{}`)
	a.ok(t, "PUT", method+"/responses/200", `{}`)
	a.ok(t, "PATCH", "/account", `{"patchOperations": [{"op": "replace", "path": "/cloudwatchRoleArn", "value": "arn:aws:iam::000000000000:role/logs"}]}`)
	var deployment wire.Deployment
	if err := json.Unmarshal([]byte(a.ok(t, "POST", "/restapis/"+a.api+"/deployments", `{"stageName": "dev"}`)), &deployment); err != nil {
		t.Fatal(err)
	}
	a.names = strings.NewReplacer(append(names, "{deployment}", *deployment.ID, "{key}", a.made(t, "/apikeys", "{}"), "{plan}", a.made(t, "/usageplans", `{"name": "p"}`))...)
}

const (
	aFunctionURI     = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations"
	aTokenAuthorizer = `{"name": "token", "type": "TOKEN", "identitySource": "method.request.header.A", "authorizerUri": "` + aFunctionURI + `"}`
	aUserPool        = `{"name": "pool", "type": "COGNITO_USER_POOLS", "identitySource": "method.request.header.A", "providerARNs": ["arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_a"]}`
)

// made makes something of the account that goes with the attempt, and returns its
// id.
func (a *attempt) made(t *testing.T, at, body string) string {
	t.Helper()
	id := madeID(t, a.ok(t, "POST", at, body))
	t.Cleanup(func() { a.answer(t, "DELETE", at+"/"+id, "") })
	return id
}

// madeID is the id in the answer of an operation that makes something.
func madeID(t *testing.T, answer string) string {
	t.Helper()
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(answer), &made); err != nil {
		t.Fatal(err)
	}
	return made.ID
}

// run sets the setting and says what became of it.
func (a *attempt) run(t *testing.T, d *driven, op string) string {
	method, path, _ := strings.Cut(a.names.Replace(calls[op].request), " ")
	body := a.names.Replace(patches(t, d.patch))
	if method != "PATCH" {
		body = merged(t, a.names.Replace(calls[op].body), a.names.Replace(d.body))
	}
	status, text := a.answer(t, method, path, body)
	if d.becomes == refused {
		if status != http.StatusBadRequest || !strings.HasPrefix(text, d.refusal) {
			t.Errorf("got %d %s, want 400 %s", status, text, d.refusal)
		}
		return refusalText(d)
	}
	if status >= 400 {
		t.Fatalf("got %d %s", status, text)
	}
	if strings.Contains(a.read, "{made}") {
		a.read = strings.ReplaceAll(a.read, "{made}", madeID(t, text))
	}
	a.readBack(t, d)
	if d.becomes == closed {
		return a.closes(t, d, op)
	}
	return a.isKept(t, d)
}

// refusalText is a refusal as the document has it: with "…" for a value that
// stands for all.
func refusalText(d *driven) string {
	typ, text, _ := strings.Cut(strings.ReplaceAll(d.refusal, "\n\t", " "), " ")
	if d.any {
		text = strings.ReplaceAll(text, " "+plain(d.value)+" ", " … ")
	}
	return "refused: " + typ + " `" + text + "`"
}

// plain is a JSON text, or a list of one, without its marks.
func plain(value string) string { return strings.Trim(value, `"[]`) }

// patches is the body of a request of patches.
func patches(t *testing.T, list []string) string {
	t.Helper()
	type patch struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value string `json:"value"`
	}
	var out []patch
	for _, p := range list {
		parts := strings.SplitN(p, " ", 3)
		out = append(out, patch{parts[0], parts[1], parts[2]})
	}
	text, err := json.Marshal(map[string]any{"patchOperations": out})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// merged lays the members of one object over another.
func merged(t *testing.T, base, over string) string {
	t.Helper()
	var out map[string]any
	for _, text := range []string{base, over} {
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// readBack wants clients to read the setting as it was set.
func (a *attempt) readBack(t *testing.T, d *driven) {
	t.Helper()
	var want, got any
	if err := json.Unmarshal([]byte(a.names.Replace(d.value)), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(a.ok(t, "GET", a.names.Replace(a.read), "")), &got); err != nil {
		t.Fatal(err)
	}
	names := strings.Split(d.setting, ".")[1:]
	if names[0] == "methodSettings" {
		names = slices.Insert(names, 1, "*/*")
	}
	for _, name := range names {
		object, _ := got.(map[string]any)
		got = object[name]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +read back\n%s", diff)
	}
}

// findings is what the doctor says of the API and the setting.
func (a *attempt) findings(t *testing.T, list func(*report) []idleSetting, d *driven) []idleSetting {
	t.Helper()
	r, err := fetchReport(t.Context(), http.DefaultClient, a.url)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(list(r), func(s idleSetting) bool {
		return s.Setting != d.setting || s.API != a.api && s.API != ""
	})
}

// isKept wants the doctor to list the setting as without effect, and says why.
func (a *attempt) isKept(t *testing.T, d *driven) string {
	t.Helper()
	found := a.findings(t, func(r *report) []idleSetting { return r.Kept }, d)
	if len(found) != 1 || plain(a.names.Replace(d.value)) != found[0].Value {
		t.Fatalf("the doctor says %+v", found)
	}
	return "kept: " + found[0].Why
}

// closes wants the requests of a deployment to be refused, and the doctor to
// say so.
func (a *attempt) closes(t *testing.T, d *driven, op string) string {
	t.Helper()
	switch op {
	case "CreateRestApi":
		a.complete(t, true)
	case "PutMethod":
		a.ok(t, "PUT", a.names.Replace(a.read)+"/integration", `{"type": "MOCK"}`)
	}
	stage := "/_aws/execute-api/" + a.api + "/shut/"
	a.ok(t, "POST", "/restapis/"+a.api+"/deployments", `{"stageName": "shut"}`)
	if got := exchange(t, "GET", a.url+stage, nil); got.status != http.StatusForbidden {
		t.Errorf("a request gets %d %s", got.status, got.body)
	}
	found := a.findings(t, func(r *report) []idleSetting { return r.Closed }, d)
	if len(found) == 0 {
		t.Errorf("the doctor does not say so")
	}
	return "closes: requests answer 403 until it is enforced"
}
