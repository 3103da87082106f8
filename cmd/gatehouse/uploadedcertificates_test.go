package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// An uploadable is a certificate for a name, and its key, as they are uploaded.
type uploadable struct {
	leaf      *x509.Certificate
	body, key string
	der       []byte // of the key
}

func newUploadable(t *testing.T, name string) uploadable {
	t.Helper()
	made, err := makeCertificate(name)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(made.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return uploadable{made.Leaf, encode("CERTIFICATE", made.Leaf.Raw), encode("PRIVATE KEY", der), der}
}

// leaks reports where below a directory a private key is in the clear.
func (u *uploadable) leaks(t *testing.T, dir string) (names []string) {
	t.Helper()
	text := strings.Split(strings.TrimSpace(u.key), "\n")[1]
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		if bytes.Contains(content, []byte(text)) || bytes.Contains(content, u.der) || bytes.Contains(content, []byte(base64.StdEncoding.EncodeToString(u.der))) {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func writeKeys(t *testing.T, dir string, keys ...byte) {
	t.Helper()
	text := "# keys of secrets\n"
	for _, k := range keys {
		text += base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{k}, 32)) + "\n"
	}
	if err := os.WriteFile(filepath.Join(dir, "secrets.key"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestUploadedCertificates shows clients the certificate that was uploaded for a domain
// name: after a restart, when the key of secrets has been replaced by another, and when
// another one was uploaded. Its private key is nowhere in the clear.
func TestUploadedCertificates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	selfSigned(t, dir)
	config := "data-dir: data\nsecrets-key-file: " + filepath.Join(dir, "secrets.key") + "\nlog-level: debug\ngateway-tls-listen: 127.0.0.1:0\ncertificates:\n" +
		"- {cert: " + dir + "/cert.pem, key: " + dir + "/key.pem, arn: '" + aCertificate + "1'}\n"
	writeKeys(t, dir, 1)
	p, c, _ := launchWith(t, dir, config)
	const name = "api.example.com"
	first, second := newUploadable(t, name), newUploadable(t, name)
	shows := func(want *x509.Certificate) {
		t.Helper()
		if got := presented(t, secureLine.FindStringSubmatch(p.printed())[1], name); !got.Equal(want) {
			t.Error("another certificate is shown")
		}
	}
	again := func() {
		t.Helper()
		p.kill()
		for _, u := range []*uploadable{&first, &second} {
			if names := u.leaks(t, filepath.Join(dir, "data")); names != nil || strings.Contains(p.printed(), u.key[30:80]) {
				t.Errorf("a private key is in the clear in %q, or in the log", names)
			}
		}
		p, c, _ = launchWith(t, dir, config)
	}
	made, err := c.CreateDomainName(t.Context(), &apigateway.CreateDomainNameInput{
		DomainName: aws.String(name), RegionalCertificateName: aws.String("mine"), EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{"REGIONAL"}},
		CertificateBody: &first.body, CertificatePrivateKey: &first.key,
	})
	if err != nil || made.CertificateUploadDate == nil || *made.RegionalCertificateName != "mine" {
		t.Fatal(made, err)
	}
	shows(first.leaf)
	again()
	shows(first.leaf)

	writeKeys(t, dir, 2, 1) // another key takes over
	again()
	shows(first.leaf)
	writeKeys(t, dir, 2) // and the first is not needed any more
	again()
	shows(first.leaf)

	update := func(ops ...string) error {
		var list []types.PatchOperation
		for i := 0; i < len(ops); i += 2 {
			list = append(list, types.PatchOperation{Op: "replace", Path: &ops[i], Value: &ops[i+1]})
		}
		_, err := c.UpdateDomainName(t.Context(), &apigateway.UpdateDomainNameInput{DomainName: aws.String(name), PatchOperations: list})
		return err
	}
	if err := update("/certificateBody", second.body, "/certificatePrivateKey", first.key); err == nil || !strings.Contains(err.Error(), "BadRequestException: The Certificate's public key doesn't match the supplied private key.") {
		t.Errorf("another's key: %v", err)
	}
	shows(first.leaf)
	if err := update("/regionalCertificateName", "other", "/certificateBody", second.body, "/certificatePrivateKey", second.key, "/certificateChain", ""); err != nil {
		t.Fatal(err)
	}
	shows(second.leaf)
	again()
	shows(second.leaf)
	if err := update("/certificateBody", first.body, "/certificatePrivateKey", first.key, "/regionalCertificateArn", aCertificate+"1"); err == nil || !strings.Contains(err.Error(), "A certificate is either named by its ARN or uploaded, and not both") {
		t.Errorf("both: %v", err)
	}
	if err := update("/regionalCertificateArn", aCertificate+"1"); err != nil {
		t.Fatal(err)
	}
	fallback := presented(t, secureLine.FindStringSubmatch(p.printed())[1], "nobody.example.com")
	shows(fallback)
	if err := update("/regionalCertificateArn", ""); err == nil || !strings.Contains(err.Error(), "A certificate was not provided for the endpoint type REGIONAL.") {
		t.Errorf("what was uploaded has been forgotten, and nothing else is there: %v", err)
	}
	if err := update("/certificateBody", first.body, "/certificatePrivateKey", first.key); err != nil {
		t.Fatal(err)
	}
	shows(first.leaf)
	if _, err := c.DeleteDomainName(t.Context(), &apigateway.DeleteDomainNameInput{DomainName: aws.String(name)}); err != nil {
		t.Fatal(err)
	}
	shows(fallback)
	p.kill()
	writeKeys(t, dir, 3) // nothing is sealed any more
	p, _, _ = launchWith(t, dir, config)
}

// TestSecretsWithoutTheirKey ends a start with one line where the key of secrets is not
// there, and refuses uploads where there is none.
func TestSecretsWithoutTheirKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const name = "api.example.com"
	u := newUploadable(t, name)
	upload := func(c *apigateway.Client) error {
		_, err := c.CreateDomainName(t.Context(), &apigateway.CreateDomainNameInput{DomainName: aws.String(name), CertificateName: aws.String("mine"), CertificateBody: &u.body, CertificatePrivateKey: &u.key})
		return err
	}
	p, c, _ := launchWith(t, dir, "data-dir: data\n")
	if err := upload(c); err == nil || !strings.Contains(err.Error(), "BadRequestException: This server takes no certificateBody, certificatePrivateKey and certificateChain, since it is started without --secrets-key-file") {
		t.Errorf("without a key: %v", err)
	}
	p.kill()
	writeKeys(t, dir, 1)
	keyFile := "secrets-key-file: " + filepath.Join(dir, "secrets.key") + "\n"
	p, c, _ = launchWith(t, dir, "data-dir: data\n"+keyFile)
	if err := upload(c); err != nil {
		t.Fatal(err)
	}
	p.kill()
	fails := func(config, want string) {
		t.Helper()
		file := filepath.Join(dir, "gatehouse.yaml")
		if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := launch(dir, "serve", "--listen", "127.0.0.1:0", "--config", file)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.kill)
		if err := p.waitFor(`^gatehouse: `); err != nil {
			t.Fatal(err)
		}
		if got := p.printed(); !strings.Contains(got, want) || strings.Contains(got, "Ready.") {
			t.Errorf("printed %s, want %s", got, want)
		}
	}
	fails("data-dir: data\n", "gatehouse: private keys of certificates are stored under the key ")
	writeKeys(t, dir, 2)
	fails("data-dir: data\n"+keyFile, ", which --secrets-key-file does not have")
	writeKeys(t, dir)
	fails("data-dir: data\n"+keyFile, "gatehouse: secrets-key-file: "+filepath.Join(dir, "secrets.key")+": there is no key: 32 bytes in base64 or hexadecimal")
	if err := os.Remove(filepath.Join(dir, "secrets.key")); err != nil {
		t.Fatal(err)
	}
	fails("data-dir: data\n"+keyFile, "gatehouse: secrets-key-file: "+filepath.Join(dir, "secrets.key")+": no such file or directory")

	_, c, _ = launchWith(t, t.TempDir(), "in-memory: true\n")
	if err := upload(c); err != nil {
		t.Errorf("in memory: %v", err)
	}
}

