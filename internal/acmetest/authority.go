// Package acmetest is an ACME authority for tests: pebble, of Let's Encrypt, in this
// process, for which every name leads to this machine.
package acmetest

import (
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
)

// An Authority answers at an address of its own until its test ends.
type Authority struct {
	URL    string            // of its directory
	Server *x509.Certificate // that its own host shows, signed by itself
	Root   *x509.Certificate // to which what it issues leads

	db      *db.MemoryStore
	ca      *ca.CAImpl
	log     *log.Logger
	names   string // address of the DNS server that it asks
	handler atomic.Pointer[http.Handler]
}

// New starts an authority that answers nothing before Check.
func New(tb testing.TB) *Authority {
	tb.Helper()
	for name, value := range map[string]string{"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"} {
		if err := os.Setenv(name, value); err != nil { // which nobody else reads
			tb.Fatal(err)
		}
	}
	a := &Authority{db: db.NewMemoryStore(), log: log.New(io.Discard, "", 0), names: serveNames(tb)}
	a.ca = ca.New(a.log, a.db, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "default"}})
	root, err := x509.ParseCertificate(a.ca.GetRootCert(0).DER)
	if err != nil {
		tb.Fatal(err)
	}
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := a.handler.Load(); h != nil {
			(*h).ServeHTTP(w, r)
			return
		}
		http.Error(w, "not yet", http.StatusServiceUnavailable)
	}))
	srv.Config.ErrorLog = a.log
	tb.Cleanup(srv.Close)
	a.Root, a.Server, a.URL = root, srv.Certificate(), srv.URL+wfe.DirectoryPath
	return a
}

// Check has the authority begin, and look at these ports of this machine whether names
// lead there.
func (a *Authority) Check(httpPort, tlsPort int) {
	checks := va.New(a.log, httpPort, tlsPort, false, a.names, a.db)
	front := wfe.New(a.log, a.db, checks, a.ca, []string{"pebble.letsencrypt.org"}, false, false, 1, 1)
	handler := front.Handler()
	a.handler.Store(&handler)
}

// Stop has the authority answer nothing any more.
func (a *Authority) Stop() { a.handler.Store(nil) }

// Refuse has the authority issue nothing for a name.
func (a *Authority) Refuse(tb testing.TB, name string) {
	tb.Helper()
	if err := a.db.AddBlockedDomain(name); err != nil {
		tb.Fatal(err)
	}
}

// serveNames runs a DNS server that knows every name, and returns its address.
func serveNames(tb testing.TB) string {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	srv := &dns.Server{Listener: ln, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, asked *dns.Msg) {
		answer := new(dns.Msg).SetReply(asked)
		if q := asked.Question[0]; q.Qtype == dns.TypeA {
			answer.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}, A: net.IPv4(127, 0, 0, 1)}}
		}
		_ = w.WriteMsg(answer) // who has gone wants none
	})}
	go func() { _ = srv.ActivateAndServe() }()
	tb.Cleanup(func() { _ = srv.Shutdown() })
	return ln.Addr().String()
}
