//go:build !linux

package functions

// watchMemory does nothing: on Windows the job of a worker bounds its memory, elsewhere
// only what the runtime itself is told does.
func (s *Set) watchMemory() {}
