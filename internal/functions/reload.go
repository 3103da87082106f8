package functions

import "slices"

// Directories returns the directories of functions in which a change of a file is one of
// the code.
func (s *Set) Directories() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var dirs []string
	for _, f := range s.functions {
		dirs = append(dirs, f.config.Code...)
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// Reload restarts the functions that have code in a directory, and returns their names.
func (s *Set) Reload(dir string) (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for f := range distinct(s.functions) {
		if slices.Contains(f.config.Code, dir) {
			f.Restart()
			names = append(names, f.config.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Debugged starts the workers that wait for debuggers, so that these find them before the
// first call.
func (s *Set) Debugged() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.functions {
		if f.config.Program.Debug != "" {
			f.warm()
		}
	}
}

// warm starts a worker where there is none.
func (f *Function) warm() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.workers) == 0 && !f.dead && !f.retired {
		f.start(nil, false)
	}
}
