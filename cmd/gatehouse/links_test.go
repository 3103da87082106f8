package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"

	"github.com/gatehouse-gw/gatehouse/internal/target"
)

// mutualTLS is a backend that lets one client in: whoever has the key of a
// certificate that GenerateClientCertificate made.
func mutualTLS(t *testing.T, pem string) *httptest.Server {
	t.Helper()
	clients := x509.NewCertPool()
	if !clients.AppendCertsFromPEM([]byte(pem)) {
		t.Fatalf("no certificate: %q", pem)
	}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s called %s", r.TLS.PeerCertificates[0].Subject.CommonName, r.Host)
	}))
	srv.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients}
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv
}

// unused is an address at which nobody listens.
func unused(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	return l.Addr().String()
}

// hostOf is the host and port of a server.
func hostOf(srv *httptest.Server) string { return srv.Listener.Addr().String() }

// launchWith starts a server with a configuration file.
func launchWith(t *testing.T, dir, config string, args ...string) (*process, *apigateway.Client, string) {
	t.Helper()
	file := filepath.Join(dir, "gatehouse.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := launch(dir, append([]string{"serve", "--listen", "127.0.0.1:0", "--config", file}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if err := p.waitFor(`^Ready\.$`); err != nil {
		t.Fatal(err)
	}
	url := urlLine.FindStringSubmatch(p.printed())[2]
	return p, newSDK(url), url
}

// linkAPI makes an API whose GET of each path goes to the URI, by way of a VPC
// link where a connection is given, takes any certificate of a backend, and is
// deployed to prod.
func linkAPI(t *testing.T, c *apigateway.Client, id string, methods [][3]string, variables map[string]string) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	api, err := c.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("a"), Tags: map[string]string{"_custom_id_": id}})
	must(err)
	for _, m := range methods {
		r, err := c.CreateResource(t.Context(), &apigateway.CreateResourceInput{RestApiId: api.Id, ParentId: api.RootResourceId, PathPart: &m[0]})
		must(err)
		_, err = c.PutMethod(t.Context(), &apigateway.PutMethodInput{RestApiId: api.Id, ResourceId: r.Id, HttpMethod: aws.String("GET"), AuthorizationType: aws.String("NONE")})
		must(err)
		in := &apigateway.PutIntegrationInput{RestApiId: api.Id, ResourceId: r.Id, HttpMethod: aws.String("GET"), Type: types.IntegrationTypeHttpProxy,
			IntegrationHttpMethod: aws.String("GET"), Uri: &m[1], TlsConfig: &types.TlsConfig{InsecureSkipVerification: true}}
		if m[2] != "" {
			in.ConnectionType, in.ConnectionId = types.ConnectionTypeVpcLink, &m[2]
		}
		_, err = c.PutIntegration(t.Context(), in)
		must(err)
	}
	_, err = c.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: api.Id, StageName: aws.String("prod"), Variables: variables})
	must(err)
}

func stagePatch(path, value string) []types.PatchOperation {
	return []types.PatchOperation{{Op: types.OpReplace, Path: &path, Value: &value}}
}

// TestClientCertificate makes a certificate, and a backend lets the stage in
// that shows it: at once, after a restart, and no longer when it is taken off.
func TestClientCertificate(t *testing.T) {
	dir := t.TempDir()
	p, c, url := launchWith(t, dir, "", "--data-dir", filepath.Join(dir, "data"))
	one, err := c.GenerateClientCertificate(t.Context(), &apigateway.GenerateClientCertificateInput{})
	if err != nil {
		t.Fatal(err)
	}
	two, err := c.GenerateClientCertificate(t.Context(), &apigateway.GenerateClientCertificateInput{})
	if err != nil {
		t.Fatal(err)
	}
	backend := mutualTLS(t, *one.PemEncodedCertificate)
	linkAPI(t, c, "mutual", [][3]string{{"x", backend.URL, ""}}, nil)
	get := func(status int, body string) {
		t.Helper()
		if got := exchange(t, "GET", url+"/_aws/execute-api/mutual/prod/x", nil); got.status != status || got.body != body {
			t.Error(got)
		}
	}
	show := func(id *string) {
		t.Helper()
		if _, err := c.UpdateStage(t.Context(), &apigateway.UpdateStageInput{RestApiId: aws.String("mutual"), StageName: aws.String("prod"), PatchOperations: stagePatch("/clientCertificateId", aws.ToString(id))}); err != nil {
			t.Fatal(err)
		}
	}
	const refused = `{"message": "Network error communicating with endpoint"}`
	let := "ApiGateway called " + hostOf(backend)
	get(504, refused)
	show(one.ClientCertificateId)
	get(200, let)
	show(two.ClientCertificateId)
	get(504, refused)
	show(one.ClientCertificateId)
	get(200, let)
	p.kill()
	_, c, url = launchWith(t, dir, "", "--data-dir", filepath.Join(dir, "data"))
	get(200, let)
	show(nil)
	get(504, refused)
	if strings.Contains(p.printed(), "PRIVATE KEY") {
		t.Error("a key was printed")
	}
}

