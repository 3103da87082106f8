package control_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/throttle"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

const targetARN = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/a/1"

// parseCertificate reads a certificate as the service shows it.
func parseCertificate(t testing.TB, text string) *x509.Certificate {
	t.Helper()
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" || len(rest) > 0 {
		t.Fatalf("not one certificate: %q", text)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// The certificate is like those that AWS makes.
func TestClientCertificate(t *testing.T) {
	before := time.Now().Truncate(time.Second)
	c := newClient(t)
	out, err := c.GenerateClientCertificate(ctx(), &apigateway.GenerateClientCertificateInput{})
	if err != nil {
		t.Fatal(err)
	}
	text := *out.PemEncodedCertificate
	if !strings.HasPrefix(text, "-----BEGIN CERTIFICATE-----\r\nMII") || !strings.HasSuffix(text, "\r\n-----END CERTIFICATE-----") || strings.Count(text, "\n") != strings.Count(text, "\r\n") {
		t.Errorf("the text is not in AWS's form: %q", text)
	}
	cert := parseCertificate(t, text)
	if got, want := cert.Subject.String(), "CN=ApiGateway,L=Seattle,C=US"; got != want || cert.Issuer.String() != want {
		t.Errorf("got subject %s and issuer %s, want %s", got, cert.Issuer, want)
	}
	if cert.Version != 3 || len(cert.Extensions) != 0 || cert.SignatureAlgorithm != x509.SHA256WithRSA || cert.SerialNumber.BitLen() > 64 {
		t.Errorf("version %d, %d extensions, %s, serial number %s", cert.Version, len(cert.Extensions), cert.SignatureAlgorithm, cert.SerialNumber)
	}
	if key, ok := cert.PublicKey.(*rsa.PublicKey); !ok || key.N.BitLen() != 2048 {
		t.Errorf("the key is %T", cert.PublicKey)
	}
	if err := cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature); err != nil {
		t.Error("not signed with its own key:", err)
	}
	if cert.NotBefore.Before(before) || cert.NotAfter.Sub(cert.NotBefore) != 365*24*time.Hour {
		t.Errorf("valid from %v to %v", cert.NotBefore, cert.NotAfter)
	}
	if !out.CreatedDate.Equal(cert.NotBefore) || !out.ExpirationDate.Equal(cert.NotAfter) {
		t.Errorf("created %v, expires %v, valid from %v to %v", out.CreatedDate, out.ExpirationDate, cert.NotBefore, cert.NotAfter)
	}
	again, err := c.GenerateClientCertificate(ctx(), &apigateway.GenerateClientCertificateInput{})
	if err != nil {
		t.Fatal(err)
	}
	if other := parseCertificate(t, *again.PemEncodedCertificate); bytes.Equal(other.RawSubjectPublicKeyInfo, cert.RawSubjectPublicKeyInfo) || other.SerialNumber.Cmp(cert.SerialNumber) == 0 {
		t.Error("two certificates share a key or a number")
	}
}

