//go:build !unix

package socket

import (
	"errors"
	"net"
)

// An Exchanger writes to a connection and waits for what comes back. There is none on this
// system.
type Exchanger struct{}

// NewExchanger returns nil.
func NewExchanger(net.Conn) *Exchanger { return nil }

// Exchange fails.
func (*Exchanger) Exchange(out, in []byte, kept bool) (sent, n int, err error) {
	return 0, 0, errors.ErrUnsupported
}

// Silent cannot tell.
func (*Exchanger) Silent() bool { return true }
