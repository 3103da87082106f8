package acm

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/smithy-go"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/sdktest"
	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

var ctx = context.Background()

// A rig is the service on a store of its own, with AWS's client of it and an authority.
type rig struct {
	*acm.Client
	*Manager
	store   *store.Store
	handler http.Handler
	root    *x509.Certificate
	key     *ecdsa.PrivateKey
	uses    map[string][]string
}

func newRig(t testing.TB, keys *secrets.Keyring) *rig {
	t.Helper()
	st, err := store.Open(ctx, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	r := &rig{store: st, uses: map[string][]string{}}
	r.root, r.key = selfSigned(t, "authority", nil)
	r.Manager = New(Options{Records: records.New(records.Options{Store: st}), Secrets: keys, Issue: r.sign, Uses: func(*store.Tx, string) (map[string][]string, error) { return r.uses, nil }})
	host := &operation.Host{
		Authenticate: func(string) func(*http.Request, string) (wire.Identify, error) {
			return func(*http.Request, string) (wire.Identify, error) {
				return func([]byte) (*wire.Caller, error) {
					return &wire.Caller{Account: "111122223333", Region: "us-east-1"}, nil
				}, nil
			}
		},
		Trail: wire.Trail{Log: slog.New(slog.DiscardHandler)}, Bodies: httpmsg.NewBudget(8 << 20),
	}
	r.handler = r.Service().Start(host)
	server := httptest.NewServer(r.handler)
	t.Cleanup(server.Close)
	r.Client = acm.New(acm.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL, HTTPClient: sdktest.NewClient(), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("ALICE", "secret", ""),
	})
	return r
}

// sign is Options.Issue.
func (r *rig) sign(template *x509.Certificate, public any) ([][]byte, error) {
	template.SerialNumber = big.NewInt(0x0102)
	der, err := x509.CreateCertificate(rand.Reader, template, r.root, public, r.key)
	return [][]byte{der, r.root.Raw}, err
}

// selfSigned makes a certificate of some names.
func selfSigned(t testing.TB, name string, names []string) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: names, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(2 * 365 * 24 * time.Hour),
		IsCA: names == nil, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// pemOf writes a certificate and its key.
func pemOf(t testing.TB, cert *x509.Certificate, key *ecdsa.PrivateKey) (body, private []byte) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func problem(err error) string {
	var e smithy.APIError
	var resp *awshttp.ResponseError
	if !errors.As(err, &e) || !errors.As(err, &resp) {
		return fmt.Sprint(err)
	}
	return fmt.Sprintf("%d %s: %s", resp.HTTPStatusCode(), e.ErrorCode(), e.ErrorMessage())
}

func must[T any](out T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(problem(err))
		}
		return out
	}
}

