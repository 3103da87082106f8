package store

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
)

// benchKey is the key of a method: 4 methods of 25 resources of each API.
func benchKey(i int) Key {
	return Key{"111122223333", "us-east-1", "method", fmt.Sprintf("api%07d", i/100), fmt.Sprintf("res%03d/M%d", i%100/4, i%4)}
}

// fill writes n documents of a kilobyte.
func fill(tb testing.TB, s *Store, n int) {
	doc := make([]byte, 1000)
	const atOnce = 100 // a write has two seconds, on any machine
	for from := 0; from < n; from += atOnce {
		mustWrite(tb, s, func(tx *Tx) error {
			for i := from; i < min(n, from+atOnce); i++ {
				if err := tx.Put(benchKey(i), doc); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// eachFilled runs bench on stores with documents in them.
func eachFilled(b *testing.B, counts []int, bench func(b *testing.B, s *Store, docs int)) {
	postgres := pgtest.New(b, pgtest.Options{Durable: true})
	for _, where := range []string{"memory", "disk", "postgres"} {
		for _, docs := range counts {
			o := Options{}
			switch where {
			case "disk":
				o.Dir = b.TempDir()
			case "postgres":
				o.URL = postgres.Database(b)
			}
			s := mustOpen(b, o)
			fill(b, s, docs)
			b.Run(fmt.Sprintf("%s/docs=%d", where, docs), func(b *testing.B) { bench(b, s, docs) })
			if err := s.Close(); err != nil {
				b.Error(err)
			}
		}
	}
}

// BenchmarkWrite reads a document, changes it and writes it back, durably.
func BenchmarkWrite(b *testing.B) {
	eachFilled(b, []int{1000, 100_000}, func(b *testing.B, s *Store, docs int) {
		for _, callers := range []int{1, 32} {
			b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
				b.ReportAllocs()
				used := cpu()
				var next atomic.Int64
				var all sync.WaitGroup
				for range callers {
					all.Go(func() {
						for i := int(next.Add(1)); i <= b.N; i = int(next.Add(1)) {
							change(b, s, benchKey(i*7919%docs))
						}
					})
				}
				all.Wait()
				b.ReportMetric(float64((cpu()-used).Microseconds())/float64(b.N), "cpu-µs/op")
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
			})
		}
	})
}

// BenchmarkWriteNodes has the callers of BenchmarkWrite write to different APIs through one
// process, and through several that share a database.
func BenchmarkWriteNodes(b *testing.B) {
	postgres := pgtest.New(b, pgtest.Options{Durable: true})
	for _, nodes := range []int{1, 2, 3} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			const docs, callers = 1000, 32
			var all []*Store
			o := Options{URL: postgres.Database(b)}
			for range nodes {
				s := mustOpen(b, o)
				defer s.Close()
				all = append(all, s)
			}
			fill(b, all[0], docs)
			b.ResetTimer()
			var next atomic.Int64
			var done sync.WaitGroup
			for i := range callers {
				done.Go(func() {
					for n := int(next.Add(1)); n <= b.N; n = int(next.Add(1)) {
						change(b, all[i%nodes], benchKey((i%nodes*100+n*7919%100)%docs)) // an API for each node
					}
				})
			}
			done.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
		})
	}
}

func change(b *testing.B, s *Store, k Key) {
	_, err := s.Write(context.Background(), Scope{}, func(tx *Tx) error {
		doc, err := tx.Get(k)
		if err != nil {
			return err
		}
		doc[0]++
		return tx.Put(k, doc)
	})
	if err != nil {
		b.Error(err)
	}
}

func BenchmarkReadGet(b *testing.B) {
	eachFilled(b, []int{100_000}, func(b *testing.B, s *Store, docs int) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			err := s.Read(context.Background(), func(tx *Tx) error {
				_, err := tx.Get(benchKey(i * 7919 % docs))
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkReadList reads the 100 methods of an API.
func BenchmarkReadList(b *testing.B) {
	eachFilled(b, []int{100_000}, func(b *testing.B, s *Store, docs int) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			k := benchKey(i * 7919 % docs)
			err := s.Read(context.Background(), func(tx *Tx) error {
				rows, err := tx.List(k.Account, k.Region, k.Kind, k.Parent, "", Limit{})
				if len(rows) != 100 {
					b.Errorf("got %d rows", len(rows))
				}
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkChanges is what a node does first: it reads what is served, but
// not the deployments, of which there are 200 of a megabyte.
func BenchmarkChanges(b *testing.B) {
	eachFilled(b, []int{0}, func(b *testing.B, s *Store, _ int) {
		big := bytes.Repeat([]byte{'x'}, 1<<20)
		for i := range 200 {
			mustWrite(b, s, func(tx *Tx) error {
				for j := range 10 {
					if err := tx.Publish(Served{Kind: "stage", ID: fmt.Sprint(i, j), Data: big[:500]}); err != nil {
						return err
					}
				}
				return tx.Publish(Served{Kind: "deployment", ID: fmt.Sprint(i), Data: big})
			})
		}
		b.ReportAllocs()
		for b.Loop() {
			rows, err := s.Changes(context.Background(), 0, 0, "deployment")
			if len(rows) != 2200 || err != nil {
				b.Fatal(len(rows), err)
			}
		}
	})
}

// BenchmarkWriteAhead writes the documents of a large import: 20,000 of 300 bytes,
// all of them new. What others wait for is a part of it.
func BenchmarkWriteAhead(b *testing.B) {
	const rows = 20_000
	doc := make([]byte, 300)
	s := mustOpen(b, Options{Dir: b.TempDir()})
	defer s.Close()
	var held, used time.Duration
	for i := 0; b.Loop(); i++ {
		s.writer.held.Store(0)
		begun := cpu()
		_, err := s.WriteAhead(context.Background(), Scope{}, func(tx *Tx) error {
			for j := range rows {
				k := benchKey(j)
				k.Kind = fmt.Sprint("kind", i)
				if err := tx.Insert(k, doc); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		used += cpu() - begun
		held += s.Held()
	}
	b.ReportMetric(held.Seconds()*1e6/float64(b.N*rows), "held-µs/row")
	b.ReportMetric(used.Seconds()*1e6/float64(b.N*rows), "cpu-µs/row")
}
