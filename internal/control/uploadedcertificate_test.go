package control_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// uploadFor makes what is uploaded for a name: a certificate and its key.
func uploadFor(t testing.TB, name string) (body, key string) {
	t.Helper()
	made, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &made.PublicKey, made)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(made)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return encode("CERTIFICATE", der), encode("PRIVATE KEY", raw)
}

// An uploaded certificate stands for the endpoints that name none: it is served sealed,
// moves with the type of endpoint, is replaced, and ends when ARNs take its place or with
// the domain name. No answer has anything of it.
func TestUploadedCertificates(t *testing.T) {
	b := newBench(t)
	keys := secrets.New()
	b.withKeys(keys)
	const name = "api.example.com"
	row := snapshot.OfAccount(testAccount, testRegion, name)
	answered := func(d *wire.DomainName) {
		t.Helper()
		if text, err := json.Marshal(d); err != nil || bytes.Contains(text, []byte("BEGIN")) || bytes.Contains(text, []byte(keys.Current())) {
			t.Errorf("answered %s, %v", text, err)
		}
	}
	check := func(body string) {
		t.Helper()
		d, _ := served[snapshot.DomainName](b, snapshot.ServedDomainName, row)
		c, ok := served[snapshot.DomainCertificate](b, snapshot.ServedDomainCertificate, row)
		if ok != (body != "") || d.Certificate != c.Fingerprint || c.Chain != body {
			t.Errorf("got %+v and %+v", d, c)
		}
		if !ok {
			return
		}
		if key, err := keys.Open(c.Key, c.About()); err != nil || len(key) == 0 {
			t.Error(err)
		}
	}
	patch := func(list ...[3]string) (*wire.DomainName, error) {
		return b.UpdateDomainName(ctx(), who, &wire.UpdateDomainNameRequest{DomainName: name, PatchOperations: ops(list...)})
	}
	first, firstKey := uploadFor(t, name)
	second, secondKey := uploadFor(t, name)
	answered(must(b.CreateDomainName(ctx(), who, &wire.CreateDomainNameRequest{DomainName: name, CertificateName: new("mine"), CertificateBody: &first, CertificatePrivateKey: &firstKey}))(t))
	check(first)
	answered(must(b.GetDomainName(ctx(), who, &wire.GetDomainNameRequest{DomainName: name}))(t))
	answered(must(patch([3]string{"replace", "/endpointConfiguration/types/0", "REGIONAL"}))(t))
	check(first)
	answered(must(patch([3]string{"replace", "/certificateBody", second}, [3]string{"replace", "/certificatePrivateKey", secondKey}, [3]string{"replace", "/securityPolicy", "TLS_1_0"}))(t))
	check(second)
	_, err := patch([3]string{"replace", "/certificateBody", first})
	wantWireError(t, err, "BadRequestException", "Unable to parse private key. Please ensure the private key is in PEM format.")
	check(second)
	must(patch([3]string{"replace", "/regionalCertificateArn", acm + "a"}))(t)
	check("")
	must(patch([3]string{"replace", "/certificateBody", first}, [3]string{"replace", "/certificatePrivateKey", firstKey}))(t)
	check(first)
	d := must(b.GetDomainName(ctx(), who, &wire.GetDomainNameRequest{DomainName: name}))(t)
	if d.RegionalCertificateARN != nil {
		t.Errorf("the ARN is still there: %+v", d)
	}
	must(b.DeleteDomainName(ctx(), who, &wire.DeleteDomainNameRequest{DomainName: name}))(t)
	check("")
	for _, tt := range []struct {
		in   wire.CreateDomainNameRequest
		want string
	}{
		{wire.CreateDomainNameRequest{DomainName: name, CertificateARN: new(acm + "a"), CertificateBody: &first, CertificatePrivateKey: &firstKey}, "A certificate is either named by its ARN or uploaded, and not both"},
		{wire.CreateDomainNameRequest{DomainName: "b.example.com", CertificateBody: &first, CertificatePrivateKey: &firstKey}, "The certificate does not cover the domain name b.example.com."},
		{wire.CreateDomainNameRequest{DomainName: name, CertificatePrivateKey: &firstKey}, "Unable to parse certificate. Please ensure the certificate is in PEM format."},
		{wire.CreateDomainNameRequest{DomainName: name, CertificateChain: &first}, "Unable to parse certificate. Please ensure the certificate is in PEM format."},
		{wire.CreateDomainNameRequest{DomainName: name, CertificateBody: &first, CertificatePrivateKey: &firstKey, CertificateChain: &second}, "Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, followed by any intermediaries in order. The index within the chain of the invalid certificate is: 0"},
	} {
		_, err := b.CreateDomainName(ctx(), who, &tt.in)
		wantWireError(t, err, "BadRequestException", tt.want)
	}
	private := must(b.CreateDomainName(ctx(), who, &wire.CreateDomainNameRequest{
		DomainName: name, CertificateBody: &first, CertificatePrivateKey: &firstKey, EndpointConfiguration: &wire.EndpointConfiguration{Types: []string{"PRIVATE"}},
	}))(t)
	answered(private)
	if _, ok := served[snapshot.DomainCertificate](b, snapshot.ServedDomainCertificate, row+"+"+*private.DomainNameID); !ok {
		t.Error("the certificate of a private domain name is not served")
	}
}

// Another key takes over: what was sealed is sealed again, and a store whose secrets cannot
// be opened is refused by the key's id alone.
func TestUseSecrets(t *testing.T) {
	b := newBench(t)
	ring := func(keys ...string) *secrets.Keyring {
		r, err := secrets.Parse([]byte(strings.Join(keys, "\n")))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	old, young := strings.Repeat("01", 32), strings.Repeat("02", 32)
	use := func(keys *secrets.Keyring) error {
		b.withKeys(keys)
		return b.UseSecrets(ctx())
	}
	if err := use(nil); err != nil {
		t.Error("nothing is sealed yet:", err)
	}
	if err := use(ring(old)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.example.com", "b.example.com"} {
		body, key := uploadFor(t, name)
		must(b.CreateDomainName(ctx(), who, &wire.CreateDomainNameRequest{DomainName: name, CertificateBody: &body, CertificatePrivateKey: &key}))(t)
	}
	if err := use(ring(young)); err == nil || !strings.HasSuffix(err.Error(), "under the key "+ring(old).Current()+", which --secrets-key-file does not have") {
		t.Errorf("the old key is missing: %v", err)
	}
	if err := use(nil); err == nil || !strings.HasSuffix(err.Error(), ": start with --secrets-key-file") {
		t.Errorf("no key: %v", err)
	}
	if err := use(ring(young, old)); err != nil {
		t.Fatal(err)
	}
	if err := use(ring(young)); err != nil {
		t.Errorf("what was sealed with the old key is not sealed again: %v", err)
	}
	row := snapshot.OfAccount(testAccount, testRegion, "a.example.com")
	if c, _ := served[snapshot.DomainCertificate](b, snapshot.ServedDomainCertificate, row); secrets.KeyOf(c.Key) != ring(young).Current() {
		t.Errorf("served under %s", secrets.KeyOf(c.Key))
	}
}
