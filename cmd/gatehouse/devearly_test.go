package main

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// TestDevEarly: who calls while dev is starting has no answer before the file is
// deployed, and then its own.
func TestDevEarly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "api.json"), []byte(plainAPI), 0o600); err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := free.Addr().(*net.TCPAddr)
	_ = free.Close()
	p, err := launch(dir, "dev", "--listen", "127.0.0.1:0", "--port", strconv.Itoa(at.Port), "api.json")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); <-p.done })
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		res, err := http.Get("http://" + at.String() + "/")
		if err != nil {
			if time.Now().After(end) {
				t.Fatalf("%v\n%s", err, p.printed())
			}
			continue
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("the first answer is %d, not 200", res.StatusCode)
		}
		return
	}
}
