package template

import (
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/spelling"
)

// The names that parts of a template have. One that is near to such a name and is none is an
// error: CloudFormation and SAM refuse it, and what stands there may be what protects.
var (
	sections = strings.Fields("AWSTemplateFormatVersion Description Metadata Parameters Rules Mappings Conditions Transform Resources Outputs Globals Hooks")
	globals  = strings.Fields("Function Api HttpApi WebSocketApi SimpleTable StateMachine LayerVersion CapacityProvider")

	attributes = strings.Fields("Type Properties Metadata Condition DependsOn CreationPolicy DeletionPolicy UpdatePolicy UpdateReplacePolicy Connectors IgnoreGlobals Description")

	functionProperties = strings.Fields(`Architectures AssumeRolePolicyDocument AutoPublishAlias AutoPublishAliasAllProperties AutoPublishCodeSha256 CapacityProviderConfig
		Code CodeSigningConfigArn CodeUri DeadLetterConfig DeadLetterQueue DeploymentPreference Description DurableConfig Environment EphemeralStorage EventInvokeConfig Events
		FileSystemConfigs FunctionName FunctionScalingConfig FunctionUrlConfig Handler ImageConfig ImageUri InlineCode KmsKeyArn Layers LoggingConfig MemorySize PackageType
		PermissionsBoundary Policies PropagateTags ProvisionedConcurrencyConfig PublishToLatestPublished RecursiveLoop ReservedConcurrentExecutions Role RolePath Runtime
		RuntimeManagementConfig SnapStart SourceKMSKeyArn Tags TenancyConfig Timeout Tracing TracingConfig VersionDeletionPolicy VersionDescription VpcConfig`)

	eventTypes = strings.Fields(`AlexaSkill Api CloudWatchEvent CloudWatchLogs Cognito DocumentDB DynamoDB EventBridgeRule HttpApi IoTRule Kinesis MQ MSK S3 Schedule
		ScheduleV2 SelfManagedKafka SNS SQS`)
)

// kinds are the kinds of resources of the services whose resources are read, all that there are.
var kinds = func() []string {
	var out []string
	for service, names := range map[string]string{
		"Serverless": "Api Application CapacityProvider Connector Function GraphQLApi HttpApi LayerVersion SimpleTable StateMachine WebSocketApi",
		"Lambda":     "Alias CapacityProvider CodeSigningConfig EventInvokeConfig EventSourceMapping Function LayerVersion LayerVersionPermission Permission Url Version",
		"ApiGateway": `Account ApiKey Authorizer BasePathMapping BasePathMappingV2 ClientCertificate Deployment DocumentationPart DocumentationVersion DomainName
			DomainNameAccessAssociation DomainNameV2 GatewayResponse Method Model RequestValidator Resource RestApi Stage UsagePlan UsagePlanKey VpcLink`,
	} {
		for _, name := range strings.Fields(names) {
			out = append(out, "AWS::"+service+"::"+name)
		}
	}
	slices.Sort(out)
	return out
}()

// checkNames tells of the members of an object that are near to names which it may have.
func (s *stack) checkNames(t *openapi.Tree, path string, known []string) {
	for _, m := range members(t) {
		s.checkName(openapi.Error, m.Name, m.Position, path+"/"+escape(m.Name), known)
	}
}

// checkName tells of a name that is near to a known one.
func (s *stack) checkName(severity openapi.Severity, name string, at openapi.Position, path string, known []string) {
	if meant, ok := spelling.Nearest(name, known); ok {
		s.noteOf(openapi.Security, severity, at, path, "%s is not read here; did you mean %s?", brief(name), meant)
	}
}

// harmless are the macros of CloudFormation's own that leave APIs as they are.
var harmless = []string{
	"AWS::Serverless-2016-10-31", "AWS::LanguageExtensions", "AWS::CodeDeployBlueGreen", "AWS::ServiceCatalog",
	"AWS::SecretsManager-2020-07-23", "AWS::SecretsManager-2024-09-16",
}

// checkTransforms refuses the macros of the whole template that are not run here: what they
// would add may be what protects an API.
func (s *stack) checkTransforms(t *openapi.Tree) {
	for _, item := range list(t) {
		name := text(item)
		if item.Kind == openapi.ObjectTree {
			name = text(item.Get("Name"))
		}
		switch {
		case slices.Contains(harmless, name):
		case name == "AWS::Include":
			s.noteOf(openapi.Security, openapi.Error, item.Position, "#/Transform", "AWS::Include is run only within the properties of a resource")
		default:
			s.noteOf(openapi.Security, openapi.Error, item.Position, "#/Transform", "the macro %s is not run here, and may add what protects an API: give the template that CloudFormation makes of this one (aws cloudformation get-template --template-stage Processed)", brief(name))
		}
	}
}
