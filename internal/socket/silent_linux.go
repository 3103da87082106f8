//go:build !race && (amd64 || arm64)

package socket

import (
	"syscall"
	"unsafe"
)

// silent reports whether a socket is open and nothing has come.
func silent(fd uintptr) bool {
	var b byte
	for {
		_, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&b)), 1, syscall.MSG_PEEK, 0, 0)
		if errno != syscall.EINTR {
			return errno == syscall.EAGAIN
		}
	}
}
