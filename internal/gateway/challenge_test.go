package gateway

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

// TestChallenge answers a certificate authority at a path that it asks for, by whatever
// name and before any stage or redirect, and nobody else.
func TestChallenge(t *testing.T) {
	const path = "/.well-known/acme-challenge/token"
	s := openAs(t, Options{}, Entrance{HTTPSPort: 443, Challenge: func(p string) (string, bool) { return "answer", p == path }}, echo)
	for name, test := range map[string]struct {
		head   string
		status int
		body   string
	}{
		"the path":              {"GET " + path + " HTTP/1.1\r\nHost: api.example.com\r\n", 200, "answer"},
		"at the host of an API": {"GET " + path + " HTTP/1.1\r\nHost: abc123.execute-api.localhost\r\n", 200, "answer"},
		"with a query":          {"GET " + path + "?a HTTP/1.1\r\nHost: a\r\n", 200, "answer"},
		"a path below":          {"GET " + path + "/x HTTP/1.1\r\nHost: abc123.execute-api.localhost\r\n", 308, ""},
		"another one":           {"GET /.well-known/acme-challenge/x HTTP/1.1\r\nHost: a\r\n", 403, forbiddenBody},
	} {
		if resp, body := s.call(t, test.head+"\r\n"); resp.StatusCode != test.status || test.body != "" && strings.TrimSpace(body) != test.body {
			t.Errorf("%s: %d %s", name, resp.StatusCode, body)
		}
	}
}

// TestHandshakeAlone ends a connection whose handshake comes to a protocol that is none of
// HTTP's.
func TestHandshakeAlone(t *testing.T) {
	web := certified()
	config := web.Clone()
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		alone := web.Clone()
		alone.NextProtos = []string{"acme-tls/1"}
		return alone, nil
	}
	s := openAs(t, Options{}, Entrance{TLS: config}, echo)
	nc, err := tls.Dial("tcp", s.addr, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"acme-tls/1"}}) //nolint:gosec // the certificate is made up
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nc.Close() }()
	_, _ = nc.Write([]byte(stageHead(http.MethodGet, "/dev/x") + "\r\n"))
	if n, err := nc.Read(make([]byte, 1)); n > 0 || err == nil {
		t.Error("a request is answered behind it")
	}
}

// Why a handshake has failed is to be found at the level debug.
func TestHandshakeFails(t *testing.T) {
	log := new(lockedBuffer)
	s := openAs(t, Options{Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))}, Entrance{Name: "secure", TLS: certified()}, echo)
	if nc, err := tls.Dial("tcp", s.addr, nil); err == nil {
		nc.Close()
		t.Fatal("a certificate of nobody's is taken")
	}
	eventually(t, func() bool { return strings.Contains(log.String(), "bad certificate") })
	for _, want := range []string{"level=DEBUG", "a handshake failed", "listener=secure", "sourceIp=127.0.0.1"} {
		if said := log.String(); !strings.Contains(said, want) {
			t.Errorf("no %q in %s", want, said)
		}
	}
}
