package functions

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"time"
)

const (
	// memoryEvery is how often the memory is looked at of workers that are at work.
	memoryEvery = 200 * time.Millisecond
	// memoryRest is how many times as rarely it is where none is.
	memoryRest = 25
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
	for round := 0; ; round++ {
		select {
		case <-s.stop:
			return
		case <-ticker.C:
		}
		all, atWork := s.workers()
		if len(all) == 0 || !atWork && round%memoryRest != 0 {
			continue
		}
		pages, processes := groupSizes(all)
		for pid, w := range all {
			if used := pages[pid] * page; used > int64(w.function.config.Program.Memory)<<20 || processes[pid] > maxProcesses {
				w.outOfMemory(used)
			}
		}
	}
}

// workers are those that run, by pid, and whether one of them is at work.
func (s *Set) workers() (all map[int]*worker, atWork bool) {
	s.mu.Lock()
	functions := slices.Clone(s.all)
	s.mu.Unlock()
	all = make(map[int]*worker)
	for _, f := range functions {
		f.mu.Lock()
		for w := range f.workers {
			if w.process != nil && w.state != ending {
				all[w.process.pid()] = w
				atWork = atWork || w.state != idle
			}
		}
		f.mu.Unlock()
	}
	return all, atWork
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
