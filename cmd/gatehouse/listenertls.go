package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"os"
)

// listenerFiles are the settings of a listener that speaks TLS with a certificate of its
// own: --listen's, which begin with listen, or --admin-listen's, which begin with admin.
type listenerFiles struct {
	setting  string // what the names of the settings begin with
	address  string // that is listened at
	cert     string // PEM file; "" for no TLS
	key      string // PEM file
	clientCA string // PEM file of the authorities whose certificates clients have to show; "" for clients without
}

// controlTLS and adminTLS are the settings of the two listeners.
func (c *config) controlTLS() listenerFiles {
	return listenerFiles{"listen", c.Listen, c.ListenCert, c.ListenKey, c.ListenClientCA}
}

func (c *config) adminTLS() listenerFiles {
	return listenerFiles{"admin", c.AdminListen, c.AdminCert, c.AdminKey, c.AdminClientCA}
}

// sharesTLS reports whether the stages are served under the certificate of listen.
func (c *config) sharesTLS() bool { return c.ListenCert != "" && c.GatewayListen == "" }

// checkListenerTLS refuses settings of a listener's TLS that are given in part.
func (c *config) checkListenerTLS() error {
	for _, f := range []listenerFiles{c.controlTLS(), c.adminTLS()} {
		switch {
		case f.cert == "" && f.key == "" && f.clientCA == "":
		case f.cert == "":
			given := f.setting + "-key"
			if f.key == "" {
				given = f.setting + "-client-ca"
			}
			return fmt.Errorf("%s: needs %s-cert, the certificate under which the listener speaks TLS", c.called(given), f.setting)
		case f.key == "":
			return fmt.Errorf("%s: needs %s-key, the private key of the certificate", c.called(f.setting+"-cert"), f.setting)
		}
	}
	if c.ListenClientCA != "" && c.GatewayListen == "" {
		return fmt.Errorf("%s: needs gateway-listen: where both planes share listen, the clients of stages would have to show certificates, too", c.called("listen-client-ca"))
	}
	return nil
}

// A listenerTLS is the certificate of one listener, and whose certificates its clients
// have to show. Its files are read again when they change.
type listenerTLS struct{ fileValue[tls.Config] }

// newListenerTLS reads the files, nil where the listener has none.
func newListenerTLS(f listenerFiles, log *slog.Logger) (*listenerTLS, error) {
	if f.cert == "" {
		return nil, nil
	}
	l := &listenerTLS{fileValue[tls.Config]{log: log.With("setting", f.setting+"-cert")}}
	names := []string{f.cert, f.key}
	if f.clientCA != "" {
		names = append(names, f.clientCA)
	}
	show, err := l.take(names, f.config)
	if err != nil {
		return nil, err
	}
	show()
	return l, nil
}

// prepare is a livePart: it reads the files again. That there are others needs a restart.
func (l *listenerTLS) prepare(*config) (func(), error) {
	if l == nil {
		return func() {}, nil
	}
	return l.take(l.names, l.load)
}

// config is what the files say.
func (f listenerFiles) config() (*tls.Config, error) {
	cert, err := certificate{Cert: f.cert, Key: f.key}.loadGiven(f.setting + "-")
	if err != nil {
		return nil, err
	}
	out := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	if f.clientCA == "" {
		return out, nil
	}
	if out.ClientCAs, err = readAuthorities(f.clientCA); err != nil {
		return nil, fmt.Errorf("%s-client-ca: %s: %w", f.setting, f.clientCA, err)
	}
	out.ClientAuth = tls.RequireAndVerifyClientCert
	out.SessionTicketsDisabled = true // a session that goes on would be of the authorities that there were
	return out, nil
}

// config is that of the listener: each handshake is by the files as they are then.
// That of a nil one has no TLS.
func (l *listenerTLS) config() *tls.Config {
	if l == nil {
		return nil
	}
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return l.current.Load(), nil },
	}
}

// scheme begins the URLs of the listener; that of a nil one speaks plain HTTP.
func (l *listenerTLS) scheme() string {
	if l == nil {
		return "http://"
	}
	return "https://"
}

// certificate is the one that is shown now.
func (l *listenerTLS) certificate() *tls.Certificate { return &l.current.Load().Certificates[0] }

// readAuthorities reads a PEM file of certificates, each of which is an authority.
func readAuthorities(name string) (*x509.CertPool, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, reason(err)
	}
	pool, n := x509.NewCertPool(), 0
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		n++
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("its certificate %d cannot be read", n)
		}
		pool.AddCert(cert)
	}
	if n == 0 {
		return nil, errors.New("it holds no certificate in PEM form")
	}
	return pool, nil
}
