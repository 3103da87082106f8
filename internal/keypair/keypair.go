// Package keypair checks server certificates that are uploaded with their chains and
// private keys, as strangers' bytes: everything is bounded before it is parsed. What is
// wrong is said in AWS's words, which are those of its certificate stores; no error holds
// anything of a key.
package keypair

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The longest texts that are read, in bytes, the longest chain, in certificates, and the
// longest RSA keys of those that have signed, in bits, with the largest exponent: what a
// signature costs to verify grows with the square of the one and the length of the other.
const (
	maxBody     = 32 << 10
	maxKey      = 5 << 10
	maxChain    = 64 << 10
	maxLinks    = 8
	maxRSA      = 8192
	maxExponent = 65537
)

// An Upload is what somebody has uploaded: PEM texts.
type Upload struct {
	Body  string // the certificate
	Key   string // its private key
	Chain string // of who has signed it, in order; "" for none
}

// A Pair is a certificate that can be shown to clients.
type Pair struct {
	Chain       string // PEM, the certificate first
	Key         []byte // PKCS #8, in DER
	Fingerprint string // SHA-256 of Chain, in hexadecimal
	RSABits     int    // of the key; 0 for one that is not RSA
}

// Check wants an upload that clients of a domain name can be shown now: a certificate that
// covers the name, which may have a wildcard, its key and its chain. Of no name, "", it
// wants the rest.
func Check(u Upload, domain string, now time.Time) (*Pair, error) {
	leaf, err := readLeaf(u.Body)
	if err != nil {
		return nil, err
	}
	key, err := readKey(u.Key)
	if err != nil {
		return nil, err
	}
	if public, ok := leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !ok || !public.Equal(key.Public()) {
		return nil, errors.New("The Certificate's public key doesn't match the supplied private key.")
	}
	chain, err := readChain(u.Chain, leaf)
	if err != nil {
		return nil, err
	}
	if err := checkLeaf(leaf, domain, now); err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, errKey()
	}
	out := &Pair{Key: der}
	if k, ok := key.(*rsa.PrivateKey); ok {
		out.RSABits = k.N.BitLen()
	}
	for _, c := range append([]*x509.Certificate{leaf}, chain...) {
		out.Chain += string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
	}
	sum := sha256.Sum256([]byte(out.Chain))
	out.Fingerprint = hex.EncodeToString(sum[:])
	return out, nil
}

// errBody is AWS's answer to what is no certificate.
func errBody() error {
	return errors.New("Unable to parse certificate. Please ensure the certificate is in PEM format.")
}

func errKey() error {
	return errors.New("Unable to parse private key. Please ensure the private key is in PEM format.")
}

// blocks reads the PEM blocks of a text that holds nothing else, at most limit of them.
func blocks(text string, limit int) ([]*pem.Block, bool) {
	rest := bytes.TrimSpace([]byte(text))
	var out []*pem.Block
	for len(rest) > 0 {
		if !bytes.HasPrefix(rest, []byte("-----BEGIN ")) || len(out) == limit {
			return nil, false
		}
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, false
		}
		out, rest = append(out, block), bytes.TrimSpace(rest)
	}
	return out, true
}

func readLeaf(text string) (*x509.Certificate, error) {
	list, ok := blocks(text, 1)
	if len(text) > maxBody || !ok || len(list) != 1 || list[0].Type != "CERTIFICATE" {
		return nil, errBody()
	}
	leaf, err := x509.ParseCertificate(list[0].Bytes)
	if err != nil {
		return nil, errBody()
	}
	return leaf, nil
}

// readKey reads a private key in one of its three forms. One of an elliptic curve may have
// its parameters before it, as OpenSSL writes it.
func readKey(text string) (crypto.Signer, error) {
	list, ok := blocks(text, 2)
	if ok && len(list) == 2 && list[0].Type == "EC PARAMETERS" {
		list = list[1:]
	}
	if len(text) > maxKey || !ok || len(list) != 1 {
		return nil, errKey()
	}
	block := list[0]
	if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
		return nil, errors.New("Unable to parse key; the body is encrypted.")
	}
	var parsed any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		parsed, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return nil, errKey()
	}
	if err != nil {
		return nil, errKey()
	}
	switch key := parsed.(type) {
	case *rsa.PrivateKey:
		if bits := key.N.BitLen(); bits >= 2048 && bits <= 4096 {
			return key, nil
		}
	case *ecdsa.PrivateKey:
		if key.Curve == elliptic.P256() || key.Curve == elliptic.P384() {
			return key, nil
		}
	}
	return nil, errors.New("The private key is not supported: RSA keys of 2048 to 4096 bits and ECDSA keys of P-256 and P-384 are.")
}

// readChain reads who has signed a certificate, who has signed that one, and so on.
func readChain(text string, leaf *x509.Certificate) ([]*x509.Certificate, error) {
	list, ok := blocks(text, maxLinks)
	if len(text) > maxChain || !ok {
		return nil, errChain(-1)
	}
	var chain []*x509.Certificate
	for i, block := range list {
		link, err := x509.ParseCertificate(block.Bytes)
		if err != nil || block.Type != "CERTIFICATE" || !signs(link) || leaf.CheckSignatureFrom(link) != nil {
			return nil, errChain(i)
		}
		chain, leaf = append(chain, link), link
	}
	return chain, nil
}

// signs reports whether the key of a certificate may have signed another one.
func signs(link *x509.Certificate) bool {
	key, ok := link.PublicKey.(*rsa.PublicKey)
	return !ok || key.N.BitLen() <= maxRSA && key.E <= maxExponent
}

func errChain(at int) error {
	return fmt.Errorf("Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, followed by any intermediaries in order. The index within the chain of the invalid certificate is: %d", at)
}

// checkLeaf wants a certificate of a server that clients of a domain name take now.
func checkLeaf(leaf *x509.Certificate, domain string, now time.Time) error {
	switch {
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("The certificate is not valid before %s.", leaf.NotBefore.UTC().Format(time.RFC3339))
	case now.After(leaf.NotAfter):
		return fmt.Errorf("The certificate has expired at %s.", leaf.NotAfter.UTC().Format(time.RFC3339))
	case len(leaf.ExtKeyUsage)+len(leaf.UnknownExtKeyUsage) > 0 && !slices.ContainsFunc(leaf.ExtKeyUsage, serves):
		return errors.New("The certificate is not one of a server.")
	case domain != "" && !covers(leaf, domain):
		return fmt.Errorf("The certificate does not cover the domain name %s.", domain)
	}
	return nil
}

func serves(u x509.ExtKeyUsage) bool {
	return u == x509.ExtKeyUsageServerAuth || u == x509.ExtKeyUsageAny
}

// covers reports whether a certificate is for a name; for one with a wildcard it has to
// name just that.
func covers(leaf *x509.Certificate, domain string) bool {
	if strings.HasPrefix(domain, "*.") {
		return slices.ContainsFunc(leaf.DNSNames, func(name string) bool { return strings.EqualFold(name, domain) })
	}
	return leaf.VerifyHostname(domain) == nil
}
