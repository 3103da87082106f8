package control

import "github.com/gatehouse-gw/gatehouse/internal/wire"

// Handlers lists the operations that are built; package wire answers the
// others with NotImplementedException.
func (s *Service) Handlers() map[string]wire.Handler {
	return map[string]wire.Handler{
		"CreateDeployment":          wire.Op(s.CreateDeployment),
		"CreateModel":               wire.Op(s.CreateModel),
		"CreateResource":            wire.Op(s.CreateResource),
		"CreateRestApi":             wire.Op(s.CreateRestAPI),
		"CreateStage":               wire.Op(s.CreateStage),
		"DeleteIntegration":         wire.Op(s.DeleteIntegration),
		"DeleteIntegrationResponse": wire.Op(s.DeleteIntegrationResponse),
		"DeleteMethod":              wire.Op(s.DeleteMethod),
		"DeleteMethodResponse":      wire.Op(s.DeleteMethodResponse),
		"DeleteModel":               wire.Op(s.DeleteModel),
		"DeleteResource":            wire.Op(s.DeleteResource),
		"DeleteRestApi":             wire.Op(s.DeleteRestAPI),
		"DeleteStage":               wire.Op(s.DeleteStage),
		"GetDeployment":             wire.Op(s.GetDeployment),
		"GetDeployments":            wire.Op(s.GetDeployments),
		"GetIntegration":            wire.Op(s.GetIntegration),
		"GetIntegrationResponse":    wire.Op(s.GetIntegrationResponse),
		"GetMethod":                 wire.Op(s.GetMethod),
		"GetMethodResponse":         wire.Op(s.GetMethodResponse),
		"GetModel":                  wire.Op(s.GetModel),
		"GetModels":                 wire.Op(s.GetModels),
		"GetResource":               wire.Op(s.GetResource),
		"GetResources":              wire.Op(s.GetResources),
		"GetRestApi":                wire.Op(s.GetRestAPI),
		"GetRestApis":               wire.Op(s.GetRestAPIs),
		"GetStage":                  wire.Op(s.GetStage),
		"GetStages":                 wire.Op(s.GetStages),
		"ImportRestApi":             wire.Op(s.ImportRestAPI),
		"PutIntegration":            wire.Op(s.PutIntegration),
		"PutIntegrationResponse":    wire.Op(s.PutIntegrationResponse),
		"PutMethod":                 wire.Op(s.PutMethod),
		"PutMethodResponse":         wire.Op(s.PutMethodResponse),
		"PutRestApi":                wire.Op(s.PutRestAPI),
		"UpdateIntegrationResponse": wire.Op(s.UpdateIntegrationResponse),
		"UpdateMethodResponse":      wire.Op(s.UpdateMethodResponse),
	}
}
