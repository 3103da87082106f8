package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// An issued is a certificate that a test has made, with its key.
type issued struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// issue makes a certificate that by has signed, or with nil itself.
func issue(t *testing.T, name string, by *issued, change func(*x509.Certificate)) *issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: name, Organization: []string{"Example"}}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: by == nil, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	if change != nil {
		change(template)
	}
	signer := &issued{template, key}
	if by != nil {
		signer = by
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer.cert, &key.PublicKey, signer.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &issued{cert, key}
}

func (i *issued) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.cert.Raw}))
}

// shows is the configuration of a client that shows the certificate, whatever it is
// asked for; more are sent behind it. nil shows none.
func (i *issued) shows(more ...*issued) *tls.Config {
	c := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // the server's names are made up
	if i == nil {
		return c
	}
	pair := tls.Certificate{Certificate: [][]byte{i.cert.Raw}, PrivateKey: i.key}
	for _, m := range more {
		pair.Certificate = append(pair.Certificate, m.cert.Raw)
	}
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	return c
}

// mutualAPI makes an API whose GET / shows the client's certificate by a template, and
// GET /fn what a function is told of it.
func mutualAPI(t *testing.T, c *apigateway.Client, id string) {
	t.Helper()
	const template = `$context.identity.clientCert.subjectDN by $context.identity.clientCert.issuerDN $context.identity.clientCert.serialNumber`
	definition := `{"openapi": "3.0.1", "info": {"title": "a", "version": "1"}, "paths": {
		"/": {"get": {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
			"responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": "` + template + `"}}}}}},
		"/fn": {"get": {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST",
			"uri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:tell/invocations"}}}}}`
	if _, err := c.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("a"), Tags: map[string]string{"_custom_id_": id}, EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{"REGIONAL"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.PutRestApi(t.Context(), &apigateway.PutRestApiInput{RestApiId: &id, Mode: types.PutModeOverwrite, Body: []byte(definition)}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: &id, StageName: aws.String("prod")}); err != nil {
		t.Fatal(err)
	}
}

// tell is a function that answers with the client's certificate in its event.
func tell(w http.ResponseWriter, r *http.Request) {
	var event struct {
		RequestContext struct {
			Identity struct{ ClientCert json.RawMessage }
		}
	}
	_ = json.NewDecoder(r.Body).Decode(&event)
	_ = json.NewEncoder(w).Encode(map[string]any{"statusCode": 200, "body": string(event.RequestContext.Identity.ClientCert)})
}

// mutualName makes a domain name with a truststore, or returns the error.
func mutualName(t *testing.T, c *apigateway.Client, name, uri string, version *string) (*apigateway.CreateDomainNameOutput, error) {
	t.Helper()
	return c.CreateDomainName(t.Context(), &apigateway.CreateDomainNameInput{
		DomainName: &name, RegionalCertificateArn: aws.String(aCertificate + "0"), EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{"REGIONAL"}},
		MutualTlsAuthentication: &types.MutualTlsAuthenticationInput{TruststoreUri: &uri, TruststoreVersion: version},
	})
}

// askSecure is a GET of a domain name: status, protocol and body, or "no handshake".
func askSecure(address, sni, host, path string, config *tls.Config) string {
	resp, body := getSecure(address, sni, host, path, config)
	if resp == nil {
		return "no handshake"
	}
	return fmt.Sprintf("%d %s", resp.StatusCode, body)
}

