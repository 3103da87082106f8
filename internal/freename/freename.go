// Package freename gives out names, each once.
package freename

import "strconv"

// A Set knows the names that are taken. The zero Set is ready, and has none. It is for one
// goroutine.
type Set struct {
	taken map[string]bool
	tried map[string]int // the last number that was tried behind a name that is taken
}

// Take marks a name as taken.
func (s *Set) Take(name string) {
	if s.taken == nil {
		s.taken, s.tried = make(map[string]bool), make(map[string]int)
	}
	s.taken[name] = true
}

// Taken reports whether a name is taken.
func (s *Set) Taken(name string) bool { return s.taken[name] }

// Free returns name, or name with the first number from 2 behind it that is not taken,
// and takes it. What many names cost grows with their number, however alike they are.
func (s *Set) Free(name string) string {
	free := name
	for s.taken[free] {
		s.tried[name] = max(s.tried[name], 1) + 1
		free = name + strconv.Itoa(s.tried[name])
	}
	s.Take(free)
	return free
}
