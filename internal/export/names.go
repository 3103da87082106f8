package export

import "strconv"

// A nameSet gives out names, each once.
type nameSet struct {
	taken map[string]bool
	tried map[string]int // the last number that was tried behind a name that is taken
}

func newNameSet() *nameSet {
	return &nameSet{taken: make(map[string]bool), tried: make(map[string]int)}
}

// take marks a name as taken.
func (s *nameSet) take(name string) { s.taken[name] = true }

// free returns name, or name with the first number behind it that is not taken, which is
// taken then.
func (s *nameSet) free(name string) string {
	free := name
	for s.taken[free] {
		s.tried[name] = max(s.tried[name], 1) + 1
		free = name + strconv.Itoa(s.tried[name])
	}
	s.take(free)
	return free
}
