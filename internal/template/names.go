package template

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

// The resources that something is made of, and those whose names others are called by.
const (
	kindRestAPI       = "AWS::ApiGateway::RestApi"
	kindServerlessAPI = "AWS::Serverless::Api"
	kindFunction      = "AWS::Lambda::Function"
	kindServerlessFn  = "AWS::Serverless::Function"
	kindMachine       = "AWS::Serverless::StateMachine"
	kindAlias         = "AWS::Lambda::Alias"
	kindVersion       = "AWS::Lambda::Version"
	kindStage         = "AWS::ApiGateway::Stage"
	kindAPIKey        = "AWS::ApiGateway::ApiKey"
	kindUsagePlan     = "AWS::ApiGateway::UsagePlan"
)

// hasEvents are the resources of SAM whose events may be calls of an API.
var hasEvents = map[string]bool{kindServerlessFn: true, kindMachine: true}

// nested are the resources that are stacks of templates of their own.
var nested = map[string]bool{"AWS::CloudFormation::Stack": true, "AWS::Serverless::Application": true}

// nameProperties are the properties by which resources of other services are named. What
// has none, or does not say it, is called by its logical id.
var nameProperties = map[string]string{
	"AWS::DynamoDB::Table": "TableName", "AWS::Serverless::SimpleTable": "TableName", "AWS::SQS::Queue": "QueueName",
	"AWS::SNS::Topic": "TopicName", "AWS::S3::Bucket": "BucketName", "AWS::IAM::Role": "RoleName", "AWS::Kinesis::Stream": "Name",
	"AWS::StepFunctions::StateMachine": "StateMachineName", kindMachine: "Name", "AWS::Events::EventBus": "Name",
	"AWS::Logs::LogGroup": "LogGroupName", "AWS::SecretsManager::Secret": "Name", "AWS::SSM::Parameter": "Name",
	kindStage: "StageName", kindAlias: "Name", "AWS::ApiGateway::Model": "Name",
}

// arns are the ARNs of resources: what follows arn:partition: with R, A and N for the
// region, the account and the name.
var arns = map[string]string{
	"AWS::DynamoDB::Table": "dynamodb:R:A:table/N", "AWS::Serverless::SimpleTable": "dynamodb:R:A:table/N", "AWS::SQS::Queue": "sqs:R:A:N",
	"AWS::SNS::Topic": "sns:R:A:N", "AWS::S3::Bucket": "s3:::N", "AWS::IAM::Role": "iam::A:role/N", "AWS::Kinesis::Stream": "kinesis:R:A:stream/N",
	"AWS::StepFunctions::StateMachine": "states:R:A:stateMachine:N", kindMachine: "states:R:A:stateMachine:N",
	"AWS::Events::EventBus": "events:R:A:event-bus/N", "AWS::Logs::LogGroup": "logs:R:A:log-group:N", "AWS::Cognito::UserPool": "cognito-idp:R:A:userpool/N",
	"AWS::SecretsManager::Secret": "secretsmanager:R:A:secret:N", "AWS::ElasticLoadBalancingV2::LoadBalancer": "elasticloadbalancing:R:A:loadbalancer/net/N/0",
	"AWS::KMS::Key": "kms:R:A:key/N", "AWS::WAFv2::WebACL": "wafv2:R:A:regional/webacl/N/0", "AWS::CertificateManager::Certificate": "acm:R:A:certificate/N",
	kindFunction: "lambda:R:A:function:N", kindServerlessFn: "lambda:R:A:function:N",
}

// refIsARN are the resources of which Ref is the ARN.
var refIsARN = map[string]bool{
	"AWS::SNS::Topic": true, "AWS::StepFunctions::StateMachine": true, kindMachine: true, "AWS::SecretsManager::Secret": true,
	"AWS::ElasticLoadBalancingV2::LoadBalancer": true, "AWS::CertificateManager::Certificate": true,
}

// nameOf is the name of a resource: that which it says, else its logical id, for a user pool
// behind the region and an underscore, for a VPC link in small letters. Functions are
// known by their logical ids, which lambda-functions has.
func (s *stack) nameOf(r *resource) string {
	if r.physical == "" && !r.evaluating {
		r.evaluating = true
		r.physical = text(s.evaluate(r.raw.Get(nameProperties[r.kind]), ""))
		r.evaluating = false
	}
	if r.physical == "" {
		switch r.physical = r.name; r.kind {
		case "AWS::Cognito::UserPool": // whose ids have this form
			r.physical = s.o.Read.Region + "_" + r.name
		case "AWS::ApiGateway::VpcLink": // the names in vpc-links are ids
			r.physical = strings.ToLower(r.name)
		}
	}
	return r.physical
}

