package functions

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A process has its mark as the bound of its resident memory, RLIMIT_RSS. Linux has not
// acted on that since 2.6, hands it on to whatever the process starts, and lets others of
// the same user read it. So what a worker has started keeps its mark without a parent, in
// a session of its own and with an empty environment; who wants to be rid of it has to set
// that bound.

// give marks a process, and what it has started meanwhile.
func (m mark) give(pid int) error {
	var had, has unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_RSS, nil, &had); err != nil {
		return fmt.Errorf("its bound of resident memory is not told: %w", err)
	}
	if err := unix.Prlimit(pid, unix.RLIMIT_RSS, &unix.Rlimit{Cur: uint64(m), Max: had.Max}, nil); err != nil {
		return fmt.Errorf("its bound of resident memory cannot be set: %w", err)
	}
	if err := unix.Prlimit(pid, unix.RLIMIT_RSS, nil, &has); err != nil || has.Cur != uint64(m) {
		return fmt.Errorf("its bound of resident memory is %d", has.Cur)
	}
	id := strconv.Itoa(pid)
	children, _ := os.ReadFile("/proc/" + id + "/task/" + id + "/children") // which not every system has
	for field := range bytes.FieldsSeq(children) {
		if child, err := strconv.Atoi(string(field)); err == nil {
			_ = m.give(child) // which may have ended
		}
	}
	return nil
}

// markOf is the mark of a process, or the bound that one without a mark has. It is 0 for
// processes of other users.
func markOf(pid int) mark {
	var bound unix.Rlimit
	_ = unix.Prlimit(pid, unix.RLIMIT_RSS, nil, &bound)
	return mark(bound.Cur)
}

// marked lists the living processes, but for this one, whose marks are wanted.
func marked(want func(mark) bool) []int {
	var pids []int
	own := os.Getpid()
	for _, pid := range allProcesses() {
		if pid == own || !want(markOf(pid)) {
			continue
		}
		if st, ok := readStat(pid); ok && !st.dead() {
			pids = append(pids, pid)
		}
	}
	return pids
}

// killRounds is how often marked processes are looked for: each time there are some,
// those may have started others.
const killRounds = 50

// killMarked kills the processes whose marks are wanted, until there are none.
func killMarked(want func(mark) bool) {
	for range killRounds {
		strays := marked(want)
		for _, pid := range strays {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if len(strays) == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
}

// killSet kills what the workers of a set have started.
func killSet(set mark) { killMarked(func(m mark) bool { return m.ofSet(set) }) }
