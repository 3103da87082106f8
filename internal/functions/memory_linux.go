package functions

import (
	"maps"
	"slices"
	"time"
)

const (
	// memoryEvery is how often the memory of programs is looked at that are at work.
	memoryEvery = 200 * time.Millisecond
	// familiesEvery is after how many such looks that of all the processes of workers is,
	// while one is at work; it takes one look at every process of the machine. What rests
	// may use memory too: restEvery and restingFamiliesEvery are the same where nobody
	// is at work.
	familiesEvery, restEvery, restingFamiliesEvery = 5, 10, 50
	// maxProcesses is how many processes a worker may have, as at Lambda.
	maxProcesses = 1024
)

// holdsMemory is that a worker cannot use more memory than its function says.
const holdsMemory = true

// watchMemory ends workers that use more memory than they may, or have too many
// processes, until the set is closed. A bound of addresses would keep runtimes from
// starting that reserve more than they use.
func (s *Set) watchMemory() {
	ticker := time.NewTicker(memoryEvery)
	defer ticker.Stop()
	for round := 1; ; round++ {
		select {
		case <-s.stop:
			return
		case <-ticker.C:
		}
		all, atWork := s.workers()
		var used map[int]usage
		switch {
		case len(atWork) > 0 && round%familiesEvery == 0, len(all) > 0 && round%restingFamiliesEvery == 0:
			used = families(all)
		case len(atWork) > 0:
			used = programs(atWork)
		case round%restEvery == 0:
			used = programs(slices.Collect(maps.Keys(all)))
		}
		if round%familiesEvery == 0 && len(all) > 0 {
			s.reapOrphans()
		}
		for pid, u := range used {
			all[pid].bound(u)
		}
	}
}

// bound ends a worker that uses more than it may.
func (w *worker) bound(u usage) {
	switch memory := u.own + u.shared; {
	case memory > int64(w.function.config.Program.Memory)<<20:
		w.exceeds("%d MiB of memory, and may use %d", memory>>20, w.function.config.Program.Memory)
	case u.processes > maxProcesses:
		w.exceeds("%d processes, and may use %d", u.processes, maxProcesses)
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
