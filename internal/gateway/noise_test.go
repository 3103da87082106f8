package gateway

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/http1"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A page is what a log has written.
type page struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *page) Write(line []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(line)
}

func (p *page) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// logTo is a log of what is above the level debug.
func logTo(p *page) *slog.Logger { return slog.New(slog.NewTextHandler(p, nil)) }

// h2Frame is one frame of HTTP/2.
func h2Frame(kind, flags byte, stream uint32, payload string) string {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	head = binary.BigEndian.AppendUint32(append(head, flags), stream)
	return string(head) + payload
}

// h2Get is a request over HTTP/2 for a path of the stage.
func h2Get(stream uint32, path string) string {
	const host = "abc123.execute-api.localhost"
	block := "\x82\x87\x04" + string(rune(len(path))) + path + "\x01" + string(rune(len(host))) + host
	return h2Frame(1, 5, stream, block)
}

// TestStrangersWriteNoLog has clients do what HTTP/2 forbids, or tells, as often as they
// like. The log of a server that nobody debugs says nothing of it.
func TestStrangersWriteNoLog(t *testing.T) {
	const hello = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	settings := h2Frame(4, 0, 0, "")
	tests := map[string]string{
		"goes away, again and again": hello + settings + h2Get(1, "/dev/wait") + strings.Repeat(h2Frame(7, 0, 0, "\x00\x00\x00\x01\x00\x00\x00\x02"), 1000) + h2Frame(6, 0, 0, "all seen"),
		"no settings":                hello + h2Frame(6, 0, 0, "12345678"),
		"a push":                     hello + settings + h2Frame(5, 4, 1, "\x00\x00\x00\x02\x82"),
		"a header that is none":      hello + settings + h2Frame(1, 5, 1, "\xff\xff\xff\xff\xff\xff\xff"),
		"no preface":                 "GET / HTTP/1.1\r\nHost: a\r\n\r\n      ",
	}
	for name, sent := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log page
			s := openTLS(t, Options{Log: logTo(&log)}, func(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
				if req.Path == "/wait" {
					<-req.Client.Done()
				}
				return echo(s, req)
			})
			nc, err := s.dialHTTP2(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			if _, err := io.WriteString(nc, sent); err != nil {
				t.Fatal(err)
			}
			_ = nc.SetReadDeadline(time.Now().Add(patience))
			for seen, some := "", make([]byte, 1<<10); !strings.Contains(seen, h2Frame(6, 1, 0, "all seen")); { // or the end
				n, err := nc.Read(some)
				if seen += string(some[:n]); err != nil {
					break
				}
			}
			nc.Close()
			eventually(t, func() bool { return s.connections() == 0 })
			if said := log.String(); said != "" {
				t.Errorf("%d bytes: %.300s", len(said), said)
			}
		})
	}
}

// TestFailedHandlersAreTold has a handler panic over both protocols.
func TestFailedHandlersAreTold(t *testing.T) {
	var log page
	fails := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("ours") })
	s := openTLSAs(t, Options{Log: logTo(&log)}, Entrance{Next: fails}, echo)
	nc, err := s.dialHTTP2(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(patience))
	other := "\x82\x87\x04\x06/other\x01\x01a"
	if _, err := io.WriteString(nc, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+h2Frame(4, 0, 0, "")+h2Frame(1, 5, 1, other)); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return strings.Contains(log.String(), "panic=ours") })
	if said := log.String(); strings.Count(said, "level=") != 1 || !strings.Contains(said, `msg="a handler failed" host=a`) {
		t.Errorf("%s", said)
	}
}

// TestManyLines has requests of many short header lines, of which over HTTP/2 each is a
// byte on the way and many in memory.
func TestManyLines(t *testing.T) {
	s := openTLS(t, Options{}, echo)
	over := map[string]*http.Transport{"HTTP/1": {TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, "HTTP/2": s.http2(t)}
	for version, tr := range over {
		for lines, want := range map[int]int{http1.MaxLines - 10: 200, http1.MaxLines + 1: 413} {
			req, _ := http.NewRequest("GET", s.url+"/dev", nil)
			req.Host = "abc123.execute-api.localhost"
			req.Header["X"] = slices.Repeat([]string{""}, lines)
			resp, err := tr.RoundTrip(req)
			if err != nil {
				t.Fatal(version, lines, err)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("%d lines over %s: status %d, want %d", lines, version, resp.StatusCode, want)
			}
		}
		tr.CloseIdleConnections()
	}
}
