// Package pgtest is PostgreSQL for tests: servers of their own, in temporary
// directories, that end with the process that started them, however it ends.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience bounds each wait for a program of PostgreSQL, on a busy machine.
const patience = time.Minute

// Options say what a server is like.
type Options struct {
	Durable bool              // commits wait for the disk, as they do where it matters
	Config  []string          // more lines of postgresql.conf
	HBA     []string          // lines of pg_hba.conf that come before those that let everybody in
	Files   map[string][]byte // by their names in the data directory
}

// A Server is a running PostgreSQL. It answers on a Unix socket in Dir and on a port
// of the loopback interface, to the user gatehouse without a password.
type Server struct {
	Dir  string // where its socket is; its data is in data
	Port int
	log  string
	sh   *exec.Cmd     // runs PostgreSQL, and ends it when our end of its input closes
	in   *os.File      // our end
	done chan struct{} // closed when sh has ended
}

var (
	sharedOnce sync.Once
	shared     *Server
	errShared  error
	databases  atomic.Int64
)

// Database returns the URL of a new and empty database, on a server that all tests
// of the process share and whose commits do not wait for the disk.
func Database(tb testing.TB) string {
	tb.Helper()
	sharedOnce.Do(func() { shared, errShared = start(Options{}) })
	if errShared != nil {
		tb.Fatal(errShared)
	}
	return shared.Database(tb)
}

// Schema returns the URL of a new and empty schema, in one database on the server of
// Database. It is made in less time than a database is.
func Schema(tb testing.TB) string {
	tb.Helper()
	sharedOnce.Do(func() { shared, errShared = start(Options{}) })
	if errShared != nil {
		tb.Fatal(errShared)
	}
	name := fmt.Sprintf("test%d", databases.Add(1))
	if err := shared.exec("CREATE SCHEMA " + name); err != nil {
		tb.Fatal(err)
	}
	return shared.URL("postgres") + "&search_path=" + name
}

// New starts a server that ends with the test.
func New(tb testing.TB, o Options) *Server {
	tb.Helper()
	s, err := start(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Stop)
	return s
}

// Database returns the URL of a new and empty database of the server. It goes when
// the test ends, if the server still answers.
func (s *Server) Database(tb testing.TB) string {
	tb.Helper()
	name := fmt.Sprintf("test%d", databases.Add(1))
	if err := s.exec("CREATE DATABASE " + name); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.exec("DROP DATABASE " + name + " WITH (FORCE)") })
	return s.URL(name)
}

// URL returns the URL of a database by way of the Unix socket.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://gatehouse@/%s?host=%s&port=%d", database, url.QueryEscape(s.Dir), s.Port)
}

// Addr returns the server's address on the loopback interface.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)) }

// Exec runs a statement in a database of the server.
func (s *Server) Exec(tb testing.TB, database, sql string) {
	tb.Helper()
	if err := s.execIn(database, sql); err != nil {
		tb.Fatal(err)
	}
}

func (s *Server) exec(sql string) error { return s.execIn("postgres", sql) }

func (s *Server) execIn(database, sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := pgx.Connect(ctx, s.URL(database))
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, sql)
	return errors.Join(err, c.Close(ctx))
}

// start makes a server and waits until it answers.
func start(o Options) (*Server, error) {
	s, err := prepare()
	if err != nil {
		return nil, err
	}
	initdb := []string{"--pgdata=" + s.data(), "--username=gatehouse", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"}
	if err := run("initdb", initdb...); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.Dir))
	}
	if err := errors.Join(s.configure(o), s.launch()); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.Dir))
	}
	return s, nil
}

