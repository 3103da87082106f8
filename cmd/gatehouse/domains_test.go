package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

var secureLine = regexp.MustCompile(`(?m)^Stages, TLS +https://([^/]+)/`)

// namedAPI makes an API that answers every path with its name, the path that was
// sent and the resource, deployed to prod.
func namedAPI(t *testing.T, c *apigateway.Client, id, settings string) {
	t.Helper()
	if _, err := c.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{
		Name: aws.String("a"), Tags: map[string]string{"_custom_id_": id}, EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{"REGIONAL"}},
	}); err != nil {
		t.Fatal(err)
	}
	method := fmt.Sprintf(`{"x-amazon-apigateway-any-method": {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": {"type": "mock", "passthroughBehavior": "never",
		"requestTemplates": {"application/json": "{\"statusCode\": 200}"}, "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": "%s $context.path $context.resourcePath $context.domainName"}}}}}}`, id)
	definition := fmt.Sprintf(`{"openapi": "3.0.1", "info": {"title": "a", "version": "1"}, %s "paths": {"/": %s, "/{proxy+}": %s}}`, settings, method, method)
	if _, err := c.PutRestApi(t.Context(), &apigateway.PutRestApiInput{RestApiId: &id, Mode: types.PutModeOverwrite, Body: []byte(definition)}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: &id, StageName: aws.String("prod")}); err != nil {
		t.Fatal(err)
	}
}

const disabledEndpoint = `"x-amazon-apigateway-endpoint-configuration": {"disableExecuteApiEndpoint": true},`

// domainName makes a regional domain name.
func domainName(t *testing.T, c *apigateway.Client, name, mode string) {
	t.Helper()
	in := &apigateway.CreateDomainNameInput{
		DomainName: &name, RegionalCertificateArn: aws.String(aCertificate + "0"), EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{"REGIONAL"}},
	}
	if mode != "" {
		in.SecurityPolicy, in.EndpointAccessMode = types.SecurityPolicySecurityPolicyTls1313202509, types.EndpointAccessMode(mode)
	}
	if _, err := c.CreateDomainName(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// mapped has a base path of a domain name lead to an API's stage.
func mapped(t *testing.T, c *apigateway.Client, name, base, api, stage string) {
	t.Helper()
	if _, err := c.CreateBasePathMapping(t.Context(), &apigateway.CreateBasePathMappingInput{DomainName: &name, BasePath: &base, RestApiId: &api, Stage: &stage}); err != nil {
		t.Fatal(err)
	}
}

// askRaw sends a request and returns the status and the body of the answer.
func askRaw(t *testing.T, address, request string) string {
	t.Helper()
	nc := say(t, address, request)
	defer func() { _ = nc.Close() }()
	resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", resp.StatusCode, body))
}

// TestCustomDomains calls APIs by domain names: at once after each call that changes
// what they lead to, after the server was killed, and where the default endpoint is
// disabled.
func TestCustomDomains(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, c, url := launchWith(t, dir, "data-dir: data\n")
	expect := func(host, target, want string) {
		t.Helper()
		if got := askRaw(t, strings.TrimPrefix(url, "http://"), "GET "+target+" HTTP/1.1\r\nHost: "+host+"\r\n\r\n"); got != want {
			t.Errorf("%s%s: got %s, want %s", host, target, got, want)
		}
	}
	const name, forbidden = "api.example.com", `403 {"message":"Forbidden"}`
	namedAPI(t, c, "shop", disabledEndpoint)
	namedAPI(t, c, "other", "")
	if _, err := c.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("a"), Tags: map[string]string{"_custom_id_": "empty"}}); err != nil {
		t.Fatal(err)
	}
	expect("shop.execute-api.localhost", "/prod/x", forbidden)
	domainName(t, c, name, "")
	expect(name, "/x", forbidden)
	mapped(t, c, name, "(none)", "shop", "prod")
	mapped(t, c, name, "orders", "other", "")
	expect(name, "/x/y", "200 shop /x/y /{proxy+} api.example.com")
	expect(name, "/", "200 shop / / api.example.com")
	expect(name, "/orders/prod/7", "200 other /orders/prod/7 /{proxy+} api.example.com")
	expect("shop.execute-api.localhost", "/prod/x", forbidden)

	mapped(t, c, name, "empty", "empty", "")
	expect(name, "/empty/prod/x", forbidden)
	if r, err := fetchReport(t.Context(), http.DefaultClient, url); err != nil || len(r.Findings) != 1 || r.Findings[0].Text != "the requests to api.example.com/empty, which lead here, are answered 403: nothing is deployed" {
		t.Errorf("the doctor says %+v, %v", r, err)
	}

	p.kill()
	p, c, url = launchWith(t, dir, "data-dir: data\n")
	expect(name, "/x/y", "200 shop /x/y /{proxy+} api.example.com")
	expect(name, "/orders/prod/7", "200 other /orders/prod/7 /{proxy+} api.example.com")
	if _, err := c.UpdateBasePathMapping(t.Context(), &apigateway.UpdateBasePathMappingInput{DomainName: aws.String(name), BasePath: aws.String("orders"), PatchOperations: []types.PatchOperation{
		{Op: "replace", Path: aws.String("/basePath"), Value: aws.String("v2")}, {Op: "replace", Path: aws.String("/stage"), Value: aws.String("prod")},
	}}); err != nil {
		t.Fatal(err)
	}
	expect(name, "/orders/prod/7", "200 shop /orders/prod/7 /{proxy+} api.example.com")
	expect(name, "/v2/7", "200 other /v2/7 /{proxy+} api.example.com")
	if _, err := c.DeleteBasePathMapping(t.Context(), &apigateway.DeleteBasePathMappingInput{DomainName: aws.String(name), BasePath: aws.String("(none)")}); err != nil {
		t.Fatal(err)
	}
	expect(name, "/x", forbidden)
	if _, err := c.DeleteDomainName(t.Context(), &apigateway.DeleteDomainNameInput{DomainName: aws.String(name)}); err != nil {
		t.Fatal(err)
	}
	p.kill()
	_, c, url = launchWith(t, dir, "data-dir: data\n")
	expect(name, "/v2/7", `403 {"message":"Host \"api.example.com\" is not a name of this server; start it with --allow-host to make it one"}`)
	domainName(t, c, name, "")
	expect(name, "/v2/7", forbidden)
	mapped(t, c, name, "", "shop", "prod")
	if got := exchange(t, "POST", url+"/_gatehouse/reset", nil); got.status != 200 {
		t.Fatalf("reset: %d", got.status)
	}
	expect(name, "/", `403 {"message":"Host \"api.example.com\" is not a name of this server; start it with --allow-host to make it one"}`)
}

