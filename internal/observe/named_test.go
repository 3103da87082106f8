package observe

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// Each name has its lines in their order, whole, and a taker that is stuck keeps nobody
// waiting.
func TestNamed(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	got := make(map[string]string)
	stuck, free := make(chan struct{}), make(chan struct{})
	var log journal
	n := NewNamed(func(name string, lines []byte) {
		if name == "stuck" {
			close(stuck)
			<-free
		}
		mu.Lock()
		defer mu.Unlock()
		got[name] += string(lines)
	}, log.logger())
	a, b := n.For("a"), n.For("b")
	a.Append([]byte("1"))
	_, _ = b.Write([]byte("2\n3\n"))
	a.Append([]byte("4"))
	n.Flush()
	n.For("stuck").Append(nil)
	<-stuck
	line := []byte(strings.Repeat("x", 1<<20))
	for range 20 {
		b.Append(line)
	}
	close(free)
	n.Close()
	mu.Lock()
	defer mu.Unlock()
	if got["a"] != "1\n4\n" || !strings.HasPrefix(got["b"], "2\n3\nxx") || len(got["b"]) != 4+7*(1<<20+1) || got["stuck"] != "\n" {
		t.Errorf("a has %q, b %d bytes, stuck %q", got["a"], len(got["b"]), got["stuck"])
	}
	if !strings.Contains(log.String(), "lines=13") {
		t.Errorf("log: %s", log.String())
	}
}

func BenchmarkNamed(b *testing.B) {
	n := NewNamed(func(string, []byte) {}, slog.New(slog.DiscardHandler))
	defer n.Close()
	to, line := n.For("000000000000\nus-east-1\naccess"), []byte(strings.Repeat("x", 150))
	b.ReportAllocs()
	for b.Loop() {
		to.Append(line)
	}
}
