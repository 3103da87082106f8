package main

import (
	"slices"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// What policies must allow for the operations of the second service: methods on paths
// without its version, and the actions of routing rules.
func TestPermissionsV2(t *testing.T) {
	who := &wire.Caller{Account: "111122223333", Region: "eu-west-1"}
	for name, tt := range map[string]struct {
		path string
		want operation.Permission
	}{
		"CreateApiMapping":  {"/domainnames/a.test/apimappings", operation.Permission{Action: "apigateway:POST", Resource: "arn:aws:apigateway:eu-west-1::/domainnames/a.test/apimappings"}},
		"DeleteApiMapping":  {"/domainnames/a.test/apimappings/x", operation.Permission{Action: "apigateway:DELETE", Resource: "arn:aws:apigateway:eu-west-1::/domainnames/a.test/apimappings/x"}},
		"CreateRoutingRule": {"/domainnames/a.test/routingrules", operation.Permission{Action: "apigateway:CreateRoutingRule", Resource: "arn:aws:apigateway:eu-west-1:111122223333:/domainnames/a.test/routingrules/*"}},
		"ListRoutingRules":  {"/domainnames/a.test/routingrules", operation.Permission{Action: "apigateway:ListRoutingRules", Resource: "arn:aws:apigateway:eu-west-1:111122223333:/domainnames/a.test/routingrules/*"}},
		"GetRoutingRule":    {"/domainnames/a.test/routingrules/x", operation.Permission{Action: "apigateway:GetRoutingRule", Resource: "arn:aws:apigateway:eu-west-1:111122223333:/domainnames/a.test/routingrules/x"}},
		"PutRoutingRule":    {"/domainnames/a.test/routingrules/x", operation.Permission{Action: "apigateway:UpdateRoutingRule", Resource: "arn:aws:apigateway:eu-west-1:111122223333:/domainnames/a.test/routingrules/x"}},
		"DeleteRoutingRule": {"/domainnames/a.test/routingrules/x", operation.Permission{Action: "apigateway:DeleteRoutingRule", Resource: "arn:aws:apigateway:eu-west-1:111122223333:/domainnames/a.test/routingrules/x"}},
	} {
		ops := wire.OperationsV2()
		op := &ops[slices.IndexFunc(ops, func(op wire.Operation) bool { return op.Name == name })]
		if got := permissions(who, op, tt.path); !slices.Equal(got, []operation.Permission{tt.want}) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
