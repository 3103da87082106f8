package functions

import (
	"os"
	"syscall"
)

// reapOrphans waits for dead processes that nobody else waits for, which in a container
// are those of its first process, and that may be the gateway: what workers have started
// and left. They have the set's marks, which nothing else that the gateway starts has. It
// runs on the thread that starts workers, so that it knows all of them.
func (s *Set) reapOrphans() {
	if os.Getpid() != 1 {
		return
	}
	_ = s.onSpawner(func() error {
		for _, pid := range allProcesses() {
			if st, ok := readStat(pid); ok && st.dead() && st.parent == 1 && markOf(pid).ofSet(s.marker) && !s.keeper.watches(pid) {
				_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
			}
		}
		return nil
	})
}
