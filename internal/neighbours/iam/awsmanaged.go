package iam

import (
	"regexp"
	"strings"
)

// A known is a policy of AWS that is known here, with what AWS documents that it says. The
// others can be attached, too, and allow nothing.
type known struct {
	path     string // of policy, such as "service-role/" ; "" for none
	name     string
	document string
}

// of is the document of statements.
func of(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

// on is a statement that allows actions on a resource.
func on(resource string, actions ...string) string {
	return `{"Effect":"Allow","Action":["` + strings.Join(actions, `","`) + `"],"Resource":"` + resource + `"}`
}

// toLog is what functions need for their logs.
var toLog = []string{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}

// knownPolicies are in order of their ARNs.
var knownPolicies = []known{
	{"", "AWSDenyAll", of(`{"Sid":"DenyAll","Effect":"Deny","Action":["*"],"Resource":"*"}`)},
	{"", "AWSLambdaExecute", of(on("arn:aws:logs:*:*:*", "logs:*"), on("arn:aws:s3:::*", "s3:GetObject", "s3:PutObject"))},
	{"", "AWSXRayDaemonWriteAccess", of(on("*", "xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:GetSamplingStatisticSummaries"))},
	{"", "AWSXrayWriteOnlyAccess", of(on("*", "xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:GetSamplingStatisticSummaries"))},
	{"", "AdministratorAccess", of(on("*", "*"))},
	{"", "AmazonAPIGatewayAdministrator", of(on("arn:aws:apigateway:*::/*", "apigateway:*"))},
	{"", "AmazonAPIGatewayInvokeFullAccess", of(on("arn:aws:execute-api:*:*:*", "execute-api:Invoke", "execute-api:ManageConnections"))},
	{"service-role/", "AWSLambdaBasicExecutionRole", of(on("*", toLog...))},
	{"service-role/", "AWSLambdaDynamoDBExecutionRole", of(on("*", append([]string{"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"}, toLog...)...))},
	{"service-role/", "AWSLambdaRole", of(on("*", "lambda:InvokeFunction"))},
	{"service-role/", "AWSLambdaSQSQueueExecutionRole", of(on("*", append([]string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}, toLog...)...))},
	{"service-role/", "AmazonAPIGatewayPushToCloudWatchLogs", of(on("*", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents", "logs:GetLogEvents", "logs:FilterLogEvents"))},
}

const awsPolicy = ":iam::aws:policy/"

// awsARN is what the ARN of a policy of AWS is like.
var awsARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::aws:policy/(?:[\w+=,.@-]{1,64}/){0,4}[\w+=,.@-]{1,128}$`)

// ofAWS reports whether an ARN is that of a policy of AWS, in any partition.
func ofAWS(arn string) bool {
	partition, _, ok := strings.Cut(strings.TrimPrefix(arn, "arn:"), awsPolicy)
	return ok && strings.HasPrefix(partition, "aws") && !strings.Contains(partition, ":")
}

// managedByAWS returns the policy of AWS of an ARN, where it is known.
func managedByAWS(arn string) (known, bool) {
	if !ofAWS(arn) {
		return known{}, false
	}
	_, rest, _ := strings.Cut(arn, awsPolicy)
	for _, k := range knownPolicies {
		if k.path+k.name == rest {
			return k, true
		}
	}
	return known{}, false
}

// arn is the policy's in a partition.
func (k known) arn(partition string) string {
	return "arn:" + partition + awsPolicy + k.path + k.name
}

// record is the policy as if it was an account's own. When AWS made it does not matter here.
func (k known) record(partition string) *managed {
	id := "ANPA" + strings.Repeat("A", max(0, idLength-len(k.name))) + strings.ToUpper(k.name)
	return &managed{
		Name: k.name, Path: "/" + k.path, ID: id[:len("ANPA")+idLength], ARN: k.arn(partition),
		Versions: []version{{1, k.document, 0}}, Default: 1, Last: 1,
	}
}
