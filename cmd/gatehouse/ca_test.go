package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCA has a client that trusts the authority call a server with what `gatehouse ca`
// printed, before and after a name is issued anew; nobody else can read the keys.
func TestCA(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca")
	var out bytes.Buffer
	if err := issueAll(&out, ca, []string{"localhost", "*.example.com", "127.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	p, c, _ := launchWith(t, dir, "in-memory: true\ngateway-tls-listen: 127.0.0.1:0\n"+out.String())
	address := secureLine.FindStringSubmatch(p.printed())[1]
	namedAPI(t, c, "shop", "")
	root, err := os.ReadFile(filepath.Join(ca, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(root)
	call := func(name string) error {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: name}, ForceAttemptHTTP2: true}
		defer transport.CloseIdleConnections()
		resp, err := (&http.Client{Transport: transport, Timeout: patience}).Get("https://" + address + "/_aws/execute-api/shop/prod/x")
		if err != nil {
			return err
		}
		_ = resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
		return nil
	}
	for _, name := range []string{"localhost", "api.example.com"} {
		if err := call(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := call("a.b.example.com"); err == nil {
		t.Error("the wildcard is good for two labels")
	}
	before := presented(t, address, "localhost")
	out.Reset()
	if err := issueAll(&out, ca, []string{"localhost"}); err != nil || strings.Contains(out.String(), "new authority") {
		t.Errorf("%v, %s", err, out.String())
	}
	for end := time.Now().Add(patience); presented(t, address, "localhost").Equal(before); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the certificate that was issued anew is not shown")
		}
	}
	if err := call("localhost"); err != nil {
		t.Error(err)
	}
	files, err := filepath.Glob(filepath.Join(ca, "*.key"))
	if err != nil || len(files) != 4 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

// TestWrongCA says what is wrong with names and with an authority of which a part is
// missing.
func TestWrongCA(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"", "*", "*.com", "a b", "../x", "a/b", "-x", "a..b", "*.*.com"} {
		if err := issueAll(new(bytes.Buffer), dir, []string{name}); err == nil || !strings.Contains(err.Error(), "is no host name, wildcard such as *.example.com, or address") {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := issueAll(new(bytes.Buffer), dir, []string{"localhost"}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "ca.key")); err != nil {
		t.Fatal(err)
	}
	if err := issueAll(new(bytes.Buffer), dir, []string{"localhost"}); err == nil || !strings.Contains(err.Error(), "ca.key: no such file or directory") {
		t.Errorf("got %v", err)
	}
	if err := os.Rename(filepath.Join(dir, "localhost.pem"), filepath.Join(dir, "ca.pem")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "localhost.key"), filepath.Join(dir, "ca.key")); err != nil {
		t.Fatal(err)
	}
	if err := issueAll(new(bytes.Buffer), dir, []string{"localhost"}); err == nil || !strings.Contains(err.Error(), "is no authority of gatehouse ca") {
		t.Errorf("got %v", err)
	}
}
