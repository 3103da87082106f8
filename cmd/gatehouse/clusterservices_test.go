//go:build unix

package main

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/gatehouse-gw/gatehouse/internal/acmetest"
	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
	"github.com/gatehouse-gw/gatehouse/internal/valkeytest"
)

// leaseWriter makes a user of a database that may read all of it and write leases alone, and
// returns the URL with that user.
func leaseWriter(t *testing.T, server *pgtest.Server, database string) string {
	t.Helper()
	at, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{"CREATE USER reader", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", "GRANT INSERT, UPDATE, DELETE ON gatehouse_lease TO reader"} {
		server.Exec(t, strings.TrimPrefix(at.Path, "/"), sql)
	}
	at.User = url.User("reader")
	return at.String()
}

// TestServicesOfNodes has a node answer the API and two serve stages: these run the
// functions and show the certificates that are made there, and the services beside API
// Gateway say what clients try again for while the database is away. One of the two may write
// nothing but its lease.
func TestServicesOfNodes(t *testing.T) {
	t.Parallel()
	server, pebble := pgtest.New(t, pgtest.Options{}), acmetest.New(t)
	database, dir, shared := server.Database(t), newNodesDir(t), valkeytest.Start(t)
	writePEM(t, filepath.Join(dir, "acme.pem"), "CERTIFICATE", pebble.Server.Raw)
	control := launchNode(t, dir, "control", database, "control", "--allow-functions", "--acme", pebble.URL, "--acme-ca", "acme.pem", "--acme-accept-terms")
	var gateways []*testNode
	for i, as := range []string{database, leaseWriter(t, server, database)} {
		gateways = append(gateways, launchNode(t, dir, fmt.Sprint("gateway", i), as, "gateway", "--allow-functions", "--valkey", "redis://"+shared.Addr, "--acme", pebble.URL, "--gateway-tls-listen", "127.0.0.1:0"))
	}
	t.Run("functions", func(t *testing.T) { functionsOfNodes(t, control, gateways) })
	t.Run("authorizers", func(t *testing.T) { authorizersOfNodes(t, shared.Addr, control, gateways) })
	t.Run("ACME", func(t *testing.T) { acmeOfNodes(t, pebble, control, gateways) })
	t.Run("without the database", func(t *testing.T) {
		server.Halt(t)
		servicesAway(t, control)
	})
}

// functionsOfNodes makes, changes and deletes a function at the one node: each call is
// acknowledged when the others know of it.
func functionsOfNodes(t *testing.T, control *testNode, gateways []*testNode) {
	ctx, c, name := t.Context(), newLambda(control.plane), aws.String("orders")
	if _, err := c.CreateFunction(ctx, createInput("orders", testArchive(t, "one"))); err != nil {
		t.Fatal(err)
	}
	deployFunctionsAPI(t, newSDK(control.plane), "c1", "orders")
	expect := func(what, want string) {
		t.Helper()
		for _, n := range gateways {
			got := exchange(t, "GET", n.stages+"/_aws/execute-api/c1/prod/proxy/a", nil)
			if text := fmt.Sprint(got.status, " ", got.body); !strings.HasPrefix(text, want) {
				t.Errorf("%s: %s answers %s", what, n.stages, text)
			}
		}
	}
	expect("without a permission", "500 ")
	permission := &lambda.AddPermissionInput{
		FunctionName: name, StatementId: aws.String("gateway"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("apigateway.amazonaws.com"),
		SourceArn: aws.String("arn:aws:execute-api:us-east-1:000000000000:c1/*"),
	}
	if _, err := c.AddPermission(ctx, permission); err != nil {
		t.Fatal(err)
	}
	expect("made", `201 {"resource":"/proxy/{p+}"`)
	for range 5 { // in the moment after the answer
		if _, err := c.RemovePermission(ctx, &lambda.RemovePermissionInput{FunctionName: name, StatementId: aws.String("gateway")}); err != nil {
			t.Fatal(err)
		}
		expect("without a permission again", "500 ")
		if _, err := c.AddPermission(ctx, permission); err != nil {
			t.Fatal(err)
		}
		expect("permitted again", "201 ")
	}
	if _, err := c.UpdateFunctionCode(ctx, &lambda.UpdateFunctionCodeInput{FunctionName: name, ZipFile: testArchive(t, "two")}); err != nil {
		t.Fatal(err)
	}
	expect("with other code", "201 ")
	for _, n := range gateways {
		if err := n.waitFor(`two hello`); err != nil {
			t.Error(err)
		}
	}
	if _, err := c.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: name}); err != nil {
		t.Fatal(err)
	}
	expect("deleted", "500 ")
}

