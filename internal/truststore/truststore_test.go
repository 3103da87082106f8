package truststore

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 5, 8, 12, 0, 0, 0, time.UTC)

// A signed is a certificate with its key.
type signed struct {
	*x509.Certificate
	key crypto.Signer
}

// An unable key is public alone.
type unable struct{ *rsa.PublicKey }

func (u unable) Public() crypto.PublicKey { return u.PublicKey }

func (unable) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("there is no private key")
}

func key(t testing.TB, kind string) crypto.Signer {
	t.Helper()
	var k crypto.Signer
	var err error
	switch kind {
	case "RSA-1024":
		t.Setenv("GODEBUG", "rsa1024min=0")
		k, err = rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // that is the point
	case "RSA-2048":
		k, err = rsa.GenerateKey(rand.Reader, 2048)
	case "RSA-9689":
		n := new(big.Int).Lsh(big.NewInt(1), 9689)
		k = unable{&rsa.PublicKey{N: n.Sub(n, big.NewInt(1)), E: 65537}}
	case "RSA-2147483647": // by its exponent
		n := new(big.Int).Lsh(big.NewInt(1), 2203)
		k = unable{&rsa.PublicKey{N: n.Sub(n, big.NewInt(1)), E: 1<<31 - 1}}
	case "P-224":
		k, err = ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	case "P-384":
		k, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "P-521":
		k, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "Ed25519":
		_, k, err = ed25519.GenerateKey(rand.Reader)
	default:
		k, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// issue makes a certificate that by has signed, nil for its own key.
func issue(t testing.TB, name, kind string, by *signed, change func(*x509.Certificate)) *signed {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IsCA: !strings.HasPrefix(name, "client"), BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	if change != nil {
		change(template)
	}
	out := &signed{key: key(t, kind)}
	if by == nil {
		by = &signed{template, out.key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.Certificate, out.key.Public(), by.key)
	if err != nil {
		t.Fatal(err)
	}
	if out.Certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return out
}

func bundle(certs ...*signed) []byte {
	var out bytes.Buffer
	for _, c := range certs {
		_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	return out.Bytes()
}

// sha1Signed is a certificate whose signature is made with SHA-1: its algorithm is
// given that name in place of SHA-256's, of equal length, and so the signature is wrong.
func sha1Signed(t *testing.T) *signed {
	t.Helper()
	c := issue(t, "client", "RSA-2048", nil, nil)
	raw := bytes.ReplaceAll(c.Raw, []byte{0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b}, []byte{0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05})
	cert, err := x509.ParseCertificate(raw)
	if err != nil || cert.SignatureAlgorithm != x509.SHA1WithRSA {
		t.Fatal(err, cert)
	}
	return &signed{cert, c.key}
}

// TestVerify has the certificates that clients show, and which of them a truststore takes.
func TestVerify(t *testing.T) {
	root := issue(t, "root", "", nil, nil)
	one := issue(t, "one", "RSA-2048", root, nil)
	two := issue(t, "two", "P-384", one, nil)
	three := issue(t, "three", "", two, nil)
	other := issue(t, "other", "", nil, nil)
	namesake := issue(t, "root", "", nil, nil)
	late := func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Minute) }
	early := func(c *x509.Certificate) { c.NotBefore = now.Add(time.Minute) }
	old := issue(t, "old", "", root, late)
	self := issue(t, "client of its own", "", nil, nil)
	tampered := issue(t, "client", "", root, nil)
	tampered.Raw = bytes.Replace(bytes.Clone(tampered.Raw), []byte("client"), []byte("klient"), 1)
	tests := map[string]struct {
		store []byte
		cert  *signed
		want  error
	}{
		"by the root":                         {bundle(root), issue(t, "client", "", root, nil), nil},
		"RSA":                                 {bundle(root), issue(t, "client", "RSA-2048", root, nil), nil},
		"by one between":                      {bundle(one, root), issue(t, "client", "", one, nil), nil},
		"by two between, in any order":        {bundle(root, two, one), issue(t, "client", "", two, nil), nil},
		"by three between":                    {bundle(root, two, one, three), issue(t, "client", "", three, nil), ErrChain},
		"one between that is not there":       {bundle(root), issue(t, "client", "", one, nil), ErrNoIssuer},
		"no root":                             {bundle(one, other), issue(t, "client", "", one, nil), ErrNoIssuer},
		"by another root":                     {bundle(root), issue(t, "client", "", other, nil), ErrNoIssuer},
		"by a namesake":                       {bundle(root), issue(t, "client", "", namesake, nil), ErrNoIssuer},
		"by a client":                         {bundle(root), issue(t, "client", "", issue(t, "client of one", "", root, nil), nil), ErrNoIssuer},
		"its own":                             {bundle(root), self, ErrSelfSigned},
		"its own, in the store":               {bundle(root, self), self, nil},
		"expired":                             {bundle(root), issue(t, "client", "", root, late), ErrTime},
		"not yet valid":                       {bundle(root), issue(t, "client", "", root, early), ErrTime},
		"by one that has expired":             {bundle(root, old), issue(t, "client", "", old, nil), ErrTime},
		"a short key":                         {bundle(root), issue(t, "client", "RSA-1024", root, nil), errKey},
		"a huge key":                          {bundle(root), issue(t, "client", "RSA-9689", root, nil), errKey},
		"a large exponent":                    {bundle(root), issue(t, "client", "RSA-2147483647", root, nil), errKey},
		"another curve":                       {bundle(root), issue(t, "client", "P-224", root, nil), errKey},
		"a larger curve":                      {bundle(root), issue(t, "client", "P-521", root, nil), errKey},
		"Ed25519":                             {bundle(root), issue(t, "client", "Ed25519", root, nil), errKey},
		"SHA-1":                               {bundle(root), sha1Signed(t), errSignature},
		"altered":                             {bundle(root), tampered, ErrNoIssuer},
		"not readable":                        {bundle(root), &signed{Certificate: &x509.Certificate{Raw: []byte("x")}}, ErrUnreadable},
		"for servers":                         {bundle(root), issue(t, "client", "", root, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), nil},
		"beside one that is left out":         {bundle(issue(t, "weak", "Ed25519", nil, nil), root), issue(t, "client", "", root, nil), nil},
		"an authority, which is in the store": {bundle(root, one), one, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, _, err := Parse(tt.store, now)
			if err != nil {
				t.Fatal(err)
			}
			cert, until, err := s.Verify(tt.cert.Raw, now)
			if !errors.Is(err, tt.want) || (err == nil) != (cert != nil) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if err == nil && !until.Equal(now.Add(time.Hour)) {
				t.Errorf("it holds until %v", until)
			}
		})
	}
}

// TestWarnings says which certificates of a truststore cannot be used, and refuses one
// that has nothing else.
func TestWarnings(t *testing.T) {
	root := issue(t, "root", "", nil, nil)
	late := issue(t, "late", "", root, func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Minute) })
	early := issue(t, "early", "", root, func(c *x509.Certificate) { c.NotBefore = now.Add(time.Minute) })
	weak := issue(t, "weak", "Ed25519", nil, nil)
	block := func(kind, text string) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte(text)}) }
	tests := map[string]struct {
		text []byte
		want string
		err  string
	}{
		"a good one":      {bundle(root), "", ""},
		"text around":     {append([]byte("Our root:\n"), bundle(root)...), "", ""},
		"expired":         {bundle(root, late), `The certificate with subject "CN=late" has expired on 2026-05-08`, ""},
		"not yet valid":   {bundle(root, early), `The certificate with subject "CN=early" is not valid before 2026-05-08`, ""},
		"a weak one":      {bundle(root, weak), `The certificate with subject "CN=weak" is not used: Client cert using an insecure Signature Algorithm`, ""},
		"a huge one":      {bundle(root, issue(t, "huge", "RSA-9689", root, nil)), `The certificate with subject "CN=huge" is not used: its key is neither RSA of 2048 to 8192 bits, with an exponent of 65537 at the most, nor ECDSA on P-256 or P-384`, ""},
		"a key":           {append(bundle(root), block("PRIVATE KEY", "x")...), `A block of type "PRIVATE KEY" is no certificate`, ""},
		"no certificate":  {append(bundle(root), block("CERTIFICATE", "x")...), "A certificate cannot be read", ""},
		"nothing":         {nil, "", "it has no certificate that can be used"},
		"only a weak one": {bundle(weak), `The certificate with subject "CN=weak" is not used: Client cert using an insecure Signature Algorithm`, "it has no certificate that can be used"},
		"too large":       {make([]byte, MaxSize+1), "", "it is larger than 1048576 bytes"},
		"too many":        {bytes.Repeat(block("CERTIFICATE", "x"), MaxCertificates+1), "", "it has more than 1000 certificates"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, warnings, err := Parse(tt.text, now)
			text := ""
			if err != nil {
				text = err.Error()
			}
			if got := strings.Join(warnings, "\n"); got != tt.want || text != tt.err || (s == nil) != (err != nil) {
				t.Errorf("got %q, %v, want %q, %s", got, err, tt.want, tt.err)
			}
		})
	}
}

