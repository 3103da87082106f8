package functions

import (
	"testing"
	"testing/synctest"
	"time"
)

// A call waits for the worker that is about to ask for it as long as another would take
// to start.
func TestTurn(t *testing.T) {
	for name, tt := range map[string]struct{ started, free time.Duration }{
		"nothing known":     {0, leastTurn - 1},
		"a slow start":      {300 * time.Millisecond, 299 * time.Millisecond},
		"a very slow start": {time.Minute, mostTurn - 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &Function{set: New(Options{}), config: Config{Concurrency: 2, Timeout: time.Minute}, workers: make(map[*worker]struct{}), started: tt.started}
				w := &worker{function: f, calls: make(chan *invocation, 1), state: busy, responded: true}
				f.workers[w] = struct{}{}
				v := &invocation{done: make(chan struct{})}
				if err := f.hand(v); err != nil {
					t.Fatal(err)
				}
				time.Sleep(tt.free)
				synctest.Wait()
				if all, _ := f.Workers(); all != 1 {
					t.Errorf("%d workers, want the one that is about to be free", all)
				}
				if !w.ready() || len(w.calls) != 1 {
					t.Error("the worker that has become free has no call")
				}
				w.unlimit()
			})
		})
	}
}
