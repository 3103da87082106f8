package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
)

// save writes a certificate and its key as NAME.pem and NAME.key.
func (i *issued) save(t *testing.T, dir, name string) {
	t.Helper()
	raw, err := x509.MarshalPKCS8PrivateKey(i.key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, filepath.Join(dir, name+".key"), "PRIVATE KEY", raw)
	writePEM(t, filepath.Join(dir, name+".pem"), "CERTIFICATE", i.cert.Raw)
}

// serves has a certificate be for names, and for this machine's address.
func serves(names ...string) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = names, []net.IP{net.IPv4(127, 0, 0, 1)} }
}

// secureSDK is a client that trusts an authority, and shows a certificate, nil for none.
func secureSDK(url string, trusts, shows *issued) (*apigateway.Client, *http.Client) {
	pool := x509.NewCertPool()
	pool.AddCert(trusts.cert)
	config := shows.shows()
	config.InsecureSkipVerify, config.RootCAs = false, pool
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}}
	return apigateway.New(apigateway.Options{
		Region: "us-east-1", BaseEndpoint: &url, Retryer: aws.NopRetryer{}, HTTPClient: client, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}), client
}

// ran runs gatehouse and returns what it printed.
func ran(t *testing.T, dir string, env []string, args ...string) (string, error) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Args[0], cmd.Dir, cmd.Env = "gatehouse", dir, append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestControlPlaneTLS has the control plane and health under TLS alone, for clients with a
// certificate alone, by SDK and by our own commands; certificates are read again when
// their files change.
func TestControlPlaneTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root, other := issue(t, "Root", nil, nil), issue(t, "Other", nil, nil)
	issue(t, "server", root, serves("localhost")).save(t, dir, "server")
	client, stranger := issue(t, "client", root, nil), issue(t, "stranger", other, nil)
	client.save(t, dir, "client")
	root.save(t, dir, "root")
	p, _, url := launchWith(t, dir, "in-memory: true\ngateway-listen: 127.0.0.1:0\nlisten-cert: server.pem\nlisten-key: server.key\nlisten-client-ca: root.pem\n"+
		"admin-listen: 127.0.0.1:0\nadmin-cert: server.pem\nadmin-key: server.key\nadmin-client-ca: root.pem\n")
	admin := strings.TrimSuffix(regexp.MustCompile(`(?m)^Health +(\S+)$`).FindStringSubmatch(p.printed())[1], readyPage)
	if !strings.HasPrefix(url, "https://127.0.0.1:") || !strings.HasPrefix(admin, "https://127.0.0.1:") {
		t.Fatalf("printed\n%s", p.printed())
	}
	sdk, raw := secureSDK(url, root, client)
	if _, err := sdk.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("a")}); err != nil {
		t.Fatal(err)
	}
	for name, shows := range map[string]*issued{"none": nil, "of another authority": stranger} {
		for _, at := range []string{url, admin} {
			_, raw := secureSDK(at, root, shows)
			if resp, err := raw.Get(at + readyPage); err == nil {
				t.Errorf("a certificate, %s: %s answers %s", name, at, resp.Status)
				_ = resp.Body.Close()
			}
		}
	}
	resp, err := raw.Get(admin + metricsPage)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 200 || resp.ProtoMajor != 2 {
		t.Errorf("metrics: %s %s", resp.Proto, resp.Status)
	}
	if got := askRaw(t, strings.TrimPrefix(url, "https://"), "GET /restapis HTTP/1.1\r\nHost: localhost\r\n\r\n"); !strings.HasPrefix(got, "400 ") {
		t.Errorf("without TLS: %s", got)
	}

	trusted := []string{"--cacert", "root.pem", "--cert", "client.pem", "--key", "client.key"}
	for _, args := range [][]string{{"wait", "--endpoint", url}, {"wait", "--endpoint", admin}, {"doctor", "--endpoint", url}} {
		if out, err := ran(t, dir, nil, append(args, trusted...)...); err != nil {
			t.Errorf("%v: %v: %s", args, err, out)
		}
	}
	for wrong, want := range map[string]string{
		"doctor --cacert root.pem":                   "no server answers at ",
		"wait --cacert nowhere.pem":                  "--cacert: nowhere.pem: no such file or directory",
		"doctor --cert client.pem":                   "--cert: needs --key, its private key",
		"doctor --key client.key":                    "--key: needs --cert, the certificate that it is for",
		"wait --cert client.pem --key server.key":    "--cert: client.pem and server.key are no pair",
		"doctor --cacert client.key":                 "--cacert: client.key: it holds no certificate in PEM form",
		"doctor --cacert client.pem":                 "unknown authority",
		"doctor --cacert root.pem --cert client.key": "--cert: needs --key",
	} {
		if out, err := ran(t, dir, nil, append(strings.Fields(wrong), "--endpoint", url)...); err == nil || !strings.Contains(out, want) {
			t.Errorf("%s: %v: %s, want %s", wrong, err, out, want)
		}
	}

	old, renewed := presentedTo(t, url, client), issue(t, "server", root, serves("localhost"))
	renewed.save(t, dir, "server")
	for end := time.Now().Add(patience); presentedTo(t, url, client).Equal(old) || presentedTo(t, admin, client).Equal(old); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the renewed certificate is not shown")
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "root.pem"), []byte(other.pem()), 0o600); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		_, raw := secureSDK(url, root, stranger)
		if resp, err := raw.Get(url + readyPage); err == nil {
			_ = resp.Body.Close()
			break
		}
		if time.Now().After(end) {
			t.Fatal("another authority is not taken")
		}
	}
}

