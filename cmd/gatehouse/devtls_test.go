package main

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const plainAPI = `{"openapi":"3.0.1","info":{"title":"a","version":"1"},"paths":{"/":{"get":{"responses":{"200":{"description":"ok"}}}}}}`

// startDev runs dev for a file that holds text, and returns what it prints and the URL
// of its root.
func startDev(t *testing.T, dir, text string, args ...string) (p *process, root string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "api.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := launch(dir, append(append([]string{"dev", "--listen", "127.0.0.1:0", "--port", "0"}, args...), "api.json")...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); <-p.done })
	if err := p.waitFor(`^Ready\.$`); err != nil {
		t.Fatal(err)
	}
	return p, regexp.MustCompile(`(?m)^Stage dev +(\S+)/$`).FindStringSubmatch(p.printed())[1]
}

// shown is the certificate that a server shows to a client, who trusts roots; nil
// trusts any.
func shown(t *testing.T, root string, roots *x509.CertPool) *x509.Certificate {
	t.Helper()
	u, err := url.Parse(root)
	if err != nil {
		t.Fatal(err)
	}
	c, err := tls.Dial("tcp", u.Host, &tls.Config{RootCAs: roots, InsecureSkipVerify: roots == nil})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	return c.ConnectionState().PeerCertificates[0]
}

// TestDevTLS serves the root under TLS with a certificate that is made for the run,
// whose fingerprint is printed and which is good for this machine's names.
func TestDevTLS(t *testing.T) {
	t.Parallel()
	p, root := startDev(t, t.TempDir(), plainAPI, "--tls")
	if !strings.HasPrefix(root, "https://127.0.0.1:") {
		t.Fatalf("root is %s", root)
	}
	cert := shown(t, root, nil)
	if !strings.Contains(p.printed(), "Certificate     made for this run, SHA-256 "+fingerprint(cert)) || !strings.Contains(p.printed(), "curl -k "+root) {
		t.Errorf("of %s there is nothing in\n%s", fingerprint(cert), p.printed())
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	shown(t, root, roots)
	shown(t, strings.Replace(root, "127.0.0.1", "localhost", 1), roots)

	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	resp, err := client.Get(root + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != 200 || resp.ProtoMajor != 2 {
		t.Errorf("got %d over %s, error %v", resp.StatusCode, resp.Proto, err)
	}
	if err := p.waitFor(`^GET /  /  200  `); err != nil {
		t.Error(err)
	}
}

// TestDevTLSCertificates shows the certificates of the configuration file, which a save
// of it brings.
func TestDevTLSCertificates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pool := selfSigned(t, dir)
	config := filepath.Join(dir, "gatehouse.yaml")
	if err := os.WriteFile(config, []byte("tls: true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, root := startDev(t, dir, plainAPI, "--host", "localhost", "--config", "gatehouse.yaml")
	root = strings.Replace(root, "127.0.0.1", "localhost", 1)
	made := shown(t, root, nil)
	if err := os.WriteFile(config, []byte("tls: true\ncertificates: [{cert: cert.pem, key: key.pem}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := p.waitFor("gatehouse.yaml has changed: the configuration is taken over"); err != nil {
		t.Fatal(err)
	}
	if given := shown(t, root, pool); given.Equal(made) {
		t.Error("the certificate that was made is still shown")
	}
}

// TestDevListenTLS shows the certificate of the control plane's listener there, and the one
// that is made for the run at the root alone.
func TestDevListenTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	issue(t, "server", nil, serves("localhost")).save(t, dir, "server")
	p, root := startDev(t, dir, plainAPI, "--tls", "--listen-cert", "server.pem", "--listen-key", "server.key")
	control := regexp.MustCompile(`(?m)^Control plane +https://(\S+)$`).FindStringSubmatch(p.printed())
	if control == nil {
		t.Fatalf("the control plane is not under TLS:\n%s", p.printed())
	}
	if got := presented(t, control[1], "localhost"); got.Subject.CommonName != "server" {
		t.Errorf("the control plane has the certificate of %s", got.Subject)
	}
	if got := shown(t, strings.Replace(root, "127.0.0.1", "localhost", 1), nil); got.Subject.CommonName != "gatehouse dev" {
		t.Errorf("the root has the certificate of %s", got.Subject)
	}
}
