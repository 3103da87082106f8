package template

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

// within are the resources of which an API is made, when they name one of the template.
var within = map[string]bool{
	"AWS::ApiGateway::Resource": true, "AWS::ApiGateway::Method": true, "AWS::ApiGateway::Model": true, "AWS::ApiGateway::RequestValidator": true,
	"AWS::ApiGateway::Authorizer": true, "AWS::ApiGateway::GatewayResponse": true, "AWS::ApiGateway::Deployment": true, kindStage: true,
	"AWS::ApiGateway::DocumentationPart": true, "AWS::ApiGateway::DocumentationVersion": true,
}

// known are the resources that have their effect, or that need none here.
var known = map[string]bool{
	kindRestAPI: true, kindServerlessAPI: true, kindFunction: true, kindServerlessFn: true, kindAlias: true, kindVersion: true, kindAPIKey: true,
	kindUsagePlan: true, "AWS::ApiGateway::UsagePlanKey": true, "AWS::Lambda::Permission": true, "AWS::IAM::Role": true,
	"AWS::IAM::Policy": true, "AWS::IAM::ManagedPolicy": true, "AWS::CDK::Metadata": true, "AWS::Serverless::LayerVersion": true, "AWS::Logs::LogGroup": true,
}

// reasons say of resources of the service why they have no effect, and what has it.
var reasons = map[string]string{
	"AWS::ApiGateway::DomainName":      "custom domain names are made at the control plane, with certificates of the server's",
	"AWS::ApiGateway::DomainNameV2":    "custom domain names are made at the control plane, with certificates of the server's",
	"AWS::ApiGateway::BasePathMapping": "serve --api FILE=STAGE@/base serves a definition under a path",
	"AWS::ApiGateway::VpcLink":         "addresses under its logical id, in small letters, in vpc-links of the file of --config give it a backend",
	"AWS::ApiGateway::Account":         "logs are files of this server",
}

// tellOthers tells of the resources that have no effect here.
func (s *stack) tellOthers() {
	for _, r := range s.resources {
		path := "#/Resources/" + escape(r.name)
		switch {
		case known[r.kind]:
		case within[r.kind]:
			if s.apiOf(r) == nil {
				s.noteOf(openapi.Serving, openapi.Warning, r.at, path, "%s: its RestApiId is no API of the template", r.kind)
			}
		case r.kind == "AWS::Serverless::HttpApi" || r.kind == "AWS::Serverless::WebSocketApi" || strings.HasPrefix(r.kind, "AWS::ApiGatewayV2::"):
			s.noteOf(openapi.Serving, openapi.Warning, r.at, path, "%s: HTTP and WebSocket APIs are another service, which is not served here", r.kind)
		case r.kind == "AWS::WAFv2::WebACLAssociation" || r.kind == "AWS::WAFRegional::WebACLAssociation":
			s.noteOf(openapi.Security, openapi.Warning, r.at, path, "%s: no web ACL stands before an API here", r.kind)
		case nested[r.kind]:
			s.noteOf(openapi.Serving, openapi.Warning, r.at, path, "%s: the APIs and functions of its template are not served: give that to gatehouse dev itself", r.kind)
		case reasons[r.kind] != "":
			s.note(openapi.Dropped, r.at, path, "%s has no effect here: %s", r.kind, reasons[r.kind])
		default:
			s.checkName(openapi.Error, r.kind, r.at, path, kinds)
			s.note(openapi.Dropped, r.at, path, "%s is not made here", brief(r.kind))
		}
	}
	for _, e := range s.calls {
		if e.api == nil {
			s.noteOf(openapi.Serving, openapi.Warning, e.at, e.path(), "its RestApiId is no API of the template")
		}
	}
}
