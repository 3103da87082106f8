//go:build unix

package integration

import "syscall"

// watch prepares cn for silent.
func (cn *conn) watch() {
	sc, ok := cn.Conn.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return
	}
	var b [1]byte
	cn.raw = raw
	cn.look = func(fd uintptr) bool {
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
		cn.alive = err == syscall.EAGAIN
		return true
	}
}

// silent reports, with one read that does not wait, whether an idle connection
// is open and has nothing to say. A closed one is dead; on one that talks
// unasked the next response could be anybody's.
func (cn *conn) silent() bool {
	if cn.raw == nil {
		return true
	}
	cn.alive = false
	return cn.raw.Read(cn.look) == nil && cn.alive
}
