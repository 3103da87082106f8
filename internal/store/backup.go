package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Errors of Backup and Restore.
var (
	ErrFileExists = errors.New("exists already")                   // Backup's file
	ErrNotEmpty   = errors.New("has files already")                // Restore's directory
	ErrNoData     = errors.New("has no database")                  // Backup's directory
	errRunning    = errors.New("belongs to a running server")      // the file to restore from
	errEmptyFile  = errors.New("has nothing of a Gatehouse store") // it has no schema
)

// Backup copies the store in dir into file, whether or not a process has it
// open: the copy has all that was committed when Backup began and nothing of
// what comes later, and nobody waits for it. The file is complete and on disk,
// or not there, and its owner's alone: secrets are in it. A file that exists is
// ErrFileExists unless replace is set.
//
// While it runs, the write-ahead log of dir cannot be reset and grows by what is
// written.
func Backup(ctx context.Context, dir, file string, replace bool) (err error) {
	d := directory{name: dir}
	if d.path, err = filepath.Abs(dir); err != nil {
		return d.failure(err)
	}
	if info, err := os.Stat(d.file()); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return fmt.Errorf("data directory %s: %w", dir, ErrNoData)
	}
	return publishFile(file, replace, func(path string) error {
		c, err := dial(ctx, d.file(), busyTimeout, "temp_store = MEMORY")
		if err != nil {
			return d.failure(err)
		}
		if _, err := pendingMigrations(ctx, c, migrationFiles); err != nil {
			return d.failure(errors.Join(err, c.close()))
		}
		return d.failure(errors.Join(c.copyInto(ctx, path), c.close()))
	})
}

// Restore makes the store of dir, which must be empty or missing, from a file of
// Backup. The file is checked as a whole before there is a store; a process that
// has dir open makes it ErrLocked.
func Restore(ctx context.Context, file, dir string) (err error) {
	from, err := os.Open(file)
	if err != nil {
		return err
	}
	defer from.Close()
	if info, err := os.Stat(file + "-wal"); err == nil && info.Size() > 0 {
		return fmt.Errorf("%s: %w, and is not whole without its log: gatehouse backup copies both", file, errRunning)
	}
	d := directory{name: dir}
	if d.path, err = filepath.Abs(dir); err != nil {
		return d.failure(err)
	}
	if err := makeDir(d.path); err != nil {
		return d.failure(err)
	}
	if err := d.takeLock(); err != nil {
		return d.failure(err)
	}
	defer func() { err = errors.Join(err, d.unlock()) }()
	if err := d.checkEmpty(); err != nil {
		return d.failure(err)
	}
	return publishFile(d.file(), false, func(path string) error {
		if err := copyFile(ctx, path, from); err != nil {
			return d.failure(err)
		}
		if err := checkFile(ctx, path); err != nil {
			if cause := sqliteCause(err); cause != nil {
				err = cause
			}
			return fmt.Errorf("%s: %w", file, err)
		}
		return nil
	})
}

// checkEmpty wants nothing in the directory but its lock.
func (d directory) checkEmpty() error {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != lockName {
			return fmt.Errorf("%w (%s)", ErrNotEmpty, e.Name())
		}
	}
	return nil
}

// publishFile makes a file that only its owner can read: write fills it under
// another name, and it gets its own once all of it is on disk.
func publishFile(name string, replace bool, write func(path string) error) (err error) {
	if err := checkAbsent(name, replace); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	if err := errors.Join(write(f.Name()), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := checkAbsent(name, replace); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

func checkAbsent(name string, replace bool) error {
	if _, err := os.Lstat(name); err == nil && !replace {
		return fmt.Errorf("%s: %w", name, ErrFileExists)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// copyFile copies from, from where it stands, into an existing file.
func copyFile(ctx context.Context, to string, from io.Reader) error {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, readerFunc(func(b []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return from.Read(b)
	}))
	return errors.Join(err, f.Close())
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// checkFile checks that a database is whole, ours, and of a version that this
// program can open, and leaves no files beside it.
func checkFile(ctx context.Context, file string) error {
	c, err := dialURI(ctx, file, "mode=ro&immutable=1")
	if err != nil {
		return err
	}
	defer func() { _ = c.close() }()
	if _, err := pendingMigrations(ctx, c, migrationFiles); err != nil {
		return err
	}
	version, err := schemaVersion(ctx, c)
	if err != nil {
		return err
	}
	if version == 0 {
		return errEmptyFile
	}
	return c.checkIntegrity(ctx)
}

// checkIntegrity reads all of the database and finds it whole.
func (c *conn) checkIntegrity(ctx context.Context) error {
	found := "no answer"
	err := c.query(ctx, "PRAGMA integrity_check(1)", func(r *sqliteRow) { found = r.text(0) })
	if err == nil && found != "ok" {
		err = fmt.Errorf("%w: %s", ErrCorrupt, strings.ReplaceAll(found, "\n", " "))
	}
	return err
}

// copyInto writes what one snapshot of the database has into a file that is
// empty. Unlike other statements, it is broken off when ctx ends.
func (c *conn) copyInto(ctx context.Context, file string) error {
	file, err := filepath.Abs(file) // SQLite takes no absolute path for a URI
	if err != nil {
		return err
	}
	_, err = c.driver.(driver.ExecerContext).ExecContext(ctx, "VACUUM INTO ?", []driver.NamedValue{{Ordinal: 1, Value: file}})
	return err
}
