//go:build unix

package observe

import "syscall"

// openFlags keeps the opening of a FIFO from waiting for its reader.
const openFlags = syscall.O_NONBLOCK
