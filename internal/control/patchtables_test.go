package control_test

import (
	"fmt"
	"strings"
	"testing"
)

// What the rows refuse more than once.
const (
	noParameter   = "! NotFoundException Invalid parameter name specified"
	noContentType = "! NotFoundException Content-Type specified was not found"
	badMapping    = "! BadRequestException Invalid mapping expression specified: Validation Result: warnings : [], errors : "
	noMethodSet   = " because there is no method setting for this method "
	logPaths      = "BadRequestException Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]"
	badPercent    = "! BadRequestException Canary percentTraffic must be between 0.0 and 100.0"
)

// stagePathsText is the end of AWS's answer to a path of a stage that it does
// not know. Two commas are missing in it.
const stagePathsText = ". Must be one of: [/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format, " +
	"/{resourcePath}/{httpMethod}/metrics/enabled, /{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, " +
	"/{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit/{resourcePath}/{httpMethod}/caching/ttlInSeconds, " +
	"/{resourcePath}/{httpMethod}/caching/enabled, /{resourcePath}/{httpMethod}/caching/dataEncrypted, /{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, " +
	"/{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, /*/*/logging/dataTrace, /*/*/logging/loglevel, " +
	"/*/*/throttling/burstLimit /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, /*/*/caching/enabled, /*/*/caching/dataEncrypted, " +
	"/*/*/caching/requireAuthorizationForCacheControl, /*/*/caching/unauthorizedCacheControlHeaderStrategy, /variables/{variable_name}, /tracingEnabled]"

// patchFixture makes what the tables patch and returns its names by label. A
// certificate takes long, so only those tables have one that name it.
func patchFixture(t *testing.T, url string, p *patched) map[string]string {
	t.Helper()
	names := map[string]string{}
	if strings.Contains(fmt.Sprint(*p), "{certificate}") {
		names["certificate"] = member(t, send(t, "POST", url+"/clientcertificates", "{}"), "clientCertificateId")
	}
	const get = "/restapis/shop/resources/{root}/methods/GET"
	for _, step := range []struct{ request, body, label, member string }{
		{"POST /restapis", `{"name": "shop", "tags": {"_custom_id_": "shop"}}`, "root", "rootResourceId"},
		{"POST /restapis/shop/resources/{root}", `{"pathPart": "pets"}`, "pets", "id"},
		{"POST /restapis/shop/resources/{root}", `{"pathPart": "more"}`, "more", "id"},
		{"POST /restapis/shop/models", `{"name": "Pet", "contentType": "application/json", "schema": "{}"}`, "", ""},
		{"POST /restapis/shop/requestvalidators", `{"name": "v"}`, "validator", "id"},
		{"POST /restapis/shop/documentation/parts", `{"location": {"type": "API"}, "properties": "{}"}`, "part", "id"},
		{"POST /restapis/shop/documentation/versions", `{"documentationVersion": "1"}`, "", ""},
		{"POST /restapis/shop/authorizers", authorizerBody("other"), "taken", "id"},
		{"POST /restapis/shop/authorizers", authorizerBody("a"), "authorizer", "id"},
		{"POST /vpclinks", `{"name": "l", "targetArns": ["arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/x/1"]}`, "link", "id"},
		{"PUT " + get, `{"authorizationType": "NONE", "requestParameters": {"method.request.header.X-A": false, "method.request.querystring.q": true}}`, "", ""},
		{"PUT " + get + "/responses/200", `{"responseParameters": {"method.response.header.A": false, "method.response.header.B": true}}`, "", ""},
		{"PUT " + get + "/integration", `{"type": "HTTP", "httpMethod": "GET", "uri": "http://localhost"}`, "", ""},
		{"PUT " + get + "/integration/responses/200", "{}", "", ""},
		{"PATCH /account", patchBody("replace", "/cloudwatchRoleArn", "arn:aws:iam::000000000000:role/logs", ""), "", ""},
		{"POST /restapis/shop/deployments", `{"stageName": "dev"}`, "deployment", "id"},
		{"POST /restapis/shop/deployments", "{}", "other", "id"},
		{"POST /usageplans", `{"name": "p", "apiStages": [{"apiId": "shop", "stage": "dev"}]}`, "plan", "id"},
		{"POST /usageplans", `{"name": "counts", "quota": {"limit": 10, "period": "DAY"}}`, "counting", "id"},
		{"POST /apikeys", `{"name": "k", "enabled": true}`, "key", "id"},
		{"POST /usageplans/{counting}/keys", `{"keyId": "{key}", "keyType": "API_KEY"}`, "", ""},
		{"POST /domainnames", `{"domainName": "api.example.com", "certificateArn": "` + acm + `a"}`, "", ""},
		{"PATCH /domainnames/api.example.com", `{"patchOperations": [{"op": "add", "path": "/endpointConfiguration/types", "value": "REGIONAL"}, {"op": "add", "path": "/regionalCertificateArn", "value": "` + acm + `r"}]}`, "", ""},
		{"POST /domainnames/api.example.com/basepathmappings", `{"restApiId": "shop", "stage": "dev"}`, "", ""},
		{"POST /domainnames/api.example.com/basepathmappings", `{"restApiId": "shop", "basePath": "orders"}`, "", ""},
	} {
		method, target, _ := strings.Cut(step.request, " ")
		got := send(t, method, url+fill(target, names), fill(step.body, names))
		if got.status >= 300 {
			t.Fatalf("%s: got status %d: %s", step.request, got.status, got.body)
		}
		if step.label != "" {
			names[step.label] = member(t, got, step.member)
		}
	}
	return names
}

// How the rows of a usage plan's stage begin, and what refuses others.
const (
	planThrottle = "/apiStages/shop:dev/throttle"
	planRefusal  = "! BadRequestException Usage Plan quota "
	notOfPlan    = "! NotFoundException Invalid API Stage {api: shop, stage: prod} specified for usageplan {plan}"
	noThrottle   = "NotFoundException Invalid throttle specified: usage plan {plan} has none for /pets/"
)

