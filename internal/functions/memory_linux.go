package functions

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"time"
)

const (
	// memoryEvery is how often the memory of programs is looked at that are at work.
	memoryEvery = 200 * time.Millisecond
	// groupsEvery and restEvery are after how many such looks that of all the processes
	// of workers is: while one is at work, and while none is. It takes one look at every
	// process of the machine.
	groupsEvery, restEvery = 5, 150
	// maxProcesses is how many processes a worker may have, as at Lambda.
	maxProcesses = 1024
)

// watchMemory ends workers that use more memory than they may, or have too many
// processes, until the set is closed. A bound of addresses would keep runtimes from
// starting that reserve more than they use.
func (s *Set) watchMemory() {
	ticker := time.NewTicker(memoryEvery)
	defer ticker.Stop()
	page := int64(os.Getpagesize())
	for round := 1; ; round++ {
		select {
		case <-s.stop:
			return
		case <-ticker.C:
		}
		all, atWork := s.workers()
		var pages map[int]int64
		var processes map[int]int
		switch {
		case len(atWork) > 0 && round%groupsEvery == 0, len(all) > 0 && round%restEvery == 0:
			pages, processes = groupSizes(all)
		case len(atWork) > 0:
			pages = programSizes(atWork)
		}
		for pid, n := range pages {
			if w := all[pid]; n*page > int64(w.function.config.Program.Memory)<<20 || processes[pid] > maxProcesses {
				w.outOfMemory(n * page)
			}
		}
	}
}

// workers are those that run, by pid, and the pids of those at work.
func (s *Set) workers() (all map[int]*worker, atWork []int) {
	s.mu.Lock()
	functions := slices.Clone(s.all)
	s.mu.Unlock()
	all = make(map[int]*worker)
	for _, f := range functions {
		f.mu.Lock()
		for w := range f.workers {
			if w.process == nil || w.state == ending {
				continue
			}
			all[w.process.pid()] = w
			if w.state != idle {
				atWork = append(atWork, w.process.pid())
			}
		}
		f.mu.Unlock()
	}
	return all, atWork
}

// programSizes are how many pages of memory the programs of workers have for themselves.
func programSizes(pids []int) map[int]int64 {
	pages := make(map[int]int64, len(pids))
	for _, pid := range pids {
		pages[pid] = ownPages(pid)
	}
	return pages
}

// groupSizes are how many pages of memory the groups of workers have for themselves, and
// how many processes.
func groupSizes(all map[int]*worker) (pages map[int]int64, processes map[int]int) {
	pages, processes = make(map[int]int64), make(map[int]int)
	for _, pid := range allProcesses() {
		if st, ok := readStat(pid); ok && all[st.group] != nil {
			pages[st.group] += ownPages(pid)
			processes[st.group]++
		}
	}
	return pages, processes
}

// ownPages are the pages of a process that are in memory, without those that files hold
// or others share.
func ownPages(pid int) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	fields := bytes.Fields(text)
	if err != nil || len(fields) < 3 {
		return 0
	}
	resident, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	shared, _ := strconv.ParseInt(string(fields[2]), 10, 64)
	return resident - shared
}
