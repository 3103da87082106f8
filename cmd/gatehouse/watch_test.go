package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Editors begin to save by emptying a file. One that stays empty for a while is
// read all the same.
func TestWatchPassesOverAHalfSavedFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "api.yaml")
	save := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	save("a: 1\n")
	synctest.Test(t, func(t *testing.T) {
		out := new(bytes.Buffer)
		d := &developer{described: &described{server: &server{controlPlane: &controlPlane{health: new(health)}}, file: file, who: new(wire.Caller), files: look([]string{file})}, out: out}
		told := func(after time.Duration) string {
			time.Sleep(after)
			synctest.Wait()
			defer out.Reset()
			return out.String()
		}
		go watch(t.Context(), nil, d)

		save("")
		if got := told(100 * time.Millisecond); got != "" {
			t.Errorf("an empty file is read at once: %s", got)
		}
		save("b: 12\n")
		if got := told(100 * time.Millisecond); strings.Count(got, ": error: ") != 1 || !strings.Contains(got, "which specification") {
			t.Errorf("the saved file: %q", got)
		}
		save("")
		if got := told(time.Second); !strings.Contains(got, "the document is empty") {
			t.Errorf("a file that stays empty: %q", got)
		}
	})
}
