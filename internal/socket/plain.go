//go:build !linux || race

package socket

import "net"

// Quick returns nc: what makes connections quick is known on Linux alone, and the race
// detector follows the system calls of the standard library alone.
func Quick(nc net.Conn) net.Conn { return nc }
