package main

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// certificateFor makes a certificate for DNS names.
func certificateFor(t testing.TB, key *ecdsa.PrivateKey, names ...string) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: names, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func hello(name string) *tls.ClientHelloInfo {
	return &tls.ClientHelloInfo{
		ServerName: name, SupportedVersions: []uint16{tls.VersionTLS13}, SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256}, SupportedCurves: []tls.CurveID{tls.X25519},
	}
}

// TestCertificateOfName finds the certificate for the name that a client asks for.
func TestCertificateOfName(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	shown := newShown([]tls.Certificate{
		certificateFor(t, key, "first.example.com"), certificateFor(t, key, "*.example.com"), certificateFor(t, key, "api.example.com", "b.example.org"), certificateFor(t, key, "api.example.com"),
	})
	for name, want := range map[string]int{
		"api.example.com": 2, "API.Example.com": 2, "b.example.org": 2, "x.example.com": 1, "first.example.com": 0,
		"x.y.example.com": 0, "example.com": 0, "": 0, "nope": 0,
	} {
		if got := cmp.Or(shown.named(hello(name)), shown.first(hello(name))); got != &shown.list[want] {
			t.Errorf("%q: not the certificate %d", name, want)
		}
	}
}

// BenchmarkCertificateOfName looks one of 10,000 certificates up.
func BenchmarkCertificateOfName(b *testing.B) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	list := make([]tls.Certificate, 10_000)
	for i := range list {
		list[i] = certificateFor(b, key, fmt.Sprintf("n%d.example.com", i))
	}
	shown, asked := newShown(list), hello("n9999.example.com")
	b.ReportAllocs()
	for b.Loop() {
		if shown.named(asked) != &shown.list[9999] {
			b.Fatal("not found")
		}
	}
}

// TestRenewalUnderLoad renews a certificate while clients shake hands: no handshake
// fails, and the new one is shown in the end.
func TestRenewalUnderLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rsaPair(t, dir)
	p, _, _ := launchWith(t, dir, "in-memory: true\ngateway-tls-listen: 127.0.0.1:0\ncertificates:\n- {cert: cert.pem, key: key.pem}\n")
	address := secureLine.FindStringSubmatch(p.printed())[1]
	before := presented(t, address, "localhost")
	var failed, shook atomic.Int32
	done := make(chan struct{})
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				nc, err := tls.Dial("tcp", address, &tls.Config{ServerName: "localhost", InsecureSkipVerify: true}) //nolint:gosec // the certificate is made up
				if err != nil {
					failed.Add(1)
					continue
				}
				_ = nc.Close()
				shook.Add(1)
			}
		})
	}
	for range 3 { // each file by itself, so that key and certificate do not fit for a moment
		renewed := t.TempDir()
		rsaPair(t, renewed)
		for _, name := range []string{"cert.pem", "key.pem"} {
			if err := os.Rename(filepath.Join(renewed, name), filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		for end := time.Now().Add(patience); presented(t, address, "localhost").Equal(before); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("the renewed certificate is not shown")
			}
		}
		before = presented(t, address, "localhost")
	}
	close(done)
	clients.Wait()
	if failed.Load() > 0 || shook.Load() == 0 {
		t.Errorf("%d handshakes failed, %d came through", failed.Load(), shook.Load())
	}
}
