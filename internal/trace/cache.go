package trace

// A CacheEvent is what came of the look into the stage's cache.
type CacheEvent struct {
	What string // such as "a hit"
}

func (*CacheEvent) eventData() {}

// Cache records what came of the look into the stage's cache.
func (t *Trace) Cache(what string) {
	if t.Detailed() {
		t.add(&CacheEvent{what})
	}
}
