package acmecert

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"golang.org/x/crypto/acme"

	"github.com/gatehouse-gw/gatehouse/internal/acmetest"
)

// TestIssue has pebble issue certificates by each kind of challenge, whose answers it
// finds at real listeners and which are gone behind it.
func TestIssue(t *testing.T) {
	t.Parallel()
	pebble := acmetest.New(t)
	var challenges Challenges
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if answer, ok := challenges.Token(r.URL.Path); ok {
			_, _ = io.WriteString(w, answer)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(web.Close)
	shakes, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{NextProtos: []string{Protocol}, GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		return challenges.Certificate(hello.ServerName), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = shakes.Close() })
	go func() {
		for {
			nc, err := shakes.Accept()
			if err != nil {
				return
			}
			_ = nc.(*tls.Conn).HandshakeContext(t.Context())
			_ = nc.Close()
		}
	}()
	pebble.Check(web.Listener.Addr().(*net.TCPAddr).Port, shakes.Addr().(*net.TCPAddr).Port)
	pebble.Refuse(t, "refused.example.com")

	hosts, roots := x509.NewCertPool(), x509.NewCertPool()
	hosts.AddCert(pebble.Server)
	roots.AddCert(pebble.Root)
	accountKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{
		client:     &acme.Client{DirectoryURL: pebble.URL, HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: hosts}}}},
		contact:    []string{"mailto:ops@example.com"},
		challenges: &challenges,
		account:    func(context.Context) (crypto.Signer, error) { return accountKey, nil },
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for name, kind := range map[string]string{"a.example.com": byTLS, "b.example.com": byHTTP, "xn--bcher-kva.example.com": byTLS} {
		cert, err := a.issue(ctx, name, kind)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		between := x509.NewCertPool()
		for _, der := range cert.chain[1:] {
			link, err := x509.ParseCertificate(der)
			if err != nil {
				t.Fatal(err)
			}
			between.AddCert(link)
		}
		if _, err := cert.leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: between}); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if len(challenges.certs)+len(challenges.tokens) > 0 {
		t.Errorf("answers are left: %v, %v", challenges.certs, challenges.tokens)
	}
	if _, err := a.issue(ctx, "refused.example.com", byTLS); err == nil {
		t.Error("a certificate is issued for a name that pebble refuses")
	}
	again := &authority{client: &acme.Client{DirectoryURL: pebble.URL, HTTPClient: a.client.HTTPClient}, challenges: &challenges, account: a.account}
	if _, err := again.issue(ctx, "c.example.com", byTLS); err != nil {
		t.Errorf("with an account that is there: %v", err)
	}
}
