package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

// rsaPair writes a certificate with an RSA key, which suites without forward secrecy
// need.
func rsaPair(t *testing.T, dir string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour)}
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
}

// secureServer runs a server with an RSA certificate, and returns the address of its
// listener under TLS.
func secureServer(t *testing.T, config string, args ...string) (c *apigateway.Client, address string) {
	t.Helper()
	dir := t.TempDir()
	rsaPair(t, dir)
	p, c, _ := launchWith(t, dir, "in-memory: true\ngateway-tls-listen: 127.0.0.1:0\ncertificates:\n- {cert: cert.pem, key: key.pem}\n"+config, args...)
	return c, secureLine.FindStringSubmatch(p.printed())[1]
}

// openssl does a handshake with OpenSSL's client, and reports what it came to: version
// and cipher suite, or nothing. It then asks for something, for in TLS 1.3 the client is
// through before the server can refuse the handshake.
func openssl(t *testing.T, address, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "openssl", append([]string{"s_client", "-brief", "-connect", address, "-servername", name}, args...)...)
	cmd.WaitDelay = patience
	in, err := cmd.StdinPipe() // it stays open: at its end the client leaves without a look at what comes
	if err != nil {
		t.Fatal(err)
	}
	go fmt.Fprintf(in, "GET / HTTP/1.0\r\nHost: %s\r\n\r\n", name)
	out, _ := cmd.CombinedOutput()
	var version, suite string
	for line := range strings.Lines(string(out)) {
		if v, ok := strings.CutPrefix(line, "Protocol version: "); ok {
			version = strings.TrimSpace(v)
		}
		if v, ok := strings.CutPrefix(line, "Ciphersuite: "); ok {
			suite = strings.TrimSpace(v)
		}
	}
	if !strings.Contains(string(out), "CONNECTION ESTABLISHED") {
		return ""
	}
	if strings.Contains(string(out), "alert") {
		return "alert behind the handshake"
	}
	return version + " " + suite
}

// A probe is a handshake that a client offers: by OpenSSL's arguments, and by a
// configuration of Go's client, which is nil where that has no such suites, or cannot be
// told which to offer.
type probe struct {
	openssl []string
	config  *tls.Config
}

// opensslNames are the names of suites that Go calls otherwise.
var opensslNames = map[uint16]string{
	tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: "ECDHE-RSA-AES128-SHA", tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: "ECDHE-RSA-AES128-GCM-SHA256", tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: "ECDHE-RSA-AES128-SHA256",
	tls.TLS_RSA_WITH_AES_128_GCM_SHA256: "AES128-GCM-SHA256", tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-RSA-CHACHA20-POLY1305",
}

// shakes does a handshake with Go's client, and reports what openssl does, but for the
// suite of TLS 1.3, which depends on the machine.
func shakes(t *testing.T, address, name string, config *tls.Config) string {
	t.Helper()
	config = config.Clone()
	config.ServerName, config.InsecureSkipVerify = name, true
	nc, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", address, config)
	if err != nil {
		return ""
	}
	defer func() { _ = nc.Close() }()
	_ = nc.SetDeadline(time.Now().Add(patience))
	if _, err := fmt.Fprintf(nc, "GET / HTTP/1.0\r\nHost: %s\r\n\r\n", name); err != nil {
		return "alert behind the handshake"
	}
	if _, err := nc.Read(make([]byte, 1)); err != nil {
		return "alert behind the handshake"
	}
	state := nc.ConnectionState()
	version := strings.TrimSuffix(strings.Replace(tls.VersionName(state.Version), "TLS ", "TLSv", 1), ".0")
	if state.Version == tls.VersionTLS13 {
		return version
	}
	return version + " " + opensslNames[state.CipherSuite]
}