// authorizersOfNodes has an authorizer say of a token at the one node what the other then
// knows, which does not even start the function.
func authorizersOfNodes(t *testing.T, valkey string, control *testNode, gateways []*testNode) {
	ctx, c, name := t.Context(), newLambda(control.plane), aws.String("judge")
	if _, err := c.CreateFunction(ctx, createInput(*name, testArchive(t, "judges"))); err != nil {
		t.Fatal(err)
	}
	if _, err := c.AddPermission(ctx, &lambda.AddPermissionInput{FunctionName: name, StatementId: aws.String("gateway"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("apigateway.amazonaws.com")}); err != nil {
		t.Fatal(err)
	}
	sdk, id := newSDK(control.plane), aws.String("c2")
	deployFunctionsAPI(t, sdk, *id, *name)
	kept := strings.ReplaceAll(functionsAPI(*name), `InSeconds": 0`, `InSeconds": 300`)
	if _, err := sdk.PutRestApi(ctx, &apigateway.PutRestApiInput{RestApiId: id, Mode: "overwrite", Body: []byte(kept)}); err != nil {
		t.Fatal(err)
	}
	if _, err := sdk.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: id, StageName: aws.String("prod")}); err != nil {
		t.Fatal(err)
	}
	for i, n := range gateways {
		if got := exchange(t, "GET", n.stages+"/_aws/execute-api/c2/prod/token", nil, "Authorization: let me in"); got.status != 200 || !strings.Contains(got.body, "let me in") {
			t.Errorf("%s: %v", n.stages, got)
		}
		if runs := strings.Contains(n.printed(), "judges hello"); runs && i > 0 {
			t.Error("the other node has asked the function again")
		}
		if i == 0 { // its answer is put there soon, while nobody waits
			becomes(t, "the answer is at the server", func() bool {
				return strings.Contains(valkeytest.Do(t, valkey, "KEYS gatehouse:authorizer:*"), "gatehouse:authorizer:")
			})
		}
	}
}

// acmeOfNodes has a certificate issued by the node that answers the API, whose challenge
// another answers, and which all show that serve stages.
func acmeOfNodes(t *testing.T, pebble *acmetest.Authority, control *testNode, gateways []*testNode) {
	var secure []string
	for _, n := range gateways {
		secure = append(secure, secureLine.FindStringSubmatch(n.printed())[1])
	}
	pebble.Check(port(t, strings.TrimPrefix(gateways[0].stages, "http://")), port(t, secure[0]))
	c := newSDK(control.plane)
	namedAPI(t, c, "shop", "")
	domainName(t, c, "api.example.com", "")
	mapped(t, c, "api.example.com", "", "shop", "prod")
	var first *x509.Certificate
	for _, address := range secure {
		var shown *x509.Certificate
		for end := time.Now().Add(patience); shown == nil; time.Sleep(20 * time.Millisecond) {
			if shown = verified(t, address, "api.example.com", pebble.Root); time.Now().After(end) {
				t.Fatalf("no certificate is issued:\n%s", control.printed())
			}
		}
		if first == nil {
			first = shown
		}
		if !shown.Equal(first) {
			t.Error("two nodes show different certificates")
		}
		if got := askSecure(address, "api.example.com", "api.example.com", "/x", (*issued)(nil).shows()); !strings.HasPrefix(got, "200 shop") {
			t.Errorf("a call: %s", got)
		}
	}
}

// servicesAway calls the services beside API Gateway while the database is away: what needs
// it is refused for now, and changes nothing.
func servicesAway(t *testing.T, control *testNode) {
	form, target := "Content-Type: application/x-www-form-urlencoded", "Content-Type: application/x-amz-json-1.1"
	tests := map[string]struct {
		method, path, body string
		header             []string
		want               int
	}{
		"STS":               {"POST", "/", "Action=GetCallerIdentity&Version=2011-06-15", []string{form}, 200},
		"IAM reads":         {"POST", "/", "Action=ListRoles&Version=2010-05-08", []string{form}, 503},
		"IAM writes":        {"POST", "/", "Action=CreateRole&Version=2010-05-08&RoleName=ann&AssumeRolePolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D", []string{form}, 503},
		"ACM reads":         {"POST", "/", "{}", []string{target, "X-Amz-Target: CertificateManager.ListCertificates"}, 503},
		"ACM writes":        {"POST", "/", `{"DomainName": "a.example.com"}`, []string{target, "X-Amz-Target: CertificateManager.RequestCertificate"}, 503},
		"logs reads":        {"POST", "/", "{}", []string{target, "X-Amz-Target: Logs_20140328.DescribeLogGroups"}, 503},
		"logs writes":       {"POST", "/", `{"logGroupName": "a"}`, []string{target, "X-Amz-Target: Logs_20140328.CreateLogGroup"}, 503},
		"Lambda reads":      {"GET", "/2015-03-31/functions/orders", "", nil, 503},
		"Lambda writes":     {"DELETE", "/2015-03-31/functions/orders", "", nil, 503},
		"API Gateway reads": {"GET", "/restapis", "", nil, 503},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, when := range []string{"with the lease", "without"} { // which has run out at the second
				if when == "without" {
					becomes(t, "the lease has run out", func() bool {
						return strings.Contains(exchange(t, "GET", control.health+"/_gatehouse/metrics", nil).body, "\ngatehouse_lease_held 0\n")
					})
				}
				got := exchange(t, tt.method, control.plane+tt.path, []byte(tt.body), tt.header...)
				if got.status != tt.want || (got.header.Get("Retry-After") == "") != (tt.want == http.StatusOK) {
					t.Errorf("%s: %d %v %s, want %d", when, got.status, got.header, got.body, tt.want)
				}
				if xml := strings.Contains(tt.body, "Action="); xml && !strings.HasPrefix(got.body, "<") {
					t.Errorf("%s: a client of the Query protocol is answered %s", when, got.body)
				}
			}
		})
	}
}