// TestDomainNamesOfTheServer keeps the name of the control plane its own where anybody
// may make domain names, and leaves it to them where the stages have their own port.
func TestDomainNamesOfTheServer(t *testing.T) {
	t.Parallel()
	const name = "gatehouse.example.com"
	for _, tt := range []struct{ config, want string }{
		{"allow-host: [" + name + "]\n", "BadRequestException: Invalid domain name specified: " + name + " is a name of this server's control plane"},
		{"allow-unauthenticated: true\nallow-host: [" + name + "]\n", "BadRequestException: Invalid domain name specified: " + name + " is a name of this server's control plane"},
		{"gateway-listen: 127.0.0.1:0\nallow-host: [" + name + "]\n", ""},
	} {
		_, c, url := launchWith(t, t.TempDir(), "in-memory: true\n"+tt.config)
		_, err := c.CreateDomainName(t.Context(), &apigateway.CreateDomainNameInput{DomainName: aws.String(name), CertificateArn: aws.String(aCertificate + "0")})
		if tt.want == "" && err != nil || tt.want != "" && !strings.Contains(fmt.Sprint(err), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.config, err, tt.want)
		}
		if got := askRaw(t, strings.TrimPrefix(url, "http://"), "GET /restapis HTTP/1.1\r\nHost: "+name+"\r\nAccept: application/json\r\n\r\n"); !strings.HasPrefix(got, "200 {") {
			t.Errorf("%s: the control plane answers %s", tt.config, got)
		}
	}
}

// TestDomainFronting has one name in the TLS handshake and another as Host, over both
// versions of HTTP: names whose access mode is STRICT take no such call.
func TestDomainFronting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	roots := selfSigned(t, dir)
	p, c, _ := launchWith(t, dir, "in-memory: true\ngateway-listen: 127.0.0.1:0\ngateway-tls-listen: 127.0.0.1:0\ncertificates:\n- {cert: "+filepath.Join(dir, "cert.pem")+", key: "+filepath.Join(dir, "key.pem")+"}\n")
	secure := secureLine.FindStringSubmatch(p.printed())[1]
	namedAPI(t, c, "shop", "")
	for name, mode := range map[string]string{"basic.example.com": "BASIC", "strict.example.com": "STRICT"} {
		domainName(t, c, name, mode)
		mapped(t, c, name, "", "shop", "prod")
	}
	for _, tt := range []struct {
		sni, host string
		status    int
	}{
		{"basic.example.com", "basic.example.com", 200}, {"strict.example.com", "basic.example.com", 200}, {"localhost", "basic.example.com", 200},
		{"strict.example.com", "strict.example.com", 200}, {"strict.example.com", "STRICT.example.com:443", 200},
		{"basic.example.com", "strict.example.com", 421}, {"localhost", "strict.example.com", 421},
	} {
		for _, http2 := range []bool{false, true} {
			transport := &http.Transport{
				ForceAttemptHTTP2: http2, TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: tt.sni, InsecureSkipVerify: true}, //nolint:gosec // the names are made up
			}
			req, err := http.NewRequest("GET", "https://"+secure+"/x", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = tt.host
			resp, err := (&http.Client{Transport: transport, Timeout: patience}).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			transport.CloseIdleConnections()
			if resp.StatusCode != tt.status || (resp.ProtoMajor == 2) != http2 {
				t.Errorf("%s behind %s over %s: got %d, want %d", tt.host, tt.sni, resp.Proto, resp.StatusCode, tt.status)
			}
		}
	}
	stages := stagesLine.FindStringSubmatch(p.printed())[1]
	if got := askRaw(t, stages, "GET /x HTTP/1.1\r\nHost: strict.example.com\r\n\r\n"); got != `403 {"message":"Forbidden"}` {
		t.Errorf("without TLS: %s", got)
	}
	if got := askRaw(t, stages, "GET /x HTTP/1.1\r\nHost: basic.example.com\r\n\r\n"); got != "200 shop /x /{proxy+} basic.example.com" {
		t.Errorf("without TLS: %s", got)
	}
}

