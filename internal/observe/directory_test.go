//go:build unix

package observe

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func write(d *Directory, name, lines string) { _, _ = d.File(name).Write([]byte(lines)) }

func TestDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "logs")
	if err := CheckDirectory(dir); err != nil {
		t.Fatal(err)
	}
	d := OpenDirectory(dir, quiet())
	write(d, "a/prod.log", "one\n")
	write(d, "b/prod.log", "two\nthree\n")
	write(d, "a/prod.log", "four\n")
	expect(t, filepath.Join(dir, "a", "prod.log"), "one\nfour\n")
	expect(t, filepath.Join(dir, "b", "prod.log"), "two\nthree\n")
	write(d, "a/prod.log", "five\n")
	d.Close()
	expect(t, filepath.Join(dir, "a", "prod.log"), "one\nfour\nfive\n")
	for name, want := range map[string]os.FileMode{"a": 0o750, "a/prod.log": 0o640} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm()&^want != 0 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	write(d, "a/prod.log", "late\n")
	if list, err := os.ReadDir(dir); err != nil || len(list) != 2 {
		t.Errorf("%v, %v: the probe is still there", list, err)
	}
}

// A file that was renamed or removed is made anew: at once after Reopen, else within a
// second. So is the whole directory.
func TestDirectoryThatIsMovedAway(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "logs")
	d := OpenDirectory(dir, quiet())
	defer d.Close()
	name := filepath.Join(dir, "a", "prod.log")
	write(d, "a/prod.log", "one\n")
	expect(t, name, "one\n")
	rename(t, name, name+".1")
	d.Reopen()
	write(d, "a/prod.log", "two\n")
	expect(t, name, "two\n")
	expect(t, name+".1", "one\n")
	rename(t, name, name+".2")
	time.Sleep(lookEvery)
	write(d, "a/prod.log", "three\n")
	expect(t, name, "three\n")
	rename(t, dir, dir+".old")
	time.Sleep(lookEvery)
	write(d, "a/prod.log", "four\n")
	expect(t, name, "four\n")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	d.Reopen()
	write(d, "a/prod.log", "five\n")
	expect(t, name, "five\n")
}

// No name leads out of the directory, and neither does a symbolic link in it. A FIFO
// in the place of a file holds nobody up.
func TestDirectoryKeepsIn(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	if err := errors.Join(os.Symlink(outside, filepath.Join(dir, "link")), os.Symlink(filepath.Join(outside, "x.log"), filepath.Join(dir, "x.log")),
		syscall.Mkfifo(filepath.Join(dir, "fifo.log"), 0o600)); err != nil {
		t.Fatal(err)
	}
	fifo, err := os.OpenFile(filepath.Join(dir, "fifo.log"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer fifo.Close()
	var log journal
	d := OpenDirectory(dir, log.logger())
	names := []string{"../up.log", "link/a.log", "x.log", "/etc/gatehouse.log", "a/../../up.log", "fifo.log", ".", "link/../../x", "a\x00b"}
	for _, name := range names {
		write(d, name, "out\n")
	}
	write(d, "in.log", "in\n")
	expect(t, filepath.Join(dir, "in.log"), "in\n")
	d.Close()
	if got := log.String(); !strings.Contains(got, fmt.Sprintf("lines=%d", len(names))) || strings.Count(got, "\n") != 2 {
		t.Errorf("got %s", got)
	}
	if list, err := os.ReadDir(outside); err != nil || len(list) > 0 {
		t.Errorf("outside: %v, %v", list, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "..", "up.log")); err == nil {
		t.Error("a file was made above")
	}
}

// Of many files few are open, and none loses a line.
func TestDirectoryOfManyFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := newOpenFiles(dir)
	d := openDirectory(files, quiet())
	const many = 3 * maxOpen
	for round := range 3 {
		for i := range many {
			write(d, fmt.Sprint(i, ".log"), fmt.Sprint(round, "\n"))
		}
		d.Flush()
	}
	d.Close()
	if n := len(files.open); n > maxOpen {
		t.Errorf("%d files are open", n)
	}
	for i := range many {
		if text, err := os.ReadFile(filepath.Join(dir, fmt.Sprint(i, ".log"))); string(text) != "0\n1\n2\n" || err != nil {
			t.Errorf("file %d has %q, %v", i, text, err)
		}
	}
}

// A fullDisk has room for some bytes.
type fullDisk struct {
	*os.File
	mu   sync.Mutex
	room int
}

func (f *fullDisk) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := min(f.room, len(p))
	f.room -= n
	done, err := f.File.Write(p[:n])
	if err == nil && n < len(p) {
		err = syscall.ENOSPC
	}
	return done, err
}