// presentedTo is the certificate that a server shows to a client.
func presentedTo(t *testing.T, url string, client *issued) *x509.Certificate {
	t.Helper()
	nc, err := tls.Dial("tcp", strings.TrimPrefix(url, "https://"), client.shows())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nc.Close() }()
	return nc.ConnectionState().PeerCertificates[0]
}

// TestSharedTLS has both planes share a port under TLS: the control plane with the
// listener's certificate, a domain name with its own and by its policy.
func TestSharedTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root := issue(t, "Root", nil, nil)
	issue(t, "server", root, serves("localhost")).save(t, dir, "server")
	domain := issue(t, "domain", root, serves("api.example.com"))
	domain.save(t, dir, "domain")
	_, _, url := launchWith(t, dir, "in-memory: true\nlisten-cert: server.pem\nlisten-key: server.key\ncertificates:\n- {cert: domain.pem, key: domain.key, arn: '"+aCertificate+"0'}\n")
	sdk, raw := secureSDK(url, root, nil)
	namedAPI(t, sdk, "shop", "")
	domainName(t, sdk, "api.example.com", "STRICT") // with a policy of TLS 1.3 alone
	mapped(t, sdk, "api.example.com", "", "shop", "prod")
	address := strings.TrimPrefix(url, "https://")
	if got := presented(t, address, "api.example.com"); !got.Equal(domain.cert) {
		t.Errorf("the domain name has the certificate of %s", got.Subject)
	}
	if got := presented(t, address, "localhost"); got.Subject.CommonName != "server" {
		t.Errorf("the listener has the certificate of %s", got.Subject)
	}
	resp, err := raw.Get(url + "/_aws/execute-api/shop/prod/x")
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	_, _ = body.ReadFrom(resp.Body)
	_ = resp.Body.Close()
	if got := body.String(); resp.StatusCode != 200 || !strings.HasPrefix(got, "shop") {
		t.Errorf("a stage: %s %s", resp.Status, got)
	}
	secure := (*issued)(nil).shows()
	if got := askSecure(address, "api.example.com", "api.example.com", "/x", secure); !strings.HasPrefix(got, "200 shop") {
		t.Errorf("the domain name: %s", got)
	}
	if got := askSecure(address, "localhost", "api.example.com", "/x", secure); !strings.HasPrefix(got, "421 ") {
		t.Errorf("the domain name behind another handshake: %s", got)
	}
	secure.MaxVersion = tls.VersionTLS12
	if got := askSecure(address, "api.example.com", "api.example.com", "/x", secure); got != "no handshake" {
		t.Errorf("the domain name by TLS 1.2: %s", got)
	}
}

// TestSecureEnvironment has the commands on a server's own machine know from its
// variables that it is under TLS.
func TestSecureEnvironment(t *testing.T) {
	t.Parallel()
	env := []string{"GATEHOUSE_LISTEN=0.0.0.0:4567", "GATEHOUSE_LISTEN_CERT=server.pem"}
	if out, err := ran(t, ".", env, "env", "--cacert", "my ca.pem"); err != nil || !strings.Contains(out, "AWS_ENDPOINT_URL_API_GATEWAY=https://127.0.0.1:4567\n") || !strings.Contains(out, "export AWS_CA_BUNDLE='my ca.pem'\n") {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := ran(t, ".", env, "url", "abc", "prod"); err != nil || out != "https://127.0.0.1:4567/_aws/execute-api/abc/prod\n" {
		t.Errorf("%v: %s", err, out)
	}
}
