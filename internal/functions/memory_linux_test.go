package functions

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// fillShared takes memory without end which is shared with children.
func fillShared() {
	for {
		b, err := unix.Mmap(-1, 0, 1<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS)
		if err != nil {
			return
		}
		for i := 0; i < len(b); i += 4 << 10 {
			b[i] = 1
		}
		time.Sleep(2 * time.Millisecond) // 500 MB a second are enough for a test
	}
}

// The memory that a worker may use bounds all that it starts, wherever that goes, and what
// it shares, also while it has no call.
func TestMemory(t *testing.T) {
	for _, handler := range []string{"fill-shared", "fill-daughter", "fill-orphan", "fill-behind"} {
		t.Run(handler, func(t *testing.T) {
			r := newRig(t, nil)
			f := r.function(t, handler, func(c *Config) { c.Program.Memory = 100 })
			body, _ := call(t, f, "{}")
			if handler != "fill-behind" && !strings.Contains(body, "Runtime exited with error: signal: killed") {
				t.Errorf("got %s", body)
			}
			waitFor(t, func() bool { return len(groupsLeft(r.marker)) == 0 })
			if out := r.printed(); !strings.Contains(out, "MiB of memory, and may use 100: its worker is killed") {
				t.Errorf("got output %q", out)
			}
		})
	}
}

// The worker of a call that had found its function before that retired is bounded, and
// ended with the others.
func TestLateCall(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	f := r.function(t, "hang", nil)
	_, commit, err := r.Prepare(nil)
	if err != nil {
		t.Fatal(err)
	}
	commit()
	late := request("{}")
	late.Header.Add("X-Amz-Invocation-Type", "Event")
	if _, err := f.Invoke(late, "hang", false); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { all, _ := r.workers(); return len(all) == 1 })
}
