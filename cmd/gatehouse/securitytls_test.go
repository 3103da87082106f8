package main

import (
	"bufio"
	"crypto/tls"
	"net"
	"os/exec"
	"strings"
	"testing"
)

// talk runs OpenSSL's client, types what it is given, and returns its output up to the
// line that has want, or all of it.
func talk(t *testing.T, typed, want string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "openssl", append([]string{"s_client"}, args...)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { // its input stays open until then, so that it does not leave before
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	if _, err := in.Write([]byte(typed)); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), want) {
			break
		}
	}
	return said.String()
}

// TestSecurityTLS has handshakes that go on where they should not: none renegotiates,
// takes data before it is through, or reads a chain of any length; and names in a
// handshake (SNI) in forms that a Host may have.
func TestSecurityTLS(t *testing.T) {
	t.Parallel()
	c, address := secureServer(t, "")
	namedAPI(t, c, "shop", "")
	domainName(t, c, "api.example.com", "")
	mapped(t, c, "api.example.com", "", "shop", "prod")

	const renegotiation = "alert unexpected message" // and the connection ends
	if said := talk(t, "R\n", renegotiation, "-connect", address, "-servername", "api.example.com", "-tls1_2"); !strings.Contains(said, renegotiation) {
		t.Errorf("a renegotiation: %s", said)
	}
	const early = "Max Early Data: "
	if said := talk(t, "", early, "-connect", address, "-servername", "api.example.com", "-tls1_3"); !strings.Contains(said, early+"0\n") {
		t.Errorf("a ticket allows early data: %s", said)
	}

	for sni, want := range map[string]string{
		"api.example.com": "TLSv1.3 TLS_AES_256_GCM_SHA384", "API.Example.COM": "TLSv1.3 TLS_AES_256_GCM_SHA384",
		"api.example.com.": "",                               // which RFC 6066 does not allow
		"127.0.0.1":        "TLSv1.3 TLS_AES_256_GCM_SHA384", // that of no name
	} {
		got := openssl(t, address, sni, "-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384")
		if got != want {
			t.Errorf("SNI %q: %q, want %q", sni, got, want)
		}
	}

	certificate := issue(t, "Client", nil, nil)
	chain := make([]*issued, 800)
	for i := range chain {
		chain[i] = certificate
	}
	config := certificate.shows(chain...)
	dir := t.TempDir()
	rsaPair(t, dir)
	root := issue(t, "Root", nil, nil)
	writePEM(t, dir+"/trust.pem", "CERTIFICATE", root.cert.Raw)
	p, c, _ := launchWith(t, dir, "in-memory: true\ngateway-tls-listen: 127.0.0.1:0\ncertificates:\n- {cert: cert.pem, key: key.pem}\ntruststores: {'s3://b/trust.pem': trust.pem}\n")
	address = secureLine.FindStringSubmatch(p.printed())[1]
	if _, err := mutualName(t, c, "mutual.example.com", "s3://b/trust.pem", nil); err != nil {
		t.Fatal(err)
	}
	if got := askSecure(address, "mutual.example.com", "mutual.example.com", "/", config); got != "no handshake" {
		t.Errorf("a chain of 800 certificates: %s", got)
	}
	if got := askSecure(address, "mutual.example.com", "mutual.example.com", "/", certificate.shows()); got != `403 {"message":"Forbidden"}` {
		t.Errorf("a certificate of its own: %s", got)
	}
	nc, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", address, &tls.Config{ServerName: "localhost", InsecureSkipVerify: true, NextProtos: []string{"h2"}}) //nolint:gosec // the names are made up
	if err != nil || nc.ConnectionState().NegotiatedProtocol != "h2" {
		t.Fatalf("another client is not served: %v", err)
	}
	_ = nc.Close()
}
