//go:build unix && (!linux || race)

package socket

import (
	"errors"
	"syscall"
)

// Read reads what there is from a socket that never waits. An error is 0 for none, EAGAIN
// where nothing has come; no bytes and no error are the end. p is not empty.
func Read(fd uintptr, p []byte) (int, syscall.Errno) {
	for {
		n, err := syscall.Read(int(fd), p)
		if err == nil {
			return n, 0
		}
		if errno, _ := errors.AsType[syscall.Errno](err); errno != syscall.EINTR {
			return 0, errno
		}
	}
}
