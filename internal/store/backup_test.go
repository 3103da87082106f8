package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A backup taken while transfers go on has all of each transfer or nothing, and
// what was acknowledged before it began.
func TestBackupUnderLoad(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	s := mustOpen(t, Options{Dir: dir})
	defer s.Close()
	const accounts, each = 20, 100
	for i := range accounts {
		mustWrite(t, s, put(key(fmt.Sprint(i)), fmt.Sprint(each)))
	}
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for ctx.Err() == nil {
				_, _ = s.Write(context.Background(), Scope{}, transfer(rand.IntN(accounts), rand.IntN(accounts)))
			}
		})
	}
	for i := range 5 {
		before := s.Revision()
		file, restored := filepath.Join(out, fmt.Sprint(i)), filepath.Join(out, fmt.Sprint("dir", i))
		if err := Backup(t.Context(), dir, file, false); err != nil {
			t.Fatal(err)
		}
		// The copy can have a commit that Revision does not tell yet; a later write
		// comes after all of them.
		after := mustWrite(t, s, func(tx *Tx) error { return tx.Publish(Served{Kind: "after"}) })
		if err := Restore(t.Context(), file, restored); err != nil {
			t.Fatal(err)
		}
		copied := mustOpen(t, Options{Dir: restored})
		if sum, err := total(copied); sum != accounts*each || err != nil {
			t.Errorf("got a sum of %d, %v", sum, err)
		}
		if r := copied.Revision(); r < before || r > after {
			t.Errorf("got revision %d, want %d to %d", r, before, after)
		}
		mustWrite(t, copied, both("new"))
		if err := copied.Close(); err != nil {
			t.Error(err)
		}
	}
	stop()
	writers.Wait()
}

// Places, revisions and what is gone are the same in a restored store, and go on
// from there.
func TestBackupKeepsOrder(t *testing.T) {
	dir, restored := t.TempDir(), filepath.Join(t.TempDir(), "new")
	file := filepath.Join(t.TempDir(), "backup")
	s := mustOpen(t, Options{Dir: dir})
	defer s.Close()
	for _, id := range []string{"c", "a", "x", "b", "y"} {
		mustWrite(t, s, both(id))
	}
	mustWrite(t, s, func(tx *Tx) error { return tx.Delete(key("x")) })
	mustWrite(t, s, func(tx *Tx) error { return tx.Delete(key("y")) })
	mustWrite(t, s, func(tx *Tx) error { return tx.Retract("k", "y") })
	if err := Backup(t.Context(), dir, file, false); err != nil {
		t.Fatal(err)
	}
	if err := Restore(t.Context(), file, restored); err != nil {
		t.Fatal(err)
	}
	copied := mustOpen(t, Options{Dir: restored})
	defer copied.Close()
	for _, s := range []*Store{s, copied} {
		mustWrite(t, s, both("new"))
	}
	page := createdRows(t, s, 2)
	if diff := cmp.Diff(page, createdRows(t, copied, 2)); diff != "" || len(page) != 2 || page[1].Place != 6 {
		t.Errorf("from the second place on: %v (-original +restored)\n%s", page, diff)
	}
	if diff := cmp.Diff(changes(t, s, 0, 0), changes(t, copied, 0, 0)); diff != "" {
		t.Errorf("changes (-original +restored)\n%s", diff)
	}
}

func TestBackupFile(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	file := filepath.Join(out, "backup")
	wantErr(t, "no database", Backup(t.Context(), dir, file, false), ErrNoData)
	s := mustOpen(t, Options{Dir: dir})
	defer s.Close()
	mustWrite(t, s, put(key("a"), "one"))
	if err := Backup(t.Context(), dir, file, false); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
		t.Errorf("got %v, %v, want mode 0600", info.Mode(), err)
	}
	before := snapshotFile(t, file)
	mustWrite(t, s, put(key("a"), "two"))
	wantErr(t, "a file that exists", Backup(t.Context(), dir, file, false), ErrFileExists)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	wantErr(t, "cancelled", Backup(over, dir, file, true), context.Canceled)
	if snapshotFile(t, file) != before {
		t.Error("a backup that failed has changed the file")
	}
	if err := Backup(t.Context(), dir, file, true); err != nil {
		t.Fatal(err)
	}
	if snapshotFile(t, file) == before {
		t.Error("the file was not replaced")
	}
	if names, err := os.ReadDir(out); len(names) != 1 || err != nil {
		t.Errorf("left %v, %v", names, err)
	}
}

