package functions

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A keeper is a process beside the gateway that ends the workers when the gateway is
// gone, however it went: it learns of that by the end of its input. One is started with
// the first worker, and again where it has ended.
type keeper struct {
	command func() *exec.Cmd // nil for none
	marker  string

	mu   sync.Mutex
	cmd  *exec.Cmd // nil while there is none
	in   io.WriteCloser
	gone chan struct{} // closed when the process has ended
	pids []int         // of the workers
}

// start starts the process, if it does not run.
func (k *keeper) start() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.cmd != nil || k.command == nil {
		return nil
	}
	cmd := k.command()
	cmd.Env = []string{}
	apart(cmd)
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("what ends functions when the gateway is killed cannot be started: %w", err)
	}
	k.cmd, k.in = cmd, in
	k.say("%s\n", k.marker)
	for _, pid := range k.pids {
		k.say("+%d\n", pid)
	}
	gone := make(chan struct{})
	k.gone = gone
	go func() {
		defer close(gone)
		_ = cmd.Wait()
		k.mu.Lock()
		defer k.mu.Unlock()
		k.cmd = nil
	}()
	return nil
}

// say writes to the process. Where it has ended, the next one is told.
func (k *keeper) say(format string, args ...any) {
	if k.cmd != nil {
		_, _ = fmt.Fprintf(k.in, format, args...)
	}
}

// began tells of a worker.
func (k *keeper) began(pid int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pids = append(k.pids, pid)
	k.say("+%d\n", pid)
}

// ended says that a worker is no more.
func (k *keeper) ended(pid int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if i := slices.Index(k.pids, pid); i >= 0 {
		k.pids = slices.Delete(k.pids, i, i+1)
	}
	k.say("-%d\n", pid)
}

// watches reports whether a process is that of a worker, or the keeper's own.
func (k *keeper) watches(pid int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.cmd != nil && k.cmd.Process.Pid == pid || slices.Contains(k.pids, pid)
}

// close has the process end.
func (k *keeper) close() {
	k.mu.Lock()
	gone := k.gone
	if k.in != nil {
		_ = k.in.Close()
	}
	k.mu.Unlock()
	if gone == nil {
		return
	}
	select {
	case <-gone:
	case <-time.After(closeTime):
	}
}

// Keep is what the process of Options.Keeper does: it reads which workers there are
// until the gateway is gone, and then ends those that are left, with what they have
// started. It ignores the signals of terminals, which the gateway answers by itself, and
// has a name of its own, so that who kills the gateway by its name does not kill it too.
func Keep(in io.Reader) {
	ignoreSignals()
	rename("keep-functions")
	lines := bufio.NewScanner(in)
	if !lines.Scan() {
		return
	}
	marker := lines.Text()
	pids := make(map[int]struct{})
	for lines.Scan() {
		text := lines.Text()
		pid, err := strconv.Atoi(text[min(1, len(text)):])
		switch {
		case err != nil || pid <= 1:
		case text[0] == '+':
			pids[pid] = struct{}{}
		default:
			delete(pids, pid)
		}
	}
	for pid := range pids {
		killGroup(pid)
	}
	killAllMarked(marker)
}
