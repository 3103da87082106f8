package functions

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/runtimes"
)

// A warm call of a function beside one of an HTTP backend that returns as much.
func BenchmarkWarmCall(b *testing.B) {
	event := `{"resource":"/a","path":"/a","httpMethod":"GET","headers":{"Host":"example.com"},"body":null}`
	b.Run("function", func(b *testing.B) {
		f := benchFunction(b, "echo", 1)
		b.ReportAllocs()
		for b.Loop() {
			resp, err := f.Invoke(request(event), "echo", false)
			if err != nil || resp.Status != 200 {
				b.Fatal(resp, err)
			}
			resp.Release()
		}
	})
	b.Run("http", func(b *testing.B) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(event)) })}
		go func() { _ = srv.Serve(ln) }()
		defer func() { _ = srv.Close() }()
		client := integration.NewClient(integration.Options{})
		defer client.Close()
		ep, target, err := integration.ParseURL("http://"+ln.Addr().String(), nil)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			req := request(event)
			req.Target = target
			resp, err := client.Do(req, ep)
			if err != nil || resp.Status != 200 {
				b.Fatal(resp, err)
			}
			resp.Release()
		}
	})
}

// What a hundred workers cost the gateway that have nothing to do, in milliseconds of a
// processor each second.
func BenchmarkIdleWorkers(b *testing.B) {
	f := benchFunction(b, "echo", 100)
	for range 100 {
		f.mu.Lock()
		f.start(nil, false)
		f.mu.Unlock()
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if _, idle := f.Workers(); idle == 100 {
			break
		}
		if time.Now().After(end) {
			b.Fatal("the workers do not come")
		}
	}
	before, start := processorTime(b), time.Now()
	time.Sleep(5 * time.Second)
	b.ReportMetric(float64((processorTime(b)-before).Microseconds())/1000/time.Since(start).Seconds(), "ms/s")
	b.ReportMetric(0, "ns/op")
}

func benchFunction(b *testing.B, handler string, concurrency int) *Function {
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	s := New(Options{Keeper: func() *exec.Cmd { return exec.Command(exe, "keep") }})
	b.Cleanup(func() { _ = s.Close() })
	functions, commit, err := s.Prepare(map[string]*Config{handler: {
		Name: handler, Program: runtimes.Program{Command: []string{exe}, Handler: handler, Dir: b.TempDir()}, Concurrency: concurrency,
	}})
	if err != nil {
		b.Fatal(err)
	}
	commit()
	return functions[handler]
}

// processorTime is how long the threads of this process have had a processor.
func processorTime(b *testing.B) (sum time.Duration) {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		b.Skip(err)
	}
	for _, task := range tasks {
		text, _ := os.ReadFile("/proc/self/task/" + task.Name() + "/schedstat")
		first, _, _ := strings.Cut(string(text), " ")
		ns, _ := strconv.ParseInt(first, 10, 64)
		sum += time.Duration(ns)
	}
	return sum
}
