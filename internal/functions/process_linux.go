package functions

import (
	"errors"
	"log/slog"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// A group is the process group of a worker, by its leader, in a cgroup of its own where
// the gateway may have such. What leaves the process group is found by its mark.
type group struct{ cgroup *cgroup }

// start starts a command as the leader of its group, that ends with the gateway, and that
// may use so many MiB of memory. Where it cannot be in a cgroup it is started without.
func (g *group) start(command func() *exec.Cmd, cgroups *cgroupHost, memory int, log *slog.Logger) (cmd *exec.Cmd, err error) {
	leader := func() *exec.Cmd {
		cmd := command()
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
		return cmd
	}
	tree := cgroups.own(log)
	var refused error
	if tree != nil {
		cmd = leader()
		if g.cgroup, refused = tree.start(cmd, memory); refused == nil {
			return cmd, nil
		}
	}
	cmd = leader()
	if err = cmd.Start(); err == nil && refused != nil { // otherwise it is the command that is wrong
		tree.warn(log, refused)
	}
	return cmd, err
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

// outOfMemory reports whether the kernel has killed the group for its use of memory.
func (g group) outOfMemory() bool { return g.cgroup.outOfMemory() }

// sweep kills the processes that are in the cgroup or have a mark, until there are none.
func (g group) sweep(m mark) {
	g.cgroup.kill()
	killMarked(func(other mark) bool { return other == m })
	g.cgroup.remove()
}
