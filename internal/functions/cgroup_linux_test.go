package functions

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// A cgroupTrial is a directory in which cgroups are made as the kernel makes them, and a
// record of what is asked of it.
type cgroupTrial struct {
	t      *testing.T
	dir    string
	events string           // what memory.events of a new cgroup says
	wrong  map[string]error // what comes of a file or directory, by its path below dir
	busy   int              // how often cgroups are told not to be empty when they are removed

	mu  sync.Mutex
	log []string
}

// newCgroupTrial is a delegated cgroup with so many processes.
func newCgroupTrial(t *testing.T, controllers string, pids ...string) *cgroupTrial {
	t.Helper()
	c := &cgroupTrial{t: t, dir: t.TempDir(), wrong: make(map[string]error)}
	for name, text := range map[string]string{"cgroup.controllers": controllers, "cgroup.procs": strings.Join(pids, "\n"), "cgroup.subtree_control": ""} {
		c.put(name, text)
	}
	return c
}

func (c *cgroupTrial) put(name, text string) {
	if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o600); err != nil {
		c.t.Error(err)
	}
}

func (c *cgroupTrial) tree() *cgroupTree {
	return &cgroupTree{dir: c.dir, system: cgroupSystem{
		mkdir: c.mkdir, rmdir: c.rmdir, write: c.write, start: func(cmd *exec.Cmd, dir string) error {
			if err := c.note("start in", dir, ""); err != nil {
				return err
			}
			return cmd.Start()
		},
	}}
}

// note records what is asked, and returns what comes of it.
func (c *cgroupTrial) note(what, name, text string) error {
	below := strings.TrimPrefix(strings.TrimPrefix(name, c.dir), "/")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = append(c.log, strings.TrimSpace(what+" "+below+" "+text))
	return c.wrong[below]
}

func (c *cgroupTrial) asked() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	asked := c.log
	c.log = nil
	return asked
}

func (c *cgroupTrial) mkdir(dir string) error {
	if err := c.note("mkdir", dir, ""); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	for _, name := range []string{"cgroup.procs", "cgroup.kill", "memory.max", "memory.oom.group", "memory.swap.max", "pids.max"} {
		c.put(filepath.Join(filepath.Base(dir), name), "")
	}
	c.put(filepath.Join(filepath.Base(dir), "memory.events"), c.events)
	return nil
}

func (c *cgroupTrial) rmdir(dir string) error {
	if err := c.note("rmdir", dir, ""); err != nil {
		return err
	}
	if c.busy > 0 {
		c.busy--
		return unix.EBUSY
	}
	return os.RemoveAll(dir)
}

// write has processes move, and writes what the kernel would keep.
func (c *cgroupTrial) write(name, text string) error {
	if err := c.note("write", name, text); err != nil {
		return err
	}
	if err := writeCgroup(name, text); err != nil {
		return err
	}
	if filepath.Base(name) == "cgroup.procs" {
		own, _ := os.ReadFile(filepath.Join(c.dir, "cgroup.procs"))
		pids := strings.Fields(string(own))
		c.put("cgroup.procs", strings.Join(slices.DeleteFunc(pids, func(pid string) bool { return pid == text }), "\n"))
	}
	return nil
}

func (c *cgroupTrial) want(asked ...string) {
	c.t.Helper()
	if got := c.asked(); !slices.Equal(got, asked) {
		c.t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(asked, "\n"))
	}
}

