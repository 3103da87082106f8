package functions

import (
	"bytes"
	"maps"
	"os"
	"slices"
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

// families are what workers have with all that they have started, by their pids.
func families(all map[int]*worker) map[int]usage {
	used := programs(slices.Collect(maps.Keys(all)))
	leaders := make(map[mark]int, len(all))
	for pid, w := range all {
		leaders[w.process.mark] = pid
	}
	for _, pid := range allProcesses() {
		if leader := leaders[markOf(pid)]; leader != 0 && leader != pid {
			used[leader] = used[leader].add(pid)
		}
	}
	return used
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
