package store

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
)

// An issuer is an authority of a test.
type issuer struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  []byte
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	a := &issuer{}
	a.cert, a.key, a.pem = a.sign(t, &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

// sign makes a key and a certificate of it, which the authority signs, or itself where it
// has none yet.
func (a *issuer) sign(t *testing.T, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber, template.NotAfter = big.NewInt(time.Now().UnixNano()), time.Now().Add(time.Hour)
	by, signer := a.cert, a.key
	if by == nil {
		by, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// A server is known by its authority and its name, its user by a password that comes from a
// file or the environment; without them nothing is told to it, and nobody is told the password.
func TestPostgresTLS(t *testing.T) {
	authority := newIssuer(t)
	_, private, cert := authority.sign(t, &x509.Certificate{DNSNames: []string{"localhost"}})
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	pg := pgtest.New(t, pgtest.Options{
		Config: []string{"ssl = on", "ssl_cert_file = 'own.crt'", "ssl_key_file = 'own.key'"},
		HBA:    []string{"hostnossl all keeper 127.0.0.1/32 reject", "hostssl all keeper 127.0.0.1/32 scram-sha-256"},
		Files:  map[string][]byte{"own.crt": cert, "own.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})},
	})
	const secret = "hush-hush/5%"
	pg.Exec(t, "postgres", "CREATE ROLE keeper SUPERUSER LOGIN PASSWORD '"+secret+"'")
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return url.QueryEscape(path)
	}
	ca, strange := file("ca.pem", string(authority.pem)), file("strange.pem", string(newIssuer(t).pem))
	passfile := file("pass", fmt.Sprintf("# of the test\nlocalhost:%d:*:keeper:%s\n", pg.Port, secret))
	wrong := file("wrong", "*:*:*:*:hush-wrong\n")
	password := url.QueryEscape(secret)
	tests := map[string]struct {
		user, host, query string
		env               string // PGPASSWORD
		want              string // in the error, "" for none
	}{
		"a file":                 {"keeper", "localhost", "sslmode=verify-full&sslrootcert=" + ca + "&passfile=" + passfile, "", ""},
		"the environment":        {"keeper", "localhost", "sslmode=verify-full&sslrootcert=" + ca, secret, ""},
		"the URL":                {"keeper:" + password, "localhost", "sslmode=verify-full&sslrootcert=" + ca, "", ""},
		"in the query":           {"keeper", "localhost", "sslmode=verify-full&password=" + password + "&sslrootcert=" + ca, "", ""},
		"another authority":      {"keeper", "localhost", "sslmode=verify-full&sslrootcert=" + strange, secret, "certificate signed by unknown authority"},
		"the system's":           {"keeper", "localhost", "sslmode=verify-full", secret, "certificate"},
		"another name":           {"keeper", "127.0.0.1", "sslmode=verify-full&sslrootcert=" + ca, secret, "127.0.0.1"},
		"without TLS":            {"keeper:" + password, "localhost", "sslmode=disable", "", "rejects connection"},
		"no password":            {"keeper", "localhost", "sslmode=verify-full&sslrootcert=" + ca, "", "password"},
		"a wrong one of a file":  {"keeper", "localhost", "sslmode=verify-full&sslrootcert=" + ca + "&passfile=" + wrong, "", "password authentication failed"},
		"a wrong one of the URL": {"keeper:hush-wrong", "localhost", "sslmode=verify-full&sslrootcert=" + ca, "", "password authentication failed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PGPASSWORD", tt.env)
			t.Setenv("PGPASSFILE", filepath.Join(dir, "none"))
			var log bytes.Buffer
			at := fmt.Sprintf("postgres://%s@%s:%d/postgres?%s", tt.user, tt.host, pg.Port, tt.query)
			s, err := Open(t.Context(), Options{URL: at, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), deaf: true})
			if err == nil {
				mustWrite(t, s, put(key("a"), "x"))
				err = s.Close()
			}
			said := fmt.Sprint(err, log.String())
			if (err == nil) != (tt.want == "") || !strings.Contains(said, tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if strings.Contains(said, "hush") {
				t.Errorf("the password is told: %s", said)
			}
		})
	}
}