// policyProbes are what TestTLSPolicies offers to each policy.
func policyProbes() []probe {
	const legacy = "DEFAULT:@SECLEVEL=0"
	only := func(version uint16, suites ...uint16) *tls.Config {
		return &tls.Config{MinVersion: version, MaxVersion: version, CipherSuites: suites}
	}
	x25519 := only(tls.VersionTLS13)
	x25519.CurvePreferences = []tls.CurveID{tls.X25519}
	return []probe{
		{[]string{"-tls1", "-cipher", legacy}, only(tls.VersionTLS10)},
		{[]string{"-tls1_1", "-cipher", legacy}, only(tls.VersionTLS11)},
		{[]string{"-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"}, only(tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)},
		{[]string{"-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA256"}, only(tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256)},
		{[]string{"-tls1_2", "-cipher", "AES128-GCM-SHA256"}, only(tls.VersionTLS12, tls.TLS_RSA_WITH_AES_128_GCM_SHA256)},
		{[]string{"-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305"}, only(tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256)},
		{[]string{"-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA384:AES256-SHA256"}, nil},
		{[]string{"-tls1_2", "-cipher", "aNULL:eNULL:@SECLEVEL=0"}, nil},
		{[]string{"-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"}, only(tls.VersionTLS13)},
		{[]string{"-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"}, nil},
		{[]string{"-tls1_3", "-curves", "X25519", "-ciphersuites", "TLS_AES_128_GCM_SHA256"}, x25519},
	}
}

// checkProbe offers a probe to a policy, by Go's client where that will do: with OpenSSL's
// each costs a process. SOAK has OpenSSL's offer all of them. Policies of FIPS, which want
// suites of TLS 1.3 that Go's client cannot choose, have OpenSSL's, and of the probes that
// it alone can offer each policy has one by turns.
func checkProbe(t *testing.T, address, name string, p *probe, turn bool, want string) {
	t.Helper()
	got := ""
	switch fips := strings.Contains(name, "fips") && slices.Contains(p.openssl, "-tls1_3"); {
	case soak.Long(), fips, p.config == nil && turn:
		got = openssl(t, address, name, p.openssl...)
	case p.config == nil:
		return
	default:
		if got = shakes(t, address, name, p.config); strings.HasPrefix(want, "TLSv1.3 ") {
			want = "TLSv1.3"
		}
	}
	if got != want {
		t.Errorf("%s, %q: got %q, want %q", name, p.openssl, got, want)
	}
}

