package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// How long what ca makes is valid. Apple's systems take no certificate of more than 825
// days from an authority that a user has added.
const (
	authorityFor = 10 * 365 * 24 * time.Hour
	issuedFor    = 825 * 24 * time.Hour
)

// newCA is the command that makes certificates for development.
func newCA() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "ca NAME...",
		Short: "Make certificates for development, of an authority of your own",
		Long: `Make a certificate for each NAME, a host name, a wildcard such as *.example.com
or an address, signed by an authority that is kept in --dir and made with the
first certificate. What belongs under certificates in the configuration file is
printed.

Whoever has the authority's key can pass for any site to whoever trusts it.
Keep it where it is, and use these certificates for development alone.

To trust the authority, once on each machine that calls:

  curl            curl --cacert DIR/ca.pem https://...
  Python, Node    SSL_CERT_FILE=DIR/ca.pem, NODE_EXTRA_CA_CERTS=DIR/ca.pem
  aws CLI, boto3  AWS_CA_BUNDLE=DIR/ca.pem
  Debian, Ubuntu  cp DIR/ca.pem /usr/local/share/ca-certificates/gatehouse.crt
                  update-ca-certificates
  macOS           security add-trusted-cert -r trustRoot \
                    -k ~/Library/Keychains/login.keychain-db DIR/ca.pem
  Windows         certutil -user -addstore Root DIR\ca.pem`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return misused("NAME is missing: a host name, a wildcard or an address")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return issueAll(cmd.OutOrStdout(), dir, args) },
	}
	cmd.Flags().StringVar(&dir, "dir", "./gatehouse-ca", "directory of the authority and of what it has signed")
	return cmd
}

// issueAll makes the certificates of names, and says how they are used.
func issueAll(out io.Writer, dir string, names []string) error {
	for _, name := range names {
		if err := checkIssued(name); err != nil {
			return err
		}
	}
	if err := makeDirectory(dir); err != nil {
		return fmt.Errorf("--dir: %w", err)
	}
	ca, made, err := openAuthority(dir)
	if err != nil {
		return err
	}
	if made {
		fmt.Fprintf(out, "# a new authority: clients trust %s (gatehouse ca --help says how)\n", filepath.Join(dir, "ca.pem"))
	}
	fmt.Fprintln(out, "certificates:")
	for _, name := range names {
		file := filepath.Join(dir, strings.NewReplacer("*", "_", ":", "_").Replace(name))
		if err := ca.issue(file, name, time.Now()); err != nil {
			return err
		}
		fmt.Fprintf(out, "  - {cert: %s.pem, key: %s.key}\n", file, file)
	}
	return nil
}

// makeDirectory makes a directory that is its owner's alone, where there is none.
func makeDirectory(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("%s: %w", dir, reason(err))
	}
	return nil
}

// checkIssued wants a name to be one that a certificate can be for.
func checkIssued(name string) error {
	host := strings.TrimPrefix(name, "*.")
	if net.ParseIP(name) != nil || hostName.MatchString(host) && !strings.Contains(host, "..") && len(host) <= 253 && (host == name || strings.Contains(host, ".")) {
		return nil
	}
	return fmt.Errorf("%q is no host name, wildcard such as *.example.com, or address", brief(name))
}

// An issuer is a certificate with its key, such as an authority that signs others.
type issuer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// openAuthority reads the authority of a directory, or makes one where there is none.
// One of which only a part is there is an error: with a new key all that it has signed
// would be worthless.
func openAuthority(dir string) (_ *issuer, made bool, err error) {
	certFile, keyFile := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "ca.key")
	_, certErr := os.Lstat(certFile)
	_, keyErr := os.Lstat(keyFile)
	if errors.Is(certErr, fs.ErrNotExist) && errors.Is(keyErr, fs.ErrNotExist) {
		ca, err := makeAuthority(time.Now())
		if err != nil {
			return nil, false, err
		}
		return ca, true, ca.save(certFile, keyFile)
	}
	pair, err := certificate{Cert: certFile, Key: keyFile}.load()
	if err != nil {
		return nil, false, fmt.Errorf("the authority in %s%w", dir, err)
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	switch {
	case !ok || !pair.Leaf.IsCA:
		return nil, false, fmt.Errorf("%s is no authority of gatehouse ca", certFile)
	case time.Now().After(pair.Leaf.NotAfter):
		return nil, false, fmt.Errorf("%s has expired: move it and its key away, and a new one is made", certFile)
	}
	return &issuer{pair.Leaf, key}, false, nil
}

func makeAuthority(now time.Time) (*issuer, error) {
	host, _ := os.Hostname()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Gatehouse development CA " + host}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(authorityFor),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	return certify(template, nil)
}

// certify makes a key and its certificate of a template, signed by an authority or, with
// nil, by itself.
func certify(template *x509.Certificate, by *issuer) (*issuer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	signer := &issuer{template, key}
	if by != nil {
		signer = by
	}
	der, err := signer.sign(template, &key.PublicKey)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &issuer{cert, key}, err
}

// sign makes a certificate of a template and a public key, with a serial number of its own.
func (ca *issuer) sign(template *x509.Certificate, public any) (der []byte, err error) {
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)); err != nil {
		return nil, err
	}
	return x509.CreateCertificate(rand.Reader, template, ca.cert, public, ca.key)
}

// issue makes the certificate of a name, in the place of one that there is.
func (ca *issuer) issue(file, name string, now time.Time) error {
	template := &x509.Certificate{
		Subject: pkix.Name{Organization: []string{"Gatehouse development certificate"}}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(issuedFor),
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	if template.NotAfter.After(ca.cert.NotAfter) {
		template.NotAfter = ca.cert.NotAfter
	}
	made, err := certify(template, ca)
	if err != nil {
		return err
	}
	return made.save(file+".pem", file+".key")
}

// save writes certificate and key. A server that reads them again finds a pair or, for a
// moment, two files that do not fit, which it tries once more.
func (ca *issuer) save(certFile, keyFile string) error {
	raw, err := x509.MarshalPKCS8PrivateKey(ca.key)
	if err != nil {
		return err
	}
	if err := replaceFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600); err != nil {
		return err
	}
	return replaceFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.cert.Raw}), 0o644)
}

// replaceFile writes a file beside its place and moves it there.
func replaceFile(name string, content []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*") // which nobody else can read
	if err != nil {
		return fmt.Errorf("%s: %w", name, reason(err))
	}
	_, err = f.Write(content)
	if chmod := f.Chmod(mode); err == nil {
		err = chmod
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("%s: %w", name, reason(err))
	}
	return nil
}
