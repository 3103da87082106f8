package functions

import (
	"errors"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// A group is the process group of a worker, by its leader. On Linux what leaves it is
// found by its mark.
type group struct{}

// attributes make a command the leader of its group, that ends with the gateway.
func (group) attributes(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func (group) adopt(*exec.Cmd, int64) error { return nil }

func (group) kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// await waits until a command has ended, and leaves it to be waited for.
func (group) await(cmd *exec.Cmd) {
	for {
		err := unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// sweep kills the processes that have a mark, until there are none.
func (group) sweep(m mark) { killMarked(func(other mark) bool { return other == m }) }
