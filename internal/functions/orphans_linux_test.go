package functions

import (
	"os"
	"os/exec"
	"testing"
)

// A gateway that is the first process of a container waits for what its workers have left,
// also while they live, and for no process that somebody else waits for.
func TestFirstProcess(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	unshare := []string{"--pid", "--fork", "--mount-proc", "--kill-child"}
	if out, err := exec.Command("unshare", append(unshare, "true")...).CombinedOutput(); err != nil {
		t.Skipf("there can be no other first process: %v: %s", err, out)
	}
	c := exec.Command("unshare", append(unshare, exe, "-test.run=^TestAsFirstProcess$")...)
	c.Env = append(os.Environ(), "FIRST_PROCESS=1")
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// TestAsFirstProcess is what TestFirstProcess runs.
func TestAsFirstProcess(t *testing.T) {
	if os.Getenv("FIRST_PROCESS") == "" {
		return
	}
	if os.Getpid() != 1 {
		t.Fatalf("this is process %d", os.Getpid())
	}
	r := newRig(t, nil)
	f := r.function(t, "leave-dead", nil)
	_, _ = call(t, f, "{}")
	waitFor(t, func() bool { return len(deadOrphans()) == 0 })
	if all, idle := f.Workers(); all != 1 || idle != 1 {
		t.Errorf("got %d workers, %d of them idle, want one that has nothing to do", all, idle)
	}
	g := r.function(t, "fork", nil)
	_, _ = call(t, g, "{}")
	if _, failed := call(t, r.function(t, "exit", nil), "{}"); failed == "" {
		t.Error("a worker that exits did not fail")
	}
	g.retire()
	waitFor(t, func() bool { return len(groupsLeft(g.set.marker)) == 0 && len(deadOrphans()) == 0 })
}

// deadOrphans lists the dead children of the first process.
func deadOrphans() (pids []int) {
	for _, pid := range allProcesses() {
		if st, ok := readStat(pid); ok && st.parent == 1 && st.dead() {
			pids = append(pids, pid)
		}
	}
	return pids
}
