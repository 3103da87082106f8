//go:build unix

package gateway

import "syscall"

// hasUnread reports whether something that the client has sent waits to be read.
// It takes nothing of it and does not wait; who reads meanwhile is not disturbed.
func (g *guest) hasUnread() bool {
	sc, ok := g.Conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	n := 0
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		n, _, _ = syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
	})
	return err == nil && n > 0
}