func wants(t *testing.T, err error, want string) {
	t.Helper()
	if got := problem(err); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// served is what the data plane is told of a certificate, with its key.
func (r *rig) served(t testing.TB, arn string) (*snapshot.Certificate, tls.Certificate) {
	t.Helper()
	rows := must(r.Records.Served(ctx, snapshot.ServedCertificate))(t)
	var out snapshot.Certificate
	if err := json.Unmarshal(rows[arn], &out); err != nil {
		t.Fatal(err)
	}
	key := must(r.Secrets.Open(out.Key, out.About()))(t)
	return &out, must(tls.X509KeyPair([]byte(out.Chain), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))(t)
}

// TestTerraformRequested makes the calls of Terraform's provider for an
// aws_acm_certificate that is validated by DNS, and of an aws_acm_certificate_validation.
func TestTerraformRequested(t *testing.T) {
	r := newRig(t, secrets.New())
	logged := func(o *types.CertificateOptions) *types.CertificateTransparencyLoggingPreference {
		//lint:ignore SA1019 Terraform's provider sends and reads it
		return &o.CertificateTransparencyLoggingPreference
	}
	options := new(types.CertificateOptions)
	*logged(options) = "DISABLED"
	in := &acm.RequestCertificateInput{
		DomainName: aws.String("api.example.com"), SubjectAlternativeNames: []string{"*.example.com", "api.example.com"}, ValidationMethod: types.ValidationMethodDns,
		IdempotencyToken: aws.String("tf1"), KeyAlgorithm: types.KeyAlgorithmEcPrime256v1, Options: options,
		Tags: []types.Tag{{Key: aws.String("env"), Value: aws.String("test")}},
	}
	arn := must(r.RequestCertificate(ctx, in))(t).CertificateArn
	if again := must(r.RequestCertificate(ctx, in))(t).CertificateArn; *again != *arn {
		t.Errorf("the same token has %s and %s", *arn, *again)
	}
	read := func() *types.CertificateDetail {
		t.Helper()
		return must(r.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: arn}))(t).Certificate
	}
	c := read()
	if c.Status != types.CertificateStatusIssued || c.Type != types.CertificateTypeAmazonIssued || *c.DomainName != "api.example.com" || c.KeyAlgorithm != types.KeyAlgorithmEcPrime256v1 || c.IssuedAt == nil ||
		*logged(c.Options) != "DISABLED" || c.RenewalEligibility != types.RenewalEligibilityIneligible || len(c.InUseBy) != 0 || *c.Serial != "01:02" || *c.Issuer != "authority" {
		t.Errorf("described %+v", c)
	}
	if !slices.Equal(c.SubjectAlternativeNames, []string{"api.example.com", "*.example.com"}) || len(c.DomainValidationOptions) != 2 {
		t.Fatalf("names %v, validations %v", c.SubjectAlternativeNames, c.DomainValidationOptions)
	}
	for _, v := range c.DomainValidationOptions {
		base := strings.TrimPrefix(*v.DomainName, "*.")
		if v.ValidationMethod != types.ValidationMethodDns || v.ValidationStatus != types.DomainStatusSuccess || v.ResourceRecord.Type != types.RecordTypeCname || !strings.HasSuffix(*v.ResourceRecord.Name, "."+base+".") {
			t.Errorf("validation of %s: %+v", *v.DomainName, v.ResourceRecord)
		}
	}
	if second := read(); *second.DomainValidationOptions[0].ResourceRecord.Name != *c.DomainValidationOptions[0].ResourceRecord.Name {
		t.Error("the record of DNS is another one")
	}
	if tags := must(r.ListTagsForCertificate(ctx, &acm.ListTagsForCertificateInput{CertificateArn: arn}))(t).Tags; len(tags) != 1 || *tags[0].Value != "test" {
		t.Errorf("tags %v", tags)
	}
	must(r.AddTagsToCertificate(ctx, &acm.AddTagsToCertificateInput{CertificateArn: arn, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}, {Key: aws.String("env"), Value: aws.String("prod")}}}))(t)
	must(r.RemoveTagsFromCertificate(ctx, &acm.RemoveTagsFromCertificateInput{CertificateArn: arn, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("c")}, {Key: aws.String("env")}}}))(t)
	if tags := must(r.ListTagsForCertificate(ctx, &acm.ListTagsForCertificateInput{CertificateArn: arn}))(t).Tags; len(tags) != 1 || *tags[0].Key != "a" {
		t.Errorf("tags %v", tags)
	}

	got := must(r.GetCertificate(ctx, &acm.GetCertificateInput{CertificateArn: arn}))(t)
	roots := x509.NewCertPool()
	_, shown := r.served(t, *arn)
	if !roots.AppendCertsFromPEM([]byte(*got.CertificateChain)) || strings.Count(*got.Certificate, "BEGIN") != 1 {
		t.Fatalf("got %+v", got)
	}
	leaf := must(x509.ParseCertificate(shown.Certificate[0]))(t)
	for _, name := range []string{"api.example.com", "other.example.com"} {
		if _, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots}); err != nil {
			t.Error(err)
		}
	}

	r.uses[*arn] = []string{"arn:aws:apigateway:us-east-1::/domainnames/api.example.com"}
	if c = read(); len(c.InUseBy) != 1 || c.RenewalEligibility != types.RenewalEligibilityEligible {
		t.Errorf("used by %v", c.InUseBy)
	}
	_, err := r.DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: arn})
	wants(t, err, "400 ResourceInUseException: Certificate "+*arn+" in account 111122223333 is in use.")
	clear(r.uses)
	must(r.DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: arn}))(t)
	_, err = r.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: arn})
	wants(t, err, "400 ResourceNotFoundException: Could not find certificate "+*arn+".")
	if rows := must(r.Records.Served(ctx, snapshot.ServedCertificate))(t); len(rows) != 0 {
		t.Errorf("%d certificates are served", len(rows))
	}
}

