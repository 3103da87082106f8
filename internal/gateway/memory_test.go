//go:build !race

package gateway

import (
	"runtime"
	"testing"
)

// TestMemoryOfDomains holds that a domain name with two mappings takes little memory:
// a server may have many, and the collector lets the heap grow to several times what is
// alive.
func TestMemoryOfDomains(t *testing.T) {
	const names, most = 10_000, 1600
	alive := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := alive()
	g := thousands(t, names)
	if each := (alive() - before) / names; each > most {
		t.Errorf("%d bytes each, want %d at most", each, most)
	}
	runtime.KeepAlive(g)
}
