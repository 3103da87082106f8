package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestCertificatesAreTriedAgain has a key become readable without a change of its time
// or size, as a change of permissions does: it is read all the same, and the log has told
// once that it was not.
func TestCertificatesAreTriedAgain(t *testing.T) {
	dir := t.TempDir()
	selfSigned(t, dir)
	pair := certificate{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	key, err := os.ReadFile(pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		save := func(content []byte, at time.Time) {
			t.Helper()
			if err := os.WriteFile(pair.Key, content, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(pair.Key, at, at); err != nil {
				t.Fatal(err)
			}
		}
		out := new(bytes.Buffer)
		cs := &certificates{fileValue: fileValue[shownCertificates]{log: slog.New(slog.NewTextHandler(out, nil))}}
		take, err := cs.prepare(&config{TLS: true, Certificates: []certificate{pair}})
		if err != nil {
			t.Fatal(err)
		}
		take()
		go watch(t.Context(), nil, cs)
		changed := time.Now()
		save(bytes.Repeat([]byte("x"), len(key)), changed)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if n := strings.Count(out.String(), "cannot be read"); n != 1 {
			t.Errorf("told %d times:\n%s", n, out)
		}
		save(key, changed)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if n := strings.Count(out.String(), "are read again"); n != 1 {
			t.Errorf("read %d times:\n%s", n, out)
		}
	})
}
