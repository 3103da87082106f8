//go:build unix

package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// owner is who runs PostgreSQL, which refuses to be run by root: this user, or
// Debian's postgres or nobody in root's place.
func owner() (uid, gid int, err error) {
	if os.Getuid() != 0 {
		return os.Getuid(), os.Getgid(), nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, lookup := user.Lookup(name)
		if lookup != nil {
			continue
		}
		if uid, err = strconv.Atoi(u.Uid); err != nil {
			return 0, 0, err
		}
		gid, err = strconv.Atoi(u.Gid)
		return uid, gid, err
	}
	return 0, 0, fmt.Errorf("PostgreSQL cannot be run by root, and there is no user postgres or nobody")
}

// giveAway makes a file PostgreSQL's.
func giveAway(path string) error {
	uid, gid, err := owner()
	if err != nil {
		return err
	}
	return os.Chown(path, uid, gid)
}

// asUser has a program run as PostgreSQL's user, in a process group of its own: what
// ends the tests from the terminal leaves it to be ended by them.
func asUser(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if uid, gid, err := owner(); err == nil && os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
}

// signal sends a signal to all processes of the server.
func (s *Server) signal(sig syscall.Signal) error {
	var errs []error
	for _, pid := range s.processes() {
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// kill waits until the processes have let go of their shared memory.
func (s *Server) kill() error {
	all := s.processes()
	err := s.signal(syscall.SIGKILL)
	for begun := time.Now(); slices.ContainsFunc(all, alive); time.Sleep(time.Millisecond) {
		if time.Since(begun) > patience {
			return errors.Join(err, errors.New("killed processes do not end"))
		}
	}
	return err
}

// alive reports whether a process has not ended: who has killed its parent may find
// that nobody waits for it.
func alive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !bytes.Contains(text, []byte(") Z "))
}

func (s *Server) pause() error  { return s.signal(syscall.SIGSTOP) }
func (s *Server) resume() error { return s.signal(syscall.SIGCONT) }

// processes returns the ids of the server's processes, the postmaster's first. Each
// but that is the leader of a session of its own, so that no process group has them.
func (s *Server) processes() []int {
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return nil
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	postmaster, err := strconv.Atoi(string(line))
	if err != nil {
		return nil
	}
	all := []int{postmaster}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has gone
		}
		// "pid (name) state parent ..."
		fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
		if len(fields) > 1 && string(fields[1]) == strconv.Itoa(postmaster) {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name))); err == nil {
				all = append(all, pid)
			}
		}
	}
	return all
}
