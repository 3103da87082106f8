package main

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"testing"
	"testing/fstest"
)

func TestAvailableMemory(t *testing.T) {
	const machine = 8 << 30
	files := func(pairs ...string) fs.FS {
		out := fstest.MapFS{"proc/meminfo": {Data: []byte("MemTotal:        8388608 kB\nMemFree: 1 kB\n")}}
		for i := 0; i < len(pairs); i += 2 {
			out[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
		}
		return out
	}
	tests := map[string]struct {
		root fs.FS
		want int64
	}{
		"nothing known": {fstest.MapFS{}, 0},
		"no cgroups":    {files(), machine},
		"version 2, in a container": {files("proc/self/cgroup", "0::/\n",
			"sys/fs/cgroup/memory.max", "134217728\n"), 128 << 20},
		"version 2, a service": {files("proc/self/cgroup", "0::/system.slice/gatehouse.service\n",
			"sys/fs/cgroup/system.slice/gatehouse.service/memory.max", "max\n",
			"sys/fs/cgroup/system.slice/memory.max", "1073741824\n"), 1 << 30},
		"version 2, no bound": {files("proc/self/cgroup", "0::/a\n", "sys/fs/cgroup/a/memory.max", "max\n"), machine},
		"version 1": {files("proc/self/cgroup", "5:devices:/x\n4:memory,hugetlb:/x\n0::/\n",
			"sys/fs/cgroup/memory/x/memory.limit_in_bytes", "268435456\n"), 256 << 20},
		"version 1, the host's path": {files("proc/self/cgroup", "4:memory:/docker/0123\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes", "134217728\n"), 128 << 20},
		"version 1, no bound": {files("proc/self/cgroup", "4:memory:/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"), machine},
		"more than the machine has": {files("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/memory.max", "99999999999\n"), machine},
		"malformed":                 {files("proc/self/cgroup", "\n:\nx\n0::../..\n", "sys/fs/cgroup/memory.max", "many"), machine},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := availableMemory(tt.root); got != tt.want {
				t.Errorf("%d bytes, want %d", got, tt.want)
			}
		})
	}
	t.Logf("here: %d MB", availableMemory(os.DirFS("/"))>>20)
}

// Where many files may be open and there is little memory, that bounds the connections.
func TestDefaultConnections(t *testing.T) {
	tests := []struct {
		files  int
		memory int64
		want   int
	}{
		{0, 0, 0}, {1024, 0, 512}, {1024, 8 << 30, 512}, {20_000, 24 << 30, 10_000},
		{1 << 20, 512 << 20, 4096}, {1 << 20, 128 << 20, 1024}, {1 << 20, 1 << 20, 64}, {1 << 20, 64 << 30, 1 << 19}, {0, 512 << 20, 4096},
	}
	for _, tt := range tests {
		if got := defaultConnections(tt.files, tt.memory); got != tt.want {
			t.Errorf("%d files, %d MB: %d, want %d", tt.files, tt.memory>>20, got, tt.want)
		}
	}
}

// The heap grows by a part of what is alive, and by so many bytes where much is.
func TestHeapGrowth(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 96 << 20: 400, 192 << 20: 200, 384 << 20: 100, 768 << 20: 50, 8 << 30: 50} {
		if got := heapGrowth(live); got != want {
			t.Errorf("%d MB alive: %d %%, want %d %%", live>>20, got, want)
		}
	}
}

func TestAfterCollections(t *testing.T) {
	called := make(chan int)
	n := 0
	afterCollections(func() bool { n++; called <- n; return n < 3 })
	for want := 1; want <= 3; want++ {
		eventually(t, func() error { // that which finds it may come a moment after the call before
			runtime.GC()
			select {
			case got := <-called:
				if got != want {
					t.Fatalf("call %d, want %d", got, want)
				}
				return nil
			default:
				return errors.New("it is not called")
			}
		})
	}
}

func TestDefaultBudget(t *testing.T) {
	for memory, want := range map[int64]int64{0: 1 << 30, 32 << 20: 16 << 20, 128 << 20: 48 << 20, 8 << 30: 1 << 30} {
		if got := defaultBudget(memory); got != want {
			t.Errorf("of %d MB: %d MB, want %d", memory>>20, got>>20, want>>20)
		}
	}
}
