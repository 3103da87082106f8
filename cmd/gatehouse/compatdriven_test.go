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

// What the rows of domain names have in common.
const (
	aCertificate = "arn:aws:acm:us-east-1:000000000000:certificate/"
	regionalBody = `"certificateArn": "", "endpointConfiguration": {"types": ["REGIONAL"]}, "regionalCertificateArn": "` + aCertificate + `1"`
)

// regionalPatch makes a domain name regional, and then does more.
func regionalPatch(more ...string) []string {
	return append([]string{"replace /endpointConfiguration/types/0 REGIONAL", "replace /regionalCertificateArn " + aCertificate + "1"}, more...)
}

// drivenSettings are all of them.
var drivenSettings = []driven{
	{setting: "RestApi.endpointConfiguration.types", value: `["EDGE"]`, becomes: kept,
		body: `{"endpointConfiguration": {"types": ["EDGE"]}}`, patch: []string{"replace /endpointConfiguration/types/0 REGIONAL", "replace /endpointConfiguration/types/0 EDGE"}},
	{setting: "RestApi.endpointConfiguration.ipAddressType", value: `"dualstack"`, becomes: kept,
		body: `{"endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "dualstack"}}`, patch: []string{"replace /endpointConfiguration/ipAddressType dualstack"}},

	{setting: "Stage.tracingEnabled", value: `true`, becomes: kept,
		body: `{"tracingEnabled": true}`, patch: []string{"replace /tracingEnabled true"}},
	{setting: "Stage.methodSettings.metricsEnabled", value: `true`, becomes: kept, patch: []string{"replace /*/*/metrics/enabled true"}},
	{setting: "Stage.methodSettings.cacheDataEncrypted", value: `true`, becomes: kept, patch: []string{"replace /*/*/caching/dataEncrypted true"}},

	{setting: "ApiKey.stageKeys", any: true, value: `["{api}/dev"]`, becomes: kept,
		body: `{"stageKeys": [{"restApiId": "{api}", "stageName": "dev"}]}`, patch: []string{"add /stages {api}/dev"}},
	{setting: "UsagePlan.productCode", any: true, value: `"code"`, becomes: kept, patch: []string{"replace /productCode code"}},

	{setting: "VpcLink.subnetIds", any: true, value: `["subnet-1"]`, becomes: kept, body: `{"subnetIds": ["subnet-1"]}`},
	{setting: "VpcLink.securityGroupIds", any: true, value: `["sg-1"]`, becomes: kept, body: `{"securityGroupIds": ["sg-1"]}`},

	{setting: "DomainName.endpointConfiguration.types", value: `["EDGE"]`, becomes: kept,
		body: `{"endpointConfiguration": {"types": ["EDGE"]}}`, patch: []string{"replace /endpointConfiguration/types/0 EDGE"}},
	{setting: "DomainName.endpointConfiguration.ipAddressType", value: `"dualstack"`, becomes: kept,
		body: `{"endpointConfiguration": {"ipAddressType": "dualstack"}}`, patch: []string{"replace /endpointConfiguration/ipAddressType dualstack"}},
	{setting: "DomainName.endpointConfiguration.vpcEndpointIds", any: true, value: `["vpce-1"]`, becomes: refused, refusal: "BadRequestException VPCEndpoints can only be specified with PRIVATE apis.",
		body: `{"endpointConfiguration": {"vpcEndpointIds": ["vpce-1"]}}`},
	{setting: "DomainName.certificateArn", any: true, value: `"` + aCertificate + `1"`, becomes: kept,
		body: `{"certificateArn": "` + aCertificate + `1"}`, patch: []string{"replace /certificateArn " + aCertificate + "1"}},
	{setting: "DomainName.certificateName", any: true, value: `"n"`, becomes: kept, body: `{"certificateName": "n"}`, patch: []string{"replace /certificateName n"}},
	{setting: "DomainName.regionalCertificateArn", any: true, value: `"` + aCertificate + `1"`, becomes: kept,
		body: `{` + regionalBody + `}`, patch: regionalPatch()},
	{setting: "DomainName.regionalCertificateName", any: true, value: `"n"`, becomes: kept,
		body: `{` + regionalBody + `, "regionalCertificateName": "n"}`, patch: regionalPatch("replace /regionalCertificateName n")},
	{setting: "DomainName.ownershipVerificationCertificateArn", any: true, value: `"` + aCertificate + `1"`, becomes: kept,
		body: `{"ownershipVerificationCertificateArn": "` + aCertificate + `1"}`, patch: []string{"replace /ownershipVerificationCertificateArn " + aCertificate + "1"}},
	{setting: "DomainName.policy", any: true, value: `"{}"`, becomes: refused, refusal: "BadRequestException policy is supported for private custom domain names only",
		body: `{"policy": "{}"}`, patch: []string{"replace /policy {}"}},
	{setting: "DomainName.managementPolicy", any: true, value: `"{}"`, becomes: refused, refusal: "BadRequestException managementPolicy is supported for private custom domain names only",
		patch: []string{"replace /managementPolicy {}"}},
}