// TestTLSPolicies has clients, OpenSSL's among them, do the handshakes that must come
// through and those that must not, with a custom domain name of each security policy.
func TestTLSPolicies(t *testing.T) {
	t.Parallel()
	c, address := secureServer(t, "")
	const (
		none  = ""
		gcm12 = "TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256"
		cbc12 = "TLSv1.2 ECDHE-RSA-AES128-SHA256"
		aes13 = "TLSv1.3 TLS_AES_128_GCM_SHA256"
		cha13 = "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256"
	)
	probes := policyProbes()
	const refusedBehind = "alert behind the handshake" // where TLS 1.3 comes to a suite that the policy has not
	tests := map[types.SecurityPolicy][]string{        // what each probe comes to
		"TLS_1_0":                                      {"TLSv1 ECDHE-RSA-AES128-SHA", "TLSv1.1 ECDHE-RSA-AES128-SHA", gcm12, cbc12, "TLSv1.2 AES128-GCM-SHA256", none, none, none, aes13, cha13, aes13},
		"TLS_1_2":                                      {none, none, gcm12, cbc12, "TLSv1.2 AES128-GCM-SHA256", none, none, none, aes13, cha13, aes13},
		"SecurityPolicy_TLS13_1_2_2021_06":             {none, none, gcm12, cbc12, "TLSv1.2 AES128-GCM-SHA256", none, none, none, aes13, cha13, aes13},
		"SecurityPolicy_TLS13_1_2_PQ_2025_09":          {none, none, gcm12, cbc12, "TLSv1.2 AES128-GCM-SHA256", none, none, none, aes13, cha13, aes13},
		"SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09":      {none, none, gcm12, none, none, none, none, none, aes13, cha13, aes13},
		"SecurityPolicy_TLS13_1_2_FIPS_PFS_PQ_2025_09": {none, none, gcm12, none, none, none, none, none, aes13, refusedBehind, none},
		"SecurityPolicy_TLS13_1_2_FIPS_PQ_2025_09":     {none, none, gcm12, cbc12, "TLSv1.2 AES128-GCM-SHA256", none, none, none, aes13, refusedBehind, none},
		"SecurityPolicy_TLS13_1_3_2025_09":             {none, none, none, none, none, none, none, none, aes13, cha13, aes13},
		"SecurityPolicy_TLS13_1_3_FIPS_2025_09":        {none, none, none, none, none, none, none, none, aes13, refusedBehind, none},
		"SecurityPolicy_TLS13_2025_EDGE":               {none, none, none, none, none, none, none, none, aes13, cha13, aes13},
		"SecurityPolicy_TLS12_PFS_2025_EDGE":           {none, none, gcm12, none, none, "TLSv1.2 ECDHE-RSA-CHACHA20-POLY1305", none, none, aes13, cha13, aes13},
		"SecurityPolicy_TLS12_2018_EDGE":               {none, none, gcm12, cbc12, none, "TLSv1.2 ECDHE-RSA-CHACHA20-POLY1305", none, none, aes13, cha13, aes13},
	}
	if all := types.SecurityPolicy("").Values(); len(all) != len(tests) {
		t.Errorf("the SDK knows the policies %q", all)
	}
	for turn, policy := range slices.Sorted(maps.Keys(tests)) {
		name := strings.ToLower(strings.ReplaceAll(string(policy), "_", "-")) + ".example.com"
		in := &apigateway.CreateDomainNameInput{DomainName: &name, SecurityPolicy: policy}
		if strings.HasPrefix(string(policy), "SecurityPolicy_") {
			in.EndpointAccessMode = types.EndpointAccessModeBasic
		}
		if in.CertificateArn = aws.String(aCertificate + "0"); !strings.HasSuffix(string(policy), "_EDGE") {
			in.CertificateArn, in.RegionalCertificateArn = nil, in.CertificateArn
			in.EndpointConfiguration = &types.EndpointConfiguration{Types: []types.EndpointType{"REGIONAL"}}
		}
		if _, err := c.CreateDomainName(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		alone := 0 // of the probes that OpenSSL's client alone can offer
		for i := range probes {
			if probes[i].config == nil {
				alone++
			}
			checkProbe(t, address, name, &probes[i], alone == turn%3+1, tests[policy][i])
		}
	}
	for _, probe := range probes[:2] { // of names that are none, and of none
		if got := openssl(t, address, "localhost", probe.openssl...) + shakes(t, address, "nope.execute-api.localhost", probe.config); got != "" {
			t.Errorf("%q: got %q", probe.openssl, got)
		}
	}
}

// getSecure is a GET under TLS on a connection of its own, nil where the handshake
// fails. address is where the client connects to, sni what it asks for there.
func getSecure(address, sni, host, path string, config *tls.Config) (*http.Response, []byte) {
	config = config.Clone()
	config.ServerName = sni
	transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequest("GET", "https://"+address+path, nil)
	if err != nil {
		panic(err) // a test has written the URL
	}
	req.Host = host
	resp, err := (&http.Client{Transport: transport, Timeout: patience}).Do(req)
	if err != nil {
		return nil, nil
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(resp.Body)
	return resp, body
}

// secureStatus is what a GET comes to, "" where the handshake fails.
func secureStatus(address, sni, host, path string, config *tls.Config) string {
	config = config.Clone()
	config.InsecureSkipVerify = true
	resp, _ := getSecure(address, sni, host, path, config)
	if resp == nil {
		return ""
	}
	return fmt.Sprintf("%d over %s", resp.StatusCode, resp.Proto)
}

// TestTLSPolicyOfAPIs has the handshakes for an API's own host follow its
// policy, at once when that changes and whatever is deployed, and keeps to it calls that
// come by other names.
func TestTLSPolicyOfAPIs(t *testing.T) {
	t.Parallel()
	c, address := secureServer(t, "")
	namedAPI(t, c, "shop", "")
	namedAPI(t, c, "other", "")
	const host = "shop.execute-api.localhost"
	old := &tls.Config{MaxVersion: tls.VersionTLS12}                                                                       //nolint:gosec // that is the point
	oldest := &tls.Config{MinVersion: tls.VersionTLS11, MaxVersion: tls.VersionTLS11}                                      //nolint:gosec // that is the point
	blocks := &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256}} //nolint:gosec // that is the point
	expect := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	policy := func(ops ...types.PatchOperation) {
		t.Helper()
		if _, err := c.UpdateRestApi(t.Context(), &apigateway.UpdateRestApiInput{RestApiId: aws.String("shop"), PatchOperations: ops}); err != nil {
			t.Fatal(err)
		}
	}
	replace := func(path, value string) types.PatchOperation {
		return types.PatchOperation{Op: "replace", Path: &path, Value: &value}
	}
	expect("no policy, TLS 1.2", secureStatus(address, host, host, "/prod/x", old), "200 over HTTP/2.0")
	expect("no policy, TLS 1.1", secureStatus(address, host, host, "/prod/x", oldest), "")
	policy(replace("/securityPolicy", "SecurityPolicy_TLS13_1_3_2025_09"), replace("/endpointAccessMode", "BASIC"))
	expect("TLS 1.3", secureStatus(address, host, host, "/prod/x", new(tls.Config)), "200 over HTTP/2.0")
	expect("TLS 1.2", secureStatus(address, host, host, "/prod/x", old), "")
	expect("TLS 1.2, in upper case", secureStatus(address, "SHOP.execute-api.localhost", host, "/prod/x", old), "")
	expect("TLS 1.2 by another name", secureStatus(address, "localhost", host, "/prod/x", old), "403 over HTTP/2.0")
	expect("TLS 1.2 by a path", secureStatus(address, "localhost", "localhost", "/_aws/execute-api/shop/prod/x", old), "403 over HTTP/2.0")
	expect("TLS 1.3 by a path", secureStatus(address, "localhost", "localhost", "/_aws/execute-api/shop/prod/x", new(tls.Config)), "200 over HTTP/2.0")
	expect("another API", secureStatus(address, "localhost", "other.execute-api.localhost", "/prod/x", old), "200 over HTTP/2.0")
	domainName(t, c, "api.example.com", "")
	mapped(t, c, "api.example.com", "", "shop", "prod")
	expect("TLS 1.2 by a domain name that takes it", secureStatus(address, "api.example.com", "api.example.com", "/x", old), "403 over HTTP/2.0")
	expect("TLS 1.3 by that name", secureStatus(address, "api.example.com", "api.example.com", "/x", new(tls.Config)), "200 over HTTP/2.0")
	domainName(t, c, "new.example.com", "BASIC")
	mapped(t, c, "new.example.com", "", "other", "prod")
	expect("TLS 1.2 for another name than the Host, which takes none", secureStatus(address, "api.example.com", "new.example.com", "/x", old), "421 over HTTP/2.0")
	expect("TLS 1.3 for that", secureStatus(address, "api.example.com", "new.example.com", "/x", new(tls.Config)), "200 over HTTP/2.0")

	policy(replace("/endpointAccessMode", ""), replace("/securityPolicy", "TLS_1_0"))
	expect("TLS_1_0, TLS 1.1", secureStatus(address, host, host, "/prod/x", oldest), "200 over HTTP/1.1")
	expect("TLS_1_0, a suite that HTTP/2 does not go over", secureStatus(address, host, host, "/prod/x", blocks), "200 over HTTP/1.1")
	expect("another API, TLS 1.1", secureStatus(address, "other.execute-api.localhost", host, "/prod/x", oldest), "")
}

