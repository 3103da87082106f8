package main

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// launchLimited starts gatehouse where it may open that many files.
func launchLimited(dir string, files int, args ...string) (*process, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	name := filepath.Join(dir, "gatehouse") // testscript.Main dispatches on it
	if err := os.Symlink(exe, name); err != nil {
		return nil, err
	}
	cmd := exec.Command("sh", append([]string{"-c", fmt.Sprintf(`ulimit -n %d && exec "$0" "$@"`, files), name}, args...)...)
	cmd.Dir = dir
	return follow(cmd)
}

// TestFilesForBackends has a few connections of HTTP/2 ask for more of a slow
// backend at once than there are files for: calls wait for a connection, none
// fails for want of a file, and other clients are let in.
func TestFilesForBackends(t *testing.T) {
	t.Parallel()
	var running atomic.Int32
	let := make(chan bool)
	backend := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		running.Add(1)
		<-let
	}))
	t.Cleanup(backend.Close)
	answer := sync.OnceFunc(func() { close(let) })
	t.Cleanup(answer)
	dir := t.TempDir()
	pool := selfSigned(t, dir)
	config := "listen: 127.0.0.1:0\ngateway-tls-listen: 127.0.0.1:0\nin-memory: true\naccess-log: /dev/null\ncertificates:\n  - {cert: cert.pem, key: key.pem}\n"
	if err := os.WriteFile(filepath.Join(dir, "gatehouse.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := launchLimited(dir, 128, "serve", "--config", "gatehouse.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if err := p.waitFor(`^Ready\.$`); err != nil {
		t.Fatal(err)
	}
	url := urlLine.FindStringSubmatch(p.printed())[2]
	deployAPI(t, url, "files", `{"openapi":"3.0.1","info":{"title":"a","version":"1"},"paths":{"/":{"get":{"responses":{},`+
		`"x-amazon-apigateway-integration":{"type":"http_proxy","httpMethod":"GET","uri":"`+backend.URL+`"}}}}}`)
	stage := "https://" + tlsLine.FindStringSubmatch(p.printed())[1] + "/_aws/execute-api/files/prod/"

	var wg sync.WaitGroup
	for range 3 {
		tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "localhost"}, ForceAttemptHTTP2: true, MaxConnsPerHost: 1}
		t.Cleanup(tr.CloseIdleConnections)
		for range 100 {
			wg.Go(func() {
				req, _ := http.NewRequest("GET", stage, nil)
				resp, err := tr.RoundTrip(req)
				if err != nil {
					t.Error(err)
					return
				}
				_ = resp.Body.Close()
				if resp.StatusCode != 200 {
					t.Error(resp.Status)
				}
			})
		}
	}
	eventually(t, func() error {
		if n := running.Load(); n < 6 { // one backend has a quarter of the places
			return fmt.Errorf("%d calls of the backend", n)
		}
		return nil
	})
	for range 3 {
		_ = visit(t, strings.TrimPrefix(url, "http://"))
	}
	answer() // before the others have waited too long
	wg.Wait()
	if text := p.printed(); strings.Contains(text, "too many open files") {
		t.Errorf("log:\n%s", text[:min(len(text), 2000)])
	}
}
