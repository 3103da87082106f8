package main

// A driven setting does not act as AWS's does. The test sets it with each
// operation that takes it and sees what becomes of it.
type driven struct {
	setting string // by AWS's name: Stage.tracingEnabled
	value   string // in JSON, as it is read back where it is kept
	any     bool   // value stands for all
	becomes string // kept, refused or closed
	refusal string // type and text of the error that refuses it

	// body sets it in the body of an operation that takes it as a field, and
	// patch in an operation that takes patches: each "op path value".
	body  string
	patch []string
}

const (
	kept    = "kept"
	refused = "refused"
	closed  = "closed"
)

const notYet = "BadRequestException This server does not support "

const (
	notImported = "BadRequestException Errors found during import:\n\tThis server does not support "
	enhancedTLS = "SecurityPolicy_TLS13_1_3_2025_09"
)

// drivenSettings are all of them.
var drivenSettings = []driven{
	{setting: "RestApi.endpointConfiguration.types", value: `["EDGE"]`, becomes: kept,
		body: `{"endpointConfiguration": {"types": ["EDGE"]}}`, patch: []string{"replace /endpointConfiguration/types/0 REGIONAL", "replace /endpointConfiguration/types/0 EDGE"}},
	{setting: "RestApi.endpointConfiguration.ipAddressType", value: `"dualstack"`, becomes: kept,
		body: `{"endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "dualstack"}}`, patch: []string{"replace /endpointConfiguration/ipAddressType dualstack"}},
	{setting: "RestApi.securityPolicy", any: true, value: `"TLS_1_0"`, becomes: kept,
		body: `{"securityPolicy": "TLS_1_0"}`, patch: []string{"replace /securityPolicy TLS_1_0"}},

	{setting: "Integration.integrationTarget", any: true, value: `"arn:aws:elasticloadbalancing:a"`, becomes: refused, refusal: notYet + "integrationTarget arn:aws:elasticloadbalancing:a yet",
		body: `{"integrationTarget": "arn:aws:elasticloadbalancing:a"}`, patch: []string{"replace /integrationTarget arn:aws:elasticloadbalancing:a"}},

	{setting: "Stage.documentationVersion", any: true, value: `"v1"`, becomes: kept,
		body: `{"documentationVersion": "v1"}`, patch: []string{"replace /documentationVersion v1"}},
	{setting: "Stage.tracingEnabled", value: `true`, becomes: kept,
		body: `{"tracingEnabled": true}`, patch: []string{"replace /tracingEnabled true"}},
	{setting: "Stage.methodSettings.metricsEnabled", value: `true`, becomes: kept, patch: []string{"replace /*/*/metrics/enabled true"}},
	{setting: "Stage.methodSettings.loggingLevel", value: `"INFO"`, becomes: kept, patch: []string{"replace /*/*/logging/loglevel INFO"}},
	{setting: "Stage.methodSettings.dataTraceEnabled", value: `true`, becomes: kept, patch: []string{"replace /*/*/logging/dataTrace true"}},
	{setting: "Stage.methodSettings.cacheDataEncrypted", value: `true`, becomes: kept, patch: []string{"replace /*/*/caching/dataEncrypted true"}},

	{setting: "Account.cloudwatchRoleArn", any: true, value: `"arn:aws:iam::000000000000:role/other"`, becomes: kept,
		patch: []string{"replace /cloudwatchRoleArn arn:aws:iam::000000000000:role/other"}},

	{setting: "ApiKey.stageKeys", any: true, value: `["{api}/dev"]`, becomes: kept,
		body: `{"stageKeys": [{"restApiId": "{api}", "stageName": "dev"}]}`, patch: []string{"add /stages {api}/dev"}},
	{setting: "UsagePlan.productCode", any: true, value: `"code"`, becomes: kept, patch: []string{"replace /productCode code"}},

	{setting: "Definition.x-amazon-apigateway-documentation", becomes: refused,
		refusal: notImported + "x-amazon-apigateway-documentation yet", body: `{"x-amazon-apigateway-documentation": {"version": "1", "documentationParts": []}}`},
}
