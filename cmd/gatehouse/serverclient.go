package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
)

// A serverClient calls a running server, for a command.
type serverClient struct {
	endpoint string // URL; "" stands for where a server that is started in the same environment listens
	cacert   string // PEM file of the authorities of the server's certificate; "" for the system's
	cert     string // PEM file of the certificate that is shown to the server; "" for none
	key      string // PEM file of its private key
}

// flags declares the flags of a command.
func (s *serverClient) flags(cmd *cobra.Command, usage string) {
	endpointFlag(cmd, &s.endpoint, usage)
	cmd.Flags().StringVar(&s.cacert, "cacert", "", "PEM file of the authorities of the server's certificate (default: the system's)")
	cmd.Flags().StringVar(&s.cert, "cert", "", "PEM file of the certificate that is shown to a server with --listen-client-ca or --admin-client-ca")
	cmd.Flags().StringVar(&s.key, "key", "", "PEM file of the private key of --cert")
}

// client completes the endpoint, and makes the client that the flags describe.
func (s *serverClient) client(cmd *cobra.Command) (*http.Client, error) {
	if err := checkEndpoint(cmd, &s.endpoint); err != nil {
		return nil, err
	}
	config := new(tls.Config)
	switch {
	case s.cert != "" && s.key == "":
		return nil, errors.New("--cert: needs --key, its private key")
	case s.key != "" && s.cert == "":
		return nil, errors.New("--key: needs --cert, the certificate that it is for")
	case s.cert != "":
		pair, err := certificate{Cert: s.cert, Key: s.key}.loadGiven("--")
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	if s.cacert != "" {
		pool, err := readAuthorities(s.cacert)
		if err != nil {
			return nil, fmt.Errorf("--cacert: %s: %w", s.cacert, err)
		}
		config.RootCAs = pool
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = config
	return &http.Client{Transport: transport}, nil
}
