package functions

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// start starts a command in a cgroup of its own that may use so many MiB of memory. An
// error leaves nothing.
func (t *cgroupTree) start(cmd *exec.Cmd, memory int) (*cgroup, error) {
	c, err := t.add(memory)
	if err != nil {
		return nil, err
	}
	if err := t.system.start(cmd, c.dir); err != nil {
		c.remove()
		return nil, err
	}
	return c, nil
}

// mostLeft is how many cgroups with numbers that are to be given may be left from before.
const mostLeft = 100

// add makes the cgroup of a worker.
func (t *cgroupTree) add(memory int) (*cgroup, error) {
	c := &cgroup{system: &t.system}
	var err error
	for range mostLeft {
		c.dir = t.dir + "/" + workerCgroup + strconv.FormatInt(t.count.Add(1), 10)
		if err = t.system.mkdir(c.dir); !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	if err := c.limit(memory); err != nil {
		c.remove()
		return nil, err
	}
	return c, nil
}

// warn tells once of a worker that has no cgroup.
func (t *cgroupTree) warn(log *slog.Logger, err error) {
	t.warned.Do(func() { log.Warn(noCgroups, "error", err) })
}

// A cgroup is that of a worker. Nil is that of one without.
type cgroup struct {
	dir    string
	system *cgroupSystem
}

// limit bounds what the processes have together. Only the file of the memory has to be
// there; the others are where the system counts swapped memory or processes.
func (c *cgroup) limit(memory int) error {
	if err := c.system.write(c.dir+"/memory.max", strconv.FormatInt(int64(memory)<<20, 10)); err != nil {
		return err
	}
	for _, f := range [][2]string{{"memory.swap.max", "0"}, {"memory.oom.group", "1"}, {"pids.max", strconv.Itoa(maxProcesses)}} {
		if err := c.system.write(c.dir+"/"+f[0], f[1]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// outOfMemory reports whether the kernel has killed processes since they wanted more
// memory than the cgroup may have. What it kills for want of the machine's memory is no
// "oom" of the cgroup.
func (c *cgroup) outOfMemory() bool {
	if c == nil {
		return false
	}
	text, _ := os.ReadFile(c.dir + "/memory.events")
	counts := make(map[string]string)
	for line := range strings.Lines(string(text)) {
		name, count, _ := strings.Cut(strings.TrimSpace(line), " ")
		counts[name] = count
	}
	happened := func(name string) bool { return counts[name] != "" && counts[name] != "0" }
	return happened("oom") && happened("oom_kill")
}

// kill kills all processes, where Linux can do so at once (since 5.14).
func (c *cgroup) kill() {
	if c != nil {
		_ = c.system.write(c.dir+"/cgroup.kill", "1")
	}
}

// remove removes the cgroup, for which its last processes have to have ended. What is
// left then is removed when the gateway starts again.
func (c *cgroup) remove() {
	if c == nil {
		return
	}
	for range killRounds {
		if err := c.system.rmdir(c.dir); !errors.Is(err, unix.EBUSY) {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
