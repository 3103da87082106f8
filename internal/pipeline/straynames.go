package pipeline

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
)

// StrayNames lists the actions and methods in the API's resource policy that no call of
// the stages is about, where that makes it deny less than it says, such as misspelt
// ones. The stages are all that serve the API.
func (p *Program) StrayNames(stages []string) []Problem {
	var out []Problem
	own := p.api().ARN()
	for _, s := range p.policy.Policy().Strays([]string{authz.InvokeAction, invalidateAction}, p.methodARNs(stages)) {
		what := " names no method of the stage " + strings.Join(stages, " or ")
		if strings.HasSuffix(s.Element, "Action") {
			what = " is no action of a call"
		}
		effect := ": it denies nothing"
		if strings.Contains(s.Element, ".Not") {
			effect = ": it takes nothing out of what is allowed"
		}
		value := s.Value
		if rest, ok := strings.CutPrefix(value, own+"/"); ok {
			value = "execute-api:/" + rest
		}
		out = append(out, Problem{Field: "policy", Within: s.Pointer(), Text: s.Element + ": " + value + what + effect})
	}
	return out
}

// api is the API that the program serves.
func (p *Program) api() policy.API {
	d := p.deployment
	return policy.API{Region: d.Region, Account: d.Account, ID: d.APIID}
}

// methodARNs are the ARNs that calls of the stages have, as Policy.Strays wants them: each
// also with the slash that a call may have at its end.
func (p *Program) methodARNs(stages []string) []string {
	var out []string
	for _, stage := range stages {
		for i := range p.deployment.Resources {
			r := &p.deployment.Resources[i]
			for j := range r.Methods {
				verb := r.Methods[j].HTTPMethod
				if verb == "ANY" {
					verb = "*"
				}
				arn := p.api().ARN() + "/" + stage + "/" + verb + anyVariables(r.Path)
				out = append(out, arn, arn+"/")
			}
		}
	}
	return out
}

// anyVariables is a path template with what its variables may be in their place.
func anyVariables(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		switch {
		case strings.HasSuffix(s, "+}"):
			segments[i] = "*"
		case strings.HasPrefix(s, "{"):
			segments[i] = "{}"
		}
	}
	return strings.Join(segments, "/")
}
