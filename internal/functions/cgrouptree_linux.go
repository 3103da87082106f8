package functions

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// A cgroupTree is the control group (version 2) of the gateway, where it has been
// delegated: the gateway is in one below it then, and each worker in another, which bounds
// all that the worker starts. It is safe for concurrent use.
type cgroupTree struct {
	dir    string
	system cgroupSystem
	count  atomic.Int64 // of cgroups that workers have had
	warned sync.Once    // tells that a worker has none
}

// A cgroupSystem is what the kernel is asked for; tests have another.
type cgroupSystem struct {
	mkdir, rmdir func(dir string) error
	write        func(name, text string) error
	start        func(cmd *exec.Cmd, dir string) error // of a command in a cgroup
}

var kernelCgroups = cgroupSystem{
	mkdir: func(dir string) error { return os.Mkdir(dir, 0o755) },
	rmdir: unix.Rmdir,
	write: writeCgroup,
	start: startInCgroup,
}

// The directories below that of a cgroupTree: of the gateway, and of workers, whose
// numbers follow.
const gatewayCgroup, workerCgroup = "gateway", "worker-"

// A cgroupHost finds the gateway's tree, once. The sets of a process share it.
type cgroupHost struct {
	once sync.Once
	tree *cgroupTree
}

var ownCgroups cgroupHost

// ready finds the tree before there is a worker, which would wait for the gateway to be
// moved: that takes Linux some ten milliseconds.
func (h *cgroupHost) ready(log *slog.Logger) { go h.own(log) }

// own is the gateway's tree; nil where there is none.
func (h *cgroupHost) own(log *slog.Logger) *cgroupTree {
	h.once.Do(func() {
		mounts, _ := os.ReadFile("/proc/self/mountinfo")
		self, _ := os.ReadFile("/proc/self/cgroup")
		dir := cgroupDir(mounts, self)
		if dir == "" || !delegated(dir) {
			log.Debug("workers have no cgroups: none is delegated", "cgroup", dir)
			return
		}
		tree := &cgroupTree{dir: dir, system: kernelCgroups}
		switch err := tree.open(); {
		case err == nil:
			h.tree = tree
			log.Info("workers have cgroups", "cgroup", dir)
		case errors.Is(err, errCgroupsFixed):
			log.Debug("workers have no cgroups", "error", err)
		default:
			log.Warn(noCgroups, "error", err)
		}
	})
	return h.tree
}

// noCgroups is what a warning says of the reason.
const noCgroups = "workers have no cgroups, their memory is watched instead"

// cgroupDir is where the cgroup of a process is, by /proc/{pid}/mountinfo and
// /proc/{pid}/cgroup; empty where it is not to be seen.
func cgroupDir(mounts, self []byte) string {
	var own string
	for line := range bytes.Lines(self) {
		if rest, ok := bytes.CutPrefix(line, []byte("0::/")); ok {
			own = "/" + string(bytes.TrimSuffix(rest, []byte("\n")))
		}
	}
	for line := range bytes.Lines(mounts) {
		mount, kind, _ := bytes.Cut(line, []byte(" - "))
		fields := bytes.Fields(mount)
		if own == "" || len(fields) < 5 || !bytes.HasPrefix(kind, []byte("cgroup2 ")) {
			continue
		}
		root := strings.TrimSuffix(string(fields[3]), "/") // of the mount, among all cgroups
		below, ok := strings.CutPrefix(own, root)
		if ok && (below == "" || below[0] == '/') && !slices.Contains(strings.Split(own, "/"), "..") {
			return path.Join(string(fields[4]), below)
		}
	}
	return ""
}

// delegated reports whether systemd has marked a cgroup as its processes' own, with the
// memory of those to bound. Only root may read the second attribute; systemd has the first
// since version 251.
func delegated(dir string) bool {
	controllers, _ := os.ReadFile(dir + "/cgroup.controllers")
	if !slices.Contains(strings.Fields(string(controllers)), "memory") {
		return false
	}
	return slices.ContainsFunc([]string{"user.delegate", "trusted.delegate"}, func(name string) bool {
		value := make([]byte, 2)
		n, err := unix.Getxattr(dir, name, value)
		return err == nil && string(value[:n]) == "1"
	})
}

// errCgroupsFixed says that the tree cannot be changed, as in most containers, whose
// cgroups are marked as delegated, too.
var errCgroupsFixed = errors.New("cgroups are read-only")

// open readies the tree for workers: processes may be in its leaves alone, so that the
// gateway gets one of its own.
func (t *cgroupTree) open() error {
	gateway := t.dir + "/" + gatewayCgroup
	switch err := t.system.mkdir(gateway); {
	case errors.Is(err, unix.EROFS), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", errCgroupsFixed, err)
	case err != nil && !errors.Is(err, fs.ErrExist):
		return err
	}
	t.clear()
	if err := t.move(gateway); err != nil {
		return err
	}
	text, controllers := "+memory", t.read("cgroup.controllers")
	if slices.Contains(controllers, "pids") {
		text += " +pids"
	}
	return t.system.write(t.dir+"/cgroup.subtree_control", text)
}

// clear removes what a gateway has left that was killed, unless something still runs there.
func (t *cgroupTree) clear() {
	entries, _ := os.ReadDir(t.dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), workerCgroup) && e.IsDir() {
			_ = t.system.rmdir(t.dir + "/" + e.Name())
		}
	}
}

// moveRounds is how often processes are moved: each time there are some, those may have
// started others.
const moveRounds = 10

// move puts all processes of the tree's own cgroup into another.
func (t *cgroupTree) move(to string) error {
	for range moveRounds {
		pids := t.read("cgroup.procs")
		if len(pids) == 0 {
			return nil
		}
		for _, pid := range pids {
			if err := t.system.write(to+"/cgroup.procs", pid); err != nil && !errors.Is(err, unix.ESRCH) { // it has ended
				return fmt.Errorf("process %s cannot be moved: %w", pid, err)
			}
		}
	}
	return fmt.Errorf("processes stay in %s", t.dir)
}

// read are the words of a file.
func (t *cgroupTree) read(name string) []string {
	text, _ := os.ReadFile(t.dir + "/" + name)
	return strings.Fields(string(text))
}

// writeCgroup writes to a file that is there.
func writeCgroup(name, text string) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// startInCgroup starts a command, which has attributes, in a cgroup, so that there is no
// moment in which it is elsewhere (Linux 5.7).
func startInCgroup(cmd *exec.Cmd, dir string) error {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: dir, Err: err}
	}
	defer func() { _ = unix.Close(fd) }()
	cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, fd
	return cmd.Start()
}
