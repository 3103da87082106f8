//go:build !linux

package functions

// killSet does nothing: what is another process's is not to be had here.
func killSet(mark) {}

// rename does nothing: a process is known by its program here.
func rename(string) {}

// reapOrphans does nothing: orphans are those of another process here.
func (s *Set) reapOrphans() {}

// give does nothing: processes have no marks here.
func (mark) give(int) error { return nil }
