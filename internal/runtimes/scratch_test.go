package runtimes

import (
	"os"
	"path/filepath"
	"testing"
)

// launched is the launch of a handler whose interpreter a script stands for, with the path
// of its bootstrap.
func launched(t *testing.T, m *Machine) (*Launch, string) {
	t.Helper()
	root := executables(t, map[string]string{"bin/node": "22.1.0 SELF"})
	t.Setenv("PATH", filepath.Join(root, "bin"))
	launch, err := m.Launch(&Program{Runtime: "nodejs22.x", Handler: "a.b", Dir: root})
	if err != nil {
		t.Fatal(err)
	}
	return launch, launch.Args[len(launch.Args)-1]
}

// A bootstrap is in the user's cache, where it stays for the next run, and is written again
// when something has removed or changed it.
func TestBootstrapIsKept(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", cache)
	m := new(Machine)
	launch, path := launched(t, m)
	if rel, err := filepath.Rel(cache, path); err != nil || !filepath.IsLocal(rel) {
		t.Errorf("the bootstrap is at %s, not in %s", path, cache)
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func() error{
		"is removed":         func() error { return os.Remove(path) },
		"is cut":             func() error { return os.Truncate(path, 10) },
		"goes with the rest": func() error { return os.RemoveAll(filepath.Join(cache, "gatehouse")) },
	} {
		if err := change(); err != nil && what != "goes with the rest" {
			t.Fatal(err)
		}
		if err := m.Ready(launch); err != nil {
			t.Errorf("one that %s: %v", what, err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != string(want) {
			t.Errorf("one that %s is not there again: %v", what, err)
		}
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("it does not stay: %v", err)
	}
}

// Without a cache the directory is a temporary one, which nobody makes again: others could
// have done so.
func TestBootstrapWithoutCache(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "/dev/null")
	t.Setenv("TMPDIR", t.TempDir())
	m := new(Machine)
	launch, path := launched(t, m)
	if filepath.Dir(filepath.Dir(path)) != os.Getenv("TMPDIR") {
		t.Errorf("the bootstrap is at %s", path)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Dir(path)); err == nil {
		t.Error("the directory is left")
	}
	if err := m.Ready(launch); err == nil {
		t.Error("the directory is made again")
	}
}
