package runtimes

import (
	"testing"
	"time"
)

// BenchmarkStart takes the time from the start of a worker's process until its first
// call is answered, a cold start, and the processor's time for it, which other work on the
// machine changes less.
func BenchmarkStart(b *testing.B) {
	for name, program := range benchmarked {
		b.Run(name, func(b *testing.B) {
			p := program(b)
			if _, err := machine.Launch(&p); err != nil {
				b.Fatal(err)
			}
			var used time.Duration
			for b.Loop() {
				w := startWorker(b, p)
				w.returns(`1`, `1`)
				_ = w.cmd.Process.Kill()
				w.exits()
				used += w.cmd.ProcessState.UserTime() + w.cmd.ProcessState.SystemTime()
			}
			b.ReportMetric(float64(used.Milliseconds())/float64(b.N), "cpu-ms/op")
		})
	}
}

// BenchmarkCall takes the time of a call of a worker that is warm.
func BenchmarkCall(b *testing.B) {
	for name, program := range benchmarked {
		b.Run(name, func(b *testing.B) {
			w := startWorker(b, program(b))
			for b.Loop() {
				w.returns(`1`, `1`)
			}
		})
	}
}

var benchmarked = map[string]func(*testing.B) Program{
	"node": func(b *testing.B) Program {
		return Program{Runtime: "nodejs20.x", Handler: "index.handler", Memory: 512, Dir: project(b, map[string]string{"index.mjs": `export const handler = async (event) => event`})}
	},
	"python": func(b *testing.B) Program {
		return Program{Runtime: "python3.11", Handler: "app.f", Memory: 512, Dir: project(b, map[string]string{"app.py": "def f(event, context): return event"})}
	},
}
