package functions

import (
	"bufio"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What a worker has started goes with it, also what has left its group and what has no
// parent any more: whether the worker ends by itself, is too slow or too old.
func TestChildren(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, handler := range []string{"orphan", "fork"} {
		f := r.function(t, handler, nil)
		_, _ = call(t, f, "{}")
		if handler == "fork" {
			waitFor(t, func() bool { return len(groupsLeft(r.marker)) > children }) // the worker and its children
			f.retire()
		}
		waitFor(t, func() bool { return len(groupsLeft(r.marker)) == 0 })
	}
}

// The memory of what a worker has started is its own, too.
func TestChildrenFill(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	body, failed := call(t, r.function(t, "fill-child", func(c *Config) { c.Program.Memory = 150 }), "{}")
	if failed == "" || !strings.Contains(body, "Runtime exited with error: signal: killed") || !strings.Contains(r.printed(), "and may use 150: its worker is killed") {
		t.Errorf("got %s, %q and the output %q", body, failed, r.printed())
	}
}

// Who prints without end is read without end, so that he does not wait, and some of it
// is passed on.
func TestOutputWithoutEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	if body, failed := call(t, r.function(t, "print", nil), "{}"); body != "printed" {
		t.Errorf("got %q, %q", body, failed)
	}
	if !strings.HasPrefix(r.printed(), "print: xxx") {
		t.Errorf("got output %.99q", r.printed())
	}
}

// When the gateway is killed its workers go with it, and all that they have started.
func TestKilledGateway(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	gateway := exec.Command(exe, "-test.run=^TestGatewayToBeKilled$", "-test.v")
	gateway.Env = append(os.Environ(), "GATEWAY_TO_BE_KILLED=1")
	out, err := gateway.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := gateway.Start(); err != nil {
		t.Fatal(err)
	}
	var marker mark
	for lines := bufio.NewScanner(out); marker == 0 && lines.Scan(); {
		_, _ = fmt.Sscanf(lines.Text(), "marker %d", &marker)
	}
	if marker == 0 {
		t.Error("the gateway does not say its marker")
	}
	waitFor(t, func() bool { return len(groupsLeft(marker)) > children }) // the worker and its children
	if err := gateway.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = gateway.Wait()
	waitFor(t, func() bool { return len(groupsLeft(marker)) == 0 })
}

// killall with the gateway's name leaves the keeper, which then ends the workers.
func TestKeeperName(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	_, _ = call(t, r.function(t, "pid", nil), "{}")
	pid := r.keeper.process().Pid
	waitFor(t, func() bool {
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		return err == nil && string(name) == "keep-functions\n"
	})
}

// A keeper that is killed is told of and replaced, and its successor ends the workers.
func TestKilledKeeper(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	r := newRig(t, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	_, _ = call(t, r.function(t, "fork", nil), "{}")
	first := r.keeper.process()
	r.keeper.mu.Lock()
	r.keeper.begun = time.Now().Add(-leastLife)
	r.keeper.mu.Unlock()
	if err := first.Kill(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { next := r.keeper.process(); return next != nil && next != first })
	if text := log.String(); !strings.Contains(text, "has ended itself") || !strings.Contains(text, "signal: killed") {
		t.Errorf("got log %q", text)
	}
	waitFor(t, func() bool { return len(groupsLeft(r.marker)) > children })
	r.keeper.mu.Lock()
	_ = r.keeper.in.Close() // as at the gateway's end
	r.keeper.mu.Unlock()
	waitFor(t, func() bool { return len(groupsLeft(r.marker)) == 0 })
}

// process is the keeper's; nil for none.
func (k *keeper) process() *os.Process {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.cmd == nil {
		return nil
	}
	return k.cmd.Process
}

// TestGatewayToBeKilled is the process that TestKilledGateway kills.
func TestGatewayToBeKilled(t *testing.T) {
	if os.Getenv("GATEWAY_TO_BE_KILLED") == "" {
		return
	}
	exe, _ := os.Executable()
	r := &rig{Set: New(Options{Keeper: func() *exec.Cmd { return exec.Command(exe, "keep") }})}
	_, _ = call(t, r.function(t, "fork", nil), "{}")
	fmt.Printf("marker %d\n", r.marker)
	time.Sleep(time.Minute) // it is killed before
}

// A worker that is dead is no zombie, and neither is the keeper.
func TestNoZombies(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	pid, _ := call(t, r.function(t, "pid", nil), "{}")
	worker, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	keeper := r.keeper.process().Pid
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for name, pid := range map[string]int{"worker": worker, "keeper": keeper} {
		if st, ok := readStat(pid); ok && st.parent == os.Getpid() {
			t.Errorf("the %s is there, in state %c", name, st.state)
		}
	}
}
