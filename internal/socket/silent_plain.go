//go:build unix && (!linux || race || !(amd64 || arm64))

package socket

import "syscall"

// silent reports whether a socket is open and nothing has come.
func silent(fd uintptr) bool {
	var b [1]byte
	_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
	return err == syscall.EAGAIN
}
