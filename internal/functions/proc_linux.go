package functions

import (
	"bytes"
	"os"
	"strconv"
)

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

// A stat is what /proc says of a process.
type stat struct {
	state         byte
	parent, group int
	threads       int
}

// dead reports that a process has ended, and nobody has waited for it.
func (st stat) dead() bool { return st.state == 'Z' && st.threads <= 1 }

// readStat reads /proc/{pid}/stat.
func readStat(pid int) (st stat, ok bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return st, false
	}
	behind := bytes.LastIndexByte(text, ')') // the name in front may hold anything
	fields := bytes.Fields(text[behind+1:])
	if behind < 0 || len(fields) < 18 {
		return st, false
	}
	st.state = fields[0][0]
	st.parent, _ = strconv.Atoi(string(fields[1]))
	st.group, _ = strconv.Atoi(string(fields[2]))
	st.threads, _ = strconv.Atoi(string(fields[17]))
	return st, true
}

// rename gives this process the name that ps and killall know it by.
func rename(name string) { _ = os.WriteFile("/proc/self/comm", []byte(name), 0o600) }