// Nothing that the service answers holds a private key.
func TestPrivateKeyStays(t *testing.T) {
	url := newServer(t).URL
	c := clientFor(url, "AKIAEXAMPLE")
	out, err := c.GenerateClientCertificate(ctx(), &apigateway.GenerateClientCertificateInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, req := range []struct{ method, path, body string }{
		{"POST", "/clientcertificates", "{}"},
		{"GET", "/clientcertificates", ""},
		{"GET", "/clientcertificates/" + *out.ClientCertificateId, ""},
		{"PATCH", "/clientcertificates/" + *out.ClientCertificateId, `{"patchOperations": [{"op": "replace", "path": "/description", "value": "x"}]}`},
		{"GET", "/tags/arn:aws:apigateway:us-east-1::/clientcertificates/" + *out.ClientCertificateId, ""},
	} {
		r, err := http.NewRequest(req.method, url+req.path, strings.NewReader(req.body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := plainClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode > 201 || bytes.Contains(bytes.ToLower(body), []byte("private")) {
			t.Errorf("%s %s answers %d %s", req.method, req.path, resp.StatusCode, body)
		}
	}
}

func TestServedClientCertificate(t *testing.T) {
	b := newBench(t)
	api, _ := b.api()
	must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: api, StageName: new("dev")}))(t)
	c := must(b.GenerateClientCertificate(ctx(), who, &wire.GenerateClientCertificateRequest{}))(t)
	id := snapshot.OfAccount(testAccount, testRegion, *c.ClientCertificateID)
	got, ok := served[snapshot.ClientCertificate](b, snapshot.ServedClientCertificate, id)
	if !ok {
		t.Fatal("nothing is served")
	}
	cert := parseCertificate(t, *c.PEMEncodedCertificate)
	key, err := x509.ParsePKCS8PrivateKey(got.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	if pair, ok := key.(*rsa.PrivateKey); !ok || !pair.PublicKey.Equal(cert.PublicKey) || !bytes.Equal(got.Certificate, cert.Raw) {
		t.Errorf("certificate and key (%T) do not fit", key)
	}
	if got.ID != *c.ClientCertificateID || got.Account != testAccount || got.Region != testRegion {
		t.Errorf("got %s of %s in %s", got.ID, got.Account, got.Region)
	}
	must(b.UpdateStage(ctx(), who, &wire.UpdateStageRequest{RestAPIID: api, StageName: "dev", PatchOperations: ops([3]string{"replace", "/clientCertificateId", *c.ClientCertificateID})}))(t)
	if st, _ := served[snapshot.Stage](b, snapshot.ServedStage, snapshot.ServedID(api, "dev")); st.ClientCertificateID != *c.ClientCertificateID {
		t.Errorf("the stage names %q", st.ClientCertificateID)
	}
	must(b.DeleteStage(ctx(), who, &wire.DeleteStageRequest{RestAPIID: api, StageName: "dev"}))(t)
	must(b.DeleteClientCertificate(ctx(), who, &wire.DeleteClientCertificateRequest{ClientCertificateID: *c.ClientCertificateID}))(t)
	if _, ok := served[snapshot.ClientCertificate](b, snapshot.ServedClientCertificate, id); ok {
		t.Error("a deleted certificate is served")
	}
}

func TestServedVPCLink(t *testing.T) {
	b := newBench(t)
	l := must(b.CreateVPCLink(ctx(), who, &wire.CreateVPCLinkRequest{Name: "a", TargetARNs: []string{targetARN}}))(t)
	id := snapshot.OfAccount(testAccount, testRegion, *l.ID)
	want := snapshot.VPCLink{ID: *l.ID, Account: testAccount, Region: testRegion, Name: "a", TargetARNs: []string{targetARN}}
	for _, name := range []string{"a", "b"} {
		must(b.UpdateVPCLink(ctx(), who, &wire.UpdateVPCLinkRequest{VPCLinkID: *l.ID, PatchOperations: ops([3]string{"replace", "/name", name})}))(t)
		want.Name = name
		got, _ := served[snapshot.VPCLink](b, snapshot.ServedVPCLink, id)
		if d := cmp.Diff(want, got); d != "" {
			t.Error("-want +got", d)
		}
	}
	before := b.store.Revision()
	must(b.TagResource(ctx(), who, &wire.TagResourceRequest{ResourceARN: "arn:aws:apigateway:" + testRegion + "::/vpclinks/" + *l.ID, Tags: map[string]string{"a": "b"}}))(t)
	if after := b.store.Revision(); after != before {
		t.Errorf("tags are served: revision %d became %d", before, after)
	}
	must(b.DeleteVPCLink(ctx(), who, &wire.DeleteVPCLinkRequest{VPCLinkID: *l.ID}))(t)
	if _, ok := served[snapshot.VPCLink](b, snapshot.ServedVPCLink, id); ok {
		t.Error("a deleted link is served")
	}
}

// Links and certificates are those of an account in a region.
func TestLinksAreIsolated(t *testing.T) {
	b := newBench(t)
	l := must(b.CreateVPCLink(ctx(), who, &wire.CreateVPCLinkRequest{Name: "a", TargetARNs: []string{targetARN}}))(t)
	c := must(b.GenerateClientCertificate(ctx(), who, &wire.GenerateClientCertificateRequest{}))(t)
	for _, other := range []*wire.Caller{{Account: "111111111111", Region: testRegion}, {Account: testAccount, Region: "eu-west-1"}} {
		_, err := b.GetVPCLink(ctx(), other, &wire.GetVPCLinkRequest{VPCLinkID: *l.ID})
		_, err2 := b.GetClientCertificate(ctx(), other, &wire.GetClientCertificateRequest{ClientCertificateID: *c.ClientCertificateID})
		if err == nil || err2 == nil {
			t.Errorf("%v sees them: %v, %v", other, err, err2)
		}
		links := must(b.GetVPCLinks(ctx(), other, &wire.GetVPCLinksRequest{}))(t)
		certs := must(b.GetClientCertificates(ctx(), other, &wire.GetClientCertificatesRequest{}))(t)
		if len(links.Items)+len(certs.Items) > 0 {
			t.Errorf("%v lists %v %v", other, links, certs)
		}
	}
}

func TestResetForgetsLinks(t *testing.T) {
	b := newBench(t)
	other := &wire.Caller{Account: "111111111111", Region: "eu-west-1"}
	for range 2 {
		for _, caller := range []*wire.Caller{who, other} {
			must(b.CreateVPCLink(ctx(), caller, &wire.CreateVPCLinkRequest{Name: "a", TargetARNs: []string{targetARN}, Tags: map[string]string{"_custom_id_": "a"}}))(t)
			must(b.GenerateClientCertificate(ctx(), caller, &wire.GenerateClientCertificateRequest{}))(t)
		}
		if err := b.Reset(ctx()); err != nil {
			t.Fatal(err)
		}
		changes, err := b.store.Changes(ctx(), 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range changes {
			if !c.Deleted {
				t.Errorf("%s %s is still served", c.Kind, c.ID)
			}
		}
		if links := must(b.GetVPCLinks(ctx(), other, &wire.GetVPCLinksRequest{}))(t); len(links.Items) > 0 {
			t.Errorf("%d links are left", len(links.Items))
		}
	}
}

func TestLinkQuotas(t *testing.T) {
	c := limited(t, control.Limits{VPCLinks: 1, ClientCertificates: 1}, throttle.Rates{})
	link := &apigateway.CreateVpcLinkInput{Name: aws.String("a"), TargetArns: []string{targetARN}}
	if _, err := c.CreateVpcLink(ctx(), link); err != nil {
		t.Fatal(err)
	}
	_, err := c.CreateVpcLink(ctx(), link)
	wantLimit(t, err, "Maximum number of Vpc Links has been reached.  Please contact AWS if you need additional Vpc Links.")
	if _, err := c.GenerateClientCertificate(ctx(), &apigateway.GenerateClientCertificateInput{}); err != nil {
		t.Fatal(err)
	}
	_, err = c.GenerateClientCertificate(ctx(), &apigateway.GenerateClientCertificateInput{})
	wantLimit(t, err, "Maximum number of Client Certificates has been reached.  Please contact AWS if you need additional Client Certificates.")
}

// A definition names links by id; one that is not there fails its method.
func TestImportVPCLink(t *testing.T) {
	c := newClient(t)
	definition := []byte(`{"openapi": "3.0.1", "info": {"title": "a", "version": "1"}, "paths": {"/x": {"get": {"responses": {},
		"x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "GET", "uri": "http://orders.internal/", "connectionType": "VPC_LINK", "connectionId": "orders"}}}}}`)
	_, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: definition})
	wantError(t, err, "BadRequest", "Errors found during import:\n\tUnable to put integration on 'GET' for resource at path '/x': Invalid Vpc Link identifier specified")
	if _, err := c.CreateVpcLink(ctx(), &apigateway.CreateVpcLinkInput{Name: aws.String("orders"), TargetArns: []string{targetARN}, Tags: map[string]string{"_custom_id_": "orders"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: definition}); err != nil {
		t.Error(err)
	}
}
