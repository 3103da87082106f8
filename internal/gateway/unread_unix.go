//go:build unix

package gateway

import "syscall"

// canRest reports whether awaitInput can be used.
func (g *guest) canRest() bool { return g.tcp != nil }

// awaitInput waits until something can be read from the client, or its end, or the read
// deadline. It takes nothing, and so little of the stack that a new one need not grow.
func (g *guest) awaitInput() error {
	raw, err := g.tcp.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Read(canRead)
}

func canRead(fd uintptr) bool {
	var b [1]byte
	_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
	return err != syscall.EAGAIN
}

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
