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
	if took := time.Since(begin); resp.StatusCode != 200 || got != int64(want) || err != nil || took > 5*time.Second {
		t.Fatalf("%s of %d bytes: status %d, %d bytes, %v, after %v", method, size, resp.StatusCode, got, err, took)
	}
}
