package functions

// Add takes a function in under a key, in place of the one that had it, which retires.
// The error says why it cannot run on this machine; then nothing has changed. A set has
// its functions by Add or by Prepare, not by both.
func (s *Set) Add(key string, c *Config) (*Function, error) {
	own := *c
	own.Complete()
	f, err := s.newFunction(&own)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	s.cgroups.ready(s.log)
	s.drop(key)
	s.functions[key] = f
	s.all = append(s.all, f)
	if f.launch.Note != "" {
		s.log.Warn("a function runs otherwise than at Lambda", "function", f.config.Name, "reason", f.launch.Note)
	}
	return f, nil
}

// Retire has a function end behind its calls. It has a key no more, unless another has
// taken its place.
func (s *Set) Retire(key string, f *Function) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.functions[key] == f {
		s.drop(key)
	}
	f.retire()
}

// drop has the function of a key retire. The caller holds s.mu.
func (s *Set) drop(key string) {
	if f := s.functions[key]; f != nil {
		delete(s.functions, key)
		f.retire()
	}
	kept := s.all[:0]
	for _, f := range s.all {
		if !f.over() {
			kept = append(kept, f)
		}
	}
	clear(s.all[len(kept):])
	s.all = kept
}

// Try reports why a function cannot run on this machine. It starts nothing.
func (s *Set) Try(c *Config) error {
	own := *c
	own.Complete()
	_, err := s.newFunction(&own)
	return err
}
