package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

// TestSlowUploads has many clients begin large bodies and not end them, under a
// small budget. However much they have sent, others are served: their answers are
// paid for by a budget of their own, and large bodies leave room for small ones.
func TestSlowUploads(t *testing.T) {
	t.Parallel()
	const clients, download = 111, 300_000
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		if r.Method == "GET" {
			n = download
		}
		_, _ = w.Write(make([]byte, n))
	}))
	t.Cleanup(backend.Close)
	p, _, url := launchWith(t, t.TempDir(), "in-memory: true\nmax-buffered-bytes: 33554432\nmax-connections: 1000\n")
	deployAPI(t, url, "sec", securityAPI(t, map[string]string{"go": backend.URL}, backend.URL))
	address := strings.TrimPrefix(url, "http://")

	for _, tt := range []struct {
		name, path string
		sent       int // of each body of 10 MB
		refused    bool
	}{
		{"a resource that does not exist", "/nope", 1, true},
		{"a byte", "/go/p/x", 1, false},
		{"a body that fits one buffer", "/go/p/x", 16_000, false},
		{"60 KB", "/go/p/x", 60_000, false},
		{"250 KB", "/go/p/x", 250_000, false},
		{"5 MB", "/go/p/x", 5_000_000, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := resident(t, p)
			var uploads sync.WaitGroup
			for range clients {
				nc, err := net.Dial("tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				defer nc.Close()
				_ = nc.SetDeadline(time.Now().Add(patience))
				uploads.Go(func() {
					_, _ = fmt.Fprintf(nc, "POST /prod%s HTTP/1.1\r\nHost: sec.execute-api.localhost\r\nContent-Length: 10485760\r\n\r\n", tt.path)
					_, _ = nc.Write(make([]byte, tt.sent)) // some are refused, and read no further
					if tt.refused {
						if resp, err := http.ReadResponse(bufio.NewReader(nc), nil); err != nil || resp.StatusCode != 403 {
							t.Errorf("got %v, %v", resp, err)
						}
					}
				})
			}
			uploads.Wait()
			time.Sleep(50 * time.Millisecond) // for what has been sent to be read
			for range 20 {
				asked(t, url, "GET", 0, download)
				for _, size := range []int{1, 1_000, 3_000, 30_000} {
					asked(t, url, "POST", size, size)
				}
			}
			t.Logf("%d bytes more in use", resident(t, p)-before)
		})
	}
}

// asked makes a call on a connection of its own, and wants so much of an answer.
func asked(t *testing.T, url, method string, size, want int) {
	t.Helper()
	req, _ := http.NewRequest(method, url+"/_aws/execute-api/sec/prod/go/p/x", bytes.NewReader(make([]byte, size)))
	req.Close = true
	begin := time.Now()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.Copy(io.Discard, resp.Body)
	if took := time.Since(begin); resp.StatusCode != 200 || got != int64(want) || err != nil || took > patience {
		t.Fatalf("%s of %d bytes: status %d, %d bytes, %v, after %v", method, size, resp.StatusCode, got, err, took)
	}
}

// A client that sends all of a large body before it looks for an answer reads the
// refusal, on the listener of both planes and on the control plane's own.
func TestRefusedUploads(t *testing.T) {
	t.Parallel()
	length := func(size int) string {
		return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", size, make([]byte, size))
	}
	chunks := func(size int) string {
		return fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", size, make([]byte, size))
	}
	const tooLarge = "Request must be smaller than 10485760 bytes for the CreateRestApi operation"
	tests := map[string]struct {
		path, rest string
		status     int
		body       string
	}{
		"no operation":                {"/nope", length(9 << 20), 403, "Missing Authentication Token"},
		"no page":                     {"/_gatehouse/health", length(9 << 20), 404, ""},
		"too large":                   {"/restapis", length(24 << 20), 413, tooLarge},
		"too large, chunks":           {"/restapis", chunks(24 << 20), 413, tooLarge},
		"too large, told to send it":  {"/restapis", "Expect: 100-continue\r\n" + chunks(24<<20), 413, tooLarge},
		"too large, asks, sends it":   {"/restapis", "Expect: 100-continue\r\n" + length(24<<20), 413, tooLarge},
		"too large, waits for a word": {"/restapis", "Expect: 100-continue\r\nContent-Length: 10485761\r\n\r\n", 413, tooLarge},
	}
	for name, config := range map[string]string{"shared": "", "own": "gateway-listen: 127.0.0.1:0\n"} {
		_, _, url := launchWith(t, t.TempDir(), "in-memory: true\n"+config)
		for test, tt := range tests {
			t.Run(test+", "+name, func(t *testing.T) {
				for range soak.Times(2) {
					nc, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
					if err != nil {
						t.Fatal(err)
					}
					_ = nc.SetDeadline(time.Now().Add(patience))
					if _, err := io.WriteString(nc, "POST "+tt.path+" HTTP/1.1\r\nHost: localhost\r\n"+tt.rest); err != nil {
						t.Fatal("while sending:", err)
					}
					r := bufio.NewReader(nc)
					resp, err := http.ReadResponse(r, nil)
					if err == nil && resp.StatusCode == http.StatusContinue {
						resp, err = http.ReadResponse(r, nil)
					}
					if err != nil {
						t.Fatal(err)
					}
					body, err := io.ReadAll(resp.Body)
					if resp.StatusCode != tt.status || !strings.Contains(string(body), tt.body) || err != nil || !resp.Close {
						t.Fatalf("got %d %q, %v, closes: %t", resp.StatusCode, body, err, resp.Close)
					}
					if rest, err := io.ReadAll(r); len(rest) > 0 || err != nil {
						t.Fatalf("then %q, %v", rest, err)
					}
					_ = nc.Close()
				}
			})
		}
	}
}
