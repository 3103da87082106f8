package lineartest

import (
	"syscall"
	"time"
)

// threadTime returns the processor's time that this thread has had, which other
// programs on the machine do not change.
func threadTime() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_THREAD, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