// The gateway leaves its cgroup for one below before it asks for bounds there, and removes
// what another has left, but where something runs.
func TestCgroupTree(t *testing.T) {
	c := newCgroupTrial(t, "cpu memory pids", "17", "4")
	for _, name := range []string{"worker-2", "worker-3", "other"} {
		if err := os.Mkdir(filepath.Join(c.dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	c.wrong["worker-2"] = unix.EBUSY
	tree := c.tree()
	if err := tree.open(); err != nil {
		t.Fatal(err)
	}
	c.want("mkdir gateway", "rmdir worker-2", "rmdir worker-3", "write gateway/cgroup.procs 17", "write gateway/cgroup.procs 4", "write cgroup.subtree_control +memory +pids")

	c.wrong["worker-2"] = unix.EEXIST
	for _, name := range []string{"worker-1", "worker-3"} { // the second does not take the number of what is left
		worker, err := tree.add(128)
		if err != nil {
			t.Fatal(err)
		}
		bounds := []string{"mkdir " + name, "write " + name + "/memory.max 134217728", "write " + name + "/memory.swap.max 0", "write " + name + "/memory.oom.group 1", "write " + name + "/pids.max 1024"}
		if name == "worker-3" {
			bounds = slices.Insert(bounds, 0, "mkdir worker-2")
		}
		c.want(bounds...)
		c.busy = 2
		worker.kill()
		worker.remove()
		c.want("write "+name+"/cgroup.kill 1", "rmdir "+name, "rmdir "+name, "rmdir "+name)
		if _, err := os.Stat(worker.dir); err == nil {
			t.Errorf("%s is there", name)
		}
	}
}

// A tree that cannot be readied is none, and in a container that is nothing to warn of.
func TestCgroupTreeRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		file  string
		wrong error
		pids  []string
		fixed bool
	}{
		"read-only":       {file: "gateway", wrong: unix.EROFS, fixed: true},
		"another user's":  {file: "gateway", wrong: unix.EACCES, fixed: true},
		"too many":        {file: "gateway", wrong: unix.EAGAIN},
		"process":         {file: "gateway/cgroup.procs", wrong: unix.EBUSY, pids: []string{"5"}},
		"other namespace": {file: "gateway/cgroup.procs", wrong: unix.ESRCH, pids: []string{"0"}}, // it never leaves
		"controllers":     {file: "cgroup.subtree_control", wrong: unix.EBUSY},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCgroupTrial(t, "memory", tc.pids...)
			c.wrong[tc.file] = tc.wrong
			err := c.tree().open()
			if err == nil || errors.Is(err, errCgroupsFixed) != tc.fixed {
				t.Errorf("got %v", err)
			}
			if asked := c.asked(); len(asked) > 1+moveRounds {
				t.Errorf("asked for %v", asked)
			}
		})
	}
}

// A worker without the bound of its memory has no cgroup; the other bounds are where the
// system has them.
func TestCgroupRefused(t *testing.T) {
	for name, left := range map[string]bool{"worker-1": false, "worker-1/memory.max": false, "worker-1/memory.oom.group": true, "worker-1/memory.swap.max": true, "worker-1/pids.max": true} {
		c := newCgroupTrial(t, "memory")
		for _, tc := range []struct {
			err  error
			left bool
		}{{unix.ENOENT, left}, {unix.EINVAL, false}} {
			c.wrong[name] = tc.err
			tree := c.tree()
			worker, err := tree.add(64)
			if (err == nil) != tc.left || (worker != nil) != tc.left {
				t.Errorf("%s, %v: got %v, %v", name, tc.err, worker, err)
			}
			c.wrong = make(map[string]error)
			worker.remove()
			if found, _ := filepath.Glob(c.dir + "/worker-*"); len(found) > 0 {
				t.Errorf("%s, %v: %v is left", name, tc.err, found)
			}
		}
	}
}

