//go:build unix

package gateway

import (
	"io"
	"syscall"

	"github.com/gatehouse-gw/gatehouse/internal/http1"
	"github.com/gatehouse-gw/gatehouse/internal/socket"
)

// whenReady returns what waits until something can be read from a connection, and only
// then takes a buffer for it. It is nil where that does not work.
func whenReady(sc syscall.Conn) func() (*http1.Buffer, int, error) {
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	var buf *http1.Buffer
	var n int
	var failed error
	pull := func(fd uintptr) bool {
		buf = http1.NewBuffer()
		var errno syscall.Errno
		if n, errno = socket.Read(fd, buf.Bytes()); n > 0 {
			failed = nil
			return true
		}
		buf.Free()
		buf = nil
		if failed = errno; errno == 0 {
			failed = io.EOF
		}
		return errno != syscall.EAGAIN
	}
	return func() (*http1.Buffer, int, error) {
		if err := raw.Read(pull); err != nil {
			return nil, 0, err
		}
		got := buf
		buf = nil
		return got, n, failed
	}
}
