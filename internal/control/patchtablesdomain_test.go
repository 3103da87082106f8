package control_test

// Certificates as the rows name them.
const (
	acm       = "arn:aws:acm:us-east-1:000000000000:certificate/"
	acmAbroad = "arn:aws:acm:eu-west-1:000000000000:certificate/a"

	noEdgeCertificate = "! BadRequestException A certificate was not provided for the endpoint type EDGE."
	edgeIsGone        = "! BadRequestException Cannot import certificates for EDGE while REGIONAL is active."
	noTruststoreYet   = "! BadRequestException The truststore s3://b/k cannot be read: no data plane runs here"
	onlyPrivate       = " is supported for private custom domain names only"
	noSecrets         = "! BadRequestException This server takes no certificateBody, certificatePrivateKey and certificateChain, since it is started without --secrets-key-file, whose key encrypts private keys: name a certificate with certificateArn or regionalCertificateArn"
	badAPI            = "! BadRequestException Invalid REST API identifier specified"
	badStage          = "! BadRequestException Invalid stage identifier specified"
	slashOfV2         = "! BadRequestException API Gateway V1 doesn't support the slash character (/) in base path mappings. To create a multi-level base path mapping, use API Gateway V2."
)

// The domain name of the rows has both types of endpoint, as while it moves; the
// rows take the edge-optimized one away.
var domainNamePatches = patched{
	operation: "UpdateDomainName", target: "/domainnames/api.example.com", status: 200, dialect: "table",
	listed: map[string]string{
		"add": "/certificateName, /certificateArn, /regionalCertificateName, /regionalCertificateArn, /endpointConfiguration/types, /mutualTlsAuthentication/truststoreUri, " +
			"/mutualTlsAuthentication/truststoreVersion, /ownershipVerificationCertificateArn",
		"remove": "/certificateName, /certificateArn, /regionalCertificateName, /regionalCertificateArn, /endpointConfiguration/types, /mutualTlsAuthentication/truststoreUri, " +
			"/mutualTlsAuthentication/truststoreVersion, /ownershipVerificationCertificateArn",
		"replace": "/certificateName, /certificateArn, /regionalCertificateName, /regionalCertificateArn, /certificateBody, /certificatePrivateKey, /certificateChain, /endpointConfiguration/types/{type}, /endpointConfiguration/ipAddressType, /securityPolicy, " +
			"/endpointAccessMode, /mutualTlsAuthentication/truststoreUri, /mutualTlsAuthentication/truststoreVersion, /ownershipVerificationCertificateArn, /policy, /managementPolicy, /routingMode",
	},
	unknown: []string{"/tags/a", "/domainName", "/domainNameStatus", "/mutualTlsAuthentication", "/endpointConfiguration", "/regionalDomainName"},
	rows: []patchRow{
		{op: "replace", path: "/certificateBody", value: "b", want: noSecrets},
		{op: "replace", path: "/certificatePrivateKey", value: "secret", want: noSecrets},
		{op: "replace", path: "/certificateChain", value: "c", want: noSecrets},
		{op: "replace", path: "/certificateArn", value: acm + "b", member: "/certificateArn", want: `"` + acm + `b"`},
		{op: "add", path: "/certificateArn", value: acm + "c", member: "/certificateArn", want: `"` + acm + `c"`},
		{op: "replace", path: "/certificateArn", value: "", want: noEdgeCertificate},
		{op: "remove", path: "/certificateArn", want: noEdgeCertificate},
		{op: "replace", path: "/certificateArn", value: "cert", want: "! BadRequestException Invalid certificate ARN: cert."},
		{op: "replace", path: "/certificateArn", value: acmAbroad, want: "! BadRequestException Invalid certificate ARN: " + acmAbroad + ". Certificate must be in 'us-east-1'."},
		{op: "replace", path: "/certificateName", value: "n", member: "/certificateName", want: `"n"`},
		{op: "remove", path: "/certificateName", member: "/certificateName"},
		{op: "add", path: "/certificateName", value: "m", member: "/certificateName", want: `"m"`},
		{op: "replace", path: "/securityPolicy", value: "SecurityPolicy_TLS13_2025_EDGE", want: "! BadRequestException Endpoint access mode is required for the specified security policy"},
		{op: "add", path: "/mutualTlsAuthentication/truststoreUri", value: "s3://b/k", want: "! BadRequestException Mutual TLS authentication is supported for Regional APIs only"},
		{op: "add", path: endpointTypes, value: "EDGE", member: "/endpointConfiguration/types", want: `["EDGE","REGIONAL"]`},
		{op: "replace", path: endpointTypes + "/EDGE", value: "EDGE", member: "/endpointConfiguration/types", want: `["EDGE","REGIONAL"]`},
		{op: "replace", path: endpointTypes + "/0", value: "PRIVATE", want: "! BadRequestException Cannot migrate a domain name between public and private endpoint types"},
		{op: "replace", path: endpointTypes + "/0", value: "x", want: "! BadRequestException Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE"},
		{op: "remove", path: endpointTypes, value: "PRIVATE", want: "! BadRequestException Invalid patch path " + endpointTypes},
		{op: "remove", path: endpointTypes, value: "EDGE", member: "/endpointConfiguration/types", want: `["REGIONAL"]`},
		{op: "remove", path: endpointTypes, value: "EDGE", member: "/distributionDomainName", want: "! BadRequestException Invalid patch path " + endpointTypes},
		{op: "remove", path: "/certificateArn", member: "/certificateArn"},
		{op: "add", path: "/certificateArn", value: acm + "b", want: edgeIsGone},
		{op: "remove", path: endpointTypes, value: "REGIONAL", want: "! BadRequestException REGIONAL Configuration and EDGE Configuration cannot be both DISABLED."},
		{op: "add", path: endpointTypes, value: "EDGE", want: noEdgeCertificate},
		{op: "replace", path: endpointTypes + "/0", value: "EDGE", want: noEdgeCertificate},
		{op: "replace", path: endpointTypes + "/1", value: "EDGE", want: "! BadRequestException Invalid patch path " + endpointTypes + "/1"},
		{op: "replace", path: endpointTypes + "/0", value: "REGIONAL", member: "/endpointConfiguration/types", want: `["REGIONAL"]`},
		{op: "replace", path: "/endpointConfiguration/ipAddressType", value: "dualstack", member: "/endpointConfiguration/ipAddressType", want: `"dualstack"`},
		{op: "replace", path: "/endpointConfiguration/ipAddressType", value: "x", want: "! BadRequestException ipAddressType must be either ipv4 or dualstack."},
		{op: "replace", path: "/regionalCertificateArn", value: acm + "b", member: "/regionalCertificateArn", want: `"` + acm + `b"`},
		{op: "add", path: "/regionalCertificateArn", value: acm + "c", member: "/regionalCertificateArn", want: `"` + acm + `c"`},
		{op: "remove", path: "/regionalCertificateArn", want: "! BadRequestException A certificate was not provided for the endpoint type REGIONAL."},
		{op: "replace", path: "/regionalCertificateName", value: "n", member: "/regionalCertificateName", want: `"n"`},
		{op: "add", path: "/regionalCertificateName", value: "m", member: "/regionalCertificateName", want: `"m"`},
		{op: "remove", path: "/regionalCertificateName", member: "/regionalCertificateName"},
		{op: "replace", path: "/securityPolicy", value: "TLS_1_0", member: "/securityPolicy", want: `"TLS_1_0"`},
		{op: "replace", path: "/securityPolicy", value: "TLS_1_2", member: "/securityPolicy", want: `"TLS_1_2"`},
		{op: "replace", path: "/securityPolicy", value: "SecurityPolicy_X", want: "! BadRequestException Invalid security policy specified: SecurityPolicy_X"},
		{op: "replace", path: "/endpointAccessMode", value: "STRICT", want: "! BadRequestException An endpoint access mode can only be specified with a security policy that starts with SecurityPolicy_"},
		{op: "replace", path: "/endpointAccessMode", value: "", member: "/endpointAccessMode"},
		{op: "add", path: "/mutualTlsAuthentication/truststoreUri", value: "s3://b/k", want: noTruststoreYet},
		{op: "replace", path: "/mutualTlsAuthentication/truststoreUri", value: "", member: "/mutualTlsAuthentication"},
		{op: "remove", path: "/mutualTlsAuthentication/truststoreUri", member: "/mutualTlsAuthentication"},
		{op: "add", path: "/mutualTlsAuthentication/truststoreVersion", value: "", member: "/mutualTlsAuthentication"},
		{op: "replace", path: "/mutualTlsAuthentication/truststoreVersion", value: "7", want: "! BadRequestException A truststoreVersion wants a truststoreUri"},
		{op: "add", path: "/mutualTlsAuthentication/truststoreUri", value: "b/k", want: "! BadRequestException Invalid truststore URI specified: b/k. It must be s3://bucket/key"},
		{op: "remove", path: "/mutualTlsAuthentication/truststoreVersion", member: "/mutualTlsAuthentication"},
		{op: "add", path: "/ownershipVerificationCertificateArn", value: acm + "o", member: "/ownershipVerificationCertificateArn", want: `"` + acm + `o"`},
		{op: "replace", path: "/ownershipVerificationCertificateArn", value: "cert", want: "! BadRequestException Invalid certificate ARN: cert."},
		{op: "replace", path: "/ownershipVerificationCertificateArn", value: "", member: "/ownershipVerificationCertificateArn"},
		{op: "remove", path: "/ownershipVerificationCertificateArn", member: "/ownershipVerificationCertificateArn"},
		{op: "replace", path: "/policy", value: "{}", want: "! BadRequestException policy" + onlyPrivate},
		{op: "replace", path: "/managementPolicy", value: "{}", want: "! BadRequestException managementPolicy" + onlyPrivate},
		{op: "replace", path: "/routingMode", value: "BASE_PATH_MAPPING_ONLY", member: "/routingMode", want: `"BASE_PATH_MAPPING_ONLY"`},
		{op: "replace", path: "/routingMode", value: "ROUTING_RULE_ONLY", member: "/routingMode", want: `"ROUTING_RULE_ONLY"`},
		{op: "replace", path: "/routingMode", value: "x", want: "! BadRequestException Invalid routing mode specified. Valid options are BASE_PATH_MAPPING_ONLY,ROUTING_RULE_ONLY,ROUTING_RULE_THEN_BASE_PATH_MAPPING"},
	},
}

