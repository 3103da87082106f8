package keypair

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// made is a certificate with its key.
type made struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func (m *made) body() string { return encode("CERTIFICATE", m.cert.Raw) }

func (m *made) pkcs8(t testing.TB) string {
	der, err := x509.MarshalPKCS8PrivateKey(m.key)
	if err != nil {
		t.Fatal(err)
	}
	return encode("PRIVATE KEY", der)
}

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// sign makes a certificate of a key, signed by another one or, for nil, by itself.
func sign(t testing.TB, key crypto.Signer, by *made, change func(*x509.Certificate)) *made {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		DNSNames: []string{"api.example.com", "*.wild.example.com"}, BasicConstraintsValid: true,
	}
	if change != nil {
		change(template)
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &made{cert, key}
}

func authority(t *x509.Certificate) {
	t.IsCA, t.DNSNames, t.KeyUsage = true, nil, x509.KeyUsageCertSign
}

func ec(t testing.TB, curve elliptic.Curve) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func rsaKey(t testing.TB, bits int) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// A mersenne is an RSA key that is made in no time: its modulus is a prime one below a
// power of two.
type mersenne struct{ rsa.PublicKey }

func newMersenne(bits uint, exponent int) mersenne {
	n := new(big.Int).Lsh(big.NewInt(1), bits)
	return mersenne{rsa.PublicKey{N: n.Sub(n, big.NewInt(1)), E: exponent}}
}

func (m mersenne) Public() crypto.PublicKey { return &m.PublicKey }

// Sign signs a SHA-256 digest as PKCS #1 1.5 does.
func (m mersenne) Sign(_ io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	message := append([]byte("\x00\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"), digest...)
	padded := append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, m.Size()-2-len(message))...)
	d := new(big.Int).Sub(m.N, big.NewInt(1))
	d.ModInverse(big.NewInt(int64(m.E)), d)
	signature := new(big.Int).SetBytes(append(padded, message...))
	return signature.Exp(signature, d, m.N).FillBytes(make([]byte, m.Size())), nil
}

// What AWS says of uploads.
const (
	noBody   = "Unable to parse certificate. Please ensure the certificate is in PEM format."
	noKey    = "Unable to parse private key. Please ensure the private key is in PEM format."
	noMatch  = "The Certificate's public key doesn't match the supplied private key."
	badChain = "Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, followed by any intermediaries in order. The index within the chain of the invalid certificate is: "
	badSize  = "The private key is not supported: RSA keys of 2048 to 4096 bits and ECDSA keys of P-256 and P-384 are."
)

