package pipeline

import (
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// TestDomainPolicy has the policy of a private custom domain name let calls in, and keep
// them out, beside the policy of the API.
func TestDomainPolicy(t *testing.T) {
	const let = "200\nContent-Type: application/json\n\n"
	const arn = "arn:aws:execute-api:us-east-1:111122223333:/domainnames/inner.example.com+abcd1234"
	denied := func(tail string) string {
		return "403\nx-amzn-ErrorType: AccessDeniedException\nContent-Type: application/json\n\n" +
			`{"Message":"User: anonymous is not authorized to perform: execute-api:Invoke on resource: ` + policy.MaskAccount(arn) + tail + `"}`
	}
	everything := statement("Allow", "execute-api:/*", "")
	of := func(condition string) string { return statement("Allow", "*", `, "Condition": `+condition) }
	tests := map[string]struct{ domain, api, want string }{
		"both allow":                             {everything, everything, let},
		"no policy":                              {"", everything, denied("")},
		"one that is no policy":                  {"{", everything, denied("")},
		"its ARN":                                {statement("Allow", arn, ""), everything, let},
		"that of another":                        {statement("Allow", strings.Replace(arn, "1234", "1235", 1), ""), everything, denied("")},
		"all names":                              {statement("Allow", "execute-api:/domainnames/*", ""), everything, let},
		"the API instead":                        {statement("Allow", "arn:aws:execute-api:us-east-1:111122223333:abc/*", ""), everything, denied("")},
		"denied":                                 {everything + "," + statement("Deny", "execute-api:/*", ""), everything, denied(explicitly)},
		"denied to other VPC endpoints":          {everything + "," + statement("Deny", "execute-api:/*", `, "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}`), everything, let},
		"denied to the VPC endpoint":             {everything + "," + statement("Deny", "execute-api:/*", `, "Condition": {"StringNotEquals": {"aws:SourceVpce": ["vpce-2", "vpce-3"]}}`), everything, denied(explicitly)},
		"a condition that nobody can decide":     {of(`{"StringEquals": {"aws:PrincipalOrgID": "o-1"}}`), everything, denied("")},
		"the API does not allow":                 {everything, statement("Allow", "execute-api:/prod/GET/y", ""), anonymousDenied("GET/x", "")},
		"the API denies":                         {everything, everything + "," + statement("Deny", "*", ""), anonymousDenied("GET/x", explicitly)},
		"the API wants the name":                 {everything, of(`{"ArnEquals": {"execute-api:viaDomainArn": "` + arn + `"}}`), let},
		"the API wants another":                  {everything, of(`{"ArnEquals": {"execute-api:viaDomainArn": "` + arn + `5"}}`), anonymousDenied("GET/x", "")},
		"the API wants a call without":           {everything, of(`{"Null": {"execute-api:viaDomainArn": "true"}}`), anonymousDenied("GET/x", "")},
		"an IAM principal that nobody is":        {`{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "*", "Resource": "*"}`, everything, denied("")},
		"neither allows, and the name is asked":  {statement("Allow", arn+"x", ""), statement("Allow", "execute-api:/prod/GET/y", ""), denied("")},
		"another action than to invoke":          {`{"Effect": "Allow", "Principal": "*", "Action": "apigateway:CreateAccessAssociation", "Resource": "*"}`, everything, denied("")},
		"the address of the caller, as in a VPC": {of(`{"IpAddress": {"aws:VpcSourceIp": "192.0.2.0/24"}}`), everything, let},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := &snapshot.DomainName{Name: "inner.example.com", ID: "abcd1234", Account: "111122223333", Region: "us-east-1", EndpointTypes: []string{"PRIVATE"}}
			if tt.domain != "" {
				d.Policy = `{"Version": "2012-10-17", "Statement": [` + tt.domain + `]}`
			}
			if got := serveByDomain(t, tt.api, "NONE", d); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

// serveByDomain calls GET /x of a private API with a policy by a private domain name.
func serveByDomain(t *testing.T, statements, authorization string, d *snapshot.DomainName) string {
	t.Helper()
	r := guardedBy(statements)
	r.deployment.EndpointType = "PRIVATE"
	r.deployment.Resources[1].Methods[0].AuthorizationType = authorization
	stage := Bind(r.stage.settings, Compile(r.deployment), &Services{})
	req := parseRequest("GET /x")
	req.Host, req.VPCEndpoint = d.Name, &httpmsg.VPCEndpoint{ID: "vpce-1", VPC: "vpc-1"}
	req.Domain = &httpmsg.CustomDomain{EndpointTypes: d.EndpointTypes, Policy: CompileDomainPolicy(d)}
	resp := stage.Serve(req)
	defer resp.Release()
	return show(resp)
}

// A method whose authorization is not known stays closed, whatever a domain name's policy
// allows.
func TestDomainPolicyOpensNothing(t *testing.T) {
	d := &snapshot.DomainName{Name: "inner.example.com", ID: "abcd1234", Account: "111122223333", Region: "us-east-1", EndpointTypes: []string{"PRIVATE"}, Policy: `{"Statement": [` + statement("Allow", "*", "") + `]}`}
	for _, authorization := range []string{"AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS", "SOMETHING"} {
		if got := serveByDomain(t, statement("Allow", "*", ""), authorization, d); strings.HasPrefix(got, "200") {
			t.Errorf("%s: got %s", authorization, got)
		}
	}
}

// Asking the policy of a domain name costs no memory.
func TestDomainPolicyAllocatesNothing(t *testing.T) {
	d := &snapshot.DomainName{Name: "inner.example.com", ID: "abcd1234", Account: "111122223333", Region: "us-east-1", EndpointTypes: []string{"PRIVATE"}, Policy: `{"Statement": [` + statement("Allow", "*", "") + `]}`}
	r := guardedBy(statement("Allow", "*", ""))
	r.deployment.EndpointType = "PRIVATE"
	stage := Bind(r.stage.settings, Compile(r.deployment), &Services{})
	cost := func(domain *httpmsg.CustomDomain) float64 {
		req := parseRequest("GET /x")
		req.Host, req.Domain, req.VPCEndpoint = d.Name, domain, &httpmsg.VPCEndpoint{ID: "vpce-1", VPC: "vpc-1"}
		return leastAllocations(func() { stage.Serve(req).Release() })
	}
	private := &httpmsg.CustomDomain{EndpointTypes: d.EndpointTypes, Policy: CompileDomainPolicy(d)}
	if without, with := cost(nil), cost(private); with > without {
		t.Errorf("%v allocations by the name, %v without", with, without)
	}
}
