package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A syncBuffer is written by one goroutine and read by another.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// However a file is saved, and whichever of the files it is, it is read again
// because the system tells of it: nothing is looked at unasked here.
func TestWatchIsNotified(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	api := func(title string) string {
		return "openapi: 3.0.1\ninfo: {title: " + title + ", version: '1'}\npaths: {/x: {$ref: parts/x.yaml}, /y: {$ref: linked.yaml}}\n"
	}
	write("api.yaml", api("a"))
	write("parts/x.yaml", "get: 7\n")
	write("elsewhere/y.yaml", "get: 8\n")
	if err := os.Symlink(filepath.Join(dir, "elsewhere", "y.yaml"), filepath.Join(dir, "linked.yaml")); err != nil {
		skipElsewhere(t, err)
	}
	n := newNotifier()
	if n == nil {
		skipElsewhere(t, "the system does not tell")
	}
	n.unasked = time.Hour
	out := new(syncBuffer)
	file := filepath.Join(dir, "api.yaml")
	d := &developer{described: &described{server: &server{controlPlane: &controlPlane{health: new(health)}}, file: file, refs: refScope{root: dir}, who: new(wire.Caller)}, out: out}
	d.reload(t.Context())
	first := out.String()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { watch(ctx, n, d); close(ended) }()
	defer func() { stop(); <-ended }()
	for n := 1; out.String() == first; n++ { // until the notifier follows the files
		write("api.yaml", api(strings.Repeat("a", 1+n)))
		time.Sleep(20 * watchEvery)
	}

	for _, step := range []struct {
		name string
		save func()
	}{
		{"written in place", func() { write("api.yaml", api("b")) }},
		{"replaced", func() {
			write(".api.yaml.swp", api("ccc"))
			if err := os.Rename(filepath.Join(dir, ".api.yaml.swp"), file); err != nil {
				t.Fatal(err)
			}
		}},
		{"replaced again", func() {
			write("api.yaml~", api("dddd"))
			if err := os.Rename(filepath.Join(dir, "api.yaml~"), file); err != nil {
				t.Fatal(err)
			}
		}},
		{"a file in another directory", func() { write("parts/x.yaml", "get: 77\n") }},
		{"what a link leads to", func() { write("elsewhere/y.yaml", "get: 88\n") }},
		{"the other directory itself", func() {
			if err := os.Rename(filepath.Join(dir, "parts"), filepath.Join(dir, "old")); err != nil {
				t.Fatal(err)
			}
			write("parts/x.yaml", "get: 777\n")
		}},
		{"a file in the new directory", func() { write("parts/x.yaml", "get: 7777\n") }},
	} {
		before := strings.Count(out.String(), "not deployed")
		step.save()
		for end := time.Now().Add(patience); strings.Count(out.String(), "not deployed") == before; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: not read again:\n%s", step.name, out)
			}
		}
		time.Sleep(20 * watchEvery) // a second reading of the same save is over
	}
}

// skipElsewhere skips a test of what a system may lack, but for Linux, which has it.
func skipElsewhere(t *testing.T, why any) {
	t.Helper()
	if runtime.GOOS == "linux" {
		t.Fatal(why)
	}
	t.Skip(why)
}
