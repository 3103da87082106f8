package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// checkEmpty wants nothing in the directory but its lock. What one that was killed has left
// of a database that it had not made yet goes: the lock says that nobody makes it any more.
func (d directory) checkEmpty() error {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != lockName && !unfinished(e) {
			return fmt.Errorf("%w (%s)", ErrNotEmpty, e.Name())
		}
	}
	for _, e := range entries {
		if unfinished(e) {
			if err := os.Remove(filepath.Join(d.path, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// unfinished reports whether a file is what publishFile writes before it has its name, or
// SQLite's beside it.
func unfinished(e os.DirEntry) bool {
	return e.Type().IsRegular() && strings.HasPrefix(e.Name(), "."+databaseName+".")
}

// checkOutside refuses a file that is in the directory, at any depth and under
// any name of it, or that is one of the database's own: the database may be a
// link to elsewhere.
func (d directory) checkOutside(file string) error {
	inside := fmt.Errorf("%s: %w %s: a backup has to be elsewhere", file, ErrInside, d.name)
	parent, err := filepath.EvalSymlinks(filepath.Dir(file))
	if err == nil {
		parent, err = filepath.Abs(parent)
	}
	if err != nil {
		return about(file, err)
	}
	for {
		if sameFile(parent, d.path) {
			return inside
		}
		up := filepath.Dir(parent)
		if up == parent {
			break
		}
		parent = up
	}
	database, err := filepath.EvalSymlinks(d.file())
	if err != nil {
		return d.failure(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if sameFile(file, database+suffix) {
			return inside
		}
	}
	return nil
}

func sameFile(a, b string) bool {
	first, err1 := os.Stat(a)
	second, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(first, second)
}

// missing returns those of the paths and of their parents that do not exist, the
// deepest first.
func missing(dir, file string) []string {
	var all []string
	if _, err := os.Lstat(file); errors.Is(err, fs.ErrNotExist) {
		all = append(all, file)
	}
	for up := ""; dir != up; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		all, up = append(all, dir), dir
	}
	return all
}

// removeAll removes files and directories that are empty, one after the other.
func removeAll(names []string) {
	for _, name := range names {
		_ = os.Remove(name)
	}
}

// about makes an error of the system one of the file that the user named: its
// own may be that of a temporary one.
func about(file string, err error) error {
	if err == nil {
		return nil
	}
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		err = path.Err
	case errors.As(err, &link):
		err = link.Err
	}
	return fmt.Errorf("%s: %w", file, err)
}
