package filewatch

import (
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// waitFor is longer than anything takes but what hangs.
const waitFor = time.Minute

// A directory is a root of a test.
type directory struct {
	t    *testing.T
	path string
}

func (d directory) write(name, text string) {
	d.t.Helper()
	path := filepath.Join(d.path, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		d.t.Fatal(err)
	}
}

// watched starts a watcher of a new directory that has these files.
func watched(t *testing.T, bound int, files ...string) (*Watcher, directory, chan string) {
	t.Helper()
	d := directory{t, t.TempDir()}
	for _, name := range files {
		d.write(name, "before")
	}
	told := make(chan string, 100)
	w := New(func(root string) { told <- root })
	t.Cleanup(w.Close)
	w.bound = bound
	w.Watch([]string{d.path})
	return w, d, told
}

func wait(t *testing.T, told chan string, want string) {
	t.Helper()
	select {
	case got := <-told:
		if got != want {
			t.Errorf("told of %s, want %s", got, want)
		}
	case <-time.After(waitFor):
		t.Fatal("nothing is told")
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	tests := map[string]func(d directory){
		"saved":              func(d directory) { d.write("app.py", "after") },
		"saved further down": func(d directory) { d.write("lib/deep/x.py", "after") },
		"new":                func(d directory) { d.write("new.py", "new") },
		"removed":            func(d directory) { _ = os.Remove(filepath.Join(d.path, "app.py")) },
		"put in its place": func(d directory) {
			d.write(".app.py.swp", "after")
			_ = os.Rename(filepath.Join(d.path, ".app.py.swp"), filepath.Join(d.path, "app.py"))
		},
		"dot file": func(d directory) { d.write(".env", "A=1") },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for how, bound := range map[string]int{"told by the system": maxDirs, "polled": 0} {
				_, d, told := watched(t, bound, "app.py", "lib/deep/x.py")
				if how == "polled" {
					time.Sleep(2 * pollEvery) // the first look is what the others are compared with
				}
				change(d)
				wait(t, told, d.path)
			}
		})
	}
}

// A directory that is new is watched, and one that has another in its place.
func TestNewDirectories(t *testing.T) {
	t.Parallel()
	_, d, told := watched(t, maxDirs, "app.py")
	d.write("new/dir/a.py", "1")
	wait(t, told, d.path)
	d.write("new/dir/a.py", "2")
	wait(t, told, d.path)
	if err := os.RemoveAll(filepath.Join(d.path, "new")); err != nil {
		t.Fatal(err)
	}
	wait(t, told, d.path)
	d.write("new/dir/a.py", "3")
	wait(t, told, d.path)
	d.write("new/dir/a.py", "4")
	wait(t, told, d.path)
}

// A build may take a root away and make it again.
func TestRootComesBack(t *testing.T) {
	t.Parallel()
	w, d, told := watched(t, maxDirs, "app.py")
	if err := os.RemoveAll(d.path); err != nil {
		t.Fatal(err)
	}
	wait(t, told, d.path)
	if got := w.Polled(); !slices.Equal(got, []string{d.path}) {
		t.Errorf("polled are %q", got)
	}
	d.write("app.py", "again")
	wait(t, told, d.path)
	for len(w.Polled()) > 0 {
		time.Sleep(10 * time.Millisecond)
	}
	d.write("app.py", "and again")
	wait(t, told, d.path)
}

// What others have made, and what editors leave, is not told.
func TestIgnored(t *testing.T) {
	t.Parallel()
	_, d, told := watched(t, maxDirs, "app.py", "node_modules/dep/index.js", ".git/HEAD", "lib/__pycache__/x.pyc", "env/pyvenv.cfg", "env/lib/x.py")
	for _, name := range []string{"node_modules/dep/index.js", "node_modules/new/index.js", ".git/HEAD", "lib/__pycache__/x.pyc", "env/lib/x.py", "app.py~", ".app.py.swp", "4913", ".#app.py"} {
		d.write(name, "after")
	}
	select {
	case <-told:
		t.Error("a change is told of what is ignored")
	case <-time.After(10 * quiet):
	}
	d.write("app.py", "after")
	wait(t, told, d.path)
}

// Roots that share directories are told each by itself, and one that is left no more.
func TestRoots(t *testing.T) {
	t.Parallel()
	w, d, told := watched(t, maxDirs, "inner/app.py")
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Join(d.path, "inner"), link); err != nil {
		t.Fatal(err)
	}
	inner := filepath.Join(d.path, "inner")
	w.Watch([]string{d.path, inner, link})
	d.write("inner/app.py", "after")
	got := make(map[string]bool)
	for len(got) < 3 {
		select {
		case root := <-told:
			got[root] = true
		case <-time.After(waitFor):
			t.Fatalf("told only of %v", got)
		}
	}
	w.Watch([]string{inner})
	d.write("inner/app.py", "again")
	wait(t, told, inner)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.roots) != 1 || len(w.dirs) != 1 {
		t.Errorf("watched are %v", w.dirs)
	}
}

// More directories than the bound are polled, with no watch of the system left over.
func TestBound(t *testing.T) {
	t.Parallel()
	w, d, _ := watched(t, 3, "a/x", "b/x", "c/x", "d/x")
	if got := w.Polled(); !slices.Equal(got, []string{d.path}) {
		t.Errorf("polled are %q", got)
	}
	if n := len(w.system.WatchList()); n > 3 {
		t.Errorf("the system is asked about %d directories", n)
	}
}

// Changes that come together are told once; those that do not end, now and then; those
// with an empty file, when it is empty no more, or stays so.
func TestWhenItIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := directory{t, t.TempDir()}
		d.write("full", "text")
		d.write("empty", "")
		var told atomic.Int64
		w := &Watcher{tell: func(string) { told.Add(1) }, roots: make(map[string]*root)}
		r := &root{path: d.path, changed: make(map[string]struct{})}
		w.roots[d.path] = r
		note := func(name string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.note(r, filepath.Join(d.path, name))
		}
		after := func(wait time.Duration, want int64) {
			t.Helper()
			time.Sleep(wait)
			synctest.Wait()
			if got := told.Load(); got != want {
				t.Errorf("told %d times, want %d", got, want)
			}
		}
		for range 3 {
			note("full")
			after(quiet-1, 0)
		}
		after(1, 1)
		note("empty")
		after(2*quiet, 1)
		d.write("empty", "no more")
		after(quiet, 2)
		d.write("empty", "")
		note("empty")
		after(longest-quiet, 2)
		after(2*quiet, 3)
		for end := time.Now().Add(4 * longest); time.Now().Before(end); time.Sleep(quiet / 2) {
			note("full")
		}
		if got := told.Load() - 3; got < 2 || got > 4 {
			t.Errorf("a change that goes on for %v is told %d times", 4*longest, got)
		}
	})
}