// TestText words a certificate as AWS's examples are worded.
func TestText(t *testing.T) {
	root := issue(t, "root", "", nil, nil)
	long, _ := new(big.Int).SetString("a1a2a3a4a5a6a7a8a9b0b1b2b3b4b5b6", 16)
	c := issue(t, "client", "", root, func(c *x509.Certificate) {
		c.Subject = pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{
			{Type: []int{2, 5, 4, 6}, Value: "US"}, {Type: []int{2, 5, 4, 8}, Value: "Washington"}, {Type: []int{2, 5, 4, 10}, Value: "A, B"}, {Type: []int{2, 5, 4, 3}, Value: "My Client"},
		}}
		c.SerialNumber = long
	})
	got := TextOf(c.Certificate)
	if got.Subject != `C=US,ST=Washington,O=A\, B,CN=My Client` || got.Issuer != "CN=root" || got.NotBefore != "May  8 11:00:00 2026 GMT" || got.NotAfter != "May  8 13:00:00 2026 GMT" {
		t.Errorf("%+v", got)
	}
	if got.Serial != "a1:a2:a3:a4:a5:a6:a7:a8:a9:b0:b1:b2:b3:b4:b5:b6" || TextOf(root.Certificate).Serial != "1" {
		t.Errorf("serials %s and %s", got.Serial, TextOf(root.Certificate).Serial)
	}
	if block, _ := pem.Decode([]byte(got.PEM)); block == nil || !bytes.Equal(block.Bytes, c.Raw) {
		t.Errorf("PEM %s", got.PEM)
	}
}

