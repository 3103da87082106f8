package functions

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A keeper is a process beside the gateway that ends the workers when the gateway is
// gone, however it went: it learns of that by the end of its input. One is started with
// the first worker, and another where it has ended.
type keeper struct {
	command func() *exec.Cmd // nil for none
	marker  mark             // of the set
	log     *slog.Logger

	mu     sync.Mutex
	cmd    *exec.Cmd // nil while there is none
	in     *os.File
	begun  time.Time     // when it was started
	gone   chan struct{} // closed when the process has ended
	pids   []int         // of the workers
	closed bool
}

// start starts the process, if it does not run.
func (k *keeper) start() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.startLocked()
}

func (k *keeper) startLocked() error {
	if k.cmd != nil || k.command == nil || k.closed {
		return nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	cmd := k.command()
	cmd.Env, cmd.Stdin = []string{}, r
	apart(cmd)
	if err := cmd.Start(); err != nil {
		_ = w.Close()
		return fmt.Errorf("what ends functions when the gateway is killed cannot be started: %w", err)
	}
	gone := make(chan struct{})
	k.cmd, k.in, k.gone, k.begun = cmd, w, gone, time.Now()
	k.say("%d\n", k.marker)
	for _, pid := range k.pids {
		k.say("+%d\n", pid)
	}
	go func() {
		defer close(gone)
		err := cmd.Wait()
		k.ended(err)
	}()
	return nil
}

// leastLife is how long a process has to have lived for another to be started at once:
// the next one waits for a worker.
const leastLife = time.Second

// ended notes that the process has ended, and starts another.
func (k *keeper) ended(how error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	_ = k.in.Close()
	k.cmd = nil
	if k.closed {
		return
	}
	k.log.Error("what ends functions when the gateway is killed has ended itself", "error", how)
	if time.Since(k.begun) < leastLife {
		return
	}
	if err := k.startLocked(); err != nil {
		k.log.Error("and cannot be started again", "error", err)
	}
}

// sayTime is how long the process may take to read, which it does all the time.
const sayTime = time.Second

// say writes to the process. One that does not read is killed, and the next one is told.
func (k *keeper) say(format string, args ...any) {
	if k.cmd == nil {
		return
	}
	_ = k.in.SetWriteDeadline(time.Now().Add(sayTime))
	if _, err := fmt.Fprintf(k.in, format, args...); err != nil {
		_ = k.cmd.Process.Kill()
	}
}

// began tells of a worker.
func (k *keeper) began(pid int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pids = append(k.pids, pid)
	k.say("+%d\n", pid)
}

// left says that a worker is no more.
func (k *keeper) left(pid int) {
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
	k.closed = true
	gone := k.gone
	if k.cmd != nil {
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
	marker, err := strconv.ParseUint(lines.Text(), 10, 64)
	if err != nil {
		return
	}
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
	killSet(mark(marker))
}
