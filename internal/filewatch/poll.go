package filewatch

import (
	"encoding/binary"
	"hash/fnv"
	"io/fs"
	"path/filepath"
	"time"
)

const (
	// pollEvery is how often polled roots are looked at, where that takes little time.
	pollEvery = 500 * time.Millisecond
	// pollShare is by how many times the time between two looks exceeds the time that
	// one takes: looking takes a twentieth of a processor at most.
	pollShare = 19
	// maxFiles is how many files of a root a look takes in.
	maxFiles = 50_000
)

// poll looks at the roots of which the system does not tell.
func (w *Watcher) poll() {
	looks := make(map[string]uint64)
	wait := pollEvery
	for {
		select {
		case <-w.stop:
			return
		case <-time.After(wait):
		}
		began := time.Now()
		polled := w.Polled()
		for _, path := range polled {
			now := Look(path)
			before, known := looks[path]
			looks[path] = now
			w.looked(path, known && now != before)
		}
		if len(polled) == 0 {
			clear(looks)
		}
		wait = max(pollEvery, pollShare*time.Since(began))
	}
}

// looked notes a change that a look has found, and that a root has come.
func (w *Watcher) looked(path string, differs bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.roots[path]
	if r == nil {
		return
	}
	if r.missing {
		w.begin(r)
		differs = differs || !r.missing
	}
	if differs {
		w.note(r, path)
	}
}

// Look is a digest of the names, sizes and times of the files below a root, the first
// 50,000: it differs when they have changed.
func Look(root string) uint64 {
	digest := fnv.New64a()
	left := maxFiles
	if real, err := filepath.EvalSymlinks(root); err == nil {
		root = real
	}
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil
		case d.IsDir():
			if path != root && ignoresDir(path, d.Name()) {
				return fs.SkipDir
			}
			return nil
		case ignoresFile(d.Name()):
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		if left--; left < 0 {
			return fs.SkipAll
		}
		_, _ = digest.Write([]byte(path))
		var numbers [16]byte
		binary.LittleEndian.PutUint64(numbers[:8], uint64(info.Size()))
		binary.LittleEndian.PutUint64(numbers[8:], uint64(info.ModTime().UnixNano()))
		_, _ = digest.Write(numbers[:])
		return nil
	})
	return digest.Sum64()
}