// TestTerraformImported is TestTerraformRequested of one that is imported, and replaced
// under its ARN.
func TestTerraformImported(t *testing.T) {
	r := newRig(t, secrets.New())
	cert, key := selfSigned(t, "www.example.com", []string{"example.com", "www.example.com"})
	body, private := pemOf(t, cert, key)
	arn := must(r.ImportCertificate(ctx, &acm.ImportCertificateInput{Certificate: body, PrivateKey: private, Tags: []types.Tag{{Key: aws.String("a")}}}))(t).CertificateArn
	c := must(r.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: arn}))(t).Certificate
	if c.Type != types.CertificateTypeImported || c.Status != types.CertificateStatusIssued || *c.DomainName != "www.example.com" || len(c.DomainValidationOptions) != 0 || c.ImportedAt == nil || c.IssuedAt != nil ||
		!c.NotAfter.Equal(cert.NotAfter) || c.RenewalEligibility != types.RenewalEligibilityIneligible {
		t.Errorf("described %+v", c)
	}
	got := must(r.GetCertificate(ctx, &acm.GetCertificateInput{CertificateArn: arn}))(t)
	if !bytes.Equal([]byte(*got.Certificate), body) || got.CertificateChain != nil {
		t.Errorf("got %s and %v", *got.Certificate, got.CertificateChain)
	}
	before, _ := r.served(t, *arn)
	other, otherKey := selfSigned(t, "www.example.com", []string{"www.example.com"})
	body, private = pemOf(t, other, otherKey)
	if again := must(r.ImportCertificate(ctx, &acm.ImportCertificateInput{CertificateArn: arn, Certificate: body, PrivateKey: private}))(t).CertificateArn; *again != *arn {
		t.Errorf("imported again as %s", *again)
	}
	after, shown := r.served(t, *arn)
	if after.Fingerprint == before.Fingerprint || !bytes.Equal(shown.Certificate[0], other.Raw) || after.Renew != 0 {
		t.Errorf("served %+v", after)
	}
	if tags := must(r.ListTagsForCertificate(ctx, &acm.ListTagsForCertificateInput{CertificateArn: arn}))(t).Tags; len(tags) != 1 || tags[0].Value != nil {
		t.Errorf("tags %v", tags)
	}
	must(r.DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: arn}))(t)
}

// What is issued is issued again before its time is over, under the same ARN.
func TestRenew(t *testing.T) {
	r := newRig(t, secrets.New())
	arn := *must(r.RequestCertificate(ctx, &acm.RequestCertificateInput{DomainName: aws.String("a.example.com"), KeyAlgorithm: types.KeyAlgorithmEcPrime256v1}))(t).CertificateArn
	before, _ := r.served(t, arn)
	for days, want := range map[time.Duration]int{334: 0, 336: 1} {
		if n := must(r.Renew(ctx, time.Now().Add(days*24*time.Hour)))(t); n != want {
			t.Errorf("%d were renewed after %d days, want %d", n, days, want)
		}
	}
	after, shown := r.served(t, arn)
	leaf := must(x509.ParseCertificate(shown.Certificate[0]))(t)
	if after.Fingerprint == before.Fingerprint || leaf.NotAfter.Before(time.Now().Add(700*24*time.Hour)) || leaf.DNSNames[0] != "a.example.com" {
		t.Errorf("renewed until %s", leaf.NotAfter)
	}
}

// What ends early, as its authority does, is issued again after half of its time, and not
// at each look.
func TestRenewShort(t *testing.T) {
	r := newRig(t, secrets.New())
	end := time.Now().Add(20 * 24 * time.Hour).Truncate(time.Second)
	issue := r.Issue
	r.Issue = func(template *x509.Certificate, public any) ([][]byte, error) {
		template.NotAfter = end
		return issue(template, public)
	}
	must(r.RequestCertificate(ctx, &acm.RequestCertificateInput{DomainName: aws.String("a.example.com"), KeyAlgorithm: types.KeyAlgorithmEcPrime256v1}))(t)
	for _, at := range []struct {
		days float64
		want int
	}{{0, 0}, {9.9, 0}, {10.1, 1}, {10.2, 0}, {15, 0}, {15.2, 1}} {
		if n := must(r.Renew(ctx, time.Now().Add(time.Duration(at.days*24*float64(time.Hour)))))(t); n != at.want {
			t.Errorf("%d were renewed after %g of 20 days, want %d", n, at.days, at.want)
		}
	}
}

