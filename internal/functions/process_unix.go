//go:build unix && !linux

package functions

import (
	"log/slog"
	"os/exec"
	"syscall"
)

// A group is the process group of a worker, by its leader. A process that leaves it
// outlives the worker on this system.
type group struct{}

func (group) start(command func() *exec.Cmd, _ *cgroupHost, _ int, _ *slog.Logger) (*exec.Cmd, error) {
	cmd := command()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd, cmd.Start()
}

func (group) adopt(*exec.Cmd, int64) error { return nil }

func (group) kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// await cannot wait without taking the state here: a group that has lost its leader may
// only be killed when nothing can have its number, so that what it left behind is killed
// as soon as it is known.
func (group) await(cmd *exec.Cmd) { _ = cmd.Wait() }

func (group) outOfMemory() bool { return false }

func (group) sweep(mark) {}
