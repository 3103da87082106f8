package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

var privateLines = regexp.MustCompile(`(?m)^Private APIs +https?://([^/]+)/.* by (vpce-\d)$`)

// onlyBy is a policy that lets the calls of VPC endpoints in.
func onlyBy(endpoints string) string {
	return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"},
		{"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*", "Condition": {"StringNotEquals": {"aws:SourceVpce": [` + endpoints + `]}}}]}`
}

// privateAPI is namedAPI of a private one that any VPC endpoint may call.
func privateAPI(t *testing.T, c *apigateway.Client, id string) {
	t.Helper()
	namedAPI(t, c, id, "")
	if _, err := c.UpdateRestApi(t.Context(), &apigateway.UpdateRestApiInput{RestApiId: &id, PatchOperations: []types.PatchOperation{
		{Op: "replace", Path: aws.String("/endpointConfiguration/types/0"), Value: aws.String("PRIVATE")},
		{Op: "replace", Path: aws.String("/policy"), Value: aws.String(`{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}}`)},
	}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: &id, StageName: aws.String("prod")}); err != nil {
		t.Fatal(err)
	}
}

// TestPrivateDomainNames calls a private API by a private domain name: with and without
// an access association, by the policies of both, after the server was killed, and by two
// names of one name.
func TestPrivateDomainNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const config = "data-dir: data\nvpc-endpoints:\n  vpce-1: vpc-1 http://127.0.0.1:0\n  vpce-2: vpc-2 http://127.0.0.1:0\n"
	p, c, url := launchWith(t, dir, config)
	doors := func() map[string]string {
		out := make(map[string]string)
		for _, line := range privateLines.FindAllStringSubmatch(p.printed(), -1) {
			out[line[2]] = line[1]
		}
		out[""] = strings.TrimPrefix(url, "http://")
		return out
	}
	in := doors()
	const name, forbidden = "inner.example.com", `403 {"message":"Forbidden"}`
	expect := func(endpoint, target, want string) {
		t.Helper()
		if got := askRaw(t, in[endpoint], "GET "+target+" HTTP/1.1\r\nHost: "+name+"\r\n\r\n"); got != want {
			t.Errorf("%s by %q: got %s, want %s", target, endpoint, got, want)
		}
	}
	privateAPI(t, c, "shop")
	make := func(policy string) *apigateway.CreateDomainNameOutput {
		t.Helper()
		d, err := c.CreateDomainName(t.Context(), &apigateway.CreateDomainNameInput{
			DomainName: aws.String(name), CertificateArn: aws.String(aCertificate + "0"), EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{"PRIVATE"}}, Policy: aws.String(policy),
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.CreateBasePathMapping(t.Context(), &apigateway.CreateBasePathMappingInput{DomainName: aws.String(name), DomainNameId: d.DomainNameId, RestApiId: aws.String("shop"), Stage: aws.String("prod"), BasePath: aws.String("v1")}); err != nil {
			t.Fatal(err)
		}
		return d
	}
	associate := func(d *apigateway.CreateDomainNameOutput, endpoint string) *string {
		t.Helper()
		a, err := c.CreateDomainNameAccessAssociation(t.Context(), &apigateway.CreateDomainNameAccessAssociationInput{DomainNameArn: d.DomainNameArn, AccessAssociationSource: &endpoint, AccessAssociationSourceType: "VPCE"})
		if err != nil {
			t.Fatal(err)
		}
		return a.DomainNameAccessAssociationArn
	}
	d := make(onlyBy(`"vpce-1"`))
	expect("vpce-1", "/v1/x", forbidden)
	expect("", "/v1/x", forbidden)
	association := associate(d, "vpce-1")
	const served = "200 shop /v1/x /{proxy+} inner.example.com"
	expect("vpce-1", "/v1/x", served)
	expect("vpce-1", "/v2/x", forbidden)
	expect("vpce-2", "/v1/x", forbidden)
	expect("", "/v1/x", forbidden)
	associate(d, "vpce-2")
	denied := func(id string, tail string) string {
		return `403 {"Message":"User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********0000:/domainnames/inner.example.com+` + id + tail + `"}`
	}
	expect("vpce-2", "/v1/x", denied(*d.DomainNameId, " with an explicit deny"))
	if _, err := c.UpdateDomainName(t.Context(), &apigateway.UpdateDomainNameInput{DomainName: aws.String(name), DomainNameId: d.DomainNameId, PatchOperations: []types.PatchOperation{
		{Op: "replace", Path: aws.String("/policy"), Value: aws.String("")},
	}}); err != nil {
		t.Fatal(err)
	}
	expect("vpce-1", "/v1/x", denied(*d.DomainNameId, ""))
	if _, err := c.UpdateDomainName(t.Context(), &apigateway.UpdateDomainNameInput{DomainName: aws.String(name), DomainNameId: d.DomainNameId, PatchOperations: []types.PatchOperation{
		{Op: "replace", Path: aws.String("/policy"), Value: aws.String(onlyBy(`"vpce-1"`))},
	}}); err != nil {
		t.Fatal(err)
	}

	p.kill()
	p, c, url = launchWith(t, dir, config)
	in = doors()
	expect("vpce-1", "/v1/x", served)
	expect("vpce-2", "/v1/x", denied(*d.DomainNameId, " with an explicit deny"))
	if _, err := c.DeleteDomainNameAccessAssociation(t.Context(), &apigateway.DeleteDomainNameAccessAssociationInput{DomainNameAccessAssociationArn: association}); err != nil {
		t.Fatal(err)
	}
	expect("vpce-1", "/v1/x", forbidden)
	second := make(onlyBy(`"vpce-1"`))
	associate(second, "vpce-1")
	expect("vpce-1", "/v1/x", served)
	if _, err := c.DeleteBasePathMapping(t.Context(), &apigateway.DeleteBasePathMappingInput{DomainName: aws.String(name), DomainNameId: d.DomainNameId, BasePath: aws.String("v1")}); err != nil {
		t.Fatal(err)
	}
	expect("vpce-1", "/v1/x", served) // which is that of the other one
}

// TestCertificatesOfPrivateDomains shows clients of a VPC endpoint the certificate of the
// private domain name that it reaches: two names of one name have two.
func TestCertificatesOfPrivateDomains(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := "in-memory: true\nvpc-endpoints:\n  vpce-1: vpc-1 https://127.0.0.1:0\n  vpce-2: vpc-2 https://127.0.0.1:0\ncertificates:\n"
	for i := range 3 {
		own := filepath.Join(dir, fmt.Sprint(i))
		if err := os.Mkdir(own, 0o700); err != nil {
			t.Fatal(err)
		}
		selfSigned(t, own)
		config += fmt.Sprintf("- {cert: %s/cert.pem, key: %s/key.pem, arn: '%s%d'}\n", own, own, aCertificate, i)
	}
	p, c, _ := launchWith(t, dir, config)
	const name = "inner.example.com"
	doors := privateLines.FindAllStringSubmatch(p.printed(), -1)
	if len(doors) != 2 {
		t.Fatalf("printed %s", p.printed())
	}
	base := presented(t, doors[0][1], name)
	for i, door := range doors {
		d, err := c.CreateDomainName(t.Context(), &apigateway.CreateDomainNameInput{
			DomainName: aws.String(name), CertificateArn: aws.String(fmt.Sprint(aCertificate, i+1)), EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{"PRIVATE"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.CreateDomainNameAccessAssociation(t.Context(), &apigateway.CreateDomainNameAccessAssociationInput{DomainNameArn: d.DomainNameArn, AccessAssociationSource: &door[2], AccessAssociationSourceType: "VPCE"}); err != nil {
			t.Fatal(err)
		}
	}
	first, second := presented(t, doors[0][1], name), presented(t, doors[1][1], name)
	if first.Equal(base) || second.Equal(base) || first.Equal(second) {
		t.Error("the VPC endpoints show no certificates of their own")
	}
}