// However many ask, one key is made at a time, and who waits for longer than a call may take
// is told so.
func TestOneKeyAtATime(t *testing.T) {
	r := newRig(t, secrets.New())
	making, let := make(chan struct{}), make(chan struct{})
	r.newKey = func(algorithm string) (crypto.Signer, error) {
		making <- struct{}{}
		<-let
		return newKey(algorithm)
	}
	const asked = 3
	done := make(chan error, asked)
	for i := range asked {
		name := fmt.Sprintf("%d.example.com", i)
		go func() {
			_, err := r.RequestCertificate(ctx, &acm.RequestCertificateInput{DomainName: &name, KeyAlgorithm: types.KeyAlgorithmEcPrime256v1})
			done <- err
		}()
	}
	for range asked {
		<-making
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := r.makeKey(ended, "EC_prime256v1"); !errors.Is(err, context.Canceled) {
			t.Errorf("beside another: %v", err)
		}
		let <- struct{}{}
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// Keys are sealed again under the key that seals now, and a start without their key fails.
func TestUseSecrets(t *testing.T) {
	line := func(c string) string { return strings.Repeat(c, 64) + "\n" }
	ring := func(text string) *secrets.Keyring { return must(secrets.Parse([]byte(text)))(t) }
	r := newRig(t, ring(line("a")))
	arn := *must(r.RequestCertificate(ctx, &acm.RequestCertificateInput{DomainName: aws.String("a.example.com"), KeyAlgorithm: types.KeyAlgorithmEcPrime256v1}))(t).CertificateArn
	r.Secrets = ring(line("b") + line("a"))
	if err := r.UseSecrets(ctx); err != nil {
		t.Fatal(err)
	}
	r.Secrets = ring(line("b"))
	r.served(t, arn)
	if err := r.UseSecrets(ctx); err != nil {
		t.Error(err)
	}
	r.Secrets = ring(line("a"))
	if err := r.UseSecrets(ctx); err == nil || !strings.Contains(err.Error(), "which --secrets-key-file does not have") {
		t.Errorf("without the key: %v", err)
	}
	r.Secrets = nil
	if err := r.UseSecrets(ctx); err == nil || !strings.Contains(err.Error(), "start with --secrets-key-file") {
		t.Errorf("without keys: %v", err)
	}
	_, err := r.RequestCertificate(ctx, &acm.RequestCertificateInput{DomainName: aws.String("a.example.com")})
	wants(t, err, "400 ValidationException: This server keeps no certificates of ACM, since it is started without --secrets-key-file, whose key encrypts private keys")
}

// What ACM refuses.
func TestErrors(t *testing.T) {
	r := newRig(t, secrets.New())
	cert, key := selfSigned(t, "a", []string{"a.example.com"})
	body, private := pemOf(t, cert, key)
	_, otherKey := selfSigned(t, "a", []string{"a.example.com"})
	_, otherPrivate := pemOf(t, cert, otherKey)
	imported := *must(r.ImportCertificate(ctx, &acm.ImportCertificateInput{Certificate: body, PrivateKey: private}))(t).CertificateArn
	issued := *must(r.RequestCertificate(ctx, &acm.RequestCertificateInput{DomainName: aws.String("a.example.com"), KeyAlgorithm: types.KeyAlgorithmEcPrime256v1}))(t).CertificateArn
	bring := func(in acm.ImportCertificateInput) func() error {
		return func() error { _, err := r.ImportCertificate(ctx, &in); return err }
	}
	request := func(in acm.RequestCertificateInput) func() error {
		return func() error { _, err := r.RequestCertificate(ctx, &in); return err }
	}
	for name, tt := range map[string]struct {
		call func() error
		want string
	}{
		"another key":              {bring(acm.ImportCertificateInput{Certificate: body, PrivateKey: otherPrivate}), "400 ValidationException: The Certificate's public key doesn't match the supplied private key."},
		"no certificate":           {bring(acm.ImportCertificateInput{Certificate: []byte("x"), PrivateKey: private}), "400 ValidationException: Unable to parse certificate. Please ensure the certificate is in PEM format."},
		"two certificates":         {bring(acm.ImportCertificateInput{Certificate: append(body, body...), PrivateKey: private}), "400 ValidationException: The certificate field contains more than one certificate. You can specify only one certificate in this field."},
		"another's chain":          {bring(acm.ImportCertificateInput{Certificate: body, PrivateKey: private, CertificateChain: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.root.Raw})}), "400 ValidationException: Unable to validate certificate chain."},
		"a long certificate":       {bring(acm.ImportCertificateInput{Certificate: bytes.Repeat([]byte("x"), 40000), PrivateKey: private}), "400 ValidationException: 1 validation error detected: Value '[40000]' at 'certificate' failed to satisfy constraint: Member must have length less than or equal to 32768"},
		"tags with an ARN":         {bring(acm.ImportCertificateInput{CertificateArn: &imported, Certificate: body, PrivateKey: private, Tags: []types.Tag{{Key: aws.String("a")}}}), "400 ValidationException: Tagging is not permitted on re-import."},
		"in place of an issued":    {bring(acm.ImportCertificateInput{CertificateArn: &issued, Certificate: body, PrivateKey: private}), "400 ValidationException: The certificate " + issued + " was not imported, and so no other can be imported for it."},
		"an ARN that is not":       {bring(acm.ImportCertificateInput{CertificateArn: aws.String(imported + "0"), Certificate: body, PrivateKey: private}), "400 ResourceNotFoundException: Could not find certificate " + imported + "0."},
		"no domain name":           {request(acm.RequestCertificateInput{DomainName: aws.String("a_b")}), "400 ValidationException: 1 validation error detected: Value 'a_b' at 'domainName' failed to satisfy constraint: Member must satisfy regular expression pattern: "},
		"a private authority":      {request(acm.RequestCertificateInput{DomainName: aws.String("a.example.com"), CertificateAuthorityArn: aws.String("arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/1")}), `400 ValidationException: This server does not support the member "CertificateAuthorityArn" of RequestCertificate.`},
		"one that can be exported": {request(acm.RequestCertificateInput{DomainName: aws.String("a.example.com"), Options: &types.CertificateOptions{Export: "ENABLED"}}), "400 ValidationException: 1 validation error detected: Value 'ENABLED' at 'options.export' failed to satisfy constraint: Member must satisfy enum value set: [DISABLED]"},
		"exported": {func() error {
			_, err := r.ExportCertificate(ctx, &acm.ExportCertificateInput{CertificateArn: &issued, Passphrase: []byte("secret")})
			return err
		}, "400 UnknownOperationException: This server answers "},
		"another region's": {func() error {
			_, err := r.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: aws.String("arn:aws:acm:eu-west-1:111122223333:certificate/1")})
			return err
		}, "400 ResourceNotFoundException: Could not find certificate arn:aws:acm:eu-west-1:111122223333:certificate/1."},
	} {
		t.Run(name, func(t *testing.T) {
			if got := problem(tt.call()); !strings.HasPrefix(got, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	if got := must(r.ListCertificates(ctx, &acm.ListCertificatesInput{}))(t).CertificateSummaryList; len(got) != 0 {
		t.Errorf("certificates with keys of elliptic curves are listed unasked: %v", got)
	}
	seen := map[string]bool{}
	pages := acm.NewListCertificatesPaginator(r.Client, &acm.ListCertificatesInput{MaxItems: aws.Int32(1), Includes: &types.Filters{KeyTypes: []types.KeyAlgorithm{types.KeyAlgorithmEcPrime256v1}}, CertificateStatuses: []types.CertificateStatus{"ISSUED"}})
	for pages.HasMorePages() {
		for _, c := range must(pages.NextPage(ctx))(t).CertificateSummaryList {
			seen[*c.CertificateArn] = true
		}
	}
	if len(seen) != 2 || !seen[issued] || !seen[imported] {
		t.Errorf("listed %v", seen)
	}
}
