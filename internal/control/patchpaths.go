package control

// PatchPaths lists, by operation, the operations that its patch table takes,
// each with the pattern of its path: "add /variables/{name}".
func PatchPaths() map[string][]string {
	return map[string][]string{
		"UpdateAccount": taken(&accountPatch), "UpdateClientCertificate": taken(&clientCertificatePatch), "UpdateDeployment": taken(&deploymentPatch),
		"UpdateGatewayResponse": taken(&gatewayResponsePatch), "UpdateIntegration": taken(&integrationPatch), "UpdateIntegrationResponse": taken(&integrationResponsePatch),
		"UpdateMethod": taken(&methodPatch), "UpdateMethodResponse": taken(&methodResponsePatch), "UpdateModel": taken(&modelPatch),
		"UpdateRequestValidator": taken(&validatorPatch), "UpdateResource": taken(&resourcePatch), "UpdateRestApi": taken(&restAPIPatch),
		"UpdateStage": taken(&stagePatch), "UpdateVpcLink": taken(&vpcLinkPatch),
	}
}

// taken lists what a patch table takes, in its order.
func taken[T any](table *patchTable[T]) []string {
	var out []string
	for i := range table.paths {
		for _, op := range table.paths[i].ops() {
			out = append(out, op+" "+table.paths[i].at)
		}
	}
	return out
}
