package lineartest

import (
	"syscall"
	"time"
)

// spent returns the processor's time that this process has had, which other
// programs on the machine do not change.
func spent() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
