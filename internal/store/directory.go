package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const (
	databaseName = "gatehouse.db"
	lockName     = "lock"
)

var errNotWritable = errors.New("not writable")

// A directory is where a store keeps its files, held by one process.
type directory struct {
	path string   // absolute
	name string   // as the user wrote it, for errors
	lock *os.File // locked while the store is open
}

// openDirectory creates the directory if it is missing, with a database file
// that only its owner can read, and takes its lock, unless it is to be shared.
func openDirectory(name string, shared bool) (directory, error) {
	d := directory{name: name}
	var err error
	if d.path, err = filepath.Abs(name); err != nil {
		return d, d.failure(err)
	}
	if err := makeDir(d.path); err != nil {
		return d, d.failure(err)
	}
	if !shared {
		if err := d.takeLock(); err != nil {
			return d, d.failure(err)
		}
	}
	if err := d.makeFile(); err != nil {
		return d, d.failure(errors.Join(err, d.unlock()))
	}
	return d, nil
}

func (d directory) file() string { return filepath.Join(d.path, databaseName) }
func (d directory) log() string  { return d.file() + "-wal" }

// makeFile creates the database file, whose permissions SQLite gives to its
// other files.
func (d directory) makeFile() error {
	f, err := os.OpenFile(d.file(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), syncDir(d.path))
}

// takeLock makes this process the owner of the directory until it ends.
func (d *directory) takeLock() error {
	f, err := os.OpenFile(filepath.Join(d.path, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	held, err := tryLock(f)
	if err == nil && !held && !names(f, filepath.Join(d.path, lockName)) {
		held = true // its holder, a Restore that failed, has just taken it away
	}
	switch {
	case held:
		err = ErrLocked
		if text, _ := io.ReadAll(io.LimitReader(f, 32)); len(text) > 0 {
			err = fmt.Errorf("%w (pid %s)", ErrLocked, strings.TrimSpace(string(text)))
		}
	case err == nil:
		d.lock = f
		d.signLock()
		return nil
	}
	return errors.Join(err, f.Close())
}

// names reports whether path is the name of an open file.
func names(f *os.File, path string) bool {
	opened, err1 := f.Stat()
	named, err2 := os.Stat(path)
	return err1 == nil && err2 == nil && os.SameFile(opened, named)
}

// signLock writes this process's id into the lock file, for the error of another
// that finds it locked. On a full disk the file stays empty.
func (d *directory) signLock() {
	if d.lock.Truncate(0) == nil {
		_, _ = d.lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
}

func (d *directory) unlock() error {
	if d.lock == nil {
		return nil
	}
	return d.lock.Close()
}

// failure adds the directory and the kind of failure to err.
func (d directory) failure(err error) error {
	if err == nil {
		return nil
	}
	cause := sqliteCause(err)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		cause = errNotWritable
	}
	if cause == nil {
		return fmt.Errorf("data directory %s: %w", d.name, err)
	}
	return fmt.Errorf("data directory %s: %w: %w", d.name, cause, err)
}

// makeDir creates a directory and its parents, durably and for their owner
// alone. What exists stays as it is.
func makeDir(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return errors.New("not a directory")
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	parent := filepath.Dir(path)
	if err := makeDir(parent); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(parent)
}