// TestPoliciesOfAWS gives APIs without a policy AWS's where AWS's limits are asked for.
func TestPoliciesOfAWS(t *testing.T) {
	t.Parallel()
	c, address := secureServer(t, "aws-limits: true\nrates: {create-deployment: unlimited}\nvpc-endpoints: {vpce-1: vpc-1 127.0.0.0/8}\n")
	namedAPI(t, c, "shop", "")
	oldest := &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10} //nolint:gosec // that is the point
	if got := secureStatus(address, "shop.execute-api.localhost", "shop.execute-api.localhost", "/prod/x", oldest); got != "200 over HTTP/1.1" {
		t.Errorf("a regional API: %q", got)
	}
	if _, err := c.UpdateRestApi(t.Context(), &apigateway.UpdateRestApiInput{RestApiId: aws.String("shop"), PatchOperations: []types.PatchOperation{
		{Op: "replace", Path: aws.String("/endpointConfiguration/types/REGIONAL"), Value: aws.String("PRIVATE")},
	}}); err != nil {
		t.Fatal(err)
	}
	if got := secureStatus(address, "shop.execute-api.localhost", "shop.execute-api.localhost", "/prod/x", oldest); got != "" {
		t.Errorf("a private API: %q", got)
	}
	nc, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", address, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}) //nolint:gosec // that is the point
	if err == nil {
		_ = nc.Close()
		t.Error("TLS 1.1 is taken without a name")
	}
}