// TestMutualTLS lets clients call a domain name whose certificates its truststore takes,
// shows the certificate to templates, functions and the access log, and keeps all others
// out; a truststore is read from a file or from S3 by its version, when a call names it.
func TestMutualTLS(t *testing.T) {
	t.Parallel()
	function := httptest.NewServer(http.HandlerFunc(tell))
	t.Cleanup(function.Close)
	root, other := issue(t, "Root", nil, nil), issue(t, "Other", nil, nil)
	between := issue(t, "Between", root, func(c *x509.Certificate) { c.IsCA = true })
	objects := map[string]string{"": root.pem(), "2": root.pem() + between.pem(), "3": "nothing"}
	var reads atomic.Int32
	s3 := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reads.Add(1)
		if text, ok := objects[r.URL.Query().Get("versionId")]; ok && r.URL.Path == "/bucket/a key" {
			_, _ = io.WriteString(w, text)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s3.Close)
	dir := t.TempDir()
	rsaPair(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "trust.pem"), []byte(root.pem()), 0o600); err != nil {
		t.Fatal(err)
	}
	p, c, url := launchWith(t, dir, "data-dir: data\ngateway-tls-listen: 127.0.0.1:0\ncertificates:\n- {cert: cert.pem, key: key.pem}\naws-endpoints: {s3: '"+s3.URL+"'}\n"+
		"lambda-functions: {tell: '"+function.URL+"'}\ntruststores: {'s3://files/trust.pem': trust.pem}\naccess-log: '-'\n")
	address := secureLine.FindStringSubmatch(p.printed())[1]
	mutualAPI(t, c, "shop")
	const name, filed, open = "mutual.example.com", "filed.example.com", "open.example.com"
	made, err := mutualName(t, c, name, "s3://bucket/a key", nil)
	if err != nil || made.MutualTlsAuthentication == nil || *made.MutualTlsAuthentication.TruststoreUri != "s3://bucket/a key" || len(made.MutualTlsAuthentication.TruststoreWarnings) != 0 {
		t.Fatal(made, err)
	}
	if _, err := mutualName(t, c, filed, "s3://files/trust.pem", nil); err != nil {
		t.Fatal(err)
	}
	domainName(t, c, open, "")
	for _, n := range []string{name, filed, open} {
		mapped(t, c, n, "", "shop", "prod")
	}
	format := "$context.status $context.identity.clientCert.subjectDN $context.identity.clientCert.validity.notAfter"
	if _, err := c.UpdateStage(t.Context(), &apigateway.UpdateStageInput{RestApiId: aws.String("shop"), StageName: aws.String("prod"), PatchOperations: append(
		stagePatch("/accessLogSettings/destinationArn", "arn:aws:logs:us-east-1:000000000000:log-group:a"), stagePatch("/accessLogSettings/format", format)...)}); err != nil {
		t.Fatal(err)
	}
	const denied, elsewhere = `403 {"message":"Forbidden"}`, `421 {"message":"Misdirected Request"}`
	client := issue(t, "Client", root, nil)
	expect := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %s, want %s", what, got, want)
		}
	}
	const shown = "200 O=Example,CN=Client by O=Example,CN=Root 7"
	late := issue(t, "Client", root, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	below := issue(t, "Client", between, nil)
	huge := make([]*issued, 100)
	for i := range huge {
		huge[i] = between
	}
	old := client.shows()
	old.MaxVersion = tls.VersionTLS12
	expect("a client", askSecure(address, name, name, "/", client.shows()), shown)
	expect("a client with TLS 1.2", askSecure(address, name, name, "/", old), shown)
	expect("a client of a truststore in a file", askSecure(address, filed, filed, "/", client.shows()), shown)
	expect("no certificate", askSecure(address, name, name, "/", (*issued)(nil).shows()), "no handshake")
	expect("another issuer", askSecure(address, name, name, "/", issue(t, "Client", other, nil).shows()), denied)
	expect("its own", askSecure(address, name, name, "/", issue(t, "Client", nil, nil).shows()), denied)
	expect("expired", askSecure(address, name, name, "/", late.shows()), denied)
	expect("an issuer that the client alone has", askSecure(address, name, name, "/", below.shows(between)), denied)
	expect("a long chain behind a good one", askSecure(address, name, name, "/", client.shows(huge...)), shown)
	expect("a name without mutual TLS", askSecure(address, open, open, "/", (*issued)(nil).shows()), "200  by  ")
	expect("that, with a certificate", askSecure(address, open, open, "/", client.shows()), "200  by  ")
	expect("behind a name without it", askSecure(address, open, name, "/", client.shows()), elsewhere)
	expect("behind no name that there is", askSecure(address, "localhost", name, "/", client.shows()), elsewhere)
	expect("behind another name with it", askSecure(address, filed, name, "/", client.shows()), shown)
	expect("a refused one behind another name", askSecure(address, filed, name, "/", late.shows()), denied)
	expect("without TLS", askRaw(t, strings.TrimPrefix(url, "http://"), "GET / HTTP/1.1\r\nHost: "+name+"\r\n\r\n"), denied)
	stamp := func(at time.Time) string { return at.UTC().Format("Jan _2 15:04:05 2006") + " GMT" }
	event, _ := json.Marshal(map[string]any{"clientCertPem": client.pem(), "issuerDN": "O=Example,CN=Root", "serialNumber": "7", "subjectDN": "O=Example,CN=Client",
		"validity": map[string]string{"notAfter": stamp(client.cert.NotAfter), "notBefore": stamp(client.cert.NotBefore)}})
	var got, want any
	told := askSecure(address, name, name, "/fn", client.shows())
	if json.Unmarshal([]byte(strings.TrimPrefix(told, "200 ")), &got) != nil || json.Unmarshal(event, &want) != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("a function is told %s, want %s", told, event)
	}
	for _, line := range []string{"^200 O=Example,CN=Client " + stamp(client.cert.NotAfter), "^403 - -"} {
		if err := p.waitFor(line); err != nil {
			t.Error(err)
		}
	}

	before := reads.Load()
	update := func(ops ...types.PatchOperation) (*apigateway.UpdateDomainNameOutput, error) {
		return c.UpdateDomainName(t.Context(), &apigateway.UpdateDomainNameInput{DomainName: aws.String(name), PatchOperations: ops})
	}
	replace := func(path, value string) types.PatchOperation {
		return types.PatchOperation{Op: "replace", Path: aws.String("/mutualTlsAuthentication/" + path), Value: &value}
	}
	if _, err := update(replace("truststoreVersion", "2")); err != nil {
		t.Error(err)
	}
	expect("an issuer that is there now", askSecure(address, name, name, "/", below.shows()), "200 O=Example,CN=Client by O=Example,CN=Between 7")
	for version, text := range map[string]string{"3": "The truststore s3://bucket/a key cannot be used: it has no certificate that can be used", "4": "The truststore s3://bucket/a key cannot be read: S3 answers 404"} {
		if _, err := update(replace("truststoreVersion", version)); !strings.Contains(fmt.Sprint(err), "BadRequestException: "+text) {
			t.Errorf("version %s: %v", version, err)
		}
	}
	if _, err := mutualName(t, c, "more.example.com", "s3://files/trust.pem", aws.String("1")); !strings.Contains(fmt.Sprint(err), "truststores has no file for its version 1") {
		t.Error(err)
	}
	if reads.Load() != before+3 {
		t.Errorf("S3 was read %d times for three calls", reads.Load()-before)
	}
	p.kill()
	s3.Close()
	p, c, _ = launchWith(t, dir, "data-dir: data\ngateway-tls-listen: 127.0.0.1:0\ncertificates:\n- {cert: cert.pem, key: key.pem}\n")
	address = secureLine.FindStringSubmatch(p.printed())[1]
	expect("after the server was killed", askSecure(address, name, name, "/", below.shows()), "200 O=Example,CN=Client by O=Example,CN=Between 7")
	expect("no certificate", askSecure(address, name, name, "/", (*issued)(nil).shows()), "no handshake")
	read, err := c.GetDomainName(t.Context(), &apigateway.GetDomainNameInput{DomainName: aws.String(name)})
	if err != nil || *read.MutualTlsAuthentication.TruststoreVersion != "2" {
		t.Error(read, err)
	}
	off, err := update(replace("truststoreUri", ""))
	if err != nil || off.MutualTlsAuthentication != nil {
		t.Error(off, err)
	}
	expect("off", askSecure(address, name, name, "/", (*issued)(nil).shows()), "200  by  ")
}

