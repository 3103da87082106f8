package control_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// many is an object of n members, each "{name}{i}": value.
func many(n int, name, value string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `, "%s%d": %s`, name, i, value)
	}
	return "{" + strings.TrimPrefix(b.String(), ", ") + "}"
}

// listOf is a list of n texts, each "{name}{i}".
func listOf(n int, name string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint(name, i)
	}
	text, _ := json.Marshal(list)
	return string(text)
}

// What AWS says no bound of has one here, and the refusal names the member and
// the rule; what is just within it is taken.
func TestSizes(t *testing.T) {
	t.Parallel()
	const most, members = 64 << 10, 1000
	text := func(n int) string { return strings.Repeat("a", n) }
	api, method := "/restapis/shop", "/restapis/shop/resources/{root}/methods/GET"
	http := func(more string) string { return `{"type": "HTTP", "httpMethod": "GET", ` + more + `}` }
	tests := map[string]struct {
		target string           // "VERB /path"
		body   func(int) string // with a member of that size
		size   int              // the largest that is taken
		member string           // "" for what a rule of AWS's refuses
		rule   string
	}{
		"description of an API":      {"POST /restapis", func(n int) string { return `{"name": "a", "description": "` + text(n) + `"}` }, most, "description", ""},
		"version of an API":          {"POST /restapis", func(n int) string { return `{"name": "a", "version": "` + text(n) + `"}` }, most, "version", ""},
		"description of an API, set": {"PATCH " + api, func(n int) string { return patchBody("replace", "/description", text(n), "") }, most, "description", ""},
		"a binary media type":        {"POST /restapis", func(n int) string { return `{"name": "a", "binaryMediaTypes": ["` + text(n) + `"]}` }, most, "binaryMediaTypes", ""},
		"binary media types":         {"POST /restapis", func(n int) string { return `{"name": "a", "binaryMediaTypes": ` + listOf(n, "a/") + `}` }, members, "binaryMediaTypes", "members"},
		"binary media types, added":  {"PATCH " + api, func(n int) string { return adds(n, "/binaryMediaTypes/a~1") }, members, "/binaryMediaTypes/a~11000", "members"},
		"VPC endpoints": {"POST /restapis", func(n int) string {
			return `{"name": "a", "endpointConfiguration": {"types": ["PRIVATE"], "vpcEndpointIds": ` + listOf(n, "v") + `}}`
		}, members, "vpcEndpointIds", "members"},
		"operationName": {"PATCH " + method, func(n int) string { return patchBody("replace", "/operationName", text(n), "") }, most, "operationName", ""},
		"parameters of a method": {"PUT " + strings.Replace(method, "GET", "PUT", 1), func(n int) string {
			return `{"authorizationType": "NONE", "requestParameters": ` + many(n, "method.request.header.x", "true") + `}`
		}, members, "requestParameters", "members"},
		"headers of a response": {"PUT " + method + "/responses/201", func(n int) string {
			return `{"responseParameters": ` + many(n, "method.response.header.x", "true") + `}`
		}, members, "responseParameters", "members"},
		"headers of a response, set": {"PATCH " + method + "/responses/200", func(n int) string { return adds(n, "/responseParameters/method.response.header.x") }, members, "responseParameters", "members"},
		"models of a response":       {"PUT " + method + "/responses/202", func(n int) string { return `{"responseModels": ` + many(n, "a/b", `"Empty"`) + `}` }, members, "responseModels", "members"},
		"uri":                        {"PUT " + method + "/integration", func(n int) string { return http(`"uri": "http://a/` + text(n-9) + `"`) }, most, "uri", ""},
		"credentials":                {"PUT " + method + "/integration", func(n int) string { return http(`"uri": "http://a/", "credentials": "arn:` + text(n-4) + `"`) }, most, "credentials", ""},
		"cacheNamespace":             {"PUT " + method + "/integration", func(n int) string { return http(`"uri": "http://a/", "cacheNamespace": "` + text(n) + `"`) }, most, "cacheNamespace", ""},
		"a mapping": {"PUT " + method + "/integration", func(n int) string {
			return http(`"uri": "http://a/", "requestParameters": {"integration.request.header.a": "'` + text(n-2) + `'"}`)
		}, most, "requestParameters", ""},
		"mappings": {"PUT " + method + "/integration", func(n int) string {
			return http(`"uri": "http://a/", "requestParameters": ` + many(n, "integration.request.header.a", `"'x'"`))
		}, members, "requestParameters", "members"},
		"templates":               {"PUT " + method + "/integration", func(n int) string { return http(`"uri": "http://a/", "requestTemplates": ` + many(n, "a/b", `"x"`)) }, members, "requestTemplates", "members"},
		"selectionPattern":        {"PUT " + method + "/integration/responses/200", func(n int) string { return `{"selectionPattern": "` + text(n) + `"}` }, most, "selectionPattern", ""},
		"selectionPattern, set":   {"PATCH " + method + "/integration/responses/200", func(n int) string { return patchBody("replace", "/selectionPattern", text(n), "") }, most, "selectionPattern", ""},
		"templates of a response": {"PUT " + method + "/integration/responses/200", func(n int) string { return `{"responseTemplates": ` + many(n, "a/b", `"x"`) + `}` }, members, "responseTemplates", "members"},
		"description of a model": {"POST " + api + "/models", func(n int) string {
			return fmt.Sprintf(`{"name": "M%d", "contentType": "application/json", "schema": "{}", "description": "%s"}`, n, text(n))
		}, most, "description", ""},
		"content type of a model": {"POST " + api + "/models", func(n int) string {
			return fmt.Sprintf(`{"name": "T%d", "contentType": "a/%s", "schema": "x"}`, n, text(n-2))
		}, most, "contentType", ""},
		"mappings of an error": {"PUT " + api + "/gatewayresponses/THROTTLED", func(n int) string {
			return `{"responseParameters": ` + many(n, "gatewayresponse.header.a", `"'x'"`) + `}`
		}, members, "responseParameters", "members"},
		"description of a deployment": {"POST " + api + "/deployments", func(n int) string { return `{"description": "` + text(n) + `"}` }, most, "description", ""},
		"description of a stage":      {"PATCH " + api + "/stages/dev", func(n int) string { return patchBody("replace", "/description", text(n), "") }, most, "description", ""},
		"format of a log": {"PATCH " + api + "/stages/dev", func(n int) string {
			return patchBody("replace", "/accessLogSettings/format", "$context.requestId"+text(n-18), "")
		}, most, "format", ""},
		"variables": {"PATCH " + api + "/stages/dev", func(n int) string {
			return patchBody("replace", "/variables", many(n, "v", `"x"`), "")
		}, members, "variables", "members"},
		"description of a link": {"POST /vpclinks", func(n int) string {
			return `{"name": "l", "targetArns": ["arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/a/0"], "description": "` + text(n) + `"}`
		}, most, "description", ""},
		"description of a certificate": {"POST /clientcertificates", func(n int) string { return `{"description": "` + text(n) + `"}` }, most, "description", ""},
		"a long template":              {"PUT " + method + "/integration", func(n int) string { return http(`"uri": "http://a/", "requestTemplates": {"a/b": "` + text(n) + `"}`) }, 300 << 10, "", "Mapping template for a/b must not be larger than 307200 bytes"},
		"a long schema": {"POST " + api + "/models", func(n int) string {
			return fmt.Sprintf(`{"name": "S%d", "contentType": "application/json", "schema": "{\"title\": \"%s\"}"}`, n, text(n-13))
		}, 400 << 10, "", "Model schema must not be larger than 409600 bytes"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := newServer(t).URL
			root := member(t, send(t, "POST", url+"/restapis", `{"name": "a", "tags": {"_custom_id_": "shop"}}`), "rootResourceId")
			verb, target, _ := strings.Cut(strings.ReplaceAll(tt.target, "{root}", root), " ")
			made := url + strings.ReplaceAll(method, "{root}", root)
			for _, s := range [][2]string{{"", `{"authorizationType": "NONE"}`}, {"/responses/200", "{}"}, {"/integration", `{"type": "MOCK"}`}, {"/integration/responses/200", "{}"}} {
				if got := send(t, "PUT", made+s[0], s[1]); got.status != 201 {
					t.Fatal(got.refusal())
				}
			}
			if got := send(t, "POST", url+api+"/deployments", `{"stageName": "dev"}`); got.status != 201 {
				t.Fatal(got.refusal())
			}
			want := tt.rule
			switch tt.rule {
			case "":
				want = "Invalid " + tt.member + " specified: a text cannot be longer than 65536 bytes"
			case "members":
				want = "Invalid " + tt.member + " specified: it cannot have more than 1000 members"
			}
			if got := send(t, verb, url+target, tt.body(tt.size+1)); got.refusal() != "BadRequestException "+want {
				t.Errorf("one more: got %.300s, want %s", got.refusal(), want)
			}
			if got := send(t, verb, url+target, tt.body(tt.size)); got.status > 202 {
				t.Errorf("the most: got %.300s", got.refusal())
			}
		})
	}
}