const endpointTypes = "/endpointConfiguration/types"

// The mapping of the rows stays where it is named; that one moves is a test of
// its own.
var basePathMappingPatches = patched{
	operation: "UpdateBasePathMapping", target: "/domainnames/api.example.com/basepathmappings/%28none%29", status: 200, dialect: "table",
	listed:  map[string]string{"replace": "/basePath, /basepath, /restapiId, /restApiId, /stage"},
	unknown: []string{"/domainName", "/restapiid", "/basePath/x", ""},
	rows: []patchRow{
		{op: "replace", path: "/stage", value: "", member: "/stage"},
		{op: "replace", path: "/stage", value: "dev", member: "/stage", want: `"dev"`},
		{op: "replace", path: "/stage", value: "nope", want: badStage},
		{op: "replace", path: "/restapiId", value: "nope", want: badAPI},
		{op: "replace", path: "/restapiId", value: "", want: badAPI},
		{op: "replace", path: "/restApiId", value: "shop", member: "/restApiId", want: `"shop"`},
		{op: "replace", path: "/restapiId", value: "shop", member: "/restApiId", want: `"shop"`},
		{op: "replace", path: "/basePath", value: "(none)", member: "/basePath", want: `"(none)"`},
		{op: "replace", path: "/basePath", value: "null", member: "/basePath", want: `"(none)"`},
		{op: "replace", path: "/basepath", value: "", member: "/basePath", want: `"(none)"`},
		{op: "replace", path: "/basePath", value: "orders", want: "! ConflictException Base path already exists for this domain name"},
		{op: "replace", path: "/basePath", value: "v1/orders", want: slashOfV2},
		{op: "replace", path: "/basepath", value: "a b", want: "! BadRequestException Invalid base path specified: a b"},
	},
}
