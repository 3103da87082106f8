package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Errors of Backup and Restore.
var (
	ErrFileExists = errors.New("exists already")              // Backup's file
	ErrNotEmpty   = errors.New("has files already")           // Restore's directory
	ErrNoData     = errors.New("has no database")             // Backup's directory
	ErrInside     = errors.New("is in the data directory")    // Backup's file
	errRunning    = errors.New("belongs to a running server") // the file to restore from
	errIsDir      = errors.New("is a directory")
	errEmptyFile  = errors.New("has nothing of a Gatehouse store") // it has no schema
)

// Backup copies the store in dir into file, whether or not a process has it
// open: the copy has all that was committed when Backup began and nothing of
// what comes later, and nobody waits for it. The file is complete and on disk,
// or not there, and its owner's alone: secrets are in it. It ends with a
// checksum of all that comes before. A file that exists is ErrFileExists unless
// replace is set; one in dir is ErrInside.
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
	if err := d.checkOutside(file); err != nil {
		return err
	}
	return publishFile(file, replace, func(path string) error {
		c, err := dial(ctx, d.file(), busyTimeout, "temp_store = MEMORY")
		if err != nil {
			return d.failure(err)
		}
		if _, err := pendingMigrations(ctx, c, migrationFiles); err != nil {
			return d.failure(errors.Join(err, c.close()))
		}
		err = c.copyInto(ctx, path)
		if cause := sqliteCause(err); cause == ErrFull || cause == errNotWritable {
			err = fmt.Errorf("%s: %w", file, cause)
		} else {
			err = d.failure(err)
		}
		if err := errors.Join(err, d.failure(c.close())); err != nil {
			return err
		}
		return appendSum(ctx, path)
	})
}

// Restore makes the store of dir, which must be empty or missing, from a file of
// Backup. All of the file is checked, by its checksum and by SQLite, before there
// is a store; what a Restore that fails has made is taken away. A process that
// has dir open makes it ErrLocked.
func Restore(ctx context.Context, file, dir string) (err error) {
	from, err := os.Open(file)
	if err != nil {
		return about(file, err)
	}
	defer from.Close()
	if info, err := from.Stat(); err == nil && info.IsDir() {
		return fmt.Errorf("%s: %w", file, errIsDir)
	}
	if info, err := os.Stat(file + "-wal"); err == nil && info.Size() > 0 {
		return fmt.Errorf("%s: %w, and is not whole without its log: gatehouse backup copies both", file, errRunning)
	}
	return makeStore(dir, func(path string) error {
		if err := copySummed(ctx, path, from); err != nil {
			if errors.Is(err, errWriting) {
				return directory{name: dir}.failure(err)
			}
			return about(file, err)
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

// makeStore makes the store of dir, which must be empty or missing: fill makes its
// database under another name. What has been made goes when that fails.
func makeStore(dir string, fill func(path string) error) (err error) {
	d := directory{name: dir}
	if d.path, err = filepath.Abs(dir); err != nil {
		return d.failure(err)
	}
	made := missing(d.path, filepath.Join(d.path, lockName))
	if err := makeDir(d.path); err != nil {
		removeAll(made)
		return d.failure(err)
	}
	if err := d.takeLock(); err != nil {
		return d.failure(err)
	}
	defer func() {
		if err != nil {
			removeAll(made)
		}
		err = errors.Join(err, d.unlock())
	}()
	if err := d.checkEmpty(); err != nil {
		return d.failure(err)
	}
	return publishFile(d.file(), false, fill)
}

// publishFile makes a file that only its owner can read: write fills it under
// another name, and it gets its own once all of it is on disk.
func publishFile(name string, replace bool, write func(path string) error) (err error) {
	if err := checkAbsent(name, replace); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*") // mode 0600
	if err != nil {
		return about(name, err)
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
		return about(name, err)
	}
	return about(name, syncDir(filepath.Dir(name)))
}

func checkAbsent(name string, replace bool) error {
	info, err := os.Lstat(name)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("%s: %w", name, errIsDir)
	case err == nil && !replace:
		return fmt.Errorf("%s: %w", name, ErrFileExists)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return about(name, err)
	}
	return nil
}

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