// TestReplacedCertificate uploads a certificate while a handshake reads the one before,
// and then that one again: each is shown for itself.
func TestReplacedCertificate(t *testing.T) {
	t.Parallel()
	keys := secrets.New()
	stored := new(snapshot.DomainCertificate)
	reads := 0
	u := &uploadedCertificates{keys: keys, readyCertificates: readyCertificates{log: slog.New(slog.DiscardHandler)}, read: func(context.Context, string) (*snapshot.DomainCertificate, error) {
		reads++
		return stored, nil
	}}
	first, second := newUploadable(t, "api.example.com"), newUploadable(t, "api.example.com")
	upload := func(c *uploadable, fingerprint string) {
		stored = &snapshot.DomainCertificate{Fingerprint: fingerprint, Chain: c.body}
		stored.Key = keys.Seal(c.der, stored.About())
	}
	shows := func(fingerprint string, want *uploadable, read int) {
		t.Helper()
		got := u.get(gateway.Handshake{Row: "row", Uploaded: fingerprint})
		if got == nil || !bytes.Equal(got.Certificate[0], want.leaf.Raw) {
			t.Error("another certificate is shown")
		}
		if reads != read {
			t.Errorf("%d reads, want %d", reads, read)
		}
	}
	upload(&second, "2")
	shows("1", &second, 1) // what the gateway does not know of yet
	shows("1", &second, 2)
	shows("2", &second, 3)
	shows("2", &second, 3)
	upload(&first, "1")
	shows("1", &first, 4)
	shows("1", &first, 4)
}
