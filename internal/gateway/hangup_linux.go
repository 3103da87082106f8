package gateway

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// hasHungUp reports whether the client has closed its side of the connection, also
// where something that it sent before waits to be read. It does not wait.
func (g *guest) hasHungUp() bool {
	sc, ok := g.Conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return true // it is closed
	}
	gone := false
	err = raw.Control(func(fd uintptr) {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
		n, _ := unix.Poll(fds, 0)
		gone = n > 0 && fds[0].Revents&(unix.POLLRDHUP|unix.POLLHUP|unix.POLLERR) != 0
	})
	return gone || err != nil
}
