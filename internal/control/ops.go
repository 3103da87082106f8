package control

import (
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// An operation is one line of the list of operations.
type operation struct {
	name    string
	handler wire.Handler
	patch   interface{ Taken() []string } // the patch table of an Update operation, nil for others
}

// operations lists the operations that are built. It calls none of them, so s may
// be nil.
func (s *Service) operations() []operation {
	return slices.Concat(s.accountOperations(), s.domainOperations(), s.definitionOperations(), s.documentationOperations(), s.stageOperations(), s.otherOperations())
}

// accountOperations are about what an account has beside its APIs.
func (s *Service) accountOperations() []operation {
	return []operation{
		{"GetAccount", wire.Op(s.GetAccount), nil},
		{"UpdateAccount", wire.Op(s.UpdateAccount), &accountPatch},

		{"GenerateClientCertificate", wire.Op(s.GenerateClientCertificate), nil},
		{"GetClientCertificate", wire.Op(s.GetClientCertificate), nil},
		{"GetClientCertificates", wire.Op(s.GetClientCertificates), nil},
		{"UpdateClientCertificate", wire.Op(s.UpdateClientCertificate), &clientCertificatePatch},
		{"DeleteClientCertificate", wire.Op(s.DeleteClientCertificate), nil},

		{"CreateApiKey", wire.Op(s.CreateAPIKey), nil},
		{"ImportApiKeys", wire.Op(s.ImportAPIKeys), nil},
		{"GetApiKey", wire.Op(s.GetAPIKey), nil},
		{"GetApiKeys", wire.Op(s.GetAPIKeys), nil},
		{"UpdateApiKey", wire.Op(s.UpdateAPIKey), &apiKeyPatch},
		{"DeleteApiKey", wire.Op(s.DeleteAPIKey), nil},

		{"CreateUsagePlan", wire.Op(s.CreateUsagePlan), nil},
		{"GetUsagePlan", wire.Op(s.GetUsagePlan), nil},
		{"GetUsagePlans", wire.Op(s.GetUsagePlans), nil},
		{"UpdateUsagePlan", wire.Op(s.UpdateUsagePlan), &usagePlanPatch},
		{"DeleteUsagePlan", wire.Op(s.DeleteUsagePlan), nil},

		{"CreateUsagePlanKey", wire.Op(s.CreateUsagePlanKey), nil},
		{"GetUsagePlanKey", wire.Op(s.GetUsagePlanKey), nil},
		{"GetUsagePlanKeys", wire.Op(s.GetUsagePlanKeys), nil},
		{"DeleteUsagePlanKey", wire.Op(s.DeleteUsagePlanKey), nil},

		{"GetUsage", wire.Op(s.GetUsage), nil},
		{"UpdateUsage", wire.Op(s.UpdateUsage), &usagePatch},

		{"CreateVpcLink", wire.Op(s.CreateVPCLink), nil},
		{"GetVpcLink", wire.Op(s.GetVPCLink), nil},
		{"GetVpcLinks", wire.Op(s.GetVPCLinks), nil},
		{"UpdateVpcLink", wire.Op(s.UpdateVPCLink), &vpcLinkPatch},
		{"DeleteVpcLink", wire.Op(s.DeleteVPCLink), nil},
	}
}

// domainOperations are about custom domain names and what they lead to.
func (s *Service) domainOperations() []operation {
	return []operation{
		{"CreateDomainName", wire.Op(s.CreateDomainName), nil},
		{"GetDomainName", wire.Op(s.GetDomainName), nil},
		{"GetDomainNames", wire.Op(s.GetDomainNames), nil},
		{"UpdateDomainName", wire.Op(s.UpdateDomainName), &domainNamePatch},
		{"DeleteDomainName", wire.Op(s.DeleteDomainName), nil},

		{"CreateDomainNameAccessAssociation", wire.Op(s.CreateDomainNameAccessAssociation), nil},
		{"GetDomainNameAccessAssociations", wire.Op(s.GetDomainNameAccessAssociations), nil},
		{"DeleteDomainNameAccessAssociation", wire.Op(s.DeleteDomainNameAccessAssociation), nil},
		{"RejectDomainNameAccessAssociation", wire.Op(s.RejectDomainNameAccessAssociation), nil},

		{"CreateBasePathMapping", wire.Op(s.CreateBasePathMapping), nil},
		{"GetBasePathMapping", wire.Op(s.GetBasePathMapping), nil},
		{"GetBasePathMappings", wire.Op(s.GetBasePathMappings), nil},
		{"UpdateBasePathMapping", wire.Op(s.UpdateBasePathMapping), &basePathMappingPatch},
		{"DeleteBasePathMapping", wire.Op(s.DeleteBasePathMapping), nil},
	}
}

// operationsV2 lists the operations of apigatewayv2 that are built.
func (s *Service) operationsV2() []operation {
	return []operation{
		{"CreateApiMapping", wire.Op(s.CreateAPIMapping), nil},
		{"GetApiMapping", wire.Op(s.GetAPIMapping), nil},
		{"GetApiMappings", wire.Op(s.GetAPIMappings), nil},
		{"UpdateApiMapping", wire.Op(s.UpdateAPIMapping), nil},
		{"DeleteApiMapping", wire.Op(s.DeleteAPIMapping), nil},

		{"CreateRoutingRule", wire.Op(s.CreateRoutingRule), nil},
		{"GetRoutingRule", wire.Op(s.GetRoutingRule), nil},
		{"ListRoutingRules", wire.Op(s.ListRoutingRules), nil},
		{"PutRoutingRule", wire.Op(s.PutRoutingRule), nil},
		{"DeleteRoutingRule", wire.Op(s.DeleteRoutingRule), nil},

		{"CreateDomainName", wire.Op(s.CreateDomainNameV2), nil},
		{"GetDomainName", wire.Op(s.GetDomainNameV2), nil},
		{"GetDomainNames", wire.Op(s.GetDomainNamesV2), nil},
		{"UpdateDomainName", wire.Op(s.UpdateDomainNameV2), nil},
		{"DeleteDomainName", wire.Op(s.DeleteDomainNameV2), nil},

		{"CreateVpcLink", wire.Op(s.CreateVPCLinkV2), nil},
		{"GetVpcLink", wire.Op(s.GetVPCLinkV2), nil},
		{"GetVpcLinks", wire.Op(s.GetVPCLinksV2), nil},
		{"UpdateVpcLink", wire.Op(s.UpdateVPCLinkV2), nil},
		{"DeleteVpcLink", wire.Op(s.DeleteVPCLinkV2), nil},

		{"GetTags", wire.Op(s.GetTagsV2), nil},
		{"TagResource", wire.Op(s.TagResourceV2), nil},
		{"UntagResource", wire.Op(s.UntagResourceV2), nil},
	}
}

// definitionOperations are about what APIs define.
func (s *Service) definitionOperations() []operation {
	return []operation{
		{"CreateRestApi", wire.Op(s.CreateRestAPI), nil},
		{"ImportRestApi", wire.Op(s.ImportRestAPI), nil},
		{"GetRestApi", wire.Op(s.GetRestAPI), nil},
		{"GetRestApis", wire.Op(s.GetRestAPIs), nil},
		{"UpdateRestApi", wire.Op(s.UpdateRestAPI), &restAPIPatch},
		{"DeleteRestApi", wire.Op(s.DeleteRestAPI), nil},
		{"PutRestApi", wire.Op(s.PutRestAPI), nil},

		{"CreateResource", wire.Op(s.CreateResource), nil},
		{"GetResource", wire.Op(s.GetResource), nil},
		{"GetResources", wire.Op(s.GetResources), nil},
		{"UpdateResource", wire.Op(s.UpdateResource), &resourcePatch},
		{"DeleteResource", wire.Op(s.DeleteResource), nil},

		{"PutMethod", wire.Op(s.PutMethod), nil},
		{"GetMethod", wire.Op(s.GetMethod), nil},
		{"UpdateMethod", wire.Op(s.UpdateMethod), &methodPatch},
		{"DeleteMethod", wire.Op(s.DeleteMethod), nil},

		{"PutMethodResponse", wire.Op(s.PutMethodResponse), nil},
		{"GetMethodResponse", wire.Op(s.GetMethodResponse), nil},
		{"UpdateMethodResponse", wire.Op(s.UpdateMethodResponse), &methodResponsePatch},
		{"DeleteMethodResponse", wire.Op(s.DeleteMethodResponse), nil},

		{"PutIntegration", wire.Op(s.PutIntegration), nil},
		{"GetIntegration", wire.Op(s.GetIntegration), nil},
		{"UpdateIntegration", wire.Op(s.UpdateIntegration), &integrationPatch},
		{"DeleteIntegration", wire.Op(s.DeleteIntegration), nil},

		{"PutIntegrationResponse", wire.Op(s.PutIntegrationResponse), nil},
		{"GetIntegrationResponse", wire.Op(s.GetIntegrationResponse), nil},
		{"UpdateIntegrationResponse", wire.Op(s.UpdateIntegrationResponse), &integrationResponsePatch},
		{"DeleteIntegrationResponse", wire.Op(s.DeleteIntegrationResponse), nil},

		{"CreateModel", wire.Op(s.CreateModel), nil},
		{"GetModel", wire.Op(s.GetModel), nil},
		{"GetModelTemplate", wire.Op(s.GetModelTemplate), nil},
		{"GetModels", wire.Op(s.GetModels), nil},
		{"UpdateModel", wire.Op(s.UpdateModel), &modelPatch},
		{"DeleteModel", wire.Op(s.DeleteModel), nil},

		{"CreateRequestValidator", wire.Op(s.CreateRequestValidator), nil},
		{"GetRequestValidator", wire.Op(s.GetRequestValidator), nil},
		{"GetRequestValidators", wire.Op(s.GetRequestValidators), nil},
		{"UpdateRequestValidator", wire.Op(s.UpdateRequestValidator), &validatorPatch},
		{"DeleteRequestValidator", wire.Op(s.DeleteRequestValidator), nil},

		{"CreateAuthorizer", wire.Op(s.CreateAuthorizer), nil},
		{"GetAuthorizer", wire.Op(s.GetAuthorizer), nil},
		{"GetAuthorizers", wire.Op(s.GetAuthorizers), nil},
		{"UpdateAuthorizer", wire.Op(s.UpdateAuthorizer), &authorizerPatch},
		{"DeleteAuthorizer", wire.Op(s.DeleteAuthorizer), nil},

		{"PutGatewayResponse", wire.Op(s.PutGatewayResponse), nil},
		{"GetGatewayResponse", wire.Op(s.GetGatewayResponse), nil},
		{"GetGatewayResponses", wire.Op(s.GetGatewayResponses), nil},
		{"UpdateGatewayResponse", wire.Op(s.UpdateGatewayResponse), &gatewayResponsePatch},
		{"DeleteGatewayResponse", wire.Op(s.DeleteGatewayResponse), nil},
	}
}

// documentationOperations are about what is said of APIs.
func (s *Service) documentationOperations() []operation {
	return []operation{
		{"CreateDocumentationPart", wire.Op(s.CreateDocumentationPart), nil},
		{"ImportDocumentationParts", wire.Op(s.ImportDocumentationParts), nil},
		{"GetDocumentationPart", wire.Op(s.GetDocumentationPart), nil},
		{"GetDocumentationParts", wire.Op(s.GetDocumentationParts), nil},
		{"UpdateDocumentationPart", wire.Op(s.UpdateDocumentationPart), &documentationPartPatch},
		{"DeleteDocumentationPart", wire.Op(s.DeleteDocumentationPart), nil},

		{"CreateDocumentationVersion", wire.Op(s.CreateDocumentationVersion), nil},
		{"GetDocumentationVersion", wire.Op(s.GetDocumentationVersion), nil},
		{"GetDocumentationVersions", wire.Op(s.GetDocumentationVersions), nil},
		{"UpdateDocumentationVersion", wire.Op(s.UpdateDocumentationVersion), &documentationVersionPatch},
		{"DeleteDocumentationVersion", wire.Op(s.DeleteDocumentationVersion), nil},
	}
}

// stageOperations are about what is served of APIs.
func (s *Service) stageOperations() []operation {
	return []operation{
		{"CreateDeployment", wire.Op(s.CreateDeployment), nil},
		{"GetDeployment", wire.Op(s.GetDeployment), nil},
		{"GetDeployments", wire.Op(s.GetDeployments), nil},
		{"UpdateDeployment", wire.Op(s.UpdateDeployment), &deploymentPatch},
		{"DeleteDeployment", wire.Op(s.DeleteDeployment), nil},

		{"CreateStage", wire.Op(s.CreateStage), nil},
		{"GetStage", wire.Op(s.GetStage), nil},
		{"GetStages", wire.Op(s.GetStages), nil},
		{"UpdateStage", wire.Op(s.UpdateStage), &stagePatch},
		{"DeleteStage", wire.Op(s.DeleteStage), nil},
		{"GetExport", wire.Op(s.GetExport), nil},
		{"GetSdk", wire.Op(s.GetSDK), nil},
		{"GetSdkType", wire.Op(s.GetSDKType), nil},
		{"GetSdkTypes", wire.Op(s.GetSDKTypes), nil},
		{"FlushStageCache", wire.Op(s.FlushStageCache), nil},
		{"FlushStageAuthorizersCache", wire.Op(s.FlushStageAuthorizersCache), nil},
	}
}

// otherOperations are about things of several kinds, or change nothing.
func (s *Service) otherOperations() []operation {
	return []operation{
		{"GetTags", wire.Op(s.GetTags), nil},
		{"TagResource", wire.Op(s.TagResource), nil},
		{"UntagResource", wire.Op(s.UntagResource), nil},
		{"TestInvokeMethod", wire.Op(s.TestInvokeMethod), nil},
		{"TestInvokeAuthorizer", wire.Op(s.TestInvokeAuthorizer), nil},
	}
}

// Handlers are the operations that are built, by name; package wire answers the
// others with NotImplementedException.
func (s *Service) Handlers() map[string]wire.Handler { return handlersOf(s.operations()) }

// HandlersV2 are Handlers of apigatewayv2.
func (s *Service) HandlersV2() map[string]wire.Handler { return handlersOf(s.operationsV2()) }

func handlersOf(list []operation) map[string]wire.Handler {
	handlers := make(map[string]wire.Handler)
	for _, op := range list {
		handlers[op.name] = op.handler
	}
	return handlers
}

// PatchPaths lists, by operation, the operations that its patch table takes,
// each with the pattern of its path: "add /variables/{name}".
func PatchPaths() map[string][]string {
	paths := make(map[string][]string)
	for _, op := range (*Service)(nil).operations() {
		if op.patch != nil {
			paths[op.name] = op.patch.Taken()
		}
	}
	return paths
}
