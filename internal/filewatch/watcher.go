package filewatch

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// quiet is how long nothing may happen below a root before its change is told: what
	// saves a file, or many, does so in several steps.
	quiet = 25 * time.Millisecond
	// longest is after which time a change is told although it goes on.
	longest = 500 * time.Millisecond
	// maxChanged is of how many changed files of a root it is known that they are empty.
	maxChanged = 100
)

// maxDirs is how many directories the system is asked about. Where it keeps a file open
// for each file below them, as on macOS and the BSDs, that is fewer.
var maxDirs = map[bool]int{true: 4096, false: 256}[runtime.GOOS == "linux" || runtime.GOOS == "windows"]

// A Watcher tells of changes below its roots. It is safe for concurrent use.
type Watcher struct {
	tell    func(root string)
	system  *fsnotify.Watcher // nil where the system tells nothing
	bound   int               // of directories
	stop    chan struct{}
	stopped sync.WaitGroup

	mu    sync.Mutex
	roots map[string]*root
	dirs  map[string]int // directories that the system tells of: in how many roots they are
}

// A root is a directory with what is below it.
type root struct {
	path    string              // as it was given
	real    string              // without symbolic links
	dirs    map[string]struct{} // that the system tells of
	polled  bool                // the system does not tell of all
	missing bool                // polled until it is there
	timer   *time.Timer
	since   time.Time           // of the first change that is not told; zero for none
	changed map[string]struct{} // files of it
}

// New makes a watcher without roots. It calls tell with the root of what has changed,
// each time in a goroutine of its own.
func New(tell func(root string)) *Watcher {
	w := &Watcher{tell: tell, bound: maxDirs, stop: make(chan struct{}), roots: make(map[string]*root), dirs: make(map[string]int)}
	if system, err := fsnotify.NewWatcher(); err == nil {
		w.system = system
		w.stopped.Go(w.run)
	}
	w.stopped.Go(w.poll)
	return w
}

// Watch has the watcher tell of what changes below the roots, and of nothing else: they
// stand for those of the call before. A root need not be there yet.
func (w *Watcher) Watch(roots []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for path, r := range w.roots {
		if !slices.Contains(roots, path) {
			w.drop(r)
		}
	}
	for _, path := range roots {
		if w.roots[path] == nil {
			r := &root{path: path, polled: w.system == nil, dirs: make(map[string]struct{}), changed: make(map[string]struct{})}
			w.roots[path] = r
			w.begin(r)
		}
	}
}

// Polled returns the roots whose files are looked at now and then, because the system
// does not tell of all of them.
func (w *Watcher) Polled() (roots []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for path, r := range w.roots {
		if r.polled {
			roots = append(roots, path)
		}
	}
	slices.Sort(roots)
	return roots
}

// Close ends the watcher. A call of tell may still be at work.
func (w *Watcher) Close() {
	w.Watch(nil)
	close(w.stop)
	if w.system != nil {
		_ = w.system.Close()
	}
	w.stopped.Wait()
}

func (w *Watcher) drop(r *root) {
	delete(w.roots, r.path)
	if r.timer != nil {
		r.timer.Stop()
	}
	for dir := range r.dirs {
		w.leave(r, dir)
	}
}

// leave has the system tell no more of a directory of a root.
func (w *Watcher) leave(r *root, dir string) {
	delete(r.dirs, dir)
	if w.dirs[dir]--; w.dirs[dir] == 0 {
		delete(w.dirs, dir)
		_ = w.system.Remove(dir)
	}
}

// begin has the system tell of a root. One that is not there is polled until it is.
func (w *Watcher) begin(r *root) {
	real, err := filepath.EvalSymlinks(r.path)
	r.missing = err != nil
	r.polled = r.missing || w.system == nil
	if err == nil {
		r.real = real
		w.follow(r, real)
	}
}

var errTooMany = errors.New("more directories than the system is asked about")

// follow has the system tell of a directory of a root and of all below it, or else has
// the root polled.
func (w *Watcher) follow(r *root, dir string) {
	if r.polled {
		return
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || !d.IsDir():
			return nil
		case path != r.real && ignoresDir(path, d.Name()):
			return fs.SkipDir
		}
		return w.add(r, path)
	})
	r.polled = err != nil
}

func (w *Watcher) add(r *root, dir string) error {
	if _, known := r.dirs[dir]; known {
		return nil
	}
	if w.dirs[dir] == 0 {
		if len(w.dirs) >= w.bound {
			return errTooMany
		}
		if err := w.system.Add(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	w.dirs[dir]++
	r.dirs[dir] = struct{}{}
	return nil
}

// run takes in what the system tells.
func (w *Watcher) run() {
	for {
		select {
		case event, more := <-w.system.Events:
			if !more {
				return
			}
			w.happened(event)
		case _, more := <-w.system.Errors:
			if !more {
				return
			}
			w.lost()
		}
	}
}

// happened notes a change for the roots that it is below.
func (w *Watcher) happened(event fsnotify.Event) {
	if event.Op == fsnotify.Chmod || ignoresFile(filepath.Base(event.Name)) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.roots {
		rel, below := strings.CutPrefix(event.Name, r.real)
		if r.missing || !below || rel != "" && !os.IsPathSeparator(rel[0]) || ignoresPath(r.real, rel) {
			continue
		}
		info, err := os.Stat(event.Name)
		if err == nil && info.IsDir() {
			if !event.Has(fsnotify.Create) {
				continue // what it holds has events of its own
			}
			w.follow(r, event.Name)
		}
		if event.Has(fsnotify.Remove | fsnotify.Rename) {
			w.forget(r, event.Name)
		}
		w.note(r, event.Name)
	}
}

// forget drops a directory that is gone, with what was below it: there may be another
// one of its name.
func (w *Watcher) forget(r *root, path string) {
	if _, known := r.dirs[path]; !known {
		return
	}
	for dir := range r.dirs {
		if dir == path || strings.HasPrefix(dir, path+string(os.PathSeparator)) {
			w.leave(r, dir)
		}
	}
	if path == r.real {
		r.missing, r.polled = true, true
	}
}

// lost notes a change for all roots: events of any of them may not have come.
func (w *Watcher) lost() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.roots {
		w.note(r, r.path)
	}
}

// note has a change told when it is over.
func (w *Watcher) note(r *root, path string) {
	if len(r.changed) < maxChanged {
		r.changed[path] = struct{}{}
	}
	switch {
	case r.since.IsZero():
		r.since = time.Now()
		r.timer = time.AfterFunc(quiet, func() { w.settled(r) })
	case time.Since(r.since) < longest:
		r.timer.Reset(quiet)
	}
}

// settled tells of a change, unless a file of it is empty, since editors begin to save
// by emptying a file.
func (w *Watcher) settled(r *root) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.roots[r.path] != r || r.since.IsZero() {
		return
	}
	if time.Since(r.since) < longest && anyEmpty(r.changed) {
		r.timer.Reset(quiet)
		return
	}
	r.since = time.Time{}
	clear(r.changed)
	go w.tell(r.path)
}

func anyEmpty(files map[string]struct{}) bool {
	for path := range files {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Size() == 0 {
			return true
		}
	}
	return false
}
