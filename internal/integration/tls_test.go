package integration

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
)

// tlsServer is an HTTPS backend whose certificate is for example.com.
type tlsServer struct {
	addr  string
	roots *x509.CertPool
	cert  tls.Certificate
}

func newTLSServer(t *testing.T, h http.Handler) tlsServer {
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	return tlsServer{addr: srv.Listener.Addr().String(), roots: roots, cert: srv.TLS.Certificates[0]}
}
