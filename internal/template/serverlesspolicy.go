package template

import (
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

// policyLists are the lists of SAM's ResourcePolicy that deny what a condition says: the
// operator and the key of the condition. What VPCs and VPC endpoints have in common, a
// prefix tells apart.
var policyLists = map[string][2]string{
	"IpRangeBlacklist": {"IpAddress", "aws:SourceIp"}, "IpRangeWhitelist": {"NotIpAddress", "aws:SourceIp"},
	"SourceVpcBlacklist": {"StringEquals", ""}, "SourceVpcWhitelist": {"StringNotEquals", ""},
	"IntrinsicVpcBlacklist": {"StringEquals", "aws:SourceVpc"}, "IntrinsicVpcWhitelist": {"StringNotEquals", "aws:SourceVpc"},
	"IntrinsicVpceBlacklist": {"StringEquals", "aws:SourceVpce"}, "IntrinsicVpceWhitelist": {"StringNotEquals", "aws:SourceVpce"},
}

// resourcePolicy makes the policy of the API of SAM's ResourcePolicy.
func (a *apiBuilder) resourcePolicy(t *openapi.Tree) {
	a.statements(t, "execute-api:/*")
	for _, own := range list(t.Get("CustomStatements")) {
		a.state(textOrJSON(own))
	}
}

// eventPolicy adds the statements that an event has for its method.
func (a *apiBuilder) eventPolicy(t *openapi.Tree, method string) {
	a.statements(t, "execute-api:/*/"+method)
	for _, own := range list(t.Get("CustomStatements")) {
		a.state(textOrJSON(own))
	}
}

func (a *apiBuilder) statements(t *openapi.Tree, resource string) {
	denied := false
	for _, m := range members(t) {
		if accounts := texts(m.Value); m.Name == "AwsAccountWhitelist" && len(accounts) > 0 {
			a.state(`{"Effect":"Allow","Action":"execute-api:Invoke","Principal":{"AWS":` + jsonList(accounts) + `},"Resource":` + string(quoted(resource)) + `}`)
		}
		if accounts := texts(m.Value); m.Name == "AwsAccountBlacklist" && len(accounts) > 0 {
			denied = true
			a.state(`{"Effect":"Deny","Action":"execute-api:Invoke","Principal":{"AWS":` + jsonList(accounts) + `},"Resource":` + string(quoted(resource)) + `}`)
		}
		of, ok := policyLists[m.Name]
		if !ok || len(list(m.Value)) == 0 {
			continue
		}
		denied = true
		byKey := keyed(of[1], texts(m.Value))
		for _, key := range slices.Sorted(maps.Keys(byKey)) {
			a.state(`{"Effect":"Deny","Action":"execute-api:Invoke","Principal":"*","Resource":` + string(quoted(resource)) +
				`,"Condition":{"` + of[0] + `":{"` + key + `":` + jsonList(byKey[key]) + `}}}`)
		}
	}
	if denied {
		a.state(`{"Effect":"Allow","Action":"execute-api:Invoke","Principal":"*","Resource":` + string(quoted(resource)) + `}`)
	}
}

// keyed are values by the key of the condition that they are for: those of VPCs and of VPC
// endpoints have different ones.
func keyed(key string, values []string) map[string][]string {
	if key != "" {
		return map[string][]string{key: values}
	}
	out := make(map[string][]string)
	for _, value := range values {
		key := "aws:SourceVpc"
		if strings.HasPrefix(value, "vpce-") {
			key = "aws:SourceVpce"
		}
		out[key] = append(out[key], value)
	}
	return out
}

func jsonList(values []string) string {
	var b strings.Builder
	writeJSON(&b, &openapi.Tree{Kind: openapi.ListTree, Items: textTrees(values)})
	return b.String()
}

func textTrees(values []string) []*openapi.Tree {
	var out []*openapi.Tree
	for _, value := range values {
		out = append(out, newText(value, openapi.Position{}))
	}
	return out
}

// state adds a statement to the policy of the API.
func (a *apiBuilder) state(statement string) {
	const begin, end = `{"Version":"2012-10-17","Statement":[`, `]}`
	if policy := a.def.RestAPI.Policy; policy != nil {
		if !strings.HasPrefix(*policy, begin) {
			a.noteOf(openapi.Security, openapi.Error, a.resource.at, a.ref(a.resource), "the API has a policy of its own beside ResourcePolicy: put one into the other")
			return
		}
		statement = strings.TrimSuffix(strings.TrimPrefix(*policy, begin), end) + "," + statement
	}
	a.def.RestAPI.Policy = new(begin + statement + end)
}
