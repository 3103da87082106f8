//go:build !linux

package functions

import "runtime"

// holdsMemory is that a worker cannot use more memory than its function says.
const holdsMemory = runtime.GOOS == "windows"

// watchMemory does nothing: on Windows the job of a worker bounds its memory, elsewhere
// only what the runtime itself is told does.
func (s *Set) watchMemory() {}
