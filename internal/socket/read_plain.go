//go:build unix && (!linux || race)

package socket

import (
	"errors"
	"syscall"
)

// most is the longest write that an Exchanger does, in bytes.
const most = 16 << 10

// Read reads what there is from a socket that never waits. An error is 0 for none, EAGAIN
// where nothing has come; no bytes and no error are the end. p is not empty.
func Read(fd uintptr, p []byte) (int, syscall.Errno) { return call(syscall.Read, fd, p) }

func write(fd uintptr, p []byte) (int, syscall.Errno) { return call(syscall.Write, fd, p) }

func call(do func(int, []byte) (int, error), fd uintptr, p []byte) (int, syscall.Errno) {
	for {
		n, err := do(int(fd), p)
		if err == nil {
			return n, 0
		}
		if errno, _ := errors.AsType[syscall.Errno](err); errno != syscall.EINTR {
			return 0, errno
		}
	}
}