var usagePlanPatches = patched{
	operation: "UpdateUsagePlan", target: "/usageplans/{plan}", status: 200, dialect: "table",
	listed: map[string]string{
		"replace": "/name, /description, /productCode, /apiStages/<apidId:stageName>/throttle, /apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>/rateLimit, " +
			"/apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>/burstLimit, /throttle/rateLimit, /throttle/burstLimit, /quota/limit, /quota/offset, /quota/period",
		"add": "/apiStages, /productCode, /apiStages/<apidId:stageName>/throttle, /apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>/rateLimit, " +
			"/apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>/burstLimit, /throttle/rateLimit, /throttle/burstLimit, /quota/limit, /quota/offset, /quota/period",
		"remove": "/apiStages, /quota, /throttle, /productCode, /apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>, /apiStages/<apidId:stageName>/throttle",
	},
	unknown: []string{"/tags/a", "/id", "/apiStages/shop:dev", "/apiStages/0/stage", "/quota/other", "/throttle/other"},
	refused: map[string]string{
		"remove " + planThrottle + "/~1pets/GET/rateLimit": noThrottle + "GET/rateLimit", "remove " + planThrottle + "/~1pets/GET/burstLimit": noThrottle + "GET/burstLimit",
		"remove " + planThrottle + "//pets/GET/rateLimit": noThrottle + "GET/rateLimit", "remove " + planThrottle + "//pets/{id}/GET/burstLimit": noThrottle + "{id}/GET/burstLimit",
		"remove /apiStages/shop:prod/throttle/~1pets/GET/rateLimit": strings.TrimPrefix(notOfPlan, "! "),
	},
	rows: []patchRow{
		{op: "replace", path: "/name", value: "n", member: "/name", want: `"n"`},
		{op: "replace", path: "/name", value: "", want: "! BadRequestException Usage Plan name cannot be blank"},
		{op: "replace", path: "/name", value: "null", want: "! BadRequestException Usage Plan name cannot be blank"},
		{op: "replace", path: "/description", value: "d", member: "/description", want: `"d"`},
		{op: "replace", path: "/description", value: "", member: "/description"},
		{op: "add", path: "/productCode", value: "x", member: "/productCode", want: `"x"`},
		{op: "replace", path: "/productCode", value: "y", member: "/productCode", want: `"y"`},
		{op: "remove", path: "/productCode", member: "/productCode"},
		{op: "remove", path: "/throttle", member: "/throttle"},
		{op: "add", path: "/throttle/rateLimit", value: "200.000000", member: "/throttle", want: `{"rateLimit":200}`},
		{op: "replace", path: "/throttle/rateLimit", value: "2.5", member: "/throttle", want: `{"rateLimit":2.5}`},
		{op: "replace", path: "/throttle/rateLimit", value: "NaN", want: "! BadRequestException Invalid throttle rate limit specified"},
		{op: "replace", path: "/throttle/rateLimit", value: "-1", want: "! BadRequestException Invalid throttle rate limit specified"},
		{op: "add", path: "/throttle/burstLimit", value: "7", member: "/throttle/burstLimit", want: `7`},
		{op: "replace", path: "/throttle/burstLimit", value: "0", member: "/throttle/burstLimit", want: `0`},
		{op: "replace", path: "/throttle/burstLimit", value: "", want: "! BadRequestException Invalid throttle burst limit specified"},
		{op: "replace", path: planThrottle + "/~1pets/GET/rateLimit", value: "1.5", member: "/apiStages", want: `[{"apiId":"shop","stage":"dev","throttle":{"/pets/GET":{"rateLimit":1.5}}}]`},
		{op: "add", path: planThrottle + "/~1pets/GET/burstLimit", value: "2", member: "/apiStages", want: `[{"apiId":"shop","stage":"dev","throttle":{"/pets/GET":{"burstLimit":2,"rateLimit":1.5}}}]`},
		{op: "add", path: planThrottle + "//pets/GET/rateLimit", value: "3", member: "/apiStages", want: `[{"apiId":"shop","stage":"dev","throttle":{"/pets/GET":{"burstLimit":2,"rateLimit":3}}}]`},
		{op: "replace", path: planThrottle + "//pets/GET/rateLimit", value: "x", want: "! BadRequestException Invalid throttle rate limit specified"},
		{op: "add", path: planThrottle + "/~1pets/GET/rateLimit", value: "3", member: "/apiStages", want: `[{"apiId":"shop","stage":"dev","throttle":{"/pets/GET":{"burstLimit":2,"rateLimit":3}}}]`},
		{op: "replace", path: planThrottle + "/~1pets/GET/burstLimit", value: "5", member: "/apiStages", want: `[{"apiId":"shop","stage":"dev","throttle":{"/pets/GET":{"burstLimit":5,"rateLimit":3}}}]`},
		{op: "replace", path: planThrottle + "//pets/{id}/GET/burstLimit", value: "1", member: "/apiStages", want: `[{"apiId":"shop","stage":"dev","throttle":{"/pets/GET":{"burstLimit":5,"rateLimit":3},"/pets/{id}/GET":{"burstLimit":1}}}]`},
		{op: "add", path: planThrottle + "//pets/{id}/GET/burstLimit", value: "1", member: "/throttle/burstLimit", want: `0`},
		{op: "remove", path: planThrottle + "/~1pets~1{id}/GET", member: "/apiStages", want: `[{"apiId":"shop","stage":"dev","throttle":{"/pets/GET":{"burstLimit":5,"rateLimit":3}}}]`},
		{op: "remove", path: planThrottle + "/~1pets~1{id}/GET", want: "! " + noThrottle + "{id}/GET"},
		{op: "remove", path: "/throttle", want: "! BadRequestException Can not define fine grain throttling if usage plan throttle is not defined."},
		{op: "remove", path: planThrottle + "/~1pets/GET", member: "/apiStages", want: `[{"apiId":"shop","stage":"dev"}]`},
		{op: "replace", path: "/apiStages/shop:prod/throttle/~1pets/GET/rateLimit", value: "1", want: notOfPlan},
		{op: "add", path: "/apiStages/shop:prod/throttle/~1pets/GET/rateLimit", value: "1", want: notOfPlan},
		{op: "add", path: planThrottle, value: `{"/GET": {"rateLimit": 1, "burstLimit": 2}, "/pets/ANY": {}}`, member: "/apiStages", want: `[{"apiId":"shop","stage":"dev","throttle":{"/GET":{"burstLimit":2,"rateLimit":1},"/pets/ANY":{}}}]`},
		{op: "replace", path: planThrottle, value: `{"//GET": {"rateLimit": 1}}`, member: "/apiStages", want: `[{"apiId":"shop","stage":"dev","throttle":{"//GET":{"rateLimit":1}}}]`},
		{op: "replace", path: planThrottle, value: `[]`, want: "! BadRequestException Invalid value specified for patch path " + planThrottle},
		{op: "replace", path: planThrottle, value: `{"/pets/FETCH": {}}`, want: "! BadRequestException Invalid method specified for throttling: /pets/FETCH"},
		{op: "remove", path: planThrottle, member: "/apiStages", want: `[{"apiId":"shop","stage":"dev"}]`},
		{op: "remove", path: "/apiStages", value: "shop:dev", member: "/apiStages", want: `[]`},
		{op: "remove", path: "/apiStages", value: "shop:dev", want: "! NotFoundException Invalid API Stage {api: shop, stage: dev} specified for usageplan {plan}"},
		{op: "add", path: "/apiStages", value: "shop:dev", member: "/apiStages", want: `[{"apiId":"shop","stage":"dev"}]`},
		{op: "add", path: "/apiStages", value: "shop:dev", member: "/apiStages", want: `[{"apiId":"shop","stage":"dev"}]`},
		{op: "add", path: "/apiStages", value: "null", want: "! BadRequestException Invalid API Stage specified"},
		{op: "add", path: "/quota/limit", value: "5", want: planRefusal + "must have a limit and a period"},
		{op: "replace", path: "/quota/offset", value: "1", want: planRefusal + "must have a limit and a period"},
		{op: "add", path: "/quota/period", value: "DAY", want: planRefusal + "must have a limit and a period"},
		{op: "replace", path: "/quota/period", value: "YEAR", want: "! BadRequestException Invalid quota period specified. Valid options are DAY,WEEK,MONTH"},
		{op: "replace", path: "/quota/limit", value: "x", want: "! BadRequestException Invalid quota limit specified"},
		{op: "add", path: "/quota/offset", value: "x", want: "! BadRequestException Invalid quota offset specified"},
		{op: "remove", path: "/quota", member: "/quota"},
	},
}