// prepare makes the directory of a server and finds it a port.
func prepare() (*Server, error) {
	dir, err := os.MkdirTemp("", "pg") // short: the path of a socket has 107 bytes at most
	if err != nil {
		return nil, err
	}
	if err := giveAway(dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s := &Server{Dir: dir, log: filepath.Join(dir, "log")}
	if s.Port, err = freePort(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.Dir, "data") }

// configure writes the server's settings.
func (s *Server) configure(o Options) error {
	lines := []string{
		"unix_socket_directories = '" + s.Dir + "'",
		"listen_addresses = '127.0.0.1'",
		"max_connections = 200",
		"shared_buffers = 64MB",
		"max_wal_size = 256MB",
		"logging_collector = off",
		"wal_level = replica",
		"max_wal_senders = 4",
		"wal_keep_size = 64MB",
	}
	if !o.Durable {
		lines = append(lines, "fsync = off", "full_page_writes = off")
	}
	lines = append(lines, o.Config...)
	if err := s.write("postgresql.conf", []byte(strings.Join(lines, "\n")+"\n")); err != nil {
		return err
	}
	hba := append(o.HBA[:len(o.HBA):len(o.HBA)], "local all all trust", "host all all 127.0.0.1/32 trust", "local replication all trust", "host replication all 127.0.0.1/32 trust")
	if err := s.write("pg_hba.conf", []byte(strings.Join(hba, "\n")+"\n")); err != nil {
		return err
	}
	for name, content := range o.Files {
		if err := s.write(name, content); err != nil {
			return err
		}
	}
	return nil
}

// write writes a file of the data directory, which PostgreSQL wants for itself alone.
func (s *Server) write(name string, content []byte) error {
	path := filepath.Join(s.data(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return err
	}
	return giveAway(path)
}

// launch runs the server on what its directory has, and waits until it answers.
//
// A shell runs it, in a process group of its own, and waits for its input to end,
// which it does with this process at the latest: then it ends the server and takes the
// directory away.
func (s *Server) launch() error {
	binary, err := find("postgres")
	if err != nil {
		return err
	}
	const script = `"$1" -D "$2/data" -p "$3" >"$2/log" 2>&1 </dev/null &
read -r end
kill -QUIT $! 2>/dev/null
wait $!
[ "$end" = keep ] || rm -rf "$2"`
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	s.sh = exec.Command("/bin/sh", "-c", script, "pgtest", binary, s.Dir, strconv.Itoa(s.Port))
	s.sh.Stdin, s.sh.Dir = r, "/"
	asUser(s.sh)
	if err := s.sh.Start(); err != nil {
		return errors.Join(err, r.Close(), w.Close())
	}
	s.in, s.done = w, make(chan struct{})
	go func(sh *exec.Cmd, done chan struct{}) {
		_ = sh.Wait() // how it ends says nothing
		close(done)
	}(s.sh, s.done)
	return errors.Join(r.Close(), s.await())
}

// await waits until the server answers.
func (s *Server) await() error {
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		err := s.exec("SELECT 1")
		if err == nil {
			return nil
		}
		text, _ := os.ReadFile(s.log)
		if time.Since(begun) > patience || strings.Contains(string(text), "database system is shut down") {
			_ = s.in.Close()
			return fmt.Errorf("PostgreSQL does not answer: %w\n%s", err, text)
		}
	}
}

// Stop ends the server at once, without a checkpoint, and takes its data away. It may
// be called again.
func (s *Server) Stop() {
	_ = s.in.Close()
	<-s.done
	_ = os.RemoveAll(s.Dir)
}

// Kill ends all processes of the server as a machine's failure does. Its data stays
// for Restart.
func (s *Server) Kill(tb testing.TB) {
	tb.Helper()
	if err := s.kill(); err != nil {
		tb.Fatal(err)
	}
	s.leave()
}

// Halt ends the server in an orderly way. Its data stays for Restart.
func (s *Server) Halt(tb testing.TB) {
	tb.Helper()
	if err := run("pg_ctl", "stop", "--pgdata="+s.data(), "--mode=fast", "--wait"); err != nil {
		tb.Fatal(err)
	}
	s.leave()
}

// leave lets the shell of a server that has ended go, but not the data.
func (s *Server) leave() {
	_, _ = s.in.WriteString("keep\n")
	<-s.done
	_ = s.in.Close()
}

// Restart runs a server again that was killed or halted.
func (s *Server) Restart(tb testing.TB) {
	tb.Helper()
	for _, name := range []string{"data/postmaster.pid", fmt.Sprintf(".s.PGSQL.%d.lock", s.Port)} { // whose process may be another by now
		_ = os.Remove(filepath.Join(s.Dir, name))
	}
	_ = os.Remove(s.log) // it says that the server has ended
	if err := s.launch(); err != nil {
		tb.Fatal(err)
	}
}

// Pause stops all processes of the server where they are, until Resume.
func (s *Server) Pause(tb testing.TB) {
	tb.Helper()
	if err := s.pause(); err != nil {
		tb.Fatal(err)
	}
}

// Resume has the processes of a paused server go on.
func (s *Server) Resume(tb testing.TB) {
	tb.Helper()
	if err := s.resume(); err != nil {
		tb.Fatal(err)
	}
}

// Standby starts a server that follows s and ends with the test. It answers to what
// reads until it is promoted.
func (s *Server) Standby(tb testing.TB, o Options) *Server {
	tb.Helper()
	standby, err := prepare()
	if err != nil {
		tb.Fatal(err)
	}
	from := fmt.Sprintf("host=127.0.0.1 port=%d user=gatehouse application_name=standby", s.Port)
	err = run("pg_basebackup", "--pgdata="+standby.data(), "--dbname="+from, "--checkpoint=fast", "--write-recovery-conf", "--no-sync")
	if err := errors.Join(err, standby.configure(o)); err != nil {
		tb.Fatal(err)
	}
	if err := standby.launch(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(standby.Stop)
	return standby
}

// Promote makes a standby a server that is written to.
func (s *Server) Promote(tb testing.TB) {
	tb.Helper()
	if err := run("pg_ctl", "promote", "--pgdata="+s.data(), "--wait"); err != nil {
		tb.Fatal(err)
	}
}

// Detach has a standby follow nobody any more: what the server it followed does from then
// on it lacks.
func (s *Server) Detach(tb testing.TB) {
	tb.Helper()
	s.Exec(tb, "postgres", "ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=1'")
	s.Exec(tb, "postgres", "SELECT pg_reload_conf()")
	s.Await(tb, "SELECT NOT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')")
}

// Await waits until a question, which is asked in the database postgres again and again,
// is answered with true.
func (s *Server) Await(tb testing.TB, question string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	for yes := false; !yes; time.Sleep(5 * time.Millisecond) {
		if err := c.QueryRow(ctx, question).Scan(&yes); err != nil {
			tb.Fatalf("%s: %v", question, err)
		}
	}
}

// Hold runs a statement in a transaction that goes on until release is called.
func (s *Server) Hold(tb testing.TB, database, sql string) (release func()) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := pgx.Connect(ctx, s.URL(database))
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := c.Exec(ctx, "BEGIN; "+sql); err != nil {
		tb.Fatal(err)
	}
	release = func() { _ = c.Close(context.Background()) }
	tb.Cleanup(release)
	return release
}

// freePort returns a port that nobody listens on.
func freePort() (int, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return ln.Addr().(*net.TCPAddr).Port, ln.Close()
}

// run runs a program of PostgreSQL to its end.
func run(name string, args ...string) error {
	path, err := find(name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = "/" // where every user may be
	asUser(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

// find returns the path of a program of PostgreSQL: Debian keeps those of the server
// out of the way, by version.
func find(name string) (string, error) {
	places, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(places) > 0 {
		return places[len(places)-1], nil
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("the tests need PostgreSQL, which scripts/prepare.sh installs: %w", err)
	}
	return filepath.EvalSymlinks(path) // its libraries are found from where it is
}
