//go:build !linux

package gateway

import "net"

// refuseNew does nothing here: a connection that opens at the very moment when
// the listener closes may be reset.
func refuseNew(*net.TCPListener) {}
