//go:build !windows

package store

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the exclusive lock of f, which the system drops when f is
// closed or the process ends. It reports whether another holder has it.
func tryLock(f *os.File) (held bool, err error) {
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}

// syncDir makes the creation of files in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil // some network file systems cannot
	}
	return errors.Join(err, d.Close())
}
