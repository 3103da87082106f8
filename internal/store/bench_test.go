package store

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// cpu returns the processor time that the process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func fill(tb testing.TB, s *Store, n int) {
	doc := make([]byte, 1000)
	for from := 0; from < n; from += 1000 {
		_, err := s.Write(context.Background(), Scope{}, func(tx *Tx) error {
			for i := from; i < min(n, from+1000); i++ {
				if err := tx.Put(benchKey(i), doc); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

func benchKey(i int) Key {
	return Key{"123456789012", "us-east-1", "method", fmt.Sprintf("api%07d/res%03d", i/100, i%100/4), fmt.Sprint("M", i%4)}
}

func BenchmarkWrite(b *testing.B) {
	for _, docs := range []int{1000, 100_000} {
		for _, callers := range []int{1, 32} {
			for _, where := range []string{"disk", "memory"} {
				b.Run(fmt.Sprintf("%s/docs=%d/callers=%d", where, docs, callers), func(b *testing.B) {
					o := Options{}
					if where == "disk" {
						o.Dir = b.TempDir()
					}
					s, err := Open(context.Background(), o)
					if err != nil {
						b.Fatal(err)
					}
					defer s.Close()
					fill(b, s, docs)
					b.ReportAllocs()
					b.ResetTimer()
					used := cpu()
					var next atomic.Int64
					var wg sync.WaitGroup
					for range callers {
						wg.Go(func() {
							for {
								i := int(next.Add(1))
								if i > b.N {
									return
								}
								k := benchKey(i * 7919 % docs)
								_, err := s.Write(context.Background(), Scope{}, func(tx *Tx) error {
									doc, err := tx.Get(k)
									if err != nil {
										return err
									}
									doc[i%len(doc)]++
									return tx.Put(k, doc)
								})
								if err != nil {
									b.Error(err)
								}
							}
						})
					}
					wg.Wait()
					b.ReportMetric(float64((cpu()-used).Microseconds())/float64(b.N), "cpu-µs/op")
					b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
				})
			}
		}
	}
}