// FuzzVerify has truststores and certificates of strangers: nothing that is not signed
// by what is in the store comes through.
func FuzzVerify(f *testing.F) {
	root, other := issue(f, "root", "", nil, nil), issue(f, "other", "", nil, nil)
	f.Add(bundle(root), issue(f, "client", "", other, nil).Raw)
	f.Add(bundle(root, other), []byte{0x30, 0x80})
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"), root.Raw)
	f.Fuzz(func(t *testing.T, text, der []byte) {
		s, _, err := Parse(text, now)
		if err != nil {
			return
		}
		if cert, _, err := s.Verify(der, now); err == nil {
			_ = TextOf(cert)
		}
	})
}

// TestManyOfOneSubject has a truststore of many roots of one subject. A stranger has
// twenty signatures verified at the most, however many there are, clients of the first
// twenty are let in, and of the others only who is in the truststore itself.
func TestManyOfOneSubject(t *testing.T) {
	roots := make([]*signed, 100)
	for i := range roots {
		roots[i] = issue(t, "Root", "", nil, nil)
	}
	store, warnings, err := Parse(bundle(roots...), now)
	if err != nil || len(warnings) != len(roots)-MaxOfSubject ||
		warnings[0] != `The certificate with subject "CN=Root" is not used as an issuer: there are 20 of that subject before it` {
		t.Fatal(warnings, err)
	}
	last := issue(t, "Root", "", nil, func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Minute) })
	expired, _, err := Parse(bundle(append(roots[:MaxOfSubject:MaxOfSubject], last)...), now)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		store *Store
		cert  *signed
		err   error
	}{
		"a client of the twentieth":    {store, issue(t, "client", "", roots[MaxOfSubject-1], nil), nil},
		"a client of the next":         {store, issue(t, "client", "", roots[MaxOfSubject], nil), ErrNoIssuer},
		"the last itself":              {store, roots[99], nil},
		"the last itself, out of time": {expired, last, ErrTime},
		"a root of that name":          {store, issue(t, "Root", "", nil, nil), ErrSelfSigned},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := tt.store.Verify(tt.cert.Raw, now); err != tt.err {
				t.Errorf("got %v, want %v", err, tt.err)
			}
		})
	}
	few, _, err := Parse(bundle(roots[:MaxOfSubject]...), now)
	if err != nil {
		t.Fatal(err)
	}
	stranger := issue(t, "client", "", issue(t, "Root", "", nil, nil), nil)
	cost := func(s *Store) float64 {
		return testing.AllocsPerRun(3, func() { _, _, _ = s.Verify(stranger.Raw, now) })
	}
	if a, b := cost(few), cost(store); a != b {
		t.Errorf("%v allocations among %d roots, %v among %d", a, MaxOfSubject, b, len(roots))
	}
}
