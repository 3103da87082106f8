package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

// crashDir tells a copy of this test binary to be the process that is killed.
const crashDir = "GATEHOUSE_CRASH_TEST_DIR"

const crashWriters = 8

// A crashing process writes with several goroutines. Write n of a writer
// leaves n in two documents and in what is served, and a document of its own:
// either all of that is there, or none. It prints "writer n revision" once the
// write is acknowledged.
func crashWrite(writer string, n int) func(*Tx) error {
	text := []byte(strconv.Itoa(n))
	return func(tx *Tx) error {
		return errors.Join(
			tx.Put(Key{Kind: "left", ID: writer}, text),
			tx.Insert(Key{Kind: "each", Parent: writer, ID: fmt.Sprintf("%09d", n)}, []byte(strings.Repeat("x", n%5000))),
			tx.Publish(Served{Kind: "served", ID: writer, Data: text}),
			tx.Put(Key{Kind: "right", ID: writer}, text),
		)
	}
}

func TestCrashingProcess(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		t.Skip("is run by TestCrash")
	}
	s := mustOpen(t, Options{Dir: dir})
	for w := range crashWriters {
		writer := strconv.Itoa(w)
		n := crashCount(t, s, "left", writer)
		go func() {
			for {
				n++
				rev, err := s.Write(context.Background(), Scope{}, crashWrite(writer, n))
				if err != nil {
					fmt.Println("error", err)
					return
				}
				fmt.Printf("%s %d %d\n", writer, n, rev)
				if n%10 == 0 { // what fails must leave nothing, in a crash either
					_, _ = s.Write(context.Background(), Scope{}, func(tx *Tx) error {
						return errors.Join(crashWrite(writer, -1)(tx), errors.New("undo"))
					})
				}
			}
		}()
	}
	time.Sleep(time.Minute)
	t.Fatal("nobody killed me")
}

func crashCount(t *testing.T, s *Store, kind, writer string) int {
	doc := got(t, s, Key{Kind: kind, ID: writer})
	if doc == "not found" {
		return 0
	}
	n, err := strconv.Atoi(doc)
	if err != nil {
		t.Error(err)
	}
	return n
}

// acknowledged is the last write of each writer that was acknowledged, and the
// highest revision.
type acknowledged struct {
	count    map[string]int
	revision Revision
}

// TestCrash kills a process that writes, again and again, and finds each time
// everything that it was told is durable, nothing by half, and the revisions
// in order.
func TestCrash(t *testing.T) {
	var dir string
	var ack acknowledged
	for round := range soak.Times(20) {
		if round%10 == 0 { // looking at everything takes ever longer
			dir, ack = t.TempDir(), acknowledged{count: map[string]int{}}
		}
		crash(t, dir, &ack)
		checkTorn(t, dir)
		checkCrashed(t, dir, ack)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d revisions acknowledged at last", ack.revision)
}

// crash runs the process for a moment, kills it, and notes what it printed.
func crash(t *testing.T, dir string, ack *acknowledged) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestCrashingProcess$")
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	wait := 1 + rand.IntN(1<<(1+rand.IntN(11))) // acknowledgements; few in most rounds, checkpoints in some
	for lines := bufio.NewScanner(out); lines.Scan(); wait-- {
		if wait == 0 {
			_ = cmd.Process.Kill()
		}
		var writer string
		var n int
		var rev Revision
		if _, err := fmt.Sscan(lines.Text(), &writer, &n, &rev); err != nil {
			t.Errorf("the process said %q", lines.Text())
			_ = cmd.Process.Kill()
			continue
		}
		ack.count[writer] = n
		ack.revision = max(ack.revision, rev)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("the process ended with %v", err)
	}
}

// checkCrashed opens dir and compares it with what was acknowledged.
func checkCrashed(t *testing.T, dir string, ack acknowledged) {
	t.Helper()
	s := mustOpen(t, Options{Dir: dir})
	defer s.Close()
	total := checkWhole(t, s, ack.count)
	if s.Revision() < ack.revision || s.Revision() != Revision(total) {
		t.Errorf("got revision %d after %d writes, acknowledged were %d", s.Revision(), total, ack.revision)
	}
}

// checkWhole checks that each write is there wholly or not at all, the
// acknowledged ones wholly, and returns how many there are.
func checkWhole(t *testing.T, s *Store, ack map[string]int) (total int) {
	t.Helper()
	for w := range crashWriters {
		writer := strconv.Itoa(w)
		n := crashCount(t, s, "left", writer)
		total += n
		if n < ack[writer] {
			t.Errorf("writer %s: got %d writes, acknowledged were %d", writer, n, ack[writer])
		}
		if right := crashCount(t, s, "right", writer); right != n {
			t.Errorf("writer %s: got half a write, %d and %d", writer, n, right)
		}
		served, err := s.Served(t.Context(), "served", writer)
		if string(served.Data) != strconv.Itoa(n) && !(n == 0 && errors.Is(err, ErrNotFound)) {
			t.Errorf("writer %s: got %q served, %v, want %d", writer, served.Data, err, n)
		}
		mustRead(t, s, func(tx *Tx) error {
			rows, err := tx.List("", "", "each", writer, "", Limit{})
			if len(rows) != n {
				t.Errorf("writer %s: got %d documents, want %d", writer, len(rows), n)
			}
			for i, row := range rows {
				if row.ID != fmt.Sprintf("%09d", i+1) || len(row.Doc) != (i+1)%5000 {
					t.Errorf("writer %s: document %d: got %q with %d bytes", writer, i+1, row.ID, len(row.Doc))
				}
			}
			return err
		})
	}
	last := Revision(0)
	rows, err := s.Changes(t.Context(), 0, 0)
	for _, row := range rows {
		if row.Revision <= last {
			t.Errorf("revision %d after %d", row.Revision, last)
		}
		last = row.Revision
	}
	if err != nil || last != s.Revision() {
		t.Errorf("changes end with %d, %v, want %d", last, err, s.Revision())
	}
	return total
}

// checkTorn opens copies of what a killed process has left whose logs end too
// early, as a machine that loses power may leave them: then the last writes
// may be missing, but each wholly.
func checkTorn(t *testing.T, dir string) {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(filepath.Join(dir, databaseName+"-wal"))
	if err != nil || len(log) > 1000*4096 {
		return // killed before its first write, or after a checkpoint: what that has copied was on disk before
	}
	for range 3 {
		torn := t.TempDir()
		writeFile(t, filepath.Join(torn, databaseName), string(file))
		writeFile(t, filepath.Join(torn, databaseName+"-wal"), string(log[:rand.IntN(len(log)+1)]))
		s, err := Open(t.Context(), Options{Dir: torn})
		if err != nil {
			t.Errorf("torn log: %v", err)
			continue
		}
		checkWhole(t, s, nil)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// The lock of a process that was killed is free, that of one that runs is not.
func TestLockOfAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestCrashingProcess$")
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	kill := func() { once.Do(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }) }
	defer kill()
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), Options{Dir: dir})
	wantErr(t, "Open beside another process", err, ErrLocked)
	if want := fmt.Sprintf("data directory %s: in use by another process (pid %d)", dir, cmd.Process.Pid); err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
	kill()
	s := mustOpen(t, Options{Dir: dir})
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
