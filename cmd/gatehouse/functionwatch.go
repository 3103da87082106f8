package main

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/filewatch"
)

// follow has the watcher look where the code of the functions is. Without one, code is
// compared with what it was when this was called before, at the last SIGHUP.
func (h *functionHost) follow() {
	h.following.Lock()
	defer h.following.Unlock()
	dirs := slices.Concat(h.Directories(), h.made.Directories())
	if h.watcher == nil {
		h.compare(dirs)
		return
	}
	h.watcher.Watch(dirs)
	for _, dir := range h.watcher.Polled() {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			h.out.log.Warn("a directory of a function's code is missing: it is looked for twice a second", "directory", dir)
			continue
		}
		h.out.log.Info("changes of code are looked for twice a second: the system does not tell of so many directories", "directory", dir)
	}
}

func (h *functionHost) compare(dirs []string) {
	looks := make(map[string]uint64, len(dirs))
	for _, dir := range dirs {
		looks[dir] = filewatch.Look(dir)
		if before, known := h.looks[dir]; known && before != looks[dir] {
			h.changed(dir)
		}
	}
	h.looks = looks
}

// changed has the functions loaded again that have code in a directory.
func (h *functionHost) changed(dir string) {
	names := slices.Concat(h.Reload(dir), h.made.Reload(dir))
	if len(names) == 0 {
		return
	}
	if h.dev {
		h.out.stdout.Append([]byte(strings.Join(names, ", ") + ": loaded again"))
		return
	}
	h.out.log.Info("functions load their code again", "functions", names, "directory", dir)
}

// Close ends the functions.
func (h *functionHost) Close() error {
	if h.watcher != nil {
		h.watcher.Close()
	}
	return errors.Join(h.Set.Close(), h.made.Close())
}