// TestTruststoreSettings has files for truststores that are of no use told at the start.
func TestTruststoreSettings(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "empty.pem"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty.pem")
	for uri, want := range map[string]string{
		"s3://b":      `"s3://b" is no URI such as s3://bucket/key`,
		"https://b/k": `"https://b/k" is no URI such as s3://bucket/key`,
		"s3://b/k":    `"s3://b/k": ` + empty + `: it has no certificate that can be used`,
	} {
		if err := checkTruststores(&config{Truststores: map[string]string{uri: empty}}); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := checkTruststores(&config{Truststores: map[string]string{"s3://b/k": filepath.Join(dir, "nope")}}); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("got %v", err)
	}
}

// TestTruststoreOutOfReach tells a caller that S3 cannot be called, and the operator alone
// why: that names hosts and credentials of the server.
func TestTruststoreOutOfReach(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	p, c, _ := launchWith(t, t.TempDir(), "in-memory: true\naws-endpoints: {s3: '"+closed.URL+"'}\n")
	_, err := mutualName(t, c, "api.example.com", "s3://bucket/key", nil)
	if !strings.HasSuffix(fmt.Sprint(err), "BadRequestException: The truststore s3://bucket/key cannot be read: S3 cannot be called") {
		t.Error(err)
	}
	if err := p.waitFor(`truststore cannot be read.*s3://bucket/key.*connection refused`); err != nil {
		t.Error(err)
	}
}
