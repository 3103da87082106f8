package functions

import (
	"bytes"
	"os"
	"strconv"
)

// A usage is what processes have.
type usage struct {
	own       int64 // bytes of memory that no other has
	shared    int64 // bytes of memory without a file that others may have, too: of the one with most
	processes int
}

// add counts a process more.
func (u usage) add(pid int) usage {
	own, shared := memory(pid)
	return usage{u.own + own, max(u.shared, shared), u.processes + 1}
}

// programs are what the programs of workers have, without what they have started.
func programs(pids []int) map[int]usage {
	used := make(map[int]usage, len(pids))
	for _, pid := range pids {
		used[pid] = usage{}.add(pid)
	}
	return used
}

// A census finds out which of the machine's processes workers have started.
type census struct {
	strangers map[int]uint64 // when processes began that are no worker's, by pid
}

// take counts what workers have with all that they have started, by their pids.
func (c *census) take(all map[int]*worker) map[int]usage {
	stats := make(map[int]stat)
	for _, pid := range allProcesses() {
		if st, ok := readStat(pid); ok {
			stats[pid] = st
		}
	}
	marks := make(map[string]int, len(all))
	for pid, w := range all {
		marks[w.process.mark] = pid
	}
	used := make(map[int]usage)
	strangers := make(map[int]uint64)
	for pid, st := range stats {
		owner := ancestor(pid, stats, all)
		if owner == 0 && c.strangers[pid] != st.start {
			owner = marks[markOf(pid)]
		}
		if owner == 0 {
			strangers[pid] = st.start
			continue
		}
		used[owner] = used[owner].add(pid)
	}
	c.strangers = strangers
	return used
}

// ancestor is the worker in whose group a process is, or one that it descends from; 0
// for none.
func ancestor(pid int, stats map[int]stat, all map[int]*worker) int {
	for range len(stats) { // which were not read at one time, and may go in circles
		st, ok := stats[pid]
		switch {
		case !ok:
			return 0
		case all[st.group] != nil:
			return st.group
		}
		pid = st.parent
	}
	return 0
}

// markOf is the mark in the environment of a process, by which one is known that has lost
// its parents; "" for none.
func markOf(pid int) string {
	env, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	_, rest, _ := bytes.Cut(env, []byte(markVariable+"="))
	mark, _, _ := bytes.Cut(rest, []byte{0})
	return string(mark)
}

// sharedLook is from how many bytes on it is found out whether what a process shares are
// files alone.
const sharedLook = 16 << 20

// memory is how many bytes of memory a process has for itself, and how many that others
// may have, too. Those that files hold do not count.
func memory(pid int) (own, shared int64) {
	dir := "/proc/" + strconv.Itoa(pid)
	text, err := os.ReadFile(dir + "/statm")
	fields := bytes.Fields(text)
	if err != nil || len(fields) < 3 {
		return 0, 0
	}
	page := int64(os.Getpagesize())
	resident, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	both, _ := strconv.ParseInt(string(fields[2]), 10, 64)
	if both*page > sharedLook {
		status, _ := os.ReadFile(dir + "/status")
		_, rest, _ := bytes.Cut(status, []byte("\nRssShmem:"))
		if f := bytes.Fields(rest); len(f) > 0 {
			shared, _ = strconv.ParseInt(string(f[0]), 10, 64)
		}
	}
	return (resident - both) * page, shared << 10
}
