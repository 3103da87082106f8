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

// resourcePolicy adds the statements of SAM's ResourcePolicy, of the API or of an event, to
// the policy of the API. resources are what they are about, as JSON.
func (a *apiBuilder) resourcePolicy(p *object, resources string) {
	a.statements(p, resources)
	for _, own := range list(p.get("CustomStatements")) {
		a.state(textOrJSON(own))
	}
	p.refuseRest("ResourcePolicy")
}

// methodsAt are the methods of a path as the resources of a statement, as JSON: SAM has the
// policy of an event for all that its path has, but the answers to preflights that it makes.
func (a *apiBuilder) methodsAt(path string) string {
	var out []string
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, "{") {
			parts[i] = "*"
		}
	}
	for i := range a.def.Resources {
		for j := range a.def.Resources[i].Methods {
			m := &a.def.Resources[i].Methods[j]
			if a.def.Resources[i].Path != path || m.Preflight {
				continue
			}
			verb := *m.HTTPMethod
			if verb == "ANY" {
				verb = "*"
			}
			out = append(out, "execute-api:/*/"+verb+strings.Join(parts, "/"))
		}
	}
	return jsonList(out)
}

// statements adds those that the lists of a ResourcePolicy stand for. A list that denies
// allows all others; one of accounts does not.
func (a *apiBuilder) statements(p *object, resources string) {
	denied := false
	deny := func(operator string, byKey map[string][]string) {
		denied = true
		a.state(`{"Effect":"Deny","Action":"execute-api:Invoke","Principal":"*","Resource":` + resources +
			`,"Condition":{"` + operator + `":` + jsonLists(byKey) + `}}`)
	}
	only := make(map[string][]string) // the VPCs and VPC endpoints that may call: a call comes by one of them
	for _, m := range members(p.tree) {
		values := texts(m.Value)
		of, ok := policyLists[m.Name]
		effect := map[string]string{"AwsAccountWhitelist": "Allow", "AwsAccountBlacklist": "Deny"}[m.Name]
		p.read[m.Name] = p.read[m.Name] || ok || effect != ""
		switch {
		case !ok && effect == "":
		case len(values) == 0:
			p.mistyped(m.Name, m.Value, "list of values")
		case effect != "":
			a.state(`{"Effect":"` + effect + `","Action":"execute-api:Invoke","Principal":{"AWS":` + jsonList(values) + `},"Resource":` + resources + `}`)
		case of[0] == "StringNotEquals":
			for key, values := range keyed(of[1], values) {
				only[key] = append(only[key], values...)
			}
		default:
			byKey := keyed(of[1], values)
			for _, key := range slices.Sorted(maps.Keys(byKey)) {
				deny(of[0], map[string][]string{key: byKey[key]})
			}
		}
	}
	if len(only) > 0 {
		deny("StringNotEquals", only)
	}
	if denied {
		a.state(`{"Effect":"Allow","Action":"execute-api:Invoke","Principal":"*","Resource":` + resources + `}`)
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

// jsonLists is an object of lists as JSON.
func jsonLists(byName map[string][]string) string {
	of := &openapi.Tree{Kind: openapi.ObjectTree}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		of.Members = append(of.Members, openapi.Member{Name: name, Value: &openapi.Tree{Kind: openapi.ListTree, Items: textTrees(byName[name])}})
	}
	var b strings.Builder
	writeJSON(&b, of)
	return b.String()
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