func TestRestoreErrors(t *testing.T) {
	data, out := t.TempDir(), t.TempDir()
	file := filepath.Join(out, "backup")
	s := mustOpen(t, Options{Dir: data})
	defer s.Close()
	fill(t, s, 2000)
	if err := Backup(t.Context(), data, file, false); err != nil {
		t.Fatal(err)
	}
	whole := snapshotFile(t, file)
	with := func(name, text string) string {
		path := filepath.Join(out, name)
		writeFile(t, path, text)
		return path
	}
	damaged := with("damaged", whole)
	writeAt(t, damaged, 300*4096, []byte(strings.Repeat("\xa5", 4096)))
	flipped := with("flipped", whole)
	at := int64(strings.LastIndex(whole, "}"))
	writeAt(t, flipped, max(at, 4096*20), []byte{whole[max(at, 4096*20)] ^ 1})
	newer := with("newer", whole[:len(whole)-sumSize])
	writeAt(t, newer, 60, []byte{0, 0, 0, 99}) // user_version
	if err := appendSum(t.Context(), newer); err != nil {
		t.Fatal(err)
	}
	broken := with("broken", snapshotFile(t, damaged)[:len(whole)-sumSize])
	if err := appendSum(t.Context(), broken); err != nil {
		t.Fatal(err)
	}
	running := with("running", whole)
	with("running-wal", "log")
	used := t.TempDir()
	writeFile(t, filepath.Join(used, "notes"), "x")
	for name, tt := range map[string]struct {
		file, dir string
		want      error
	}{
		"no file":               {filepath.Join(out, "none"), "", os.ErrNotExist},
		"not a database":        {with("text", strings.Repeat("hello ", 1000)), "", errNoSum},
		"empty":                 {with("empty", ""), "", errNoSum},
		"cut off":               {with("cut", whole[:len(whole)/2]), "", errNoSum},
		"damaged":               {damaged, "", errSum},
		"broken from the start": {broken, "", ErrCorrupt},
		"a changed byte":        {flipped, "", errSum},
		"more at its end":       {with("longer", whole+"x"), "", errNoSum},
		"no checksum":           {with("bare", whole[:len(whole)-sumSize]), "", errNoSum},
		"another checksum":      {with("other", whole[:len(whole)-2]+"z\n"), "", errSum},
		"a directory":           {out, "", errIsDir},
		"newer":                 {newer, "", ErrNewer},
		"of a running one":      {running, "", errRunning},
		"data is there":         {file, used, ErrNotEmpty},
		"a server runs":         {file, data, ErrLocked},
	} {
		t.Run(name, func(t *testing.T) {
			dir := tt.dir
			if dir == "" {
				dir = filepath.Join(t.TempDir(), "new")
			}
			err := Restore(t.Context(), tt.file, dir)
			wantErr(t, "Restore", err, tt.want)
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
			if tt.dir != "" {
				if _, err := os.Stat(filepath.Join(used, lockName)); err == nil {
					t.Error("left a lock")
				}
				return
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("left the directory")
			}
			if err := Restore(t.Context(), file, dir); err != nil {
				t.Errorf("the next one: %v", err)
			}
		})
	}
}

func snapshotFile(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A backup never replaces what the server itself needs, by whatever name it is
// given.
func TestBackupIntoDirectory(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	s := mustOpen(t, Options{Dir: dir})
	defer s.Close()
	mustWrite(t, s, put(key("a"), "one"))
	link, hard := filepath.Join(elsewhere, "link"), filepath.Join(elsewhere, "hard")
	if err := os.Symlink(dir, link); err != nil {
		t.Skip(err)
	}
	if err := os.Link(filepath.Join(dir, databaseName), hard); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "deep"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(elsewhere)
	for _, file := range []string{
		filepath.Join(dir, databaseName), filepath.Join(dir, databaseName+"-wal"), filepath.Join(dir, lockName),
		filepath.Join(dir, "new"), filepath.Join(dir, "deep", "new"), filepath.Join("link", "new"), hard,
	} {
		wantErr(t, file, Backup(t.Context(), dir, file, true), ErrInside)
		wantErr(t, file+" by the link", Backup(t.Context(), "link", file, true), ErrInside)
	}
	if err := Backup(t.Context(), dir, dir+"-copy", false); err != nil {
		t.Errorf("beside it: %v", err)
	}
}
