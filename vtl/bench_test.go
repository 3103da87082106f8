package vtl_test

import (
	"runtime/debug"
	"syscall"
	"testing"

	"github.com/gatehouse-gw/gatehouse/vtl"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// requestVars are the variables of one request: what API Gateway's $input
// does, reading the body included, happens anew for each.
type requestVars struct {
	vtl.MapVars
	input testInput
}

func (v *requestVars) Lookup(name string) (value.Value, bool) {
	if name == "input" {
		return value.FromObject(&v.input), true
	}
	return v.MapVars.Lookup(name)
}

func BenchmarkRender(b *testing.B) {
	for _, v := range readVectors(b, "testdata/vtl-bench.jsonl") {
		b.Run(v.id, func(b *testing.B) {
			t, err := vtl.Parse(v.id, v.template, vtl.Options{Mode: vtl.APIGateway})
			if err != nil {
				b.Fatal(err)
			}
			vars := &requestVars{MapVars: v.vars}
			input, hasInput := v.vars["input"].AsObject().(*testInput)
			var out []byte
			// As in a running gateway: with the little that a benchmark keeps
			// alive, Go's default would collect all the time.
			defer debug.SetGCPercent(debug.SetGCPercent(400))
			b.ReportAllocs()
			start := cpuTime()
			for b.Loop() {
				if hasInput {
					vars.input = testInput{body: input.body, params: input.params}
				}
				if out, err = t.Render(out[:0], vars, nil); err != nil {
					b.Fatal(err)
				}
			}
			// On a busy machine this is more telling than the time that passed.
			b.ReportMetric(float64(cpuTime()-start)/float64(b.N), "cpu-ns/op")
			b.SetBytes(int64(len(out)))
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for _, v := range readVectors(b, "testdata/vtl-bench.jsonl")[:3] {
		b.Run(v.id, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(v.template)))
			for b.Loop() {
				if _, err := vtl.Parse(v.id, v.template, vtl.Options{Mode: vtl.APIGateway}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// cpuTime returns the nanoseconds of processor time that the program has used.
func cpuTime() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
