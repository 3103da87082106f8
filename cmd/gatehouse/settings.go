package main

import (
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// A command is one that reads a server's settings.
type command uint8

const (
	inServe  command = 1 << iota
	inDev            // has settings of its own, and none of those that keep data
	inCheck          // does what dev does, and nothing listens
	inBackup         // backup and restore, which look for the data alone
)

// A setting is one of a server's. It has one name: the flag, the key of the
// configuration file and, upper case with GATEHOUSE_ before it, the environment
// variable are called the same. Each is a line of the table settings, which is all
// that there is to say about it.
type setting struct {
	name  string
	usage string

	// value is where its text goes, from whichever source; nil for what the
	// configuration file alone has: a list of objects or a map, which read reads. With
	// both the file may have either form.
	value func(*config) pflag.Value
	read  func(*config, *yaml.Node) error

	// check is the rule that its value has to keep, whatever the other settings
	// are. Its error says what is wrong and does not name the setting. nil takes
	// any value.
	check func(*config) error

	// only is the command that it can act in; 0 for all.
	only command

	// live is that a running server takes over a change of it at SIGHUP.
	live bool
}

// settings are all of them, in the order in which --help and the manual tell them.
var settings = []setting{
	{name: "listen", usage: "address of the control plane and, unless --gateway-listen is set, of the stages",
		value: textAt(func(c *config) *string { return &c.Listen }), check: address(func(c *config) string { return c.Listen })},
	{name: "listen-cert", usage: "PEM file of the certificate under which --listen speaks TLS (HTTP/2 and HTTP/1.1) alone; the file is read again when it changes, as those of the next two",
		value: textAt(func(c *config) *string { return &c.ListenCert })},
	{name: "listen-key", usage: "PEM file of the private key of --listen-cert",
		value: textAt(func(c *config) *string { return &c.ListenKey })},
	{name: "listen-client-ca", usage: "PEM file of the authorities of which clients of --listen have to show a certificate, beside the credentials that they may need; with --gateway-listen",
		value: textAt(func(c *config) *string { return &c.ListenClientCA })},
	{name: "gateway-listen", usage: "serve stages here only, and the control plane at --listen only",
		value: textAt(func(c *config) *string { return &c.GatewayListen }), check: address(func(c *config) string { return c.GatewayListen })},
	{name: "gateway-tls-listen", usage: "serve stages here under TLS (HTTP/2 and HTTP/1.1) as well, with the certificates of the configuration file",
		value: textAt(func(c *config) *string { return &c.GatewayTLSListen }), check: address(func(c *config) string { return c.GatewayTLSListen })},
	{name: "acme", usage: "URL of the directory of an ACME authority, such as https://acme-v02.api.letsencrypt.org/directory, which issues certificates for the custom domain names that have no other; with --secrets-key-file", only: inServe,
		value: textAt(func(c *config) *string { return &c.ACME }), check: checkACME},
	{name: "acme-contact", usage: "mail address that the ACME authority may write to", only: inServe,
		value: textAt(func(c *config) *string { return &c.ACMEContact }), check: checkACMEContact},
	{name: "acme-accept-terms", usage: "accept the terms of service of the ACME authority, without which it issues nothing", only: inServe,
		value: switchAt(func(c *config) *bool { return &c.ACMEAcceptTerms })},
	{name: "acme-ca", usage: "PEM file of the authorities that sign the certificate of the ACME authority's own host, in place of the system's", only: inServe,
		value: textAt(func(c *config) *string { return &c.ACMECA })},
	{name: "https-redirect", usage: "answer requests for stages that come without TLS with a redirect (308) to this port, 443 or what clients reach --gateway-tls-listen by; requests of --trusted-proxies are served; 0 serves all",
		value: countAt(func(c *config) *int { return &c.HTTPSRedirect }), check: checkHTTPSRedirect},
	{name: "admin-listen", usage: "answer /_gatehouse/live and /_gatehouse/ready here, for load balancers, and /_gatehouse/metrics, for Prometheus; ready turns false when the server begins to stop",
		value: textAt(func(c *config) *string { return &c.AdminListen }), check: address(func(c *config) string { return c.AdminListen })},
	{name: "admin-cert", usage: "PEM file of the certificate under which --admin-listen speaks TLS alone; the file is read again when it changes, as those of the next two",
		value: textAt(func(c *config) *string { return &c.AdminCert })},
	{name: "admin-key", usage: "PEM file of the private key of --admin-cert",
		value: textAt(func(c *config) *string { return &c.AdminKey })},
	{name: "admin-client-ca", usage: "PEM file of the authorities of which clients of --admin-listen have to show a certificate",
		value: textAt(func(c *config) *string { return &c.AdminClientCA })},
	{name: "gateway-health", usage: "answer /_gatehouse/live and /_gatehouse/ready at --gateway-listen and --gateway-tls-listen as well",
		value: switchAt(func(c *config) *bool { return &c.GatewayHealth })},
	{name: "drain-delay", live: true, usage: "time that a server which is told to stop goes on taking connections, after ready has turned 503, for balancers to notice; up to 5m", only: inServe,
		value: func(c *config) pflag.Value { return timeValue{&c.DrainDelay} }, check: checkDrainDelay},
	{name: "metrics-series", usage: "stages, and methods with detailed metrics, whose calls --admin-listen counts apart, 1 to 100000; those of others are counted together",
		value: countAt(func(c *config) *int { return &c.MetricsSeries }), check: checkMetricsSeries},
	{name: "otlp-endpoint", usage: "base URL of an OpenTelemetry collector, such as http://127.0.0.1:4318, which gets the traces of calls: those that callers sample and, of stages with tracing enabled, the first of each second and 5 % of the others",
		value: textAt(func(c *config) *string { return &c.OTLPEndpoint }), check: checkOTLPEndpoint},
	{name: "otlp-headers", usage: "file of the headers that the requests to otlp-endpoint have, a Name: value a line, such as Authorization; it is read for each, so that a token may change",
		value: textAt(func(c *config) *string { return &c.OTLPHeaders }), check: checkOTLPHeaders},
	{name: "api", live: true, usage: "API described by a file, FILE[=STAGE][@/base]: deployed to the stage (prod) beside what clients make, again at SIGHUP, and served under the base path, too (repeatable)", only: inServe,
		value: listAt(func(c *config) *[]string { return &c.API }), check: checkAPIs},
	{name: "upstream-for-plain", live: true, usage: "URL of the backend that serves the operations of files without an x-amazon-apigateway-integration, at its path and theirs, after their requests are validated; servers is the first server that the file names; without it they answer with their examples",
		value: textAt(func(c *config) *string { return &c.UpstreamForPlain }), check: checkUpstream},
	{name: "watch", usage: "deploy the files of --api again when they change, and load the code of functions again", only: inServe,
		value: switchAt(func(c *config) *bool { return &c.Watch })},
	{name: "portal", live: true, usage: "API whose documentation people read, and try, at /_gatehouse/docs/ beside its stages: API or API/STAGE, by id, or a file of --api (repeatable); in dev its own are open on this machine",
		value: listAt(func(c *config) *[]string { return &c.Portal }), check: checkPortal},
	{name: "host", usage: "host or address at whose root the stage is served; 0.0.0.0 is all of this machine's, for other machines; the control plane stays at --listen", only: inDev,
		value: textAt(func(c *config) *string { return &c.Host }), check: checkHost},
	{name: "port", usage: "port of --host at whose root the stage is served", only: inDev,
		value: countAt(func(c *config) *int { return &c.Port }), check: checkPort},
	{name: "tls", usage: "serve the stage at the root under TLS (HTTP/2 and HTTP/1.1), with the certificates of the configuration file, else with one that is made for this run", only: inDev,
		value: switchAt(func(c *config) *bool { return &c.TLS })},
	{name: "stage-variable", live: true, usage: "variable of the stage, NAME=VALUE (repeatable)", only: inDev,
		value: func(c *config) pflag.Value { return pairsValue{&c.StageVariable, new(bool)} }, check: checkStageVariables},
	{name: "parameter", live: true, usage: "value of a parameter of the template, NAME=VALUE (repeatable); those of lists are separated by commas", only: inDev,
		value: func(c *config) pflag.Value { return pairsValue{&c.Parameter, new(bool)} }, check: checkParameters},
	{name: "allow-functions", usage: "let clients create functions by Lambda's API, whose code is run on this machine; not where other machines reach a control plane without --credentials", only: inServe,
		value: switchAt(func(c *config) *bool { return &c.AllowFunctions })},
	{name: "allow-unprotected", usage: "skip the authorizers and API keys of the file: everybody is let in, and each such answer has the header X-Gatehouse-Unprotected", only: inDev,
		value: switchAt(func(c *config) *bool { return &c.AllowUnprotected })},
	{name: "verbose", usage: "tell of each part of the file that has no effect, not how many there are", only: inDev,
		value: switchAt(func(c *config) *bool { return &c.Verbose })},
	{name: "debug", usage: "function of lambda-functions that waits for a debugger before its code is loaded, and takes as long as it likes: FUNCTION, at the address where its language's debuggers look, or FUNCTION=HOST:PORT", only: inDev,
		value: textAt(func(c *config) *string { return &c.Debug })},
	{name: "valkey", usage: "URL of the server of Valkey or Redis (7 and later) through which nodes share throttles, quotas and caches, redis://[USER:PASSWORD@]HOST[:PORT][/DB]; several hosts with commas between are a cluster, redis+sentinel://HOST[:PORT],.../MASTER asks Sentinels, and rediss is redis under TLS", only: inServe,
		value: textAt(func(c *config) *string { return &c.Valkey }), check: checkValkey},
	{name: "valkey-password-file", usage: "file with the password for --valkey, in place of one in its URL", only: inServe,
		value: textAt(func(c *config) *string { return &c.ValkeyPasswordFile }), check: checkValkeyPassword},
	{name: "valkey-ca", usage: "PEM file of the authorities that sign the certificate of --valkey, in place of the system's", only: inServe,
		value: textAt(func(c *config) *string { return &c.ValkeyCA }), check: checkValkeyCA},
	{name: "valkey-away", usage: "what limits do while Valkey is away: share, where each node has its part of each, or refuse", only: inServe,
		value: textAt(func(c *config) *string { return &c.ValkeyAway }), check: checkValkeyAway},
	{name: "secrets-key-file", usage: "file of the keys that encrypt what the data directory keeps secret, one a line, 32 bytes each in base64 or hexadecimal: the first encrypts, the others are those before it", only: inServe,
		value: textAt(func(c *config) *string { return &c.SecretsKeyFile })},
	{name: "data-dir", usage: "directory of the database, unless --database is set, and of what is this machine's own; one server a directory",
		value: textAt(func(c *config) *string { return &c.DataDir })},
	{name: "database", usage: "URL of a PostgreSQL database, postgres://USER@HOST/DATABASE, in place of the one in the data directory: several servers may share it; a password is better in the file that its passfile or PGPASSFILE names, or in PGPASSWORD", only: inServe,
		value: textAt(func(c *config) *string { return &c.Database }), check: checkDatabase},
	{name: "in-memory", usage: "keep everything in memory and forget it at the end",
		value: switchAt(func(c *config) *bool { return &c.InMemory })},
	{name: "role", usage: "what this process does, where several share a --database: gateway serves the stages alone, control answers the API alone; without it both", only: inServe,
		value: textAt(func(c *config) *string { return &c.Role }), check: checkRole},
	{name: "wait-for-nodes", usage: "time that a call which changes what is served waits for all nodes that share the --database to serve it; then it is answered all the same, and the log warns; 0s waits for this node alone", only: inServe,
		value: func(c *config) pflag.Value { return timeValue{&c.WaitForNodes} }, check: checkWaitForNodes},
	{name: "keep-deployments", usage: "deployments of each API that are kept, beside those that a stage uses; 0 keeps all, as AWS does",
		value: countAt(func(c *config) *int { return &c.KeepDeployments }), check: notNegative(func(c *config) int { return c.KeepDeployments })},
	{name: "keep-usage-days", usage: "days before today of which the usage of API keys is kept for get-usage; 0 keeps all",
		value: countAt(func(c *config) *int { return &c.KeepUsageDays }), check: notNegative(func(c *config) int { return c.KeepUsageDays })},
	{name: "region", usage: "AWS region of requests that name none",
		value: textAt(func(c *config) *string { return &c.Region }), check: checkRegion},
	{name: "account", usage: "AWS account of requests that name none",
		value: textAt(func(c *config) *string { return &c.Account }), check: checkAccount},
	{name: "credentials", live: true, usage: "file of the access keys, and roles, that may call the control plane and sign for methods of AWS_IAM; signatures are verified",
		value: textAt(func(c *config) *string { return &c.Credentials })},
	{name: "allow-unauthenticated", usage: "let anyone who reaches --listen change everything",
		value: switchAt(func(c *config) *bool { return &c.AllowUnauthenticated })},
	{name: "allow-host", live: true, usage: "name, beside localhost and addresses, that clients may call the server by (repeatable), and that no custom domain name takes where both planes share a port; --allow-unauthenticated allows all",
		value: listAt(func(c *config) *[]string { return &c.AllowHost }), check: checkHosts},
	{name: "allow-origin", live: true, usage: "web origin that may call the open control plane, such as https://console.example (repeatable)",
		value: listAt(func(c *config) *[]string { return &c.AllowOrigin }), check: checkOrigins},
	{name: "trusted-proxies", live: true, usage: "networks (CIDR) whose X-Forwarded-For names the client (repeatable)",
		value: listAt(func(c *config) *[]string { return &c.TrustedProxies }), check: func(c *config) error { _, err := c.proxies(); return err }},
	{name: "edge-headers", live: true, usage: "have requests of edge-optimized APIs and domain names, and the answers to them, carry the headers that CloudFront adds at AWS; in the file {country: DE, asn: 3320, pop: FRA56-P4, address: 130.176.0.1} turns it on and says what is in them",
		value: switchAt(func(c *config) *bool { return &c.EdgeHeaders.On }), read: func(c *config, n *yaml.Node) error { return readEdgeHeaders(n, &c.EdgeHeaders) }},
	{name: "proxy-protocol", usage: "listener, of listen, gateway-listen, gateway-tls-listen, vpc-endpoints and admin-listen, at which each connection of --trusted-proxies begins with a header of the PROXY protocol, version 1 or 2, that names the client (repeatable)", only: inServe,
		value: listAt(func(c *config) *[]string { return &c.ProxyProtocol }), check: checkProxyProtocol},
	{name: "vpc-endpoints", usage: "VPC endpoint by which private APIs are called, ID=VPC or ID=VPC@ACCOUNT, and behind that networks (CIDR) whose calls come by it, and addresses where it listens: vpce-1=vpc-1 10.0.0.0/16 https://0.0.0.0:8443; one that is an account's is in the access associations of no other (repeatable)",
		value: listAt(func(c *config) *[]string { return &c.VPCEndpoints }), read: func(c *config, n *yaml.Node) error { return readPairs(n, &c.VPCEndpoints) }, check: func(c *config) error { _, err := c.vpcEndpoints(); return err }},
	{name: "max-buffered-bytes", usage: "bodies, and what is made of them, held in memory at once (64MiB, 100MB or a number of bytes), half for those of requests, half for those of answers; above it requests get 503; 0 is three eighths of the memory, 1 GiB at most",
		value: func(c *config) pflag.Value { return sizeValue{&c.MaxBufferedBytes} }, check: checkBudget},
	{name: "authorizer-cache-bytes", usage: "answers of Lambda authorizers kept in memory at once, for all stages together (32MiB, 100MB or a number of bytes); those that were not used for longest go first; 0 keeps none",
		value: func(c *config) pflag.Value { return sizeValue{&c.AuthorizerCacheBytes} }},
	{name: "log-events-bytes", usage: "events of log groups kept in memory at once for readers of CloudWatch Logs, such as aws logs tail (16MiB, 100MB or a number of bytes): of functions, execution logs, access logs whose destination is a log group, and what is put there; the oldest of the largest group go first; 0 keeps none",
		value: func(c *config) pflag.Value { return sizeValue{&c.LogEventsBytes} }},
	{name: "cache-budget", usage: "memory for the answers that the caches of all stages hold together (64MiB, 100MB or a number of bytes), beside the size of each; what is used least goes first; 0 is an eighth of the memory, 512 MiB at most",
		value: func(c *config) pflag.Value { return sizeValue{&c.CacheBudget} }, check: checkCacheBudget},
	{name: "max-connections", usage: "connections of clients at once, on all addresses that serve stages together; 0 is half of the files that the process may open, or one for each 128 KiB of memory where that is fewer",
		value: countAt(func(c *config) *int { return &c.MaxConnections }), check: checkConnections},
	{name: "aws", live: true, usage: "call AWS itself where a service or a function has no place; in dev nothing goes there unless this is said",
		value: switchAt(func(c *config) *bool { return &c.AWS })},
	{name: "aws-endpoint-url", live: true, usage: "URL that gets all calls of AWS services, Lambda included, in place of AWS",
		value: textAt(func(c *config) *string { return &c.AWSEndpointURL }), check: checkAWSEndpoint},
	{name: "assume-roles", live: true, usage: "let integrations name the role that they call AWS with; always so at --aws-endpoint-url",
		value: switchAt(func(c *config) *bool { return &c.AssumeRoles })},
	{name: "upstream", usage: "URL of the server, such as moto or LocalStack, that gets the calls for AWS's other services at listen, as they came; {service} and {region} in its host are those that a call is signed for; in the file {url: URL, sign: {profile: NAME, region: REGION}} has them signed anew, with the credentials of a profile or the process's own, for callers of the credentials file",
		value: func(c *config) pflag.Value { return upstreamValue{&c.Upstream} }, read: func(c *config, n *yaml.Node) error { return readUpstreamServer(n, &c.Upstream) }, check: checkUpstreamServer},
	{name: "identity-pools", live: true, usage: "issuer of a user pool's tokens in place of Cognito: ARN=ISSUER, ARN=keys=URL or FILE of its keys, or ARN=ISSUER keys=URL or FILE; * in the ARN is any text (repeatable)",
		value: listAt(func(c *config) *[]string { return &c.IdentityPools }), read: func(c *config, n *yaml.Node) error { return readPairs(n, &c.IdentityPools) }, check: checkIdentityPools},
	{name: "aws-limits", usage: "hold callers of the control plane to AWS's quotas and rates, and the stages of an account to AWS's 10,000 requests a second; quotas and rates of the configuration file go before",
		value: switchAt(func(c *config) *bool { return &c.AWSLimits })},
	{name: "access-log", live: true, usage: "file for the access logs of stages whose destination the configuration file does not name; - is standard output; in dev, of its stage",
		value: textAt(func(c *config) *string { return &c.AccessLog })},
	{name: "access-log-format", live: true, usage: "format of an access log, at --access-log, for the stages that have no accessLogSettings: clf, json, xml, csv, or text with $context variables; in dev, of its stage's",
		value: textAt(func(c *config) *string { return &c.AccessLogFormat }), check: func(c *config) error { _, err := c.accessFormat(); return err }},
	{name: "execution-log", live: true, usage: "file for the execution logs of stages whose method settings have a loggingLevel, each line with its log group; - is standard output",
		value: textAt(func(c *config) *string { return &c.ExecutionLog })},
	{name: "execution-log-directory", live: true, usage: "directory in which each stage's execution log has a file of its own, API-Gateway-Execution-Logs_{apiId}/{stage}.log, in place of execution-log",
		value: textAt(func(c *config) *string { return &c.ExecutionLogDirectory })},
	{name: "audit-log", usage: "file of the control plane's audit trail, a JSON object for each call: who, from where, what, and what came of it; - is standard output",
		value: textAt(func(c *config) *string { return &c.AuditLog })},
	{name: "log-level", live: true, usage: "debug, info, warn or error",
		value: textAt(func(c *config) *string { return &c.LogLevel }), check: func(c *config) error { _, err := c.level(); return err }},
	{name: "log-format", usage: "text or json",
		value: textAt(func(c *config) *string { return &c.LogFormat }), check: checkLogFormat},
	{name: "trace", usage: "print what happens to each request, headers and bodies included, on standard output",
		value: switchAt(func(c *config) *bool { return &c.Trace })},

	{name: "certificates", live: true, usage: "list of {cert, key}: the PEM files of the certificates for gateway-tls-listen and, in dev, tls; the first is for names that none fits, and one with an arn beside is for the custom domain names that have it; they are read again when they change",
		read: func(c *config, n *yaml.Node) error { return readCertificates(n, &c.Certificates) }},
	{name: "quotas", usage: "map of a quota's name to a number or unlimited",
		read: func(c *config, n *yaml.Node) error { return readTexts(n, &c.Quotas) }, check: checkQuotas},
	{name: "rates", usage: "map of a rate's name to a rate such as 5/s, 1/30s, 10/s burst 40, or unlimited",
		read: func(c *config, n *yaml.Node) error { return readTexts(n, &c.Rates) }, check: checkRates},
	{name: "access-log-destinations", live: true, usage: "map of the destination ARN of access logs to the file that they go to (- is standard output), or to the collector that they are sent to, {url: URL, protocol: lines or otlp, headers: FILE}, where headers names a file with a line for each header of the requests",
		read: func(c *config, n *yaml.Node) error { return readDestinations(n, &c.AccessLogDestinations) }, check: checkDestinations},
	{name: "aws-endpoints", live: true, usage: "map of an AWS service, such as dynamodb, to the URL that gets its calls in place of AWS; default is for all other services, as aws-endpoint-url",
		read: func(c *config, n *yaml.Node) error { return readTexts(n, &c.AWSEndpoints) }, check: checkAWSEndpoints},
	{name: "lambda-functions", live: true, usage: "map of a Lambda function's name or ARN to the URL that invokes it, or to its code, which is run on this machine: {runtime: nodejs22.x, handler: index.handler, dir: DIRECTORY}, or in place of runtime command, the command line of a program that speaks Lambda's Runtime API; beside them environment, a map of variables, timeout in seconds (3), memory in MiB (512), concurrency (10), layers, a list of directories, and role, the ARN of a role of the credentials file, whose credentials it has",
		read: func(c *config, n *yaml.Node) error { return readFunctions(n, &c.LambdaFunctions) }, check: checkFunctions},
	{name: "truststores", live: true, usage: "map of a truststore's URI, s3://bucket/key or s3://bucket/key?versionId=VERSION, to the PEM file that stands for it; others are read from S3",
		read: func(c *config, n *yaml.Node) error { return readTexts(n, &c.Truststores) }, check: checkTruststores},
	{name: "vpc-links", live: true, usage: "map of a VPC link's name, or the ARN of its target, to the list of addresses (host:port) behind it",
		read: func(c *config, n *yaml.Node) error { return readLists(n, &c.VPCLinks) }, check: checkLinks},
}

func textAt(of func(*config) *string) func(*config) pflag.Value {
	return func(c *config) pflag.Value { return textValue{of(c)} }
}

func switchAt(of func(*config) *bool) func(*config) pflag.Value {
	return func(c *config) pflag.Value { return switchValue{of(c)} }
}

func countAt(of func(*config) *int) func(*config) pflag.Value {
	return func(c *config) pflag.Value { return countValue{of(c)} }
}

func listAt(of func(*config) *[]string) func(*config) pflag.Value {
	return func(c *config) pflag.Value { return listValue{of(c), new(bool)} }
}

// settingNames are those of all settings.
func settingNames() []string {
	names := make([]string, 0, len(settings))
	for i := range settings {
		names = append(names, settings[i].name)
	}
	return names
}

// acts reports whether the setting can act in a command.
func (s *setting) acts(in command) bool { return s.only == 0 || s.only&in != 0 || in == inBackup }

// flags declares one flag a setting that can act in the command, each showing its
// default.
func (c *config) flags(fs *pflag.FlagSet, in command) {
	for i := range settings {
		if s := &settings[i]; s.value != nil && s.acts(in) {
			declare(fs, s.name, s.usage, s.value(c))
		}
	}
	fs.String("config", "", "configuration file (YAML)")
}