// adds is a patch that adds n entries.
func adds(n int, path string) string {
	ops := make([]string, n)
	for i := range ops {
		ops[i] = fmt.Sprintf(`{"op": "add", "path": "%s%d", "value": "true"}`, path, i)
	}
	return `{"patchOperations": [` + strings.Join(ops, ",") + `]}`
}

// An import tells which method has what is too much.
func TestSizesOfImports(t *testing.T) {
	b := newBench(t)
	body := `{"openapi": "3.0.1", "info": {"title": "a"}, "paths": {"/a": {"get": {"responses": {}, "x-amazon-apigateway-integration": {"type": "mock"}}, "put": {
		"responses": {}, "x-amazon-apigateway-integration": {"type": "http", "httpMethod": "GET", "uri": "http://a/` + strings.Repeat("a", 64<<10) + `"}}}}}`
	_, err := b.ImportRestAPI(ctx(), who, &wire.ImportRestAPIRequest{Body: []byte(body)})
	const want = "Errors found during import:\n\tUnable to put method 'PUT' on resource at path '/a': Invalid uri specified: a text cannot be longer than 65536 bytes"
	if err == nil || err.Error() != "BadRequestException: "+want {
		t.Errorf("got %.300v, want %s", err, want)
	}
}

// A stage has settings for each method of a large API, and of one refusal there
// are reasons enough, not all.
func TestManySettings(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, root := b.api()
	must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: api, StageName: new("dev")}))(t)
	var list []wire.PatchOperation
	for i := range 1001 {
		list = append(list, ops([3]string{"replace", fmt.Sprintf("/p%d/GET/throttling/burstLimit", i), "1"})...)
	}
	st := must(b.UpdateStage(ctx(), who, &wire.UpdateStageRequest{RestAPIID: api, StageName: "dev", PatchOperations: list}))(t)
	if len(st.MethodSettings) != 1001 {
		t.Errorf("got %d settings", len(st.MethodSettings))
	}
	params := make(map[string]bool)
	for i := range 500 {
		params[fmt.Sprintf("bad%03d", i)] = true
	}
	_, err := b.PutMethodResponse(ctx(), who, &wire.PutMethodResponseRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "GET", StatusCode: "200", ResponseParameters: params})
	if err == nil || strings.Count(err.Error(), "bad") != 20 || !strings.HasSuffix(err.Error(), "specified: bad019, and 480 more]") {
		t.Errorf("got %v", err)
	}
}
