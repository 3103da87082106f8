package main

import (
	"slices"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// What policies must allow for the operations of the second service: methods on paths
// without its version, and the actions of routing rules.
func TestPermissionsV2(t *testing.T) {
	who := &wire.Caller{Account: "111122223333", Region: "eu-west-1"}
	for name, tt := range map[string]struct {
		path string
		want permission
	}{
		"CreateApiMapping":  {"/domainnames/a.test/apimappings", permission{"apigateway:POST", "arn:aws:apigateway:eu-west-1::/domainnames/a.test/apimappings"}},
		"DeleteApiMapping":  {"/domainnames/a.test/apimappings/x", permission{"apigateway:DELETE", "arn:aws:apigateway:eu-west-1::/domainnames/a.test/apimappings/x"}},
		"CreateRoutingRule": {"/domainnames/a.test/routingrules", permission{"apigateway:CreateRoutingRule", "arn:aws:apigateway:eu-west-1:111122223333:/domainnames/a.test/routingrules/*"}},
		"ListRoutingRules":  {"/domainnames/a.test/routingrules", permission{"apigateway:ListRoutingRules", "arn:aws:apigateway:eu-west-1:111122223333:/domainnames/a.test/routingrules/*"}},
		"GetRoutingRule":    {"/domainnames/a.test/routingrules/x", permission{"apigateway:GetRoutingRule", "arn:aws:apigateway:eu-west-1:111122223333:/domainnames/a.test/routingrules/x"}},
		"PutRoutingRule":    {"/domainnames/a.test/routingrules/x", permission{"apigateway:UpdateRoutingRule", "arn:aws:apigateway:eu-west-1:111122223333:/domainnames/a.test/routingrules/x"}},
		"DeleteRoutingRule": {"/domainnames/a.test/routingrules/x", permission{"apigateway:DeleteRoutingRule", "arn:aws:apigateway:eu-west-1:111122223333:/domainnames/a.test/routingrules/x"}},
	} {
		ops := wire.OperationsV2()
		op := &ops[slices.IndexFunc(ops, func(op wire.Operation) bool { return op.Name == name })]
		if got := permissions(who, op, tt.path); !slices.Equal(got, []permission{tt.want}) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