// arn is that of a resource, "" where its kind has none that is known here.
func (s *stack) arn(r *resource) string {
	form := arns[r.kind]
	if form == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString("arn:" + s.o.Read.Partition + ":")
	for i, part := range strings.Split(form, ":") {
		if i > 0 {
			b.WriteByte(':')
		}
		switch part {
		case "R":
			b.WriteString(s.o.Read.Region)
		case "A":
			b.WriteString(s.o.Read.AccountID)
		default:
			b.WriteString(strings.Replace(part, "N", s.nameOf(r), 1))
		}
	}
	return b.String()
}

// refOf is the value of Ref for a resource.
func (s *stack) refOf(r *resource) string {
	switch {
	case isAPI(r):
		return r.id
	case r.kind == kindAlias:
		return s.qualified(r, s.nameOf(r))
	case r.kind == kindVersion:
		return s.qualified(r, "1")
	case r.kind == "AWS::SQS::Queue":
		return s.queueURL(r)
	case refIsARN[r.kind]:
		return s.arn(r)
	}
	return s.nameOf(r)
}

func (s *stack) queueURL(r *resource) string {
	return "https://sqs." + s.o.Read.Region + ".amazonaws.com/" + s.o.Read.AccountID + "/" + s.nameOf(r)
}

// qualified is the ARN of the function of an alias or a version, with what qualifies it.
func (s *stack) qualified(r *resource, qualifier string) string {
	if r.evaluating {
		return ""
	}
	r.evaluating = true
	defer func() { r.evaluating = false }()
	function := text(s.evaluate(r.raw.Get("FunctionName"), "#/Resources/"+escape(r.name)+"/Properties/FunctionName"))
	if !strings.HasPrefix(function, "arn:") {
		function = "arn:" + s.o.Read.Partition + ":lambda:" + s.o.Read.Region + ":" + s.o.Read.AccountID + ":function:" + function
	}
	return function + ":" + qualifier
}

// serverlessRef is the value of Ref for what SAM makes beside what the template says: the alias and the
// version of a function, the stage of an API.
func (s *stack) serverlessRef(name string) (string, bool) {
	if of, part, ok := strings.Cut(name, "."); ok {
		r := s.byName[of]
		switch {
		case r == nil:
		case r.kind == kindServerlessFn && part == "Alias":
			return s.arn(r) + ":" + text(s.evaluate(r.raw.Get("AutoPublishAlias"), "")), true
		case r.kind == kindServerlessFn && part == "Version":
			return s.arn(r) + ":1", true
		case r.kind == kindServerlessAPI && part == "Stage":
			return text(s.evaluate(r.raw.Get("StageName"), "")), true
		case r.kind == kindServerlessAPI && part == "Deployment":
			return r.name, true
		}
	}
	return "", false
}

// getAtt is Fn::GetAtt, whose argument is a list of two or a text with a dot.
func (s *stack) getAtt(t *openapi.Tree, path string) *openapi.Tree {
	name, attribute, _ := strings.Cut(text(t), ".")
	if args := list(t); len(args) == 2 {
		name = text(args[0])
		attribute = text(s.evaluate(args[1], path))
	}
	r := s.byName[name]
	if r == nil {
		if v, ok := s.serverlessRef(name + "." + attribute); ok {
			return s.made(v, t)
		}
		s.unknown(t, path, "%q is no resource of the template, or its condition does not hold", brief(name))
		return nil
	}
	if v, ok := s.attribute(r, attribute); ok {
		return s.made(v, t)
	}
	if nested[r.kind] {
		s.unknown(t, path, "what the nested stack %s outputs as %s is not known here: make it a parameter with a Default", brief(name), brief(attribute))
		return nil
	}
	s.unknown(t, path, "the attribute %s of %s (%s) is not known here", brief(attribute), brief(name), brief(r.kind))
	return nil
}

// attribute is one of a resource's, as far as its value follows from its name.
func (s *stack) attribute(r *resource, name string) (string, bool) {
	switch {
	case name == "RootResourceId" && isAPI(r):
		return rootOf(r), true
	case name == "RestApiId" && isAPI(r):
		return r.id, true
	case name == "Arn" && r.kind == kindAlias || name == "AliasArn" || name == "FunctionArn" && r.kind == kindVersion:
		return s.refOf(r), true
	case name == "QueueUrl":
		return s.queueURL(r), true
	case strings.HasSuffix(name, "Arn") && arns[r.kind] != "":
		return s.arn(r), true
	case strings.HasSuffix(name, "Name"), name == "UserPoolId", name == "KeyId", name == "Id", strings.HasSuffix(name, "Id") && strings.HasPrefix(r.kind, "AWS::ApiGateway::"):
		return s.nameOf(r), true
	}
	if v, ok := s.serverlessRef(r.name + "." + name); ok {
		return v, true
	}
	return "", false
}

// isAPI reports whether a resource is a REST API.
func isAPI(r *resource) bool { return r.kind == kindRestAPI || r.kind == kindServerlessAPI }

// rootOf is the id of an API's root, as ParentId and ResourceId have it.
func rootOf(api *resource) string { return api.name + "/root" }