// A full disk costs lines, never a part of one, and the log is told.
func TestDirectoryOnAFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := newOpenFiles(dir)
	if err := files.write("a.log", []byte("one\n")); err != nil {
		t.Fatal(err)
	}
	f := files.open["a.log"]
	f.file = &fullDisk{File: f.file.(*os.File), room: 5}
	var log journal
	s := &splitter{files: files, log: log.logger()}
	d := &Directory{newLines(s), s}
	d.lines.log = s.log
	go d.lines.run()
	write(d, "a.log", "two\nthree\n")
	d.Flush()
	expect(t, filepath.Join(dir, "a.log"), "one\n")
	write(d, "a.log", "four\n") // there is room again
	d.Close()
	expect(t, filepath.Join(dir, "a.log"), "one\nfour\n")
	if got := log.String(); !strings.Contains(got, "no space left on device") || !strings.Contains(got, `msg="log lines dropped: their files could not be written" lines=2`) {
		t.Errorf("got %s", got)
	}
}

// A stuckDisk takes no byte until it is let go.
type stuckDisk struct {
	appendFile
	stuck, free chan struct{}
}

func (f *stuckDisk) Write(p []byte) (int, error) {
	f.stuck <- struct{}{}
	<-f.free
	return f.appendFile.Write(p)
}

// While a disk is stuck nobody who logs waits, what waits is bounded, and what is dropped
// is counted.
func TestDirectoryOnAStuckDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := newOpenFiles(dir)
	if err := files.write("a.log", nil); err != nil {
		t.Fatal(err)
	}
	disk := &stuckDisk{files.open["a.log"].file, make(chan struct{}), make(chan struct{})}
	files.open["a.log"].file = disk
	var log journal
	d := openDirectory(files, log.logger())
	write(d, "a.log", "first\n")
	<-disk.stuck
	line := strings.Repeat("x", 1<<20-1) + "\n"
	for range 20 {
		write(d, "b.log", line)
	}
	d.lines.mu.Lock()
	pending, dropped := len(d.lines.pending), d.lines.dropped
	d.lines.mu.Unlock()
	if pending > maxPending || dropped != 13 {
		t.Errorf("%d bytes wait, %d lines were dropped", pending, dropped)
	}
	close(disk.free)
	d.Close()
	if info, err := os.Stat(filepath.Join(dir, "b.log")); err != nil || info.Size() != 7<<20 || !strings.Contains(log.String(), "lines=13") {
		t.Errorf("%v, %v, %s", info, err, log.String())
	}
}

func TestCheckDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"a file": file, "below nothing": filepath.Join(dir, "no", "where"), "below a file": filepath.Join(file, "x")} {
		if err := CheckDirectory(path); err == nil {
			t.Errorf("%s passed", name)
		}
	}
}

func BenchmarkDirectory(b *testing.B) {
	d := OpenDirectory(b.TempDir(), slog.New(slog.DiscardHandler))
	defer d.Close()
	f, lines := d.File("a/prod.log"), []byte(strings.Repeat("a line of an execution log as it is written\n", 10))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = f.Write(lines)
	}
}
