package main

import (
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// A notifier tells that something has happened where files are, so that they need
// not be looked at all the time. It watches their directories: many editors save by
// putting another file in the place of the old one. A nil notifier tells nothing.
type notifier struct {
	watcher *fsnotify.Watcher
	told    chan struct{} // holds one while something has happened
	unasked time.Duration // after which files are looked at all the same: network file systems tell nothing of other machines
}

// newNotifier returns nil where the system has no way to tell, or no more room.
func newNotifier() *notifier {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil
	}
	n := &notifier{watcher: w, told: make(chan struct{}, 1), unasked: time.Second}
	go n.run()
	return n
}

// run hands on what happens until the notifier is closed. An error is told, too:
// it says that events were lost.
func (n *notifier) run() {
	for {
		select {
		case _, more := <-n.watcher.Events:
			if !more {
				return
			}
		case _, more := <-n.watcher.Errors:
			if !more {
				return
			}
		}
		select {
		case n.told <- struct{}{}:
		default:
		}
	}
}

// follow watches where the named files are, and where those are that they are links
// to. It reports whether all are watched.
func (n *notifier) follow(names []string) (all bool) {
	if n == nil {
		return false
	}
	all = true
	for _, name := range names {
		all = n.watcher.Add(filepath.Dir(name)) == nil && all // again after the directory itself was replaced
		if target, err := filepath.EvalSymlinks(name); err == nil {
			all = n.watcher.Add(filepath.Dir(target)) == nil && all
		}
	}
	return all
}

// happened returns where it is told that something has.
func (n *notifier) happened() <-chan struct{} {
	if n == nil {
		return nil
	}
	return n.told
}

func (n *notifier) close() {
	if n != nil {
		_ = n.watcher.Close()
	}
}