func TestCheck(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0")
	root := sign(t, ec(t, elliptic.P256()), nil, authority)
	middle := sign(t, ec(t, elliptic.P384()), root, authority)
	leaf, other := sign(t, ec(t, elliptic.P256()), middle, nil), sign(t, ec(t, elliptic.P384()), nil, nil)
	server := func(change func(*x509.Certificate)) Upload {
		m := sign(t, ec(t, elliptic.P256()), nil, change)
		return Upload{Body: m.body(), Key: m.pkcs8(t)}
	}
	of := func(key crypto.Signer) Upload {
		m := sign(t, key, nil, nil)
		return Upload{Body: m.body(), Key: m.pkcs8(t)}
	}
	rsa2048 := rsaKey(t, 2048).(*rsa.PrivateKey)
	pkcs1 := of(rsa2048)
	pkcs1.Key = encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsa2048))
	sec1DER, _ := x509.MarshalECPrivateKey(other.key.(*ecdsa.PrivateKey))
	sec1 := Upload{Body: other.body(), Key: "\n" + encode("EC PARAMETERS", []byte{6, 5}) + encode("EC PRIVATE KEY", sec1DER)}
	_, edwards, _ := ed25519.GenerateKey(rand.Reader)
	huge := sign(t, newMersenne(9689, 65537), root, authority)
	byHuge := sign(t, ec(t, elliptic.P256()), huge, nil)
	slow := sign(t, newMersenne(4423, 1<<31-1), root, authority)
	bySlow := sign(t, ec(t, elliptic.P256()), slow, nil)
	body, key := leaf.body(), leaf.pkcs8(t)
	tests := map[string]struct {
		upload Upload
		domain string
		want   string
	}{
		"alone":                      {Upload{Body: body, Key: key}, "api.example.com", ""},
		"with its chain":             {Upload{Body: body, Key: key, Chain: middle.body() + root.body()}, "api.example.com", ""},
		"without the root":           {Upload{Body: body, Key: key, Chain: middle.body()}, "api.example.com", ""},
		"a name below its wildcard":  {Upload{Body: body, Key: key}, "a.wild.example.com", ""},
		"the wildcard itself":        {Upload{Body: body, Key: key}, "*.wild.example.com", ""},
		"RSA, PKCS #1":               {pkcs1, "api.example.com", ""},
		"ECDSA as OpenSSL writes it": {sec1, "api.example.com", ""},
		"a server by its extension": {server(func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
		}), "api.example.com", ""},
		"another name":                  {Upload{Body: body, Key: key}, "b.example.com", "The certificate does not cover the domain name b.example.com."},
		"a wildcard that it has not":    {Upload{Body: body, Key: key}, "*.example.com", "The certificate does not cover the domain name *.example.com."},
		"two levels below a wildcard":   {Upload{Body: body, Key: key}, "a.b.wild.example.com", "The certificate does not cover the domain name a.b.wild.example.com."},
		"a common name alone":           {server(func(c *x509.Certificate) { c.DNSNames, c.Subject.CommonName = nil, "api.example.com" }), "api.example.com", "The certificate does not cover the domain name api.example.com."},
		"of clients":                    {server(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), "api.example.com", "The certificate is not one of a server."},
		"expired":                       {server(func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Second) }), "api.example.com", "The certificate has expired at 2026-02-28T23:59:59Z."},
		"not yet valid":                 {server(func(c *x509.Certificate) { c.NotBefore = now.Add(time.Second) }), "api.example.com", "The certificate is not valid before 2026-03-01T00:00:01Z."},
		"no certificate":                {Upload{Key: key}, "api.example.com", noBody},
		"text":                          {Upload{Body: "secret", Key: key}, "api.example.com", noBody},
		"text before it":                {Upload{Body: "Subject: x\n" + body, Key: key}, "api.example.com", noBody},
		"two certificates":              {Upload{Body: body + root.body(), Key: key}, "api.example.com", noBody},
		"a key for a certificate":       {Upload{Body: key, Key: key}, "api.example.com", noBody},
		"a certificate of nothing":      {Upload{Body: encode("CERTIFICATE", []byte{0x30, 0x80}), Key: key}, "api.example.com", noBody},
		"a certificate that is large":   {Upload{Body: body + strings.Repeat("\n", maxBody), Key: key}, "api.example.com", noBody},
		"no key":                        {Upload{Body: body}, "api.example.com", noKey},
		"a certificate for a key":       {Upload{Body: body, Key: body}, "api.example.com", noKey},
		"two keys":                      {Upload{Body: body, Key: key + key}, "api.example.com", noKey},
		"a key of nothing":              {Upload{Body: body, Key: encode("PRIVATE KEY", []byte{0x30, 0x80})}, "api.example.com", noKey},
		"a key that is large":           {Upload{Body: body, Key: key + strings.Repeat("\n", maxKey)}, "api.example.com", noKey},
		"an encrypted key":              {Upload{Body: body, Key: encode("ENCRYPTED PRIVATE KEY", []byte{1})}, "api.example.com", "Unable to parse key; the body is encrypted."},
		"one of OpenSSL's old form":     {Upload{Body: body, Key: strings.Replace(encode("RSA PRIVATE KEY", []byte{1}), "\n", "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n", 1)}, "api.example.com", "Unable to parse key; the body is encrypted."},
		"another's key":                 {Upload{Body: body, Key: other.pkcs8(t)}, "api.example.com", noMatch},
		"a key of another kind":         {Upload{Body: body, Key: pkcs1.Key}, "api.example.com", noMatch},
		"RSA, 1024":                     {of(rsaKey(t, 1024)), "api.example.com", badSize},
		"P-224":                         {of(ec(t, elliptic.P224())), "api.example.com", badSize},
		"P-521":                         {of(ec(t, elliptic.P521())), "api.example.com", badSize},
		"Ed25519":                       {of(edwards), "api.example.com", badSize},
		"a chain in the wrong order":    {Upload{Body: body, Key: key, Chain: root.body() + middle.body()}, "api.example.com", badChain + "0"},
		"a chain with a gap":            {Upload{Body: body, Key: key, Chain: middle.body() + other.body()}, "api.example.com", badChain + "1"},
		"the certificate in its chain":  {Upload{Body: body, Key: key, Chain: body + middle.body()}, "api.example.com", badChain + "0"},
		"a huge key in the chain":       {Upload{Body: byHuge.body(), Key: byHuge.pkcs8(t), Chain: huge.body() + root.body()}, "api.example.com", badChain + "0"},
		"a large exponent in the chain": {Upload{Body: bySlow.body(), Key: bySlow.pkcs8(t), Chain: slow.body() + root.body()}, "api.example.com", badChain + "0"},
		"a chain of text":               {Upload{Body: body, Key: key, Chain: "x"}, "api.example.com", badChain + "-1"},
		"a key in the chain":            {Upload{Body: body, Key: key, Chain: key}, "api.example.com", badChain + "0"},
		"a huge chain":                  {Upload{Body: body, Key: key, Chain: strings.Repeat(middle.body(), maxLinks+1)}, "api.example.com", badChain + "-1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Check(tt.upload, tt.domain, now)
			if tt.want != "" {
				if err == nil || err.Error() != tt.want {
					t.Errorf("got %v, want %s", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tls.X509KeyPair([]byte(got.Chain), []byte(encode("PRIVATE KEY", got.Key))); err != nil || len(got.Fingerprint) != 64 {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// TestFingerprint tells a certificate with another chain from what was uploaded before:
// servers that have made that ready would go on to show it.
func TestFingerprint(t *testing.T) {
	root := sign(t, ec(t, elliptic.P256()), nil, authority)
	leaf := sign(t, ec(t, elliptic.P256()), root, nil)
	fingerprint := func(chain string) string {
		pair, err := Check(Upload{Body: leaf.body(), Key: leaf.pkcs8(t), Chain: chain}, "api.example.com", now)
		if err != nil {
			t.Fatal(err)
		}
		return pair.Fingerprint
	}
	if alone := fingerprint(""); alone == fingerprint(root.body()) || alone != fingerprint("") {
		t.Errorf("the fingerprint is %s with and without a chain", alone)
	}
}

// Whatever is uploaded, no error holds anything of the key, and what is taken can be shown.
func FuzzCheck(f *testing.F) {
	m := sign(f, ec(f, elliptic.P256()), nil, nil)
	f.Add(m.body(), m.pkcs8(f), m.body())
	f.Add(m.body(), m.pkcs8(f), "")
	f.Fuzz(func(t *testing.T, body, key, chain string) {
		got, err := Check(Upload{Body: body, Key: key, Chain: chain}, "api.example.com", now)
		if err != nil {
			return
		}
		if _, err := tls.X509KeyPair([]byte(got.Chain), []byte(encode("PRIVATE KEY", got.Key))); err != nil {
			t.Error(err)
		}
	})
}
