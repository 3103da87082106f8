package main

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
)

// What the heap may grow by until the collector runs.
const (
	usualGrowth = 400       // percent of what is alive
	leastGrowth = 50        // percent of what is alive, however much that is
	heapRoom    = 384 << 20 // bytes, where that is less than usualGrowth
)

// tuneMemory trades memory for processor time: with the little that a gateway
// keeps alive, Go's default collects dozens of times a second under load. Where much is
// alive (many programs, a full cache) the heap grows by heapRoom alone. Above
// twice the bodies' budget and the caches' memory counts for more again, as it does near what
// the container or the machine has: beyond that the process would be killed.
// GOGC and GOMEMLIMIT overrule.
func (c *config) tuneMemory() {
	const base = 512 << 20
	if _, set := os.LookupEnv("GOGC"); !set {
		followHeap()
	}
	if _, set := os.LookupEnv("GOMEMLIMIT"); !set {
		limit := base + 2*c.MaxBufferedBytes + c.CacheBudget
		if most := availableMemory(os.DirFS("/")); most > 0 {
			limit = min(limit, most/10*9) // the rest is for stacks of the system's, and what the collector is late with
		}
		debug.SetMemoryLimit(limit)
	}
}

// heapGrowth is how much a heap may grow, in percent of what is alive in it.
func heapGrowth(live uint64) int {
	return int(min(max(100*heapRoom/max(live, 1), leastGrowth), usualGrowth))
}

// followHeap has the heap of this process grow as heapGrowth says, from now on.
var followHeap = sync.OnceFunc(func() {
	percent := usualGrowth // one call at a time changes it
	debug.SetGCPercent(percent)
	afterCollections(func() bool {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		if want := heapGrowth(live[0].Value.Uint64()); want != percent {
			percent = want
			debug.SetGCPercent(want)
		}
		return true
	})
})

// afterCollections calls f after each collection of the heap until it returns false. One
// that comes while f runs may be left out.
func afterCollections(f func() bool) {
	type mark struct{ _ *mark } // with a pointer, so that it shares its memory with nothing
	var found func(*mark)
	found = func(m *mark) {
		go func() { // nothing else that the collector finds waits for f
			if f() {
				runtime.SetFinalizer(m, found)
			}
		}()
	}
	runtime.SetFinalizer(new(mark), found)
}

// defaultBudget is how many bytes of bodies are held at once where nobody says:
// three eighths of the memory, so that a container of 128 MB holds a body of
// 10 MB each way, and 1 GiB at the most.
func defaultBudget(memory int64) int64 {
	const least, most = 16 << 20, 1 << 30
	if memory <= 0 {
		return most
	}
	return min(max(memory/8*3, least), most)
}

// defaultCacheBudget is how many bytes of answers the caches of stages hold where
// nobody says: an eighth of the memory, and 512 MiB at the most.
func defaultCacheBudget(memory int64) int64 {
	const least, most = 1 << 20, 512 << 20
	if memory <= 0 {
		return most
	}
	return min(max(memory/8, least), most)
}

// ofConnection is the memory that there is to be for each connection of a client, in bytes:
// several times what one takes whose request waits for a backend, and about what one can be
// made to take, by a long head or by requests over HTTP/2.
const ofConnection = 128 << 10

// defaultConnections is how many connections clients may have where nobody says: half of the
// files that the process may open, or as many as there is memory for: a container of little
// memory may often open a million. 0 is any number, where neither is known.
func defaultConnections(files int, memory int64) int {
	return bounded(files/2, memory, ofConnection)
}

// ofCaller is ofConnection for the callers of the control plane, whose requests are taken
// apart further.
const ofCaller = 1 << 20

// bounded is n, or fewer where there is memory for no more than that at so much each.
func bounded(n int, memory, each int64) int {
	const least = 64
	if room := int(max(memory/each, least)); memory > 0 && (n == 0 || room < n) {
		return room
	}
	return n
}

// availableMemory returns how many bytes of memory the process can have: those
// of the machine, or fewer where a cgroup, of version 1 or 2, bounds it. It is 0
// where the system does not say. root is the root of the file system.
func availableMemory(root fs.FS) int64 {
	least := machineMemory(root)
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return least
	}
	for line := range strings.Lines(string(groups)) {
		// hierarchy:controllers:path
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, _ := strings.Cut(rest, ":")
		switch {
		case controllers == "":
			least = leastOf(root, least, "sys/fs/cgroup", group, "memory.max")
		case strings.Contains(","+controllers+",", ",memory,"):
			least = leastOf(root, least, "sys/fs/cgroup/memory", group, "memory.limit_in_bytes")
		}
	}
	return least
}

// leastOf returns the least of a bound and those of a cgroup and all around it.
// In a container the path may be that of the host, and only its end be there.
func leastOf(root fs.FS, least int64, mount, group, file string) int64 {
	for group = path.Clean("/" + group); ; group = path.Dir(group) {
		text, err := fs.ReadFile(root, path.Join(mount, group, file))
		if n, invalid := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64); err == nil && invalid == nil && n > 0 && (n < least || least == 0) {
			least = n // it is "max", or a number beyond any memory, where there is no bound
		}
		if group == "/" {
			return least
		}
	}
}

// machineMemory returns the memory of the machine, 0 where /proc does not say.
func machineMemory(root fs.FS) int64 {
	info, err := fs.ReadFile(root, "proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(info)) {
		if rest, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return n << 10
		}
	}
	return 0
}
