package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// selfSigned writes a certificate for localhost and returns it for a pool.
func selfSigned(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, filepath.Join(dir, "cert.pem"), "CERTIFICATE", der)
	writePEM(t, filepath.Join(dir, "key.pem"), "PRIVATE KEY", raw)
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return pool
}

func writePEM(t *testing.T, name, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestTLS serves a stage to an HTTP/2 client, and nothing else.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	pool := selfSigned(t, dir)
	config := "gateway-tls-listen: 127.0.0.1:0\ncertificates:\n  - {cert: cert.pem, key: key.pem}\n"
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := launch(dir, "serve", "--listen", "127.0.0.1:0", "--in-memory", "--config", "config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if err := p.waitFor(`^Ready\.$`); err != nil {
		t.Fatal(err)
	}
	url := regexp.MustCompile(`https://127\.0\.0\.1:(\d+)`).FindStringSubmatch(p.printed())
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "localhost"}, ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	for path, want := range map[string]string{
		"/_aws/execute-api/nope/x/": `{"message": "The API id 'nope' does not correspond to a deployed API Gateway API"}`,
		"/restapis":                 `{"message":"Forbidden"}`,
		"/_gatehouse/doctor":        `{"message":"Forbidden"}`,
	} {
		resp, err := client.Get("https://127.0.0.1:" + url[1] + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || string(body) != want || resp.ProtoMajor != 2 {
			t.Errorf("%s: got %s %q (%v), want %q over HTTP/2", path, resp.Proto, body, err, want)
		}
	}
}

// TestCertificatePairs tells which pair does not fit, and which file.
func TestCertificatePairs(t *testing.T) {
	one, other := t.TempDir(), t.TempDir()
	selfSigned(t, one)
	selfSigned(t, other)
	at := func(dir, name string) string { return filepath.Join(dir, name+".pem") }
	fit := certificate{Cert: at(one, "cert"), Key: at(one, "key")}
	tests := map[string]struct {
		pair certificate
		want string // {one} and {other} stand for the directories
	}{
		"no pair":          {certificate{Cert: at(one, "cert"), Key: at(other, "key")}, "certificates[1]: {one}/cert.pem and {other}/key.pem are no pair: private key does not match public key"},
		"the wrong way":    {certificate{Cert: at(one, "key"), Key: at(one, "cert")}, "certificates[1].cert: {one}/key.pem holds no certificate in PEM form"},
		"a missing file":   {certificate{Cert: at(one, "nope"), Key: at(one, "key")}, "certificates[1].cert: {one}/nope.pem: no such file or directory"},
		"a missing key":    {certificate{Cert: at(one, "cert"), Key: at(one, "nope")}, "certificates[1].key: {one}/nope.pem: no such file or directory"},
		"two certificates": {certificate{Cert: at(one, "cert"), Key: at(one, "cert")}, "certificates[1].key: {one}/cert.pem holds no private key in PEM form"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := loadCertificates([]certificate{fit, tt.pair})
			want := strings.NewReplacer("{one}", one, "{other}", other).Replace(tt.want)
			if err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}
