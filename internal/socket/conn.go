//go:build linux && !race

package socket

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"unsafe"
)

// most is the longest read or write that keeps its processor, in bytes. What takes longer to
// copy is worth a word to the scheduler.
const most = 16 << 10

// A conn is a *net.TCPConn but for its reads and writes.
type conn struct {
	*net.TCPConn
	raw     syscall.RawConn
	in, out side
}

// A side is one direction of a connection.
type side struct {
	mu   sync.Mutex // is held by who reads or writes, one at a time
	p    []byte
	n    int // bytes of p that have been read or written
	errn syscall.Errno
	try  func(fd uintptr) bool // reads or writes; bound once, so that no call costs an allocation
}

// Quick returns a connection that behaves as nc does, and costs less where that is a TCP
// connection of Linux; nc itself where it is none. Under the race detector, which follows
// the system calls of the standard library alone, it is nc as well.
func Quick(nc net.Conn) net.Conn {
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return nc
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nc
	}
	c := &conn{TCPConn: tcp, raw: raw}
	c.in.try, c.out.try = c.in.read, c.out.write
	return c
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	if len(p) == 0 || len(p) > most {
		return c.TCPConn.Read(p)
	}
	s := &c.in
	s.begin(p)
	n, err := s.end(c.raw.Read(s.try))
	if n == 0 && err == nil {
		return 0, io.EOF
	}
	return n, c.worded("read", err)
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	if len(p) == 0 || len(p) > most {
		return c.TCPConn.Write(p)
	}
	s := &c.out
	s.begin(p)
	n, err := s.end(c.raw.Write(s.try))
	return n, c.worded("write", err)
}

func (s *side) begin(p []byte) {
	s.mu.Lock()
	s.p, s.n, s.errn = p, 0, 0
}

// end returns what came of a call, whose error err is where it could not be made or waited
// too long.
func (s *side) end(err error) (int, error) {
	defer s.mu.Unlock()
	if s.p = nil; err == nil && s.errn != 0 {
		err = s.errn
	}
	return s.n, err
}

// read reads once, and reports false where there is nothing yet.
func (s *side) read(fd uintptr) bool {
	s.n, s.errn = Read(fd, s.p)
	return s.errn != syscall.EAGAIN
}

// write writes all, and reports false where there is no room yet.
func (s *side) write(fd uintptr) bool {
	for s.n < len(s.p) {
		var n int
		if n, s.errn = write(fd, s.p[s.n:]); s.errn != 0 {
			return s.errn != syscall.EAGAIN
		}
		s.n += n
	}
	return true
}

// Read reads what there is from a socket that never waits. An error is 0 for none, EAGAIN
// where nothing has come; no bytes and no error are the end. p is not empty.
func Read(fd uintptr, p []byte) (int, syscall.Errno) { return call(syscall.SYS_READ, fd, p) }

func write(fd uintptr, p []byte) (int, syscall.Errno) { return call(syscall.SYS_WRITE, fd, p) }

func call(number, fd uintptr, p []byte) (int, syscall.Errno) {
	for {
		n, _, err := syscall.RawSyscall(number, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		switch err {
		case 0:
			return int(n), 0
		case syscall.EINTR:
			continue
		}
		return 0, err
	}
}

// worded is an error in the words of the net package.
func (c *conn) worded(op string, err error) error {
	switch e := err.(type) {
	case nil:
		return nil
	case syscall.Errno:
		err = os.NewSyscallError(op, e)
	case *net.OpError:
		err = e.Err
	}
	return &net.OpError{Op: op, Net: c.LocalAddr().Network(), Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: err}
}