// presented is the certificate that a client sees who asks for a name.
func presented(t *testing.T, address, name string) *x509.Certificate {
	t.Helper()
	nc, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", address, &tls.Config{ServerName: name, InsecureSkipVerify: true}) //nolint:gosec // the names are made up
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nc.Close() }()
	return nc.ConnectionState().PeerCertificates[0]
}

// TestCertificatesOfDomains shows clients of a custom domain name the certificate whose
// ARN that has, as long as it has it; the doctor lists ARNs without a certificate.
func TestCertificatesOfDomains(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := "in-memory: true\ngateway-tls-listen: 127.0.0.1:0\ncertificates:\n"
	for i := range 3 {
		own := filepath.Join(dir, fmt.Sprint(i))
		if err := os.Mkdir(own, 0o700); err != nil {
			t.Fatal(err)
		}
		selfSigned(t, own)
		config += fmt.Sprintf("- {cert: %s/cert.pem, key: %s/key.pem", own, own)
		if i > 0 {
			config += fmt.Sprintf(", arn: '%s%d'", aCertificate, i)
		}
		config += "}\n"
	}
	files := func(i int) *x509.Certificate {
		t.Helper()
		pair, err := tls.LoadX509KeyPair(filepath.Join(dir, fmt.Sprint(i), "cert.pem"), filepath.Join(dir, fmt.Sprint(i), "key.pem"))
		if err != nil {
			t.Fatal(err)
		}
		return pair.Leaf
	}
	p, c, url := launchWith(t, dir, config)
	secure := secureLine.FindStringSubmatch(p.printed())[1]
	expect := func(name string, i int) {
		t.Helper()
		if got := presented(t, secure, name); !got.Equal(files(i)) {
			t.Errorf("%s: certificate %d is not shown", name, i)
		}
	}
	idle := func() (out []string) {
		t.Helper()
		r, err := fetchReport(t.Context(), http.DefaultClient, url)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range r.Kept {
			if strings.HasPrefix(k.Setting, "DomainName.regionalCertificateArn") {
				out = append(out, k.ID+" "+k.Value)
			}
		}
		return out
	}
	certificateOf := func(name, arn string) {
		t.Helper()
		if _, err := c.UpdateDomainName(t.Context(), &apigateway.UpdateDomainNameInput{DomainName: &name, PatchOperations: []types.PatchOperation{
			{Op: "replace", Path: aws.String("/regionalCertificateArn"), Value: &arn},
		}}); err != nil {
			t.Fatal(err)
		}
	}
	const name = "api.example.com"
	expect(name, 0)
	domainName(t, c, name, "")
	domainName(t, c, "*.wild.example.com", "")
	expect(name, 0)
	if got := idle(); len(got) != 2 {
		t.Errorf("the doctor lists %q", got)
	}
	certificateOf(name, aCertificate+"1")
	certificateOf("*.wild.example.com", aCertificate+"2")
	expect(name, 1)
	expect("API.example.com", 1)
	expect("a.wild.example.com", 2)
	expect("other.example.com", 0)
	if got := idle(); len(got) != 0 {
		t.Errorf("the doctor lists %q", got)
	}
	before := files(1)
	selfSigned(t, filepath.Join(dir, "1"))
	for end := time.Now().Add(patience); presented(t, secure, name).Equal(before); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a renewed certificate is not shown")
		}
	}
	certificateOf(name, aCertificate+"none")
	expect(name, 0)
	if _, err := c.CreateDomainName(t.Context(), &apigateway.CreateDomainNameInput{DomainName: aws.String("edge.example.com"), CertificateArn: aws.String(aCertificate + "2")}); err != nil {
		t.Fatal(err)
	}
	expect("edge.example.com", 2) // by its certificateArn, since it is edge-optimized
}
