package main

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/sdktest"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A domain name is shown with certificates of its own account alone, in whatever region.
func TestACMOfAnotherAccount(t *testing.T) {
	const arn = "arn:aws:acm:us-east-1:111122223333:certificate/1"
	a := &acmCertificates{changed: func() {}}
	a.Set(arn, &snapshot.Certificate{ARN: arn})
	for row, want := range map[string]bool{
		snapshot.OfAccount("111122223333", "eu-west-1", "api.example.com"): true,
		snapshot.OfAccount("444455556666", "us-east-1", "api.example.com"): false,
	} {
		h := gateway.Handshake{Domain: "api.example.com", CertificateARNs: []string{"arn:aws:acm:us-east-1:111122223333:certificate/0", arn}, Row: row}
		if got := a.find(h); (got != nil) != want {
			t.Errorf("%s: %v", row, got)
		}
	}
}

// TestACMCertificates shows clients the certificates of ACM that custom domain names have by
// their ARNs: one that the server's own authority has issued, which its clients trust by the
// file beside the data, and one that is imported and replaced; after a restart as well. One
// that is in use cannot be deleted, and private keys are nowhere in the clear.
func TestACMCertificates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	selfSigned(t, dir)
	config := "data-dir: " + filepath.Join(dir, "data") + "\nsecrets-key-file: " + filepath.Join(dir, "secrets.key") + "\nlog-level: debug\ngateway-tls-listen: 127.0.0.1:0\ncertificates:\n" +
		"- {cert: " + dir + "/cert.pem, key: " + dir + "/key.pem}\n"
	writeKeys(t, dir, 1)
	p, c, url := launchWith(t, dir, config)
	manager := func() *acm.Client {
		return acm.New(acm.Options{Region: "us-east-1", BaseEndpoint: &url, HTTPClient: sdktest.NewClient(), Retryer: aws.NopRetryer{}, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
	}
	shown := func(name string) *x509.Certificate {
		t.Helper()
		return presented(t, secureLine.FindStringSubmatch(p.printed())[1], name)
	}
	domain := func(name, arn string) {
		t.Helper()
		_, err := c.CreateDomainName(t.Context(), &apigateway.CreateDomainNameInput{
			DomainName: &name, RegionalCertificateArn: &arn, EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{"REGIONAL"}},
		})
		if err != nil {
			t.Fatal(problem(err))
		}
	}
	requested, err := manager().RequestCertificate(t.Context(), &acm.RequestCertificateInput{DomainName: aws.String("*.example.com"), ValidationMethod: acmtypes.ValidationMethodDns})
	if err != nil {
		t.Fatal(problem(err))
	}
	first, second := newUploadable(t, "www.example.org"), newUploadable(t, "www.example.org")
	imported, err := manager().ImportCertificate(t.Context(), &acm.ImportCertificateInput{Certificate: []byte(first.body), PrivateKey: []byte(first.key)})
	if err != nil {
		t.Fatal(problem(err))
	}
	domain("api.example.com", *requested.CertificateArn)
	domain("www.example.org", *imported.CertificateArn)
	root, err := os.ReadFile(filepath.Join(dir, "data", "ca", "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	check := func(www *x509.Certificate) {
		t.Helper()
		if _, err := shown("api.example.com").Verify(x509.VerifyOptions{DNSName: "api.example.com", Roots: roots}); err != nil {
			t.Error(err)
		}
		if !shown("www.example.org").Equal(www) {
			t.Error("another certificate is shown for www.example.org")
		}
	}
	check(first.leaf)
	p.kill()
	if names := first.leaks(t, filepath.Join(dir, "data")); names != nil || strings.Contains(p.printed(), first.key[30:80]) {
		t.Errorf("a private key is in the clear in %q, or in the log", names)
	}
	p, c, url = launchWith(t, dir, config)
	check(first.leaf)
	if _, err := manager().ImportCertificate(t.Context(), &acm.ImportCertificateInput{CertificateArn: imported.CertificateArn, Certificate: []byte(second.body), PrivateKey: []byte(second.key)}); err != nil {
		t.Fatal(problem(err))
	}
	check(second.leaf)

	cert, err := manager().DescribeCertificate(t.Context(), &acm.DescribeCertificateInput{CertificateArn: requested.CertificateArn})
	if err != nil || len(cert.Certificate.InUseBy) != 1 || cert.Certificate.InUseBy[0] != "arn:aws:apigateway:us-east-1::/domainnames/api.example.com" {
		t.Errorf("used by %v: %v", cert.Certificate.InUseBy, err)
	}
	_, err = manager().DeleteCertificate(t.Context(), &acm.DeleteCertificateInput{CertificateArn: requested.CertificateArn})
	if want := "400 ResourceInUseException: Certificate " + *requested.CertificateArn + " in account 000000000000 is in use."; problem(err) != want {
		t.Errorf("deleting one in use: %s", problem(err))
	}
	if _, err := c.DeleteDomainName(t.Context(), &apigateway.DeleteDomainNameInput{DomainName: aws.String("api.example.com")}); err != nil {
		t.Fatal(problem(err))
	}
	if _, err := manager().DeleteCertificate(t.Context(), &acm.DeleteCertificateInput{CertificateArn: requested.CertificateArn}); err != nil {
		t.Error(problem(err))
	}
	got, err := manager().GetCertificate(t.Context(), &acm.GetCertificateInput{CertificateArn: imported.CertificateArn})
	if block, _ := pem.Decode([]byte(aws.ToString(got.Certificate))); err != nil || block == nil {
		t.Errorf("got %v, %v", got, err)
	}

	p.kill()
	writeKeys(t, dir, 2)
	if p, err := launch(dir, "serve", "--listen", "127.0.0.1:0", "--config", filepath.Join(dir, "gatehouse.yaml")); err == nil {
		t.Cleanup(p.kill)
		if err := p.waitFor(`ACM: private keys of certificates are stored under the key [0-9a-f]+, which --secrets-key-file does not have`); err != nil {
			t.Error(err)
		}
	}
}