// A cgroup is looked for below its mount, also where that shows a part of all cgroups.
func TestCgroupDir(t *testing.T) {
	const v1 = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
	for name, tc := range map[string]struct{ mounts, self, want string }{
		"service":       {"30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n", "0::/system.slice/gatehouse.service\n", "/sys/fs/cgroup/system.slice/gatehouse.service"},
		"namespace":     {"30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "0::/\n", "/sys/fs/cgroup"},
		"container":     {"30 23 0:26 /docker/ab /sys/fs/cgroup ro - cgroup2 cgroup rw\n", "0::/docker/ab\n", "/sys/fs/cgroup"},
		"both versions": {v1 + "38 31 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n", "4:memory:/a\n0::/b\n", "/sys/fs/cgroup/unified/b"},
		"version 1":     {v1, "4:memory:/a\n", ""},
		"other part":    {"30 23 0:26 /docker/ab /sys/fs/cgroup ro - cgroup2 cgroup rw\n", "0::/docker/abc\n", ""},
		"outside":       {"30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "0::/../other\n", ""},
		"nothing":       {"", "", ""},
	} {
		if got := cgroupDir([]byte(tc.mounts), []byte(tc.self)); got != tc.want {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
		}
	}
}

// A cgroup is the gateway's to change where systemd says so, and memory can be bounded in
// it. Not every file system that tests run on has attributes.
func TestDelegated(t *testing.T) {
	for controllers, memory := range map[string]bool{"cpu memory pids": true, "cpu pids": false} {
		dir := newCgroupTrial(t, controllers).dir
		if delegated(dir) {
			t.Errorf("%s: it is delegated without the attribute", controllers)
		}
		for value, want := range map[string]bool{"1": memory, "0": false, "10": false} {
			if unix.Setxattr(dir, "user.delegate", []byte(value), 0) == nil && delegated(dir) != want {
				t.Errorf("%s, %s: it is delegated: %t", controllers, value, !want)
			}
		}
	}
}

// useCgroups has the workers of a rig be in those of a trial.
func (r *rig) useCgroups(c *cgroupTrial) {
	r.cgroups = &cgroupHost{tree: c.tree()}
	r.cgroups.once.Do(func() {})
}

// What the system kills for its use of memory is told of like what the gateway kills, and
// how a worker ends its cgroup ends, with all that is in it.
func TestCgroupOutOfMemory(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		events string
		told   bool
	}{
		"its own":       {"low 0\nhigh 0\nmax 41\noom 1\noom_kill 3\noom_group_kill 1\n", true},
		"the machine's": {"low 0\nhigh 0\nmax 0\noom 0\noom_kill 1\n", false},
		"somebody":      {"low 0\nhigh 0\nmax 3\noom 0\noom_kill 0\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCgroupTrial(t, "memory pids")
			c.events = tc.events
			r := newRig(t, nil)
			r.useCgroups(c)
			f := r.function(t, "killed", func(c *Config) { c.Program.Memory = 100 })
			if body, _ := call(t, f, "{}"); !strings.Contains(body, "Runtime exited with error: signal: killed") {
				t.Errorf("got %s", body)
			}
			if told := strings.Contains(r.printed(), "killed: the function uses more than 100 MiB of memory, and may use 100: its worker is killed"); told != tc.told {
				t.Errorf("got the output %q", r.printed())
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			if asked := c.asked(); len(asked) != 8 || asked[5] != "start in worker-1" || !slices.Equal(asked[len(asked)-2:], []string{"write worker-1/cgroup.kill 1", "rmdir worker-1"}) {
				t.Errorf("asked for %v", asked)
			}
		})
	}
}

// A function runs where its workers cannot have cgroups, which is told once; and what is
// wrong with a function itself is told as ever.
func TestStartWithoutCgroup(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	c := newCgroupTrial(t, "memory")
	c.wrong["worker-1"], c.wrong["worker-2/memory.max"], c.wrong["worker-4"] = unix.EAGAIN, unix.EINVAL, unix.EAGAIN
	r := newRig(t, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	r.useCgroups(c)
	r.cgroups.tree.system.start = startInCgroup // in what is none
	for i := range 3 {
		f := r.function(t, "pid", func(c *Config) { c.Environment = map[string]string{"N": fmt.Sprint(i)} })
		if body, failed := call(t, f, "{}"); failed != "" {
			t.Errorf("got %s", body)
		}
	}
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("#!/nowhere/at-all\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	f := r.function(t, "broken", func(c *Config) { c.Program.Command = []string{broken} })
	if body, _ := call(t, f, "{}"); !strings.Contains(body, "Runtime.InvalidEntrypoint") || !strings.Contains(body, "no such file") {
		t.Errorf("got %s", body)
	}
	if text := log.String(); strings.Count(text, noCgroups) != 1 {
		t.Errorf("got log %s", text)
	}
	c.wrong = make(map[string]error)
	if found, _ := filepath.Glob(c.dir + "/worker-*"); len(found) > 0 {
		t.Errorf("%v is left", found)
	}
}
