package functions

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A group is the process group of a worker, by its leader. On Linux what leaves it is
// found by the mark in its environment.
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

// sweepRounds is how often strays are looked for: each time there are some, those may
// have started others.
const sweepRounds = 50

// sweep kills the processes that have a mark, until there are none. ours says which of
// this process's children somebody waits for.
func (group) sweep(mark string, ours func(pid int) bool) {
	killMarked(markVariable + "=" + mark + "\x00")
	reapOrphans(ours)
}

// killMarked kills the processes whose environment has a text.
func killMarked(text string) {
	for range sweepRounds {
		strays := marked([]byte(text))
		for _, pid := range strays {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if len(strays) == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
}

// marked lists the processes whose environment has a text. Those of other users, and
// dead ones, have none that we see.
func marked(text []byte) []int {
	var pids []int
	own := os.Getpid()
	for _, pid := range allProcesses() {
		if pid == own {
			continue
		}
		if env, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ"); err == nil && bytes.Contains(env, text) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// allProcesses lists the pids of this machine, or of its part that we see.
func allProcesses() []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer func() { _ = dir.Close() }()
	names, _ := dir.Readdirnames(-1)
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// reapOrphans waits for dead processes that nobody else waits for, which in a container
// are ours: the children of a worker's dead processes. They are in other groups than what
// other packages start.
func reapOrphans(ours func(pid int) bool) {
	if os.Getpid() != 1 {
		return
	}
	own := syscall.Getpgrp()
	for _, pid := range allProcesses() {
		if st, ok := readStat(pid); ok && st.state == 'Z' && st.parent == 1 && st.group != own && !ours(pid) {
			_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
		}
	}
}

// A stat is what /proc says of a process.
type stat struct {
	state         byte
	parent, group int
	start         uint64 // in the machine's ticks
}

// readStat reads /proc/{pid}/stat.
func readStat(pid int) (st stat, ok bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return st, false
	}
	behind := bytes.LastIndexByte(text, ')') // the name in front may hold anything
	fields := bytes.Fields(text[behind+1:])
	if behind < 0 || len(fields) < 20 {
		return st, false
	}
	st.state = fields[0][0]
	st.parent, _ = strconv.Atoi(string(fields[1]))
	st.group, _ = strconv.Atoi(string(fields[2]))
	st.start, _ = strconv.ParseUint(string(fields[19]), 10, 64)
	return st, true
}

// killAllMarked kills what the workers of a set have started, by what their marks begin
// with.
func killAllMarked(marker string) { killMarked(markVariable + "=" + marker + "-") }

// rename gives this process the name that ps and killall know it by.
func rename(name string) { _ = os.WriteFile("/proc/self/comm", []byte(name), 0o600) }
