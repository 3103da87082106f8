package main

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/secrets"
)

// TestSharedTickets resumes a session of TLS at another server that has the same
// secrets-key-file, and at none that has another.
func TestSharedTickets(t *testing.T) {
	dir := t.TempDir()
	pool := selfSigned(t, dir)
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("config.yaml", "gateway-tls-listen: 127.0.0.1:0\ncertificates:\n  - {cert: cert.pem, key: key.pem}\n")
	write("one.key", strings.Repeat("01", 32))
	write("two.key", strings.Repeat("02", 32))
	serve := func(data, key string) string {
		p, err := launch(dir, "serve", "--listen", "127.0.0.1:0", "--data-dir", data, "--secrets-key-file", key, "--config", "config.yaml")
		if err == nil {
			t.Cleanup(p.kill)
			err = p.waitFor(`^Ready\.$`)
		}
		if err != nil {
			t.Fatal(err)
		}
		return regexp.MustCompile(`https://(127\.0\.0\.1:\d+)`).FindStringSubmatch(p.printed())[1]
	}
	sessions := tls.NewLRUClientSessionCache(1)
	resumes := func(address string) bool {
		t.Helper()
		conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 5 * time.Second}, "tcp", address, &tls.Config{RootCAs: pool, ServerName: "localhost", ClientSessionCache: sessions})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
		r, _ := http.NewRequest("GET", "https://localhost/", nil)
		r.Close = true
		if err := r.Write(conn); err != nil { // the ticket comes with the answer
			t.Fatal(err)
		}
		if _, err := io.ReadAll(conn); err != nil {
			t.Fatal(err)
		}
		return conn.ConnectionState().DidResume
	}
	first, second, other := serve("a", "one.key"), serve("b", "one.key"), serve("c", "two.key")
	if resumes(first) {
		t.Error("the first connection has resumed a session")
	}
	if !resumes(second) || !resumes(first) {
		t.Error("a server does not know the ticket of another that has its keys")
	}
	if resumes(other) {
		t.Error("a server knows the ticket of one that has other keys")
	}
}

// TestTicketDays has each day seal with a key of its own, which the days around it know.
func TestTicketDays(t *testing.T) {
	ring, err := secrets.Parse([]byte(strings.Repeat("01", 32) + "\n" + strings.Repeat("02", 32)))
	if err != nil {
		t.Fatal(err)
	}
	k, now := &ticketKeys{ring: ring}, time.Now()
	today := k.of("stages", now)
	for days, want := range map[int]bool{-1: true, 0: true, 1: true, ticketDays: true, ticketDays + 1: false, -2: false} {
		there := k.of("stages", now.AddDate(0, 0, days))
		if slices.Contains(there, today[0]) != want || days != 0 && there[0] == today[0] {
			t.Errorf("after %d days: known %v, the one that seals is the same: %v", days, !want, there[0] == today[0])
		}
	}
	if slices.Contains(k.of("VPC endpoint vpce-1", now), today[0]) {
		t.Error("two listeners have one key")
	}
}