var patchTables = []patched{
	{
		operation: "UpdateAccount", target: "/account", status: 200, dialect: "table",
		listed:  map[string]string{"replace": "/cloudwatchRoleArn", "add": "/features", "remove": "/features"},
		unknown: []string{"/throttleSettings", "/throttleSettings/rateLimit", "/apiKeyVersion", "/features/UsagePlans", "", "/"},
		rows: []patchRow{
			{op: "replace", path: "/cloudwatchRoleArn", value: "arn:aws:iam::000000000000:role/new", member: "/cloudwatchRoleArn", want: `"arn:aws:iam::000000000000:role/new"`},
			{op: "replace", path: "/cloudwatchRoleArn", value: "", member: "/cloudwatchRoleArn"},
			{op: "replace", path: "/cloudwatchRoleArn", value: "null", member: "/cloudwatchRoleArn"},
			{op: "replace", path: "/cloudwatchRoleArn", value: "logs", want: "! BadRequestException Invalid ARN specified in the request"},
			{op: "add", path: "/features", value: "UsagePlans", member: "/features", want: `["UsagePlans"]`},
			{op: "remove", path: "/features", value: "UsagePlans", want: "! BadRequestException Usage Plans cannot be disabled once enabled"},
		},
	},
	{
		operation: "UpdateApiKey", target: "/apikeys/{key}", status: 200, dialect: "table",
		listed:  map[string]string{"replace": "/name, /description, /customerId, /enabled", "add": "/stages", "remove": "/stages"},
		unknown: []string{"/value", "/labels", "/tags/a", "/id", "/stageKeys", "/stages/shop~1dev"},
		rows: []patchRow{
			{op: "replace", path: "/name", value: "n", member: "/name", want: `"n"`},
			{op: "replace", path: "/name", value: "", member: "/name"},
			{op: "replace", path: "/description", value: "d", member: "/description", want: `"d"`},
			{op: "replace", path: "/description", value: "null", member: "/description"},
			{op: "replace", path: "/customerId", value: "c", member: "/customerId", want: `"c"`},
			{op: "replace", path: "/customerId", value: "", member: "/customerId"},
			{op: "replace", path: "/enabled", value: "false", member: "/enabled", want: `false`},
			{op: "replace", path: "/enabled", value: "true", member: "/enabled", want: `true`},
			{op: "replace", path: "/enabled", value: "null", member: "/enabled", want: `false`},
			{op: "add", path: "/stages", value: "shop/dev", member: "/stageKeys", want: `["shop/dev"]`},
			{op: "add", path: "/stages", value: "shop/dev", member: "/stageKeys", want: `["shop/dev"]`},
			{op: "add", path: "/stages", value: "shop/nope", want: "! NotFoundException Invalid stage identifier specified"},
			{op: "add", path: "/stages", value: "", want: "! NotFoundException Invalid stage identifier specified"},
			{op: "remove", path: "/stages", value: "shop/dev", member: "/stageKeys", want: `[]`},
			{op: "remove", path: "/stages", value: "shop/dev", member: "/stageKeys", want: `[]`},
		},
	},
	{
		operation: "UpdateUsage", target: "/usageplans/{counting}/keys/{key}/usage", status: 200, dialect: "list",
		read:    "/usageplans/{counting}/usage?keyId={key}&startDate=2026-03-01&endDate=2026-03-01",
		listed:  map[string]string{"replace": "/remaining"},
		unknown: []string{"/extension", "/values", "/used"},
		rows: []patchRow{
			{op: "replace", path: "/remaining", value: "3", member: "/values/{key}", want: `[[0,3]]`},
			{op: "replace", path: "/remaining", value: "0", member: "/values/{key}", want: `[[0,0]]`},
			{op: "replace", path: "/remaining", value: "9223372036854775807", member: "/startDate", want: `"2026-03-01"`},
			{op: "replace", path: "/remaining", value: "12", member: "/endDate", want: `"2026-03-01"`},
			{op: "replace", path: "/remaining", value: "-1", want: "! BadRequestException Invalid value specified for patch path /remaining"},
			{op: "replace", path: "/remaining", value: "1.5", want: "! BadRequestException Invalid value specified for patch path /remaining"},
			{op: "replace", path: "/remaining", value: "null", want: "! BadRequestException Invalid value specified for patch path /remaining"},
		},
	},
	{
		operation: "UpdateClientCertificate", target: "/clientcertificates/{certificate}", status: 200, dialect: "table",
		listed:  map[string]string{"replace": "/description"},
		unknown: []string{"/tags/a", "/pemEncodedCertificate"},
		rows: []patchRow{
			{op: "replace", path: "/description", value: "d", member: "/description", want: `"d"`},
			{op: "replace", path: "/description", value: "", member: "/description"},
			{op: "replace", path: "/description", value: "null", member: "/description"},
		},
	},
	{
		operation: "UpdateDeployment", target: "/restapis/shop/deployments/{deployment}", status: 200, dialect: "table",
		listed:  map[string]string{"replace": "/description"},
		unknown: []string{"/id", "/createdDate", "/stageName"},
		rows: []patchRow{
			{op: "replace", path: "/description", value: "d", member: "/description", want: `"d"`},
			{op: "replace", path: "/description", value: "", member: "/description"},
			{op: "replace", path: "/description", value: "null", member: "/description"},
		},
	},
	usagePlanPatches,
	{
		operation: "UpdateVpcLink", target: "/vpclinks/{link}", status: 200, dialect: "table",
		listed:  map[string]string{"replace": "/name, /description"},
		unknown: []string{"/status", "/tags/a"},
		refused: map[string]string{},
		rows: []patchRow{
			{op: "replace", path: "/name", value: "n", member: "/name", want: `"n"`},
			{op: "replace", path: "/name", value: "", want: "! BadRequestException Name cannot be empty"},
			{op: "replace", path: "/description", value: "d", member: "/description", want: `"d"`},
			{op: "replace", path: "/description", value: "", member: "/description"},
			{op: "replace", path: "/targetArns", value: "arn:aws:a:b:c:d", want: targetsStay},
			{op: "add", path: "/targetArns", value: "arn:aws:a:b:c:d", want: targetsStay},
			{op: "remove", path: "/targetArns", want: targetsStay},
			{op: "replace", path: "/targetArns/0", value: "arn:aws:a:b:c:d", want: targetsStay},
			{op: "add", path: "/targetArns/0", value: "arn:aws:a:b:c:d", want: targetsStay},
			{op: "remove", path: "/targetArns/0", want: targetsStay},
			{op: "copy", path: "/targetArns", want: targetsStay}, {op: "move", path: "/targetArns", want: targetsStay}, {op: "test", path: "/targetArns", want: targetsStay},
			{op: "copy", path: "/targetArns/0", want: targetsStay}, {op: "move", path: "/targetArns/0", want: targetsStay}, {op: "test", path: "/targetArns/0", want: targetsStay},
		},
	},
	{
		operation: "UpdateGatewayResponse", target: "/restapis/shop/gatewayresponses/THROTTLED", status: 200, dialect: "path",
		unknown: []string{"/responseParameters", "/responseTemplates", "/responseType", "/defaultResponse", "/responseTemplates/application/json"},
		rows: []patchRow{
			{op: "replace", path: "/statusCode", value: "503", member: "/statusCode", want: `"503"`},
			{op: "replace", path: "/statusCode", value: "503", member: "/defaultResponse", want: `false`},
			{op: "replace", path: "/responseParameters/gatewayresponse.header.A", value: "'1'", want: noParameter},
			{op: "remove", path: "/responseParameters/gatewayresponse.header.A", want: noParameter},
			{op: "add", path: "/responseParameters/gatewayresponse.header.A", value: "'1'", member: "/responseParameters", want: `{"gatewayresponse.header.A":"'1'"}`},
			{op: "replace", path: "/responseParameters/gatewayresponse.header.A", value: "context.stage", member: "/responseParameters", want: `{"gatewayresponse.header.A":"context.stage"}`},
			{op: "replace", path: "/responseParameters/gatewayresponse.header.A", value: "", want: "! BadRequestException Invalid null or empty value in responseParameters"},
			{op: "remove", path: "/responseParameters/gatewayresponse.header.A", value: "ignored", member: "/responseParameters", want: `{}`},
			{op: "add", path: "/responseTemplates/a~1b", value: "t", member: "/responseTemplates/a~1b", want: `"t"`},
			{op: "add", path: "/responseTemplates/a~1b", value: "null", want: "! BadRequestException Invalid null or empty value in responseTemplates"},
			{op: "replace", path: "/responseTemplates/a~1b", value: "u", member: "/responseTemplates/a~1b", want: `"u"`},
			{op: "remove", path: "/responseTemplates/a~1b", member: "/responseTemplates", want: `{"application/json":"{\"message\":$context.error.messageString}"}`},
		},
	},
	{
		operation: "UpdateIntegration", target: "/restapis/shop/resources/{root}/methods/GET/integration", status: 200, dialect: "table",
		listed: map[string]string{
			"replace": "/uri, /httpMethod, /credentials, /passthroughBehavior, /contentHandling, /cacheNamespace, /connectionType, /connectionId, /timeoutInMillis, /tlsConfig/insecureSkipVerification, " +
				"/responseTransferMode, /integrationTarget, /requestParameters/{name}, /requestTemplates/{type}, /cacheKeyParameters",
			"add":    "/requestParameters/{name}, /requestTemplates/{type}, /cacheKeyParameters/{param}, /cacheKeyParameters",
			"remove": "/requestParameters/{name}, /requestTemplates/{type}, /cacheKeyParameters/{param}, /cacheKeyParameters",
		},
		unknown: []string{"/type", "/requestParameters", "/requestTemplates", "/requestTemplates/application/json", "/tlsConfig", "/integrationResponses"},
		rows: []patchRow{
			{op: "replace", path: "/uri", value: "http://127.0.0.1/b", member: "/uri", want: `"http://127.0.0.1/b"`},
			{op: "replace", path: "/uri", value: "", want: "! BadRequestException Invalid HTTP endpoint specified for URI"},
			{op: "replace", path: "/httpMethod", value: "PUT", member: "/httpMethod", want: `"PUT"`},
			{op: "replace", path: "/httpMethod", value: "", want: "! BadRequestException Enumeration value for HttpMethod must be non-empty"},
			{op: "replace", path: "/credentials", value: "arn:aws:iam::000000000000:role/r", member: "/credentials", want: `"arn:aws:iam::000000000000:role/r"`},
			{op: "replace", path: "/credentials", value: "", member: "/credentials"},
			{op: "replace", path: "/passthroughBehavior", value: "NEVER", member: "/passthroughBehavior", want: `"NEVER"`},
			{op: "replace", path: "/passthroughBehavior", value: "", member: "/passthroughBehavior", want: `"WHEN_NO_MATCH"`},
			{op: "replace", path: "/contentHandling", value: "CONVERT_TO_BINARY", member: "/contentHandling", want: `"CONVERT_TO_BINARY"`},
			{op: "replace", path: "/contentHandling", value: "", member: "/contentHandling"},
			{op: "replace", path: "/cacheNamespace", value: "ns", member: "/cacheNamespace", want: `"ns"`},
			{op: "replace", path: "/cacheNamespace", value: "", member: "/cacheNamespace", want: `"{root}"`},
			{op: "replace", path: "/connectionId", value: "{link}", member: "/connectionId", want: `"{link}"`},
			{op: "replace", path: "/connectionType", value: "VPC_LINK", member: "/connectionType", want: `"VPC_LINK"`},
			{op: "replace", path: "/connectionId", value: "${stageVariables.l}", member: "/connectionId", want: `"${stageVariables.l}"`},
			{op: "replace", path: "/connectionType", value: "", member: "/connectionType", want: `"INTERNET"`},
			{op: "replace", path: "/connectionId", value: "", member: "/connectionId"},
			{op: "replace", path: "/timeoutInMillis", value: "50", member: "/timeoutInMillis", want: `50`},
			{op: "replace", path: "/timeoutInMillis", value: "29001", want: "! BadRequestException Timeout should be between 50 ms and 29000 ms"},
			{op: "replace", path: "/tlsConfig/insecureSkipVerification", value: "true", member: "/tlsConfig", want: `{"insecureSkipVerification":true}`},
			{op: "replace", path: "/tlsConfig/insecureSkipVerification", value: "null", member: "/tlsConfig", want: `{"insecureSkipVerification":false}`},
			{op: "replace", path: "/responseTransferMode", value: "BUFFERED", member: "/responseTransferMode", want: `"BUFFERED"`},
			{op: "replace", path: "/responseTransferMode", value: "STREAM", want: "! BadRequestException Invalid ResponseTransferMode. Cannot use ResponseTransferMode STREAM for HTTP integrations."},
			{op: "replace", path: "/integrationTarget", value: "arn:aws:x", want: "! BadRequestException IntegrationTarget is supported only for connection type VPC_LINK"},
			{op: "replace", path: "/integrationTarget", value: "", member: "/integrationTarget"},
			{op: "replace", path: "/requestParameters/integration.request.header.h", value: "'a'", want: noParameter},
			{op: "remove", path: "/requestParameters/integration.request.header.h", want: noParameter},
			{op: "add", path: "/requestParameters/integration.request.header.h", value: "'a'", member: "/requestParameters", want: `{"integration.request.header.h":"'a'"}`},
			{op: "add", path: "/requestParameters/integration.request.header.h", value: "a", want: badMapping + "[Invalid mapping expression specified: a]"},
			{op: "replace", path: "/requestParameters/integration.request.header.h", value: "method.request.header.X-A", member: "/requestParameters", want: `{"integration.request.header.h":"method.request.header.X-A"}`},
			{op: "remove", path: "/requestParameters/integration.request.header.h", value: "", member: "/requestParameters"},
			{op: "replace", path: "/requestTemplates/application~1json", value: "{}", want: noContentType},
			{op: "remove", path: "/requestTemplates/application~1json", want: noContentType},
			{op: "add", path: "/requestTemplates/application~1json", value: "{}", member: "/requestTemplates", want: `{"application/json":"{}"}`},
			{op: "replace", path: "/requestTemplates/application~1json", value: "", member: "/requestTemplates", want: `{"application/json":null}`},
			{op: "remove", path: "/requestTemplates/application~1json", member: "/requestTemplates"},
			{op: "add", path: "/cacheKeyParameters/method.request.header.X-A", value: "", member: "/cacheKeyParameters", want: `["method.request.header.X-A"]`},
			{op: "add", path: "/cacheKeyParameters/method.request.header.X-A", value: "", member: "/cacheKeyParameters", want: `["method.request.header.X-A"]`},
			{op: "remove", path: "/cacheKeyParameters/method.request.header.X-A", value: "", member: "/cacheKeyParameters", want: `[]`},
			{op: "remove", path: "/cacheKeyParameters/method.request.header.X-A", value: "", want: noParameter},
			{op: "add", path: "/cacheKeyParameters", value: "method.input.params.q", want: "! BadRequestException Invalid cache key parameter specified"},
			{op: "add", path: "/cacheKeyParameters", value: "method.request.header.Z", want: badMapping + "[Invalid mapping expression parameter specified: method.request.header.Z]"},
			{op: "add", path: "/cacheKeyParameters", value: "method.request.header.X-A", member: "/cacheKeyParameters", want: `["method.request.header.X-A"]`},
			{op: "replace", path: "/cacheKeyParameters", value: "method.request.header.X-A", member: "/cacheKeyParameters", want: `["method.request.header.X-A"]`},
			{op: "remove", path: "/cacheKeyParameters", value: "method.request.header.X-A", member: "/cacheKeyParameters", want: `[]`},
			{op: "remove", path: "/cacheKeyParameters", value: "method.request.header.X-A", want: noParameter},
		},
	},
	{
		operation: "UpdateIntegrationResponse", target: "/restapis/shop/resources/{root}/methods/GET/integration/responses/200", status: 200, dialect: "table",
		listed: map[string]string{
			"replace": "/selectionPattern, /contentHandling, /responseParameters/{name}, /responseTemplates/{type}",
			"add":     "/responseParameters/{name}, /responseTemplates/{type}",
			"remove":  "/responseParameters/{name}, /responseTemplates/{type}",
		},
		unknown: []string{"/statusCode", "/responseParameters", "/responseTemplates", "/responseTemplates/a/b"},
		rows: []patchRow{
			{op: "replace", path: "/selectionPattern", value: `5\d\d`, member: "/selectionPattern", want: `"5\\d\\d"`},
			{op: "replace", path: "/selectionPattern", value: "", member: "/selectionPattern", want: `""`},
			{op: "replace", path: "/selectionPattern", value: "null", member: "/selectionPattern"},
			{op: "replace", path: "/contentHandling", value: "CONVERT_TO_TEXT", member: "/contentHandling", want: `"CONVERT_TO_TEXT"`},
			{op: "replace", path: "/contentHandling", value: "", member: "/contentHandling"},
			{op: "replace", path: "/responseParameters/method.response.header.A", value: "'a'", want: noParameter},
			{op: "remove", path: "/responseParameters/method.response.header.A", want: noParameter},
			{op: "add", path: "/responseParameters/method.response.header.A", value: "'a'", member: "/responseParameters", want: `{"method.response.header.A":"'a'"}`},
			{op: "add", path: "/responseParameters/method.response.header.Z", value: "'a'", want: badMapping + "[Invalid mapping expression parameter specified: method.response.header.Z]"},
			{op: "replace", path: "/responseParameters/method.response.header.A", value: "integration.response.body.a", member: "/responseParameters", want: `{"method.response.header.A":"integration.response.body.a"}`},
			{op: "remove", path: "/responseParameters/method.response.header.A", member: "/responseParameters"},
			{op: "replace", path: "/responseParameters/method.response.header.Z", value: "'a'", want: noParameter},
			{op: "remove", path: "/responseParameters/method.response.header.Z", want: noParameter},
			{op: "replace", path: "/responseTemplates/a~1b", value: "t", want: noContentType},
			{op: "remove", path: "/responseTemplates/a~1b", want: noContentType},
			{op: "add", path: "/responseTemplates/a~1b", value: "t", member: "/responseTemplates", want: `{"a/b":"t"}`},
			{op: "replace", path: "/responseTemplates/a~1b", value: "null", member: "/responseTemplates", want: `{"a/b":null}`},
			{op: "remove", path: "/responseTemplates/a~1b", member: "/responseTemplates"},
		},
	},
	authorizerPatches,
	{
		operation: "UpdateMethod", target: "/restapis/shop/resources/{root}/methods/GET", status: 200, dialect: "plain",
		unknown: []string{"/httpMethod", "/requestParameters", "/requestModels", "/requestModels/application/json", "/methodIntegration/uri", "/methodResponses"},
		rows: []patchRow{
			{op: "replace", path: "/authorizationType", value: "AWS_IAM", member: "/authorizationType", want: `"AWS_IAM"`},
			{op: "replace", path: "/authorizationType", value: "none", member: "/authorizationType", want: `"NONE"`},
			{op: "replace", path: "/authorizationType", value: "CUSTOM", want: "! BadRequestException Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer."},
			{op: "replace", path: "/authorizerId", value: "{authorizer}", member: "/authorizerId"},
			{op: "replace", path: "/authorizerId", value: "abc123", member: "/authorizerId"},
			{op: "replace", path: "/authorizerId", value: "", member: "/authorizerId"},
			{op: "replace", path: "/apiKeyRequired", value: "true", member: "/apiKeyRequired", want: `true`},
			{op: "replace", path: "/apiKeyRequired", value: "whatever", member: "/apiKeyRequired", want: `false`},
			{op: "replace", path: "/operationName", value: "op", member: "/operationName", want: `"op"`},
			{op: "replace", path: "/operationName", value: "null", member: "/operationName"},
			{op: "replace", path: "/requestValidatorId", value: "{validator}", member: "/requestValidatorId", want: `"{validator}"`},
			{op: "replace", path: "/requestValidatorId", value: "null", member: "/requestValidatorId"},
			{op: "replace", path: "/requestValidatorId", value: "", member: "/requestValidatorId"},
			{op: "add", path: "/authorizationScopes", value: "a", want: "! BadRequestException Invalid Method authorization type specified. Authorization Scopes are only valid for COGNITO_USER_POOLS authorization type"},
			{op: "remove", path: "/authorizationScopes", value: "a", member: "/authorizationScopes"},
			{op: "replace", path: "/requestParameters/method.request.header.N", value: "true", want: noParameter},
			{op: "remove", path: "/requestParameters/method.request.header.N", want: noParameter},
			{op: "add", path: "/requestParameters/method.request.header.N", value: "true", member: "/requestParameters/method.request.header.N", want: `true`},
			{op: "replace", path: "/requestParameters/method.request.header.N", value: "false", member: "/requestParameters/method.request.header.N", want: `false`},
			{op: "remove", path: "/requestParameters/method.request.header.N", value: "", member: "/requestParameters/method.request.header.N"},
			{op: "replace", path: "/requestModels/application~1json", value: "Pet", want: noContentType},
			{op: "remove", path: "/requestModels/application~1json", want: noContentType},
			{op: "add", path: "/requestModels/application~1json", value: "Pet", member: "/requestModels", want: `{"application/json":"Pet"}`},
			{op: "replace", path: "/requestModels/application~1json", value: "Error", member: "/requestModels", want: `{"application/json":"Error"}`},
			{op: "replace", path: "/requestModels/application~1json", value: "Nope", want: "! BadRequestException Invalid model identifier specified: Nope"},
			{op: "remove", path: "/requestModels/application~1json", member: "/requestModels"},
		},
	},
	{
		operation: "UpdateMethodResponse", target: "/restapis/shop/resources/{root}/methods/GET/responses/200", status: 201, dialect: "plain",
		unknown: []string{"/statusCode", "/responseParameters", "/responseModels", "/responseModels/application/json", "/wrong/method.response.header.my-header"},
		rows: []patchRow{
			{op: "replace", path: "/responseParameters/method.response.header.N", value: "true", want: noParameter},
			{op: "remove", path: "/responseParameters/method.response.header.N", want: noParameter},
			{op: "add", path: "/responseParameters/method.response.header.N", value: "true", member: "/responseParameters/method.response.header.N", want: `true`},
			{op: "replace", path: "/responseParameters/method.response.header.N", value: "no", member: "/responseParameters/method.response.header.N", want: `false`},
			{op: "remove", path: "/responseParameters/method.response.header.N", value: "ignored", member: "/responseParameters/method.response.header.N"},
			{op: "replace", path: "/responseModels/application~1json", value: "Pet", want: noContentType},
			{op: "remove", path: "/responseModels/application~1json", want: noContentType},
			{op: "add", path: "/responseModels/application~1json", value: "Pet", member: "/responseModels", want: `{"application/json":"Pet"}`},
			{op: "replace", path: "/responseModels/application~1json", value: "Empty", member: "/responseModels", want: `{"application/json":"Empty"}`},
			{op: "replace", path: "/responseModels/application~1json", value: "Nope", want: "! BadRequestException Invalid model identifier specified: Nope"},
			{op: "remove", path: "/responseModels/application~1json", member: "/responseModels"},
		},
	},
	{
		operation: "UpdateModel", target: "/restapis/shop/models/Pet", status: 200, dialect: "table",
		listed:  map[string]string{"replace": "/description, /schema"},
		unknown: []string{"/name", "/contentType", "/wrong-path", "/id"},
		rows: []patchRow{
			{op: "replace", path: "/description", value: "d", member: "/description", want: `"d"`},
			{op: "replace", path: "/description", value: "", member: "/description", want: ""},
			{op: "replace", path: "/schema", value: `{ "title": "x" }`, member: "/schema", want: `"{ \"title\": \"x\" }"`},
			{op: "replace", path: "/schema", value: "", want: "! BadRequestException Model schema must have at least 1 property or array items defined"},
			{op: "replace", path: "/schema", value: "null", want: "! BadRequestException Model schema must have at least 1 property or array items defined"},
		},
	},
	{
		operation: "UpdateRequestValidator", target: "/restapis/shop/requestvalidators/{validator}", status: 200, dialect: "table",
		listed:  map[string]string{"replace": "/name, /validateRequestParameters, /validateRequestBody"},
		unknown: []string{"/id", "/invalidPath"},
		rows: []patchRow{
			{op: "replace", path: "/name", value: "n", member: "/name", want: `"n"`},
			{op: "replace", path: "/name", value: "null", want: "! BadRequestException Request Validator name cannot be blank"},
			{op: "replace", path: "/name", value: "", want: "! BadRequestException Request Validator name cannot be blank"},
			{op: "replace", path: "/validateRequestBody", value: "true", member: "/validateRequestBody", want: `true`},
			{op: "replace", path: "/validateRequestBody", value: "null", member: "/validateRequestBody", want: `false`},
			{op: "replace", path: "/validateRequestParameters", value: "true", member: "/validateRequestParameters", want: `true`},
			{op: "replace", path: "/validateRequestParameters", value: "x", member: "/validateRequestParameters", want: `false`},
		},
	},
	{
		operation: "UpdateDocumentationPart", target: "/restapis/shop/documentation/parts/{part}", status: 200, dialect: "table",
		listed:  map[string]string{"replace": "/properties"},
		unknown: []string{"/id", "/location", "/location/type", "/invalidPath"},
		rows: []patchRow{
			{op: "replace", path: "/properties", value: "{ \"a\" : [1] }", member: "/properties", want: `"{ \"a\" : [1] }"`},
			{op: "replace", path: "/properties", value: "", want: "! BadRequestException Documentation part properties must be non-empty"},
			{op: "replace", path: "/properties", value: "null", want: "! BadRequestException Documentation part properties must be non-empty"},
			{op: "replace", path: "/properties", value: "7", want: "! BadRequestException Documentation part properties must be a JSON object: it is no object"},
		},
	},
	{
		operation: "UpdateDocumentationVersion", target: "/restapis/shop/documentation/versions/1", status: 200, dialect: "table",
		listed:  map[string]string{"replace": "/description"},
		unknown: []string{"/version", "/createdDate"},
		rows: []patchRow{
			{op: "replace", path: "/description", value: "d", member: "/description", want: `"d"`},
			{op: "replace", path: "/description", value: "", member: "/description"},
		},
	},
	{
		operation: "UpdateResource", target: "/restapis/shop/resources/{pets}", status: 200, dialect: "table",
		listed:  map[string]string{"replace": "/parentId, /pathPart"},
		unknown: []string{"/path", "/id", "/invalid", "/resourceMethods/GET"},
		rows: []patchRow{
			{op: "replace", path: "/pathPart", value: "animals", member: "/path", want: `"/animals"`},
			{op: "replace", path: "/pathPart", value: "more", want: "! ConflictException Another resource with the same parent already has this name: more"},
			{op: "replace", path: "/parentId", value: "{more}", member: "/path", want: `"/more/animals"`},
			{op: "replace", path: "/parentId", value: "{root}", member: "/parentId", want: `"{root}"`},
			{op: "replace", path: "/parentId", value: "{pets}", want: "! BadRequestException Resources cannot be cyclical."},
			{op: "replace", path: "/parentId", value: "null", want: "! NotFoundException Invalid Resource identifier specified"},
		},
	},
	{
		operation: "UpdateResource of the root", target: "/restapis/shop/resources/{root}", status: 200, dialect: "table",
		listed:  map[string]string{"replace": "/parentId, /pathPart"},
		unknown: []string{"/path"},
		rows: []patchRow{
			{op: "replace", path: "/pathPart", value: "x", want: "! BadRequestException Root resource cannot update its pathPart."},
			{op: "replace", path: "/parentId", value: "{more}", want: "! BadRequestException Root resource cannot update its parentId."},
		},
	},
	{
		operation: "UpdateRestApi", target: "/restapis/shop", status: 200, dialect: "plain",
		unknown: []string{"/id", "/tags", "/tags/a", "/binaryMediaTypes", "/binaryMediaTypes/image/png", "/endpointConfiguration", "/endpointConfiguration/types", "/createdDate", "/apiStatus", "/warnings"},
		refused: map[string]string{
			"add /endpointConfiguration/types/0":    endpointOps, // recorded for remove
			"remove /endpointConfiguration/types/0": endpointOps,
			"copy /endpointConfiguration/types/0":   endpointKnown, "move /endpointConfiguration/types/0": endpointKnown, "test /endpointConfiguration/types/0": endpointKnown,
			"add /endpointConfiguration/types/EDGE": endpointOps, "remove /endpointConfiguration/types/EDGE": endpointOps,
			"copy /endpointConfiguration/types/EDGE": endpointKnown, "move /endpointConfiguration/types/EDGE": endpointKnown, "test /endpointConfiguration/types/EDGE": endpointKnown,
		},
		rows: []patchRow{
			{op: "replace", path: "/name", value: "n", member: "/name", want: `"n"`},
			{op: "replace", path: "/version", value: "v", member: "/version", want: `"v"`},
			{op: "replace", path: "/version", value: "", member: "/version"},
			{op: "add", path: "/description", value: "d", member: "/description", want: `"d"`},
			{op: "replace", path: "/description", value: "e", member: "/description", want: `"e"`},
			{op: "remove", path: "/description", value: "ignored", member: "/description"},
			{op: "replace", path: "/policy", value: `{"Version": "2012-10-17", "Statement": []}`, member: "/policy", want: `"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[]}"`},
			{op: "replace", path: "/policy", value: "", member: "/policy"},
			{op: "replace", path: "/apiKeySource", value: "AUTHORIZER", member: "/apiKeySource", want: `"AUTHORIZER"`},
			{op: "replace", path: "/apiKeySource", value: "HEADER", member: "/apiKeySource", want: `"HEADER"`},
			{op: "replace", path: "/disableExecuteApiEndpoint", value: "true", member: "/disableExecuteApiEndpoint", want: `true`},
			{op: "replace", path: "/disableExecuteApiEndpoint", value: "null", member: "/disableExecuteApiEndpoint", want: `false`},
			{op: "replace", path: "/minimumCompressionSize", value: "0", member: "/minimumCompressionSize", want: `0`},
			{op: "replace", path: "/minimumCompressionSize", value: "10485760", member: "/minimumCompressionSize", want: `10485760`},
			{op: "replace", path: "/minimumCompressionSize", value: "-1", want: badSize},
			{op: "replace", path: "/minimumCompressionSize", value: "10485761", want: badSize},
			{op: "replace", path: "/minimumCompressionSize", value: "test", want: badSize},
			{op: "replace", path: "/minimumCompressionSize", value: "null", member: "/minimumCompressionSize"},
			{op: "replace", path: "/minimumCompressionSize", value: "", member: "/minimumCompressionSize"},
			{op: "add", path: "/binaryMediaTypes/image~1png", value: "null", member: "/binaryMediaTypes", want: `["image/png"]`},
			{op: "add", path: "/binaryMediaTypes/-", value: "a/b", member: "/binaryMediaTypes", want: `["image/png","-"]`},
			{op: "replace", path: "/binaryMediaTypes/image~1png", value: "image/gif", member: "/binaryMediaTypes", want: `["-","image/gif"]`},
			{op: "replace", path: "/binaryMediaTypes/-", value: "image/png", member: "/binaryMediaTypes", want: `["image/gif","image/png"]`},
			{op: "remove", path: "/binaryMediaTypes/image~1png", member: "/binaryMediaTypes", want: `["image/gif"]`},
			{op: "remove", path: "/binaryMediaTypes/-", member: "/binaryMediaTypes", want: `["image/gif"]`},
			{op: "replace", path: "/endpointConfiguration/types/0", value: "REGIONAL", member: "/endpointConfiguration", want: `{"ipAddressType":"ipv4","types":["REGIONAL"]}`},
			{op: "replace", path: "/endpointConfiguration/types/0", value: "PRIVATE", member: "/endpointConfiguration", want: `{"ipAddressType":"dualstack","types":["PRIVATE"]}`},
			{op: "replace", path: "/endpointConfiguration/types/0", value: "wrong", want: "! BadRequestException Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE"},
			{op: "replace", path: "/endpointConfiguration/ipAddressType", value: "ipv4", want: "! BadRequestException Only dualstack ipAddressType is supported for Private APIs."},
			{op: "add", path: "/endpointConfiguration/vpcEndpointIds", value: "vpce-1", member: "/endpointConfiguration/vpcEndpointIds", want: `["vpce-1"]`},
			{op: "add", path: "/endpointConfiguration/vpcEndpointIds", value: "vpce-2", member: "/endpointConfiguration/vpcEndpointIds", want: `["vpce-1","vpce-2"]`},
			{op: "remove", path: "/endpointConfiguration/vpcEndpointIds", value: "vpce-1", member: "/endpointConfiguration/vpcEndpointIds", want: `["vpce-2"]`},
			{op: "remove", path: "/endpointConfiguration/vpcEndpointIds", value: "vpce-2", member: "/endpointConfiguration/vpcEndpointIds"},
			{op: "replace", path: "/endpointConfiguration/types/0", value: "EDGE", member: "/endpointConfiguration/types", want: `["EDGE"]`},
			{op: "replace", path: "/endpointConfiguration/types/EDGE", value: "EDGE", member: "/endpointConfiguration/types", want: `["EDGE"]`},
			{op: "replace", path: "/endpointConfiguration/ipAddressType", value: "ipv4", member: "/endpointConfiguration/ipAddressType", want: `"ipv4"`},
			{op: "replace", path: "/endpointConfiguration/ipAddressType", value: "dualstack", member: "/endpointConfiguration/ipAddressType", want: `"dualstack"`},
			{op: "replace", path: "/endpointConfiguration/ipAddressType", value: "wrong", want: "! BadRequestException ipAddressType must be either ipv4 or dualstack."},
			{op: "replace", path: "/securityPolicy", value: "TLS_1_2", member: "/securityPolicy", want: `"TLS_1_2"`},
			{op: "replace", path: "/endpointAccessMode", value: "", member: "/endpointAccessMode"},
			{op: "replace", path: "/endpointAccessMode", value: "STRICT", want: "! BadRequestException An endpoint access mode can only be specified with a security policy that starts with SecurityPolicy_"},
		},
	},
	stagePatches, domainNamePatches, basePathMappingPatches,
}

const (
	targetsStay       = "! BadRequestException Target arns are not allowed to be changed/added."
	endpointOps       = "BadRequestException Invalid patch operation specified. Must be 'add'|'remove'|'replace'"
	endpointKnown     = "BadRequestException Invalid patch operation specified. Must be one of: [add, remove, replace]"
	badMethodSettings = "! BadRequestException Invalid value specified for patch path /methodSettings"
	badSize           = "! BadRequestException Invalid minimum compression size, must be between 0 and 10485760"
)
