package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"

	"github.com/gatehouse-gw/gatehouse/internal/acmetest"
	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

// port is the one of an address.
func port(t *testing.T, address string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// verified is the certificate that a server shows for a name to a client who trusts a
// root, nil where the handshake fails.
func verified(t *testing.T, address, name string, root *x509.Certificate) *x509.Certificate {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(root)
	dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: patience}, Config: &tls.Config{ServerName: name, RootCAs: pool}}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	nc, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		if ctx.Err() != nil {
			t.Errorf("a handshake for %s hangs", name)
		}
		return nil
	}
	defer func() { _ = nc.Close() }()
	return nc.(*tls.Conn).ConnectionState().PeerCertificates[0]
}

// TestACME has pebble issue certificates for domain names: for those that have no other,
// kept over a restart, and shown by nobody when the name has gone. What pebble refuses the
// doctor tells of.
func TestACME(t *testing.T) {
	t.Parallel()
	pebble := acmetest.New(t)
	dir := t.TempDir()
	writePEM(t, filepath.Join(dir, "acme.pem"), "CERTIFICATE", pebble.Server.Raw)
	own := issue(t, "own", nil, serves("files.example.com"))
	own.save(t, dir, "own")
	if err := os.WriteFile(filepath.Join(dir, "secrets.key"), []byte(strings.Repeat("ab", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	config := "data-dir: data\nsecrets-key-file: secrets.key\ngateway-tls-listen: 127.0.0.1:0\nacme: " + pebble.URL +
		"\nacme-ca: acme.pem\nacme-contact: ops@example.com\nacme-accept-terms: true\ncertificates: [{cert: own.pem, key: own.key}]\n"
	p, c, url := launchWith(t, dir, config)
	secure := secureLine.FindStringSubmatch(p.printed())[1]
	pebble.Refuse(t, "refused.example.com")
	pebble.Check(port(t, strings.TrimPrefix(url, "http://")), port(t, secure))

	namedAPI(t, c, "shop", "")
	for _, name := range []string{"api.example.com", "files.example.com", "*.wild.example.com", "refused.example.com"} {
		domainName(t, c, name, "")
	}
	mapped(t, c, "api.example.com", "", "shop", "prod")
	if cert := verified(t, secure, "refused.example.com", pebble.Root); cert != nil {
		t.Errorf("a name that pebble refuses has the certificate of %s", cert.DNSNames)
	}
	var first *x509.Certificate
	for end := time.Now().Add(patience); first == nil; time.Sleep(50 * time.Millisecond) {
		if first = verified(t, secure, "api.example.com", pebble.Root); time.Now().After(end) {
			t.Fatalf("no certificate is issued:\n%s", p.printed())
		}
	}
	if got := askSecure(secure, "api.example.com", "api.example.com", "/x", (*issued)(nil).shows()); !strings.HasPrefix(got, "200 shop") {
		t.Errorf("a call: %s", got)
	}
	if got := presented(t, secure, "files.example.com"); !got.Equal(own.cert) {
		t.Errorf("a name of a file has the certificate of %s", got.DNSNames)
	}
	if err := p.waitFor("no certificate could be had.*name=refused.example.com"); err != nil {
		t.Error(err)
	}
	report, err := fetchReport(t.Context(), http.DefaultClient, url)
	if err != nil || len(report.Findings) != 1 || report.Findings[0].Domain != "refused.example.com" || !strings.HasPrefix(report.Findings[0].Text, "it has no certificate of the ACME authority, which is tried again at ") {
		t.Errorf("the doctor finds %+v, %v", report, err)
	}
	for _, kept := range report.Kept {
		if strings.HasSuffix(kept.Setting, "ertificateArn") && kept.ID == "api.example.com" {
			t.Errorf("the doctor lists %+v", kept)
		}
	}
	if got := askRaw(t, strings.TrimPrefix(url, "http://"), "GET /.well-known/acme-challenge/none HTTP/1.1\r\nHost: api.example.com\r\n\r\n"); !strings.HasPrefix(got, "200 shop /.well-known/acme-challenge/none") {
		t.Errorf("a path that no authority asks for: %s", got)
	}
	if nc, err := tls.Dial("tcp", secure, &tls.Config{ServerName: "api.example.com", InsecureSkipVerify: true, NextProtos: []string{"acme-tls/1"}}); err == nil { //nolint:gosec // there is to be none
		_ = nc.Close()
		t.Error("a challenge that nobody has asked for is answered")
	}

	p.kill()
	pebble.Stop()
	p, c, _ = launchWith(t, dir, config)
	secure = secureLine.FindStringSubmatch(p.printed())[1]
	if cert := verified(t, secure, "api.example.com", pebble.Root); cert == nil || !cert.Equal(first) {
		t.Error("after a restart another certificate is shown, or none")
	}
	if _, err := c.DeleteDomainName(t.Context(), &apigateway.DeleteDomainNameInput{DomainName: aws.String("api.example.com")}); err != nil {
		t.Fatal(err)
	}
	if got := presented(t, secure, "api.example.com"); !got.Equal(own.cert) {
		t.Errorf("a name that has gone has the certificate of %s", got.DNSNames)
	}
}

// TestACMEByHTTP has an authority that cannot reach the listener under TLS look without,
// after the minute that a failure costs: past a redirect to TLS.
func TestACMEByHTTP(t *testing.T) {
	if !soak.Long() {
		t.Skip("it waits for a minute: make soak runs it")
	}
	t.Parallel()
	pebble := acmetest.New(t)
	dir := t.TempDir()
	writePEM(t, filepath.Join(dir, "acme.pem"), "CERTIFICATE", pebble.Server.Raw)
	p, c, url := launchWith(t, dir, "in-memory: true\ngateway-tls-listen: 127.0.0.1:0\nhttps-redirect: 443\nacme: "+pebble.URL+"\nacme-ca: acme.pem\nacme-accept-terms: true\n")
	secure := secureLine.FindStringSubmatch(p.printed())[1]
	const nobody = 1
	pebble.Check(port(t, strings.TrimPrefix(url, "http://")), nobody)
	domainName(t, c, "api.example.com", "")
	for end := time.Now().Add(2 * patience); verified(t, secure, "api.example.com", pebble.Root) == nil; time.Sleep(time.Second) {
		if time.Now().After(end) {
			t.Fatalf("no certificate is issued:\n%s", p.printed())
		}
	}
}

// TestACMEAlone has no certificate of a file: names without one have no handshake.
func TestACMEAlone(t *testing.T) {
	t.Parallel()
	p, _, _ := launchWith(t, t.TempDir(), "in-memory: true\ngateway-tls-listen: 127.0.0.1:0\nacme: https://127.0.0.1:1/directory\nacme-accept-terms: true\n")
	secure := secureLine.FindStringSubmatch(p.printed())[1]
	_, err := tls.Dial("tcp", secure, &tls.Config{ServerName: "api.example.com", InsecureSkipVerify: true}) //nolint:gosec // there is to be none
	if err == nil || !strings.Contains(err.Error(), "unrecognized name") {
		t.Errorf("a handshake for a name without a certificate: %v", err)
	}
}
