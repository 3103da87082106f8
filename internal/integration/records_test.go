package integration

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// A bundle is a connection beneath TLS that can hold back what is written, so that several
// records go out at once, or a part of one.
type bundle struct {
	net.Conn
	holds bool
	held  bytes.Buffer
}

func (b *bundle) Write(p []byte) (int, error) {
	if b.holds {
		return b.held.Write(p)
	}
	return b.Conn.Write(p)
}

// send sends the first n bytes of what was held back.
func (b *bundle) send(n int) { _, _ = b.Conn.Write(b.held.Next(n)) }

// TestStrayRecords has a backend under TLS say more than its answer, in the same moment.
// TLS reads ahead, so that nothing of it waits in the socket; no other call may get it.
func TestStrayRecords(t *testing.T) {
	const stray = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray"
	long := strings.Repeat("x", 24_000)
	tests := map[string]struct {
		method  string
		records []string // each is one, or two where it is long
		part    int      // bytes of the second one that are sent with the first; 0 for all
		same    bool     // the connection may serve the other call
	}{
		"nothing more":                  {"GET", []string{ok}, 0, true},
		"a record of its own":           {"GET", []string{ok, stray}, 0, false},
		"several records":               {"GET", []string{ok, "HTTP/1.1 200", " OK\r\nContent-Length: 0\r\n\r\n"}, 0, false},
		"the record of a body's end":    {"GET", []string{"HTTP/1.1 200 OK\r\nContent-Length: 24000\r\n\r\n", long + stray}, 0, false},
		"the record behind a body":      {"GET", []string{"HTTP/1.1 200 OK\r\nContent-Length: 24000\r\n\r\n", long, stray}, 0, false},
		"the record behind a chunk":     {"GET", []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", stray}, 0, false},
		"the body of an answer to HEAD": {"HEAD", []string{"HTTP/1.1 200 OK\r\nContent-Length: 44\r\n\r\n", stray}, 0, false},
		"a part of a record":            {"GET", []string{ok, stray}, 20, false},
		"a part of a record's head":     {"GET", []string{ok, stray}, 3, false},
	}
	cert := newTLSServer(t, http.NotFoundHandler()).cert
	for name, tt := range tests {
		for version, most := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
			t.Run(name+", "+version, func(t *testing.T) {
				plain := backend(t, func(n int, nc net.Conn, _ *bufio.Reader) {
					below := &bundle{Conn: nc}
					secure := tls.Server(below, &tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: most})
					r := bufio.NewReader(secure)
					for first := n == 1; request(r) != ""; first = false {
						if below.holds = first; !first {
							_, _ = io.WriteString(secure, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine")
							continue
						}
						sent := 0
						for i, record := range tt.records {
							_, _ = io.WriteString(secure, record)
							if i == 0 || tt.part == 0 {
								sent = below.held.Len()
							}
						}
						below.send(sent + tt.part)
						if tt.part > 0 {
							_, _ = r.Peek(1)
							below.send(below.held.Len())
						}
					}
				})
				ep := endpoint(t, "https", plain.Authority(), &tls.Config{InsecureSkipVerify: true})
				opened := 0
				c := client(t, Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
					opened++
					return new(net.Dialer).DialContext(ctx, network, address)
				}})
				for i, method := range []string{tt.method, "GET"} {
					resp, err := c.Do(&Request{Method: method, Target: "/"}, ep)
					if err != nil {
						t.Fatal(err)
					}
					if i == 1 && string(resp.Body) != "mine" {
						t.Errorf("the next call got %q", resp.Body)
					}
					resp.Release()
				}
				if (opened == 1) != tt.same {
					t.Errorf("%d connections", opened)
				}
			})
		}
	}
}
