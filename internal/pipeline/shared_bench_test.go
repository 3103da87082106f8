package pipeline

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/shared"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/usageplan"
	"github.com/gatehouse-gw/gatehouse/internal/valkey"
	"github.com/gatehouse-gw/gatehouse/internal/valkeytest"
)

// BenchmarkSharedLimits is a call of a MOCK method with a key, whose plan has a throttle
// and a quota: with limits of the process alone, and with those that nodes share through a
// server. cpu-ns/op is what the process takes in all, beside the calls too. So many
// calls come a second, of some keys in turn: the time that a key's tokens last says how many questions
// the server gets.
func BenchmarkSharedLimits(b *testing.B) {
	for _, load := range []struct{ keys, calls int }{{1, 10_000}, {100, 10_000}, {1000, 10_000}, {100, 2000}, {1000, 2000}} {
		for _, name := range []string{"alone", "shared"} {
			b.Run(fmt.Sprintf("%d keys, %d calls a second/%s", load.keys, load.calls, name), func(b *testing.B) {
				var limits limit.Limits
				if name == "shared" {
					limits = sharedLimits(b)
				}
				benchmarkLimits(b, load.keys, load.calls, limits)
			})
		}
	}
}

func sharedLimits(b *testing.B) *limit.Sharing {
	target, err := valkey.Parse("redis://" + valkeytest.Start(b).Addr)
	if err != nil {
		b.Fatal(err)
	}
	client := valkey.Open(valkey.Options{Target: target})
	b.Cleanup(client.Close)
	valkeytest.Poll(b, "the server is there", func() bool { return !client.Away() })
	s := limit.NewSharing(limit.SharingOptions{
		Exchange: &shared.Limits{Client: client, Node: "n"}, Nodes: func() int { return 3 },
		Saved: func(_ context.Context, ids []string, _ []limit.Period) ([]limit.Saved, error) {
			return make([]limit.Saved, len(ids)), nil
		},
	})
	go s.Run(b.Context())
	return s
}

func benchmarkLimits(b *testing.B, keys, calls int, limits limit.Limits) {
	r := keyed(b, nil, mock(wantKey))
	plans := usageplan.New(usageplan.Options{Limits: limits})
	served := func(id string) string { return snapshot.OfAccount("000000000000", "us-east-1", id) }
	rate, most := 1e6, int32(1e6)
	plan := &snapshot.UsagePlan{
		Stages:   []snapshot.PlanStage{{APIID: "abc", Stage: "prod"}},
		Throttle: &snapshot.Throttle{RateLimit: &rate, BurstLimit: &most},
		Quota:    &snapshot.Quota{Limit: 1 << 30, Period: "MONTH"},
	}
	if err := plans.SetPlan(served("p1"), plan); err != nil {
		b.Fatal(err)
	}
	var rows []usageplan.PlanKey
	var each []func()
	for i := range keys {
		id, value := fmt.Sprintf("k%d", i), fmt.Sprintf("the-value-of-key-%d", i)
		if err := plans.SetKey(served(id), &snapshot.APIKey{ID: id, Value: value, Enabled: true}); err != nil {
			b.Fatal(err)
		}
		rows = append(rows, usageplan.PlanKey{Served: served("p1/" + id)})
		req := parseRequest("GET /x\nAccept: application/json\nUser-Agent: bench\nX-Api-Key: " + value)
		each = append(each, func() {
			resp := r.stage.Serve(req)
			if resp.Status != 200 {
				b.Error(show(resp))
			}
			resp.Release()
		})
	}
	if err := plans.SetPlanKeys(b.Context(), rows); err != nil {
		b.Fatal(err)
	}
	r.stage.services.Plans = plans
	settings := *r.stage.settings
	r.stage = Bind(&settings, r.stage.program, r.stage.services)
	for _, call := range each {
		call()
	}
	const workers, burst = 8, 10
	pause := time.Second * workers * burst / time.Duration(calls)
	var next atomic.Int64
	var all sync.WaitGroup
	began := cpuTime()
	b.ResetTimer()
	for range workers {
		all.Go(func() {
			for {
				for range burst {
					i := next.Add(1)
					if i > int64(b.N) {
						return
					}
					each[i%int64(keys)]()
				}
				time.Sleep(pause)
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(cpuTime()-began)/float64(b.N), "cpu-ns/op")
}

// cpuTime is what the process has had of processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
