//go:build !race

package gateway

import (
	"runtime"
	"strings"
	"testing"
)

// TestIdleConnections keeps connections that have had their answers: each takes at most
// 5.5 KiB, its goroutine's stack and the client's end included.
func TestIdleConnections(t *testing.T) {
	const connections, most = 1000, 5632
	s := serveResting(t, Options{MaxConnections: -1}, Entrance{})
	used := func() uint64 {
		var m runtime.MemStats
		for range 5 { // each lets go of half of a stack that has grown
			runtime.GC()
		}
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	before := used()
	for range connections {
		nc, err := s.connect()
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		answer := make([]byte, 1<<10)
		if _, err := nc.Write([]byte(stageHead("GET", "/dev/x") + "\r\n")); err != nil {
			t.Fatal(err)
		}
		if _, err := nc.Read(answer); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, func() bool { _, busy, _ := s.Connections(); return busy == 0 })
	stacks := make([]byte, 8<<20)
	eventually(t, func() bool {
		return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "awaitInput(") >= connections
	})
	if each := (used() - before) / connections; each > most {
		t.Errorf("a connection takes %d bytes", each)
	}
}
