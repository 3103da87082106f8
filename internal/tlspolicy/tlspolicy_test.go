package tlspolicy

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

// clients are the handshakes that are tried with each policy.
var clients = map[string]*tls.Config{
	"1.0":              {MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10, CipherSuites: append(slices.Clone(cbcSHA), rsaSHA...)},
	"1.1":              {MinVersion: tls.VersionTLS11, MaxVersion: tls.VersionTLS11, CipherSuites: append(slices.Clone(cbcSHA), rsaSHA...)},
	"1.2 GCM":          {MaxVersion: tls.VersionTLS12, CipherSuites: gcm},
	"1.2 ChaCha20":     {MaxVersion: tls.VersionTLS12, CipherSuites: chacha},
	"1.2 CBC SHA-256":  {MaxVersion: tls.VersionTLS12, CipherSuites: cbc256},
	"1.2 CBC SHA":      {MaxVersion: tls.VersionTLS12, CipherSuites: cbcSHA},
	"1.2 RSA GCM":      {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}},
	"1.2 RSA SHA-256":  {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA256}},
	"1.2 RSA CBC SHA":  {MaxVersion: tls.VersionTLS12, CipherSuites: rsaSHA},
	"1.2 RC4":          {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA, tls.TLS_RSA_WITH_RC4_128_SHA}},
	"1.2 3DES":         {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}},
	"1.2 X25519":       {MaxVersion: tls.VersionTLS12, CipherSuites: gcm, CurvePreferences: []tls.CurveID{tls.X25519}},
	"1.3 X25519":       {MinVersion: tls.VersionTLS13, CurvePreferences: []tls.CurveID{tls.X25519}},
	"1.3 P-256":        {MinVersion: tls.VersionTLS13, CurvePreferences: []tls.CurveID{tls.CurveP256}},
	"1.3 P-384":        {MinVersion: tls.VersionTLS13, CurvePreferences: []tls.CurveID{tls.CurveP384}},
	"1.3 ML-KEM":       {MinVersion: tls.VersionTLS13, CurvePreferences: []tls.CurveID{tls.X25519MLKEM768}},
	"1.3 P-256 ML-KEM": {MinVersion: tls.VersionTLS13, CurvePreferences: []tls.CurveID{tls.SecP256r1MLKEM768}},
}

// What policies have in common.
const (
	modern = "1.2 GCM, 1.2 X25519, 1.3 P-256, 1.3 P-384, 1.3 X25519"
	older  = modern + ", 1.2 CBC SHA-256, 1.2 RSA GCM, 1.2 RSA SHA-256"
	mlKEM  = ", 1.3 ML-KEM, 1.3 P-256 ML-KEM"
	fips   = "1.3 P-256, 1.3 P-384"
)

// TestHandshakes has which clients come through to each policy: these and no others.
func TestHandshakes(t *testing.T) {
	pairs := []tls.Certificate{certificate(t, elliptic.P256()), certificate(t, nil)}
	tests := map[string]string{
		"": modern + mlKEM + ", 1.2 ChaCha20, 1.2 CBC SHA",

		"TLS_1_0":                                      older + mlKEM + ", 1.0, 1.1, 1.2 CBC SHA, 1.2 RSA CBC SHA",
		"TLS_1_2":                                      older + mlKEM,
		"SecurityPolicy_TLS13_1_2_2021_06":             older,
		"SecurityPolicy_TLS13_1_2_PQ_2025_09":          older + mlKEM,
		"SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09":      modern + mlKEM,
		"SecurityPolicy_TLS13_1_3_2025_09":             "1.3 P-256, 1.3 P-384, 1.3 X25519",
		"SecurityPolicy_TLS13_1_3_FIPS_2025_09":        fips,
		"SecurityPolicy_TLS13_1_2_FIPS_PFS_PQ_2025_09": fips + mlKEM + ", 1.2 GCM",
		"SecurityPolicy_TLS13_1_2_FIPS_PQ_2025_09":     fips + mlKEM + ", 1.2 GCM, 1.2 CBC SHA-256, 1.2 RSA GCM, 1.2 RSA SHA-256",
		"SecurityPolicy_TLS13_2025_EDGE":               "1.3 P-256, 1.3 P-384, 1.3 X25519" + mlKEM,
		"SecurityPolicy_TLS12_PFS_2025_EDGE":           modern + mlKEM + ", 1.2 ChaCha20",
		"SecurityPolicy_TLS12_2018_EDGE":               modern + mlKEM + ", 1.2 ChaCha20, 1.2 CBC SHA-256",
	}
	if len(tests) != len(All())+1 {
		t.Errorf("%d policies are tried of %d", len(tests)-1, len(All()))
	}
	for name, list := range tests {
		policy := Default
		if name != "" {
			policy = Find(name)
		}
		wanted := strings.Split(list, ", ")
		for _, w := range wanted {
			if _, ok := clients[w]; !ok {
				t.Fatalf("no client is called %s", w)
			}
		}
		for label, client := range clients {
			state, err := shake(policy, pairs, client.Clone())
			if got, want := err == nil, slices.Contains(wanted, label); got != want {
				t.Errorf("%s, client %s: %v, want it taken: %t", name, label, err, want)
			}
			if err == nil && !policy.Takes(state.Version, state.CipherSuite) {
				t.Errorf("%s, client %s: the policy does not take %s of its own handshake", name, label, tls.CipherSuiteName(state.CipherSuite))
			}
		}
	}
}