// TestVPCLinks serves methods by way of links: by id and by a stage's variable,
// with a dead address, with a certificate, and as links are renamed.
func TestVPCLinks(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%s%s", r.Host, r.URL) }))
	t.Cleanup(plain.Close)
	const arn = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/stock/1"
	dir := t.TempDir()
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s for %s", r.TLS.PeerCertificates[0].Subject.CommonName, r.TLS.ServerName)
	}))
	secure.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	secure.StartTLS()
	t.Cleanup(secure.Close)
	p, c, url := launchWith(t, dir, fmt.Sprintf("in-memory: true\nvpc-links:\n  orders: [%q, %q]\n  %s: [%q]\n", unused(t), hostOf(plain), arn, hostOf(secure)))
	link := func(name, arn string) string {
		t.Helper()
		l, err := c.CreateVpcLink(t.Context(), &apigateway.CreateVpcLinkInput{Name: &name, TargetArns: []string{arn}})
		if err != nil {
			t.Fatal(err)
		}
		return *l.Id
	}
	orders, stock, empty := link("orders", arn+"0"), link("stock", arn), link("empty", arn+"0")
	linkAPI(t, c, "links", [][3]string{
		{"orders", "http://orders.internal:8080/up?q=1", orders},
		{"stock", "https://stock.internal/", "${stageVariables.stock}"},
		{"empty", "http://empty.internal/", empty},
	}, map[string]string{"stock": stock})
	cert, err := c.GenerateClientCertificate(t.Context(), &apigateway.GenerateClientCertificateInput{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.UpdateStage(t.Context(), &apigateway.UpdateStageInput{RestApiId: aws.String("links"), StageName: aws.String("prod"), PatchOperations: stagePatch("/clientCertificateId", *cert.ClientCertificateId)}); err != nil {
		t.Fatal(err)
	}
	get := func(path string, status int, body string) {
		t.Helper()
		if got := exchange(t, "GET", url+"/_aws/execute-api/links/prod/"+path, nil); got.status != status || got.body != body {
			t.Error(path, got)
		}
	}
	for range 4 {
		get("orders", 200, "orders.internal:8080/up?q=1")
	}
	get("stock", 200, "ApiGateway for stock.internal")
	get("empty", 500, `{"message": "Internal server error"}`)
	if err := p.waitFor(`VPC link ` + empty + ` \(empty\) has no addresses`); err != nil {
		t.Error(err)
	}
	if got := exchange(t, "GET", url+"/_gatehouse/doctor", nil); !strings.Contains(got.body, `"resource":"/empty","field":"integration.connectionId"`) || strings.Count(got.body, `"field"`) != 1 {
		t.Error(got)
	}
	if _, err := c.UpdateVpcLink(t.Context(), &apigateway.UpdateVpcLinkInput{VpcLinkId: &empty, PatchOperations: stagePatch("/name", "orders")}); err != nil {
		t.Fatal(err)
	}
	get("empty", 200, "empty.internal/")
	if got := exchange(t, "GET", url+"/_gatehouse/doctor", nil); !strings.HasPrefix(got.body, `{"findings":[],`) {
		t.Error(got)
	}
	if _, err := c.UpdateStage(t.Context(), &apigateway.UpdateStageInput{RestApiId: aws.String("links"), StageName: aws.String("prod"), PatchOperations: stagePatch("/variables/stock", "nope")}); err != nil {
		t.Fatal(err)
	}
	get("stock", 500, `{"message": "Internal server error"}`)
}

// The manual's example of vpc-links is a configuration.
func TestManualOnLinks(t *testing.T) {
	text, err := os.ReadFile("../../docs/running.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, ok := strings.Cut(string(text), "```yaml\nvpc-links:")
	example, _, closed := strings.Cut(example, "```")
	if !ok || !closed {
		t.Fatal("the manual has no example")
	}
	file := filepath.Join(t.TempDir(), "gatehouse.yaml")
	if err := os.WriteFile(file, []byte("vpc-links:"+example), 0o600); err != nil {
		t.Fatal(err)
	}
	c := defaults()
	if err := c.readFile(file); err != nil {
		t.Fatal(err)
	}
	if _, err := target.NewBackends(c.VPCLinks); err != nil || len(c.VPCLinks["orders"]) != 2 {
		t.Errorf("%v: %v", c.VPCLinks, err)
	}
}

// TestVPCLinksOfTheSecondGeneration serves methods by way of links that apigatewayv2 makes:
// each integration says which load balancer behind the link it means.
func TestVPCLinksOfTheSecondGeneration(t *testing.T) {
	answers := func(name string) *httptest.Server {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%s: %s%s", name, r.Host, r.URL) }))
		t.Cleanup(srv.Close)
		return srv
	}
	const balancer = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/"
	dir := t.TempDir()
	config := func(one string) string {
		return fmt.Sprintf("in-memory: true\nvpc-links:\n  %sone/1: [%q]\n  %stwo/2: [%q]\n  vpc: [%q]\n", balancer, one, balancer, hostOf(answers("two")), hostOf(answers("any")))
	}
	p, c, url := launchWith(t, dir, config(hostOf(answers("one"))))
	v2 := sdkV2(url)
	link, err := v2.CreateVpcLink(t.Context(), &apigatewayv2.CreateVpcLinkInput{Name: aws.String("vpc"), SubnetIds: []string{"subnet-1"}})
	if err != nil {
		t.Fatal(err)
	}
	variable := "${stageVariables.link}"
	linkAPI(t, c, "links", [][3]string{{"none", "http://a.internal/", variable}}, map[string]string{"link": *link.VpcLinkId})
	resources, err := c.GetResources(t.Context(), &apigateway.GetResourcesInput{RestApiId: aws.String("links")})
	if err != nil {
		t.Fatal(err)
	}
	resource := resources.Items[slices.IndexFunc(resources.Items, func(r types.Resource) bool { return r.PathPart != nil })].Id
	deploy := func(connection, target string) {
		t.Helper()
		in := &apigateway.PutIntegrationInput{RestApiId: aws.String("links"), ResourceId: resource, HttpMethod: aws.String("GET"), Type: types.IntegrationTypeHttpProxy, IntegrationHttpMethod: aws.String("GET"),
			Uri: aws.String("http://a.internal/x"), ConnectionType: types.ConnectionTypeVpcLink, ConnectionId: &connection, IntegrationTarget: &target}
		if _, err := c.PutIntegration(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		if _, err := c.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: aws.String("links"), StageName: aws.String("prod")}); err != nil {
			t.Fatal(err)
		}
	}
	get := func(status int, body string) {
		t.Helper()
		if got := exchange(t, "GET", url+"/_aws/execute-api/links/prod/none", nil); got.status != status || got.body != body {
			t.Error(got)
		}
	}
	get(500, `{"message": "Internal server error"}`)
	if err := p.waitFor(`VPC link \S+ \(vpc\) is of version V2, and the integration does not say which load balancer behind it is meant`); err != nil {
		t.Error(err)
	}
	deploy(*link.VpcLinkId, balancer+"one/1")
	get(200, "one: a.internal/x")
	deploy(variable, balancer+"two/2")
	get(200, "two: a.internal/x")
	deploy(variable, balancer+"three/3")
	get(200, "any: a.internal/x")
}
