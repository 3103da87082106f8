//go:build unix

package observe

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A journal is a log that a test reads while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewTextHandler(j, nil)) }

// expect waits until a file has that text.
func expect(t *testing.T, name, want string) {
	t.Helper()
	var got []byte
	var err error
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if got, err = os.ReadFile(name); err == nil && string(got) == want {
			return
		}
	}
	t.Fatalf("%s has %q, want %q", filepath.Base(name), got, want)
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func TestFileThatIsMovedAway(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "access.log")
	l := OpenLines(name, quiet())
	defer l.Close()
	l.Append([]byte("one"))
	expect(t, name, "one\n")
	rename(t, name, name+".1")
	time.Sleep(lookEvery)
	l.Append([]byte("two"))
	expect(t, name, "two\n")
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	time.Sleep(lookEvery)
	l.Append([]byte("three"))
	expect(t, name, "three\n")
	expect(t, name+".1", "one\n")
}

// Where another file has taken the name, as logrotate's create does, lines go to
// that one.
func TestFileThatIsReplaced(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "access.log")
	l := OpenLines(name, quiet())
	defer l.Close()
	l.Append([]byte("one"))
	l.Flush()
	rename(t, name, name+".1")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	time.Sleep(lookEvery)
	l.Append([]byte("two"))
	expect(t, name, "two\n")
	expect(t, name+".1", "one\n")
}

// Reopen does not wait for a line, nor for the next look.
func TestFileReopen(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "access.log")
	l := OpenLines(name, quiet())
	defer l.Close()
	l.Append([]byte("one"))
	expect(t, name, "one\n")
	rename(t, name, name+".1")
	l.Reopen()
	expect(t, name, "")
	l.Append([]byte("two"))
	expect(t, name, "two\n")
}

// A file that cannot be opened is tried again; its lines wait, and the log has
// one line of it.
func TestFileThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "logs")
	name := filepath.Join(dir, "access.log")
	var log journal
	l := OpenLines(name, log.logger())
	defer l.Close()
	if err := CheckFile(name); err == nil {
		t.Error("a file without its directory passed")
	}
	l.Append([]byte("one"))
	time.Sleep(retryEvery + 500*time.Millisecond)
	l.Append([]byte("two"))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	expect(t, name, "one\ntwo\n")
	if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), "no such file or directory") {
		t.Errorf("the log has %d lines: %s", n, log.String())
	}
	if err := os.RemoveAll(dir); err != nil { // and again
		t.Fatal(err)
	}
	time.Sleep(lookEvery)
	l.Append([]byte("three"))
	for end := time.Now().Add(30 * time.Second); strings.Count(log.String(), "\n") < 2; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the log is not told when the file fails for the second time")
		}
	}
}

// A FIFO without a reader keeps its lines until one comes, and nobody waits.
func TestFIFO(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name, other := filepath.Join(dir, "fifo"), filepath.Join(dir, "file")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := CheckFile(name); err != nil {
		t.Error(err)
	}
	l, o := OpenLines(name, quiet()), OpenLines(other, quiet())
	l.Append([]byte("one"))
	o.Append([]byte("beside"))
	expect(t, other, "beside\n")
	reader, err := os.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(reader)
	if got, err := lines.ReadString('\n'); got != "one\n" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	for range 3 << 20 / 1000 { // more than it holds
		l.Append(make([]byte, 1000))
	}
	begin := time.Now()
	l.Close()
	o.Close()
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("Close took %v", took)
	}
	<-l.done
	_ = reader.Close()
}

// What a FIFO's reader has got before it left is not written again to the next one.
func TestFIFOWhoseReaderLeaves(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	var log journal
	f := &file{name: name, log: log.logger(), stop: make(chan struct{})}
	const all = 1 << 20 // more than it holds
	written := make(chan error, 1)
	go func() {
		_, err := f.Write(bytes.Repeat([]byte("x"), all))
		f.Stop()
		written <- err
	}()
	total := 0
	for _, n := range []int64{all / 2, all} {
		reader, err := os.OpenFile(name, os.O_RDONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.CopyN(io.Discard, reader, n)
		if err != nil && err != io.EOF {
			t.Error(err)
		}
		total += int(got)
		_ = reader.Close()
		for n < all && !strings.Contains(log.String(), "broken pipe") { // until the writer knows
			time.Sleep(time.Millisecond)
		}
	}
	if err := <-written; err != nil || total > all {
		t.Errorf("%d bytes came of %d that were written, %v", total, all, err)
	}
}

// Lines that are still waiting for a file when their writer is closed are counted.
func TestLinesLostAtTheEndAreCounted(t *testing.T) {
	t.Parallel()
	var log journal
	name := filepath.Join(t.TempDir(), "nowhere", "audit.log")
	l := OpenLines(name, log.logger())
	for range 3 {
		l.Append([]byte("line"))
	}
	l.Close()
	if got := log.String(); !strings.Contains(got, `msg="log lines dropped: their writer did not keep up" lines=3 file=`+name) {
		t.Error(got)
	}
}
