//go:build unix

package gateway

import "syscall"

// OpenFiles returns how many files this process may open, 0 when that is not
// known.
func OpenFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > 1<<30 {
		return 0
	}
	return int(limit.Cur)
}
