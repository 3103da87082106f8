//go:build unix

package functions

import (
	"os/exec"
	"os/signal"
	"syscall"
)

// apart gives a command a session of its own, so that what is sent to the gateway's
// terminal or group does not reach it.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

func ignoreSignals() {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE)
}

func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }
