package usageplan

import (
	"syscall"
	"testing"
)

func cpu() int64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Utime.Nano() + u.Stime.Nano()
}

func perCPU(b *testing.B, begin int64) {
	b.ReportMetric(float64(cpu()-begin)/float64(b.N), "cpu-ns/op")
}
