// Package valkeytest starts servers of Valkey or Redis for tests.
package valkeytest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// A Server is a server of its own for a test, which ends with it.
type Server struct {
	Addr string

	t    testing.TB
	args []string
	cmd  *exec.Cmd
}

// Start starts a server at a free port that keeps nothing on disk, with more arguments.
// A test is skipped nowhere: without the program it fails.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	port := FreePort(t)
	s := &Server{Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), t: t}
	s.args = append([]string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", t.TempDir(), "--save", "", "--appendonly", "no", "--loglevel", "warning"}, args...)
	t.Cleanup(s.Kill)
	s.Run()
	return s
}

// Sentinel starts a Sentinel that watches a primary by the name "main".
func Sentinel(t testing.TB, primary *Server) *Server {
	t.Helper()
	port := FreePort(t)
	_, of, _ := net.SplitHostPort(primary.Addr)
	file := filepath.Join(t.TempDir(), "sentinel.conf")
	text := fmt.Sprintf("port %d\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 %s 1\nsentinel down-after-milliseconds main 300\nsentinel failover-timeout main 2000\n", port, of)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &Server{Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), t: t, args: []string{file, "--sentinel"}}
	t.Cleanup(s.Kill)
	s.Run()
	return s
}

// Run starts the server again after Kill, with nothing of what it had. It returns when
// the server listens.
func (s *Server) Run() {
	s.t.Helper()
	program, err := exec.LookPath("valkey-server")
	if err != nil {
		if program, err = exec.LookPath("redis-server"); err != nil {
			s.t.Fatal("neither valkey-server nor redis-server is installed: scripts/prepare.sh installs it")
		}
	}
	s.cmd = exec.Command(program, s.args...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	Poll(s.t, "the server listens at "+s.Addr, func() bool {
		conn, err := net.Dial("tcp", s.Addr)
		if err != nil {
			return false
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(time.Second))
		_, _ = conn.Write([]byte("PING\r\n"))
		n, _ := conn.Read(make([]byte, 1))
		return n == 1
	})
}

// Kill ends the server at once.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

// Signal sends the server a signal, such as SIGSTOP and SIGCONT.
func (s *Server) Signal(sig os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// FreePort returns a port at which nothing listens, and at which that plus 10,000 is one,
// as the bus of a cluster wants it.
func FreePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := ln.Addr().(*net.TCPAddr).Port
		_ = ln.Close()
		if port < 55000 {
			return port
		}
	}
	t.Fatal("no port below 55000 is free")
	return 0
}

// Poll waits until something is so, for 20 seconds at the most.
func Poll(t testing.TB, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not so after 20 s: %s", what)
		}
	}
}

// Do has a server carry out a command, which has no spaces within its words, and returns
// the beginning of what it answers. An error fails the test.
func Do(t testing.TB, addr, command string) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := fmt.Fprintf(conn, "%s\r\n", command); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 4096)
	n, err := conn.Read(answer)
	if err != nil || answer[0] == '-' {
		t.Fatalf("%s: %s %v", command, answer[:n], err)
	}
	return string(answer[:n])
}
