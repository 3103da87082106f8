package main

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
)

// A certificate names the PEM files of one server certificate: the chain,
// leaf first, and its key.
type certificate struct {
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
}

// serverTLS reads the certificates. A client gets the first that fits the name
// it asks for, else the first of all.
func (c *config) serverTLS() (*tls.Config, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12}
	for i, pair := range c.Certificates {
		cert, err := pair.load()
		if err != nil {
			return nil, fmt.Errorf("certificates[%d]%w", i, err)
		}
		out.Certificates = append(out.Certificates, cert)
	}
	return out, nil
}

// load reads the two files. Its errors say which is at fault, and go behind the name
// of the pair.
func (pair certificate) load() (tls.Certificate, error) {
	var none tls.Certificate
	chain, err := readPEM(pair.Cert, "CERTIFICATE", "certificate")
	if err != nil {
		return none, fmt.Errorf(".cert: %w", err)
	}
	key, err := readPEM(pair.Key, "PRIVATE KEY", "private key")
	if err != nil {
		return none, fmt.Errorf(".key: %w", err)
	}
	out, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return none, fmt.Errorf(": %s and %s are no pair: %s", pair.Cert, pair.Key, strings.TrimPrefix(err.Error(), "tls: "))
	}
	return out, nil
}

// readPEM reads a file that has to hold a block of a type.
func readPEM(name, blockType, what string) ([]byte, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, reason(err))
	}
	for rest := content; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, fmt.Errorf("%s holds no %s in PEM form", name, what)
		}
		if strings.HasSuffix(block.Type, blockType) {
			return content, nil
		}
	}
}
