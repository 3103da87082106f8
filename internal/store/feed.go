package store

import "sync"

// A feed tells who waits for revisions that they were committed.
type feed struct {
	mu    sync.Mutex
	last  Revision
	next  chan struct{} // closed by the next revision; nil while nobody waits
	ended bool
}

func newFeed(last Revision) *feed { return &feed{last: last} }

func (f *feed) revision() Revision {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

func (f *feed) watch(after Revision) <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last > after || f.ended {
		over := make(chan struct{})
		close(over)
		return over
	}
	if f.next == nil {
		f.next = make(chan struct{})
	}
	return f.next
}

// committed makes r the last revision, if it is newer.
func (f *feed) committed(r Revision) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r > f.last {
		f.last = r
		f.wake()
	}
}

// fell makes r the last revision, where that was before and nothing was committed since: the
// database is another one, which lacks the rest. Who waits looks what it has.
func (f *feed) fell(before, r Revision) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last == before && r < before {
		f.last = r
		f.wake()
	}
}

// end wakes everyone for good.
func (f *feed) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = true
	f.wake()
}

func (f *feed) wake() {
	if f.next != nil {
		close(f.next)
		f.next = nil
	}
}