// TestHTTP2 tells the clients that may speak HTTP/2 from those whose handshakes it may
// not be spoken over.
func TestHTTP2(t *testing.T) {
	for _, tt := range []struct {
		policy   string
		versions []uint16
		suites   []uint16
		want     bool
	}{
		{"TLS_1_0", []uint16{tls.VersionTLS13, tls.VersionTLS12}, nil, true},
		{"TLS_1_0", []uint16{tls.VersionTLS12}, gcm, true},
		{"TLS_1_0", []uint16{tls.VersionTLS12}, cbc256, false},
		{"TLS_1_0", []uint16{tls.VersionTLS12}, plainRSA, false},
		{"TLS_1_0", []uint16{tls.VersionTLS12}, chacha, false}, // which it has not
		{"SecurityPolicy_TLS12_2018_EDGE", []uint16{tls.VersionTLS12}, chacha, true},
		{"TLS_1_0", []uint16{tls.VersionTLS11, tls.VersionTLS10}, gcm, false},
		{"SecurityPolicy_TLS13_1_3_2025_09", []uint16{tls.VersionTLS12}, gcm, false},
	} {
		if got := Find(tt.policy).HTTP2(&tls.ClientHelloInfo{SupportedVersions: tt.versions, CipherSuites: tt.suites}); got != tt.want {
			t.Errorf("%s, versions %x, suites %x: %t", tt.policy, tt.versions, tt.suites, got)
		}
	}
}

// TestSuitesOfFIPS refuses what a policy does not have of TLS 1.3: the handshake fails
// rather than come to it.
func TestSuitesOfFIPS(t *testing.T) {
	p := Find("SecurityPolicy_TLS13_1_3_FIPS_2025_09")
	c := new(tls.Config)
	p.Apply(c)
	for suite, want := range map[uint16]bool{tls.TLS_AES_128_GCM_SHA256: true, tls.TLS_AES_256_GCM_SHA384: true, tls.TLS_CHACHA20_POLY1305_SHA256: false} {
		if err := c.VerifyConnection(tls.ConnectionState{Version: tls.VersionTLS13, CipherSuite: suite}); (err == nil) != want {
			t.Errorf("%s: %v", tls.CipherSuiteName(suite), err)
		}
	}
	if p.Takes(tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256) || Find("nope") != nil {
		t.Error("a version or a name is taken that is not there")
	}
}

// shake does a handshake of a client with a server of a policy.
func shake(p *Policy, pairs []tls.Certificate, client *tls.Config) (tls.ConnectionState, error) {
	near, far := net.Pipe()
	server := &tls.Config{Certificates: pairs}
	p.Apply(server)
	client.InsecureSkipVerify = true
	shook := make(chan error, 1)
	go func() {
		shook <- tls.Server(far, server).Handshake()
		_ = far.Close()
	}()
	c := tls.Client(near, client)
	err := c.Handshake()
	state := c.ConnectionState()
	_ = near.Close()
	if theirs := <-shook; err == nil {
		err = theirs
	}
	return state, err
}

// certificate makes one that is signed with its own key: of a curve, nil for RSA.
func certificate(t *testing.T, curve elliptic.Curve) tls.Certificate {
	t.Helper()
	var key crypto.Signer
	var err error
	if curve == nil {
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	} else {
		key, err = ecdsa.GenerateKey(curve, rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
