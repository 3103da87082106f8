package main

import (
	"crypto/tls"
	"errors"
	"fmt"
)

// A certificate names the PEM files of one server certificate: the chain,
// leaf first, and its key.
type certificate struct {
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
}

var errNoCertificates = errors.New("gateway-tls-listen: the configuration file names no certificates")

// serverTLS reads the certificates. A client gets the first that fits the name
// it asks for, else the first of all.
func (c *config) serverTLS() (*tls.Config, error) {
	if len(c.Certificates) == 0 {
		return nil, errNoCertificates
	}
	out := &tls.Config{MinVersion: tls.VersionTLS12}
	for _, pair := range c.Certificates {
		cert, err := tls.LoadX509KeyPair(pair.Cert, pair.Key)
		if err != nil {
			return nil, fmt.Errorf("certificates: %w", err)
		}
		out.Certificates = append(out.Certificates, cert)
	}
	return out, nil
}
