package pgtest

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func count(t *testing.T, url string) (n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if err := c.QueryRow(ctx, "SELECT count(*) FROM t").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// What is committed is there after a server was killed, and on a standby that is
// promoted in its place.
func TestServer(t *testing.T) {
	s := New(t, Options{Durable: true})
	standby := s.Standby(t, Options{Durable: true})
	s.Exec(t, "postgres", "SET synchronous_commit = on; CREATE TABLE t (n int)")
	s.Kill(t)
	s.Restart(t)
	if n := count(t, s.URL("postgres")); n != 0 {
		t.Errorf("got %d rows", n)
	}
	s.Exec(t, "postgres", "INSERT INTO t VALUES (1)")
	for deadline := time.Now().Add(patience); count(t, standby.URL("postgres")) != 1; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the standby does not follow")
		}
	}
	s.Halt(t)
	standby.Promote(t)
	standby.Exec(t, "postgres", "INSERT INTO t VALUES (2)")
	if n := count(t, standby.URL("postgres")); n != 2 {
		t.Errorf("got %d rows", n)
	}
}

// A server ends, and its directory goes, with a process that is killed.
func TestEndsWithProcess(t *testing.T) {
	if os.Getenv("PGTEST_CHILD") != "" {
		Database(t)
		os.Stdout.WriteString("dir " + shared.Dir + "\n")
		select {}
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestEndsWithProcess$")
	cmd.Env = append(os.Environ(), "PGTEST_CHILD=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 200)
	n, err := out.Read(line)
	dir, found := strings.CutPrefix(strings.TrimSpace(string(line[:n])), "dir ")
	if !found || err != nil {
		t.Fatalf("got %q, %v", line[:n], err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(dir); err != nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is still there", dir)
		}
	}
}
