package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestReopen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "on the way?#%41é")
	for i := range 3 {
		s := mustOpen(t, Options{Dir: dir})
		if r := s.Revision(); r != Revision(i) {
			t.Errorf("got revision %d, want %d", r, i)
		}
		if rev := mustWrite(t, s, func(tx *Tx) error {
			return errors.Join(put(key(fmt.Sprint(i)), "doc")(tx), publish("k", fmt.Sprint(i), "")(tx))
		}); rev != Revision(i+1) {
			t.Errorf("published revision %d, want %d", rev, i+1)
		}
		for j := range i + 1 {
			if doc := got(t, s, key(fmt.Sprint(j))); doc != "doc" {
				t.Errorf("document %d: got %q", j, doc)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if names := fmt.Sprint(entries); names != "[- gatehouse.db - lock]" {
		t.Errorf("after Close the directory has %s", names)
	}
}

func TestRelativeDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	s := mustOpen(t, Options{Dir: "data/dir"})
	defer s.Close()
	mustWrite(t, s, put(key("a"), "1"))
	if _, err := os.Stat("data/dir/gatehouse.db"); err != nil {
		t.Error(err)
	}
	_, err := Open(t.Context(), Options{Dir: "data/dir"})
	if err == nil || !strings.HasPrefix(err.Error(), "data directory data/dir: in use") {
		t.Errorf("got error %v, want one with the directory as it was given", err)
	}
}

// A tombstone with the highest revision keeps it from being given again.
func TestReopenAfterRetract(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, Options{Dir: dir})
	mustWrite(t, s, publish("k", "x", ""))
	mustWrite(t, s, func(tx *Tx) error { return tx.Retract("k", "x") })
	s.Close()
	s = mustOpen(t, Options{Dir: dir})
	defer s.Close()
	if rev := mustWrite(t, s, publish("k", "y", "")); rev != 3 {
		t.Errorf("got revision %d, want 3", rev)
	}
}

func TestFilesAreTheOwners(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions are not a mode there")
	}
	dir := filepath.Join(t.TempDir(), "data")
	s := mustOpen(t, Options{Dir: dir})
	defer s.Close()
	mustWrite(t, s, put(key("a"), ""))
	want := map[string]fs.FileMode{".": fs.ModeDir | 0o700, "gatehouse.db": 0o600, "gatehouse.db-wal": 0o600, "gatehouse.db-shm": 0o600, "lock": 0o600}
	for name, mode := range want {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		} else if info.Mode() != mode {
			t.Errorf("%s: got mode %v, want %v", name, info.Mode(), mode)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	raw := func(t *testing.T, dir string, statements ...string) {
		c, err := dial(t.Context(), filepath.Join(dir, databaseName))
		if err != nil {
			t.Fatal(err)
		}
		for _, sql := range statements {
			if err := c.script(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.close(); err != nil {
			t.Fatal(err)
		}
	}
	store := func(t *testing.T, dir string) {
		s := mustOpen(t, Options{Dir: dir})
		fill(t, s, 1000)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]struct {
		prepare func(t *testing.T, dir string)
		want    error
		text    string // what follows the directory
	}{
		"no database": {
			prepare: func(t *testing.T, dir string) {
				writeFile(t, filepath.Join(dir, databaseName), strings.Repeat("hello, world\n", 1000))
			},
			want: ErrCorrupt, text: "damaged, or not a Gatehouse store: ",
		},
		"another program's database": {
			prepare: func(t *testing.T, dir string) { raw(t, dir, "CREATE TABLE t (x)") },
			want:    ErrCorrupt, text: "gatehouse.db: damaged, or not a Gatehouse store",
		},
		"cut off": {
			prepare: func(t *testing.T, dir string) {
				store(t, dir)
				if err := os.Truncate(filepath.Join(dir, databaseName), 10_000); err != nil {
					t.Fatal(err)
				}
			},
			want: ErrCorrupt, text: "damaged, or not a Gatehouse store: ",
		},
		"overwritten": {
			prepare: func(t *testing.T, dir string) {
				store(t, dir)
				writeAt(t, filepath.Join(dir, databaseName), 4096, bytes.Repeat([]byte{0xa5}, 20_000))
			},
			want: ErrCorrupt, text: "damaged, or not a Gatehouse store: ",
		},
		"newer schema": {
			prepare: func(t *testing.T, dir string) { store(t, dir); raw(t, dir, "PRAGMA user_version = 99") },
			want:    ErrNewer, text: "written by a newer version (schema 99, this one knows 3)",
		},
		"the directory is a file": {
			prepare: func(t *testing.T, dir string) {
				if err := os.Remove(dir); err != nil {
					t.Fatal(err)
				}
				writeFile(t, dir, "")
			},
			text: "not a directory",
		},
		"the database is a directory": {
			prepare: func(t *testing.T, dir string) {
				if err := os.Mkdir(filepath.Join(dir, databaseName), 0o700); err != nil {
					t.Fatal(err)
				}
			},
			text: "open ",
		},
		"in use": {
			prepare: func(t *testing.T, dir string) {
				s := mustOpen(t, Options{Dir: dir})
				t.Cleanup(func() { s.Close() })
			},
			want: ErrLocked, text: fmt.Sprintf("in use by another process (pid %d)", os.Getpid()),
		},
		"read-only": {
			prepare: func(t *testing.T, dir string) { mount(t, dir, 1<<20); mountReadOnly(t, dir) },
			want:    errNotWritable, text: "not writable: open ",
		},
		"read-only, with a store": {
			prepare: func(t *testing.T, dir string) { mount(t, dir, 16<<20); store(t, dir); mountReadOnly(t, dir) },
			want:    errNotWritable, text: "not writable: open ",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			tt.prepare(t, dir)
			before := snapshotDir(t, dir)
			s, err := Open(t.Context(), Options{Dir: dir})
			if err == nil {
				s.Close()
				t.Fatal("opened")
			}
			if tt.want != nil {
				wantErr(t, "Open", err, tt.want)
			}
			text := err.Error()
			if !strings.HasPrefix(text, "data directory "+dir+": "+tt.text) || strings.Contains(text, "\n") {
				t.Errorf("got %q, want one line that begins with the directory and %q", text, tt.text)
			}
			t.Log(text)
			if after := snapshotDir(t, dir); after != before && tt.want != nil {
				t.Error("Open changed the database")
			}
		})
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func writeAt(t *testing.T, name string, off int64, b []byte) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(b, off)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// snapshotDir returns the content of the database file.
func snapshotDir(t *testing.T, dir string) string {
	b, err := os.ReadFile(filepath.Join(dir, databaseName))
	if err != nil {
		return ""
	}
	return string(b)
}

// A connection that was given up is replaced by the next write.
func TestWriterIsDialledAgain(t *testing.T) {
	s := mustOpen(t, Options{Dir: t.TempDir()})
	defer s.Close()
	mustWrite(t, s, publish("k", "a", ""))
	s.engine.(*sqliteDB).dropWriter()
	if rev := mustWrite(t, s, publish("k", "b", "")); rev != 2 {
		t.Errorf("got revision %d, want 2", rev)
	}
}

// What makes a commit outlive a loss of power can only be looked up: a process
// that is killed loses nothing of what the kernel has.
func TestCommitsAreSynced(t *testing.T) {
	s := mustOpen(t, Options{Dir: t.TempDir()})
	defer s.Close()
	c := s.engine.(*sqliteDB).writer
	wantNumber(t, c, "PRAGMA synchronous", 2)
	wantNumber(t, c, "PRAGMA fullfsync", 1)
}
