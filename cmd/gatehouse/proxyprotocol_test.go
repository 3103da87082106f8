package main

import (
	"bufio"
	"crypto/tls"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestBehindBalancer has a balancer say who calls, at listeners with and without TLS:
// templates, access logs and the audit log know the client, and pages of this machine
// alone are not shown to others.
func TestBehindBalancer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rsaPair(t, dir)
	p, c, url := launchWith(t, dir, "in-memory: true\ngateway-tls-listen: 127.0.0.1:0\ncertificates:\n- {cert: cert.pem, key: key.pem}\n"+
		"access-log: access.log\naccess-log-format: $context.identity.sourceIp $context.requestId\ntrusted-proxies: [127.0.0.0/8]\nproxy-protocol: [gateway-tls-listen]\n")
	namedAPI(t, c, "shop", "")
	const header = "PROXY TCP4 192.0.2.7 127.0.0.1 1234 443\r\n"
	secure := secureLine.FindStringSubmatch(p.printed())[1]
	nc := say(t, secure, header)
	shook := tls.Client(nc, &tls.Config{ServerName: "localhost", InsecureSkipVerify: true}) //nolint:gosec // the certificate is made up
	if _, err := io.WriteString(shook, "GET /prod/x HTTP/1.1\r\nHost: shop.execute-api.localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(shook), nil)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("under TLS: %v, %v", resp, err)
	}
	_ = resp.Body.Close()
	awaitLine(t, filepath.Join(dir, "access.log"), "192.0.2.7 ")
	if got := askSecure(secure, "localhost", "shop.execute-api.localhost", "/prod/x", (*issued)(nil).shows()); got != "no handshake" {
		t.Errorf("without a header: %s", got)
	}
	if got := askRaw(t, strings.TrimPrefix(url, "http://"), header+"GET /_gatehouse/live HTTP/1.1\r\nHost: localhost\r\n\r\n"); !strings.HasPrefix(got, "400 ") {
		t.Errorf("a listener without the protocol: %s", got)
	}
	p.kill()

	keys := `- {accessKeyId: ADMIN, secretAccessKey: admin-secret-admin, account: "111122223333"}`
	if err := os.WriteFile(filepath.Join(dir, "keys.yaml"), []byte(keys), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, url = launchWith(t, dir, "in-memory: true\ncredentials: keys.yaml\naudit-log: audit.log\ntrusted-proxies: [127.0.0.0/8]\nproxy-protocol: [listen]\n")
	address := strings.TrimPrefix(url, "http://")
	for _, test := range []struct{ header, more, want string }{
		{header, "", "403 "}, {"PROXY UNKNOWN\r\n", "", "200 "},
		{"PROXY UNKNOWN\r\n", "X-Forwarded-For: 127.0.0.1\r\n", "403 "}, {"PROXY UNKNOWN\r\n", "Via: 1.1 proxy\r\n", "403 "}, // by a proxy of this machine
	} {
		if got := askRaw(t, address, test.header+"GET /_gatehouse/doctor HTTP/1.1\r\nHost: localhost\r\n"+test.more+"\r\n"); !strings.HasPrefix(got, test.want) {
			t.Errorf("%q: %s, want %s", test.header+test.more, got, test.want)
		}
	}
	if got := askRaw(t, address, header+"GET /restapis HTTP/1.1\r\nHost: localhost\r\n\r\n"); !strings.HasPrefix(got, "403 ") {
		t.Errorf("a call without credentials: %s", got)
	}
	awaitLine(t, filepath.Join(dir, "audit.log"), `192.0.2.7`)
}

// awaitLine waits until a file has a text.
func awaitLine(t *testing.T, file, want string) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		text, err := os.ReadFile(file)
		if strings.Contains(string(text), want) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s has no %q (%v):\n%s", file, want, err, text)
		}
	}
}
