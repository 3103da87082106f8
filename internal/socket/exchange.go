//go:build unix

package socket

import (
	"io"
	"net"
	"os"
	"syscall"
)

// An Exchanger writes to a connection and waits for what comes back, which it needs one
// read for, and has a look at connections that have been kept. It is for one goroutine.
type Exchanger struct {
	nc  net.Conn
	raw syscall.RawConn
	run func(fd uintptr) bool // step, bound once, so that no call costs an allocation

	out, in []byte
	kept    bool
	sent, n int
	failed  error
}

// NewExchanger returns the exchanger of a connection, nil where the connection has no
// socket.
func NewExchanger(nc net.Conn) *Exchanger {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	x := &Exchanger{nc: nc, raw: raw}
	x.run = x.step
	return x
}

// Exchange writes out and then reads into in, which has room, what comes back. sent is how
// much has been written; where that is less than all of it without an error, the caller is
// to write the rest, and where n is 0 without an error, to read. An error without anything written is that of writing.
//
// A connection that is kept is looked at first, and fails with ErrStale, before anything
// is written, if the next answer could not be that to out. As it says nothing yet, no read
// is tried in vain: the poller tells when something has come.
func (x *Exchanger) Exchange(out, in []byte, kept bool) (sent, n int, err error) {
	x.out, x.in, x.kept = out[:min(len(out), most)], in, kept
	x.sent, x.n, x.failed = 0, 0, nil
	// What the poller has told before is forgotten as this begins, and what it tells from
	// then on is not: nothing is missed that comes after the look.
	if err = x.raw.Read(x.run); err == nil {
		err = x.failed
	}
	x.out, x.in = nil, nil
	if x.sent == 0 {
		return 0, x.n, x.worded("write", err)
	}
	return x.sent, x.n, x.worded("read", err)
}

// step looks, writes and reads, as far as that can be done without waiting, and reports
// false where something has to come first.
func (x *Exchanger) step(fd uintptr) bool {
	if x.sent > 0 {
		return x.read(fd)
	}
	if x.kept && !silent(fd) {
		x.failed = ErrStale
		return true
	}
	var errno syscall.Errno
	x.sent, errno = write(fd, x.out)
	switch {
	case errno == syscall.EAGAIN || x.sent > 0 && x.sent < len(x.out) || len(x.out) == most: // the caller goes on
		return true
	case errno != 0:
		x.failed = errno
		return true
	}
	return !x.kept && x.read(fd) // a new one may have answered already, and told so before this began
}

func (x *Exchanger) read(fd uintptr) bool {
	n, errno := Read(fd, x.in)
	switch {
	case errno == syscall.EAGAIN:
		return false
	case errno != 0:
		x.failed = errno
	case n == 0:
		x.failed = io.EOF
	}
	x.n = n
	return true
}

// Silent reports whether the connection is open and has nothing to say. It does not wait.
func (x *Exchanger) Silent() bool {
	quiet := false
	err := x.raw.Control(func(fd uintptr) { quiet = silent(fd) })
	return err == nil && quiet
}

// worded is an error in the words of the net package.
func (x *Exchanger) worded(op string, err error) error {
	switch e := err.(type) {
	case syscall.Errno:
		err = os.NewSyscallError(op, e)
	case *net.OpError:
		err = e.Err
	}
	if err == nil || err == io.EOF || err == ErrStale {
		return err
	}
	return &net.OpError{Op: op, Net: x.nc.LocalAddr().Network(), Source: x.nc.LocalAddr(), Addr: x.nc.RemoteAddr(), Err: err}
}
