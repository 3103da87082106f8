package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// A privateCase is a request, byte for byte, by the listener of a VPC endpoint or, with
// "", by the server's own, and what becomes of it.
type privateCase struct {
	name, by string
	send     string // its request line and headers, with \n for the ends of lines
	got      string // status and body, with {id} for the id of the private domain name
}

// privateCases are requests to a server with the private domain name inner.example.com,
// which leads to the private API shop and is associated with vpce-1, whose calls its policy
// allows, and with vpce-2, whose calls it denies; vpce-3 is associated with nothing. The public
// name api.example.com leads to the public API open.
func privateCases() []privateCase {
	get := func(name, by, host, target, got string) privateCase {
		return privateCase{name, by, "GET " + target + " HTTP/1.1\nHost: " + host + "\n\n", got}
	}
	const name, denied = "inner.example.com", `403 {"Message":"User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********0000:/domainnames/inner.example.com+{id} with an explicit deny"}`
	served := func(path, host string) string { return "200 shop " + path + " /{proxy+} " + host }
	return []privateCase{
		get("its own VPC endpoint", "vpce-1", name, "/x", served("/x", name)),
		get("one that its policy denies", "vpce-2", name, "/x", denied),
		get("one that is not associated", "vpce-3", name, "/x", notAllowed),
		get("no VPC endpoint", "", name, "/x", notAllowed),
		{"no VPC endpoint, and headers that name one", "", "GET /x HTTP/1.1\nHost: inner.example.com\nX-Amzn-Vpce-Id: vpce-1\nX-Forwarded-For: 10.1.0.1\nx-apigw-api-id: shop\n\n", notAllowed},
		get("a host in upper case", "vpce-1", "Inner.Example.COM", "/x", served("/x", "Inner.Example.COM")),
		get("a host with a port", "vpce-1", "inner.example.com:8443", "/x", served("/x", "inner.example.com:8443")),
		get("a host with a dot at its end", "vpce-1", "inner.example.com.", "/x", served("/x", "inner.example.com.")),
		get("a host in upper case, denied", "vpce-2", "INNER.example.com.:443", "/x", denied),
		get("a host in upper case, without a VPC endpoint", "", "INNER.example.com", "/x", notAllowed),
		get("a host with two dots at its end", "vpce-1", "inner.example.com..", "/x", notAllowed),
		get("a host with two ports", "vpce-1", "inner.example.com:80:90", "/x", notAllowed),
		get("escapes in a host", "vpce-1", "inner%2eexample%2ecom", "/x", notAllowed),
		get("the name with its id", "vpce-1", "inner.example.com+{id}", "/x", notAllowed),
		get("the name with its id, escaped", "vpce-1", "inner.example.com%2B{id}", "/x", notAllowed),
		get("letters outside ASCII", "vpce-1", "\u0131nner.example.com", "/x", notARequest),
		get("letters of an IDN", "vpce-1", "xn--nner-q4a.example.com", "/x", notAllowed),
		get("a label before the name", "vpce-1", "a.inner.example.com", "/x", notAllowed),
		{"another host in the target", "vpce-1", "GET http://inner.example.com/x HTTP/1.1\nHost: evil.test\n\n", notARequest},
		{"two hosts", "vpce-1", "GET /x HTTP/1.1\nHost: inner.example.com\nHost: evil.test\n\n", notARequest},
		{"another API by a header", "vpce-1", "GET /x HTTP/1.1\nHost: inner.example.com\nx-apigw-api-id: open\n\n", served("/x", name)},
		get("the form of a path at the name", "vpce-1", name, "/_aws/execute-api/open/prod/x", served("/_aws/execute-api/open/prod/x", name)),
		get("the control plane at the name", "vpce-1", name, "/restapis", served("/restapis", name)),
		get("a page of the server at a VPC endpoint", "vpce-1", "127.0.0.1", "/_gatehouse/metrics", notAllowed),
		get("the control plane at a VPC endpoint", "vpce-1", "127.0.0.1", "/restapis", notAllowed),
		get("a public name at a VPC endpoint", "vpce-3", "api.example.com", "/x", notAllowed),
		get("a public API at a VPC endpoint", "vpce-1", "open.execute-api.localhost", "/prod/x", notAllowed),
		get("the private API itself, without a VPC endpoint", "", "shop.execute-api.localhost", "/prod/x", notAllowed),
	}
}

// privateName makes a private domain name that leads to the API shop and is associated with
// VPC endpoints, of which its policy takes vpce-1 alone. It returns its id.
func privateName(t *testing.T, c *apigateway.Client, name string, endpoints ...string) string {
	t.Helper()
	d, err := c.CreateDomainName(t.Context(), &apigateway.CreateDomainNameInput{
		DomainName: &name, CertificateArn: aws.String(aCertificate + "0"), EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{"PRIVATE"}}, Policy: aws.String(onlyBy(`"vpce-1"`)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateBasePathMapping(t.Context(), &apigateway.CreateBasePathMappingInput{DomainName: &name, DomainNameId: d.DomainNameId, RestApiId: aws.String("shop"), Stage: aws.String("prod")}); err != nil {
		t.Fatal(err)
	}
	for _, e := range endpoints {
		if _, err := c.CreateDomainNameAccessAssociation(t.Context(), &apigateway.CreateDomainNameAccessAssociationInput{DomainNameArn: d.DomainNameArn, AccessAssociationSource: &e, AccessAssociationSourceType: "VPCE"}); err != nil {
			t.Fatal(err)
		}
	}
	return *d.DomainNameId
}

// TestSecurityPrivate sends the cases.
func TestSecurityPrivate(t *testing.T) {
	t.Parallel()
	p, c, url := launchWith(t, t.TempDir(), "in-memory: true\nvpc-endpoints:\n  vpce-1: vpc-1 http://127.0.0.1:0\n  vpce-2: vpc-2 http://127.0.0.1:0\n  vpce-3: vpc-3 http://127.0.0.1:0\n")
	doors := map[string]string{"": strings.TrimPrefix(url, "http://")}
	for _, line := range privateLines.FindAllStringSubmatch(p.printed(), -1) {
		doors[line[2]] = line[1]
	}
	privateAPI(t, c, "shop")
	namedAPI(t, c, "open", "")
	domainName(t, c, "api.example.com", "")
	mapped(t, c, "api.example.com", "(none)", "open", "prod")
	id := privateName(t, c, "inner.example.com", "vpce-1", "vpce-2")
	for _, tt := range privateCases() {
		t.Run(tt.name, func(t *testing.T) {
			send := strings.NewReplacer("\n", "\r\n", "{id}", id).Replace(tt.send)
			if got, want := askRaw(t, doors[tt.by], send), strings.ReplaceAll(tt.got, "{id}", id); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}
