package shared

import (
	"context"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/valkeytest"
)

// Values are found as long as they are good, by who has a key with which they were sealed
// for that place; others are as if they were not there, and nobody waits long for any.
func TestValues(t *testing.T) {
	s := valkeytest.Start(t)
	c := client(t, s)
	var run sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(func() { stop(); run.Wait() })
	values := func(keys ...[32]byte) *Values {
		v, err := NewValues(c, "test", keys)
		if err != nil {
			t.Fatal(err)
		}
		run.Go(func() { v.Run(ctx) })
		return v
	}
	old, sealed, plain, other := values([32]byte{1}), values([32]byte{2}, [32]byte{1}), values(), values([32]byte{3})
	get := func(v *Values, key byte) string {
		t.Helper()
		var data []byte
		valkeytest.Poll(t, "the server says whether there is a value", func() (known bool) {
			var ttl time.Duration
			data, ttl, known = v.Get([32]byte{key})
			return known && (data == nil || ttl > 0 && ttl <= time.Minute)
		})
		return string(data)
	}
	old.Put([32]byte{1}, []byte("kept"), time.Minute)
	valkeytest.Poll(t, "the value is there", func() bool { return get(old, 1) == "kept" })
	if got := get(sealed, 1); got != "kept" {
		t.Errorf("got %q of a key before", got)
	}
	if get(other, 1) != "" || get(sealed, 2) != "" {
		t.Error("there is a value of another key")
	}
	raw := get(plain, 1)
	if raw == "" || raw == "kept" {
		t.Errorf("the server has %q", raw)
	}
	plain.Put([32]byte{2}, []byte(raw), time.Minute) // to another place
	valkeytest.Poll(t, "the value is there", func() bool { return get(plain, 2) == raw })
	if got := get(sealed, 2); got != "" {
		t.Errorf("got %q of another place", got)
	}
	plain.Put([32]byte{3}, make([]byte, MaxValue), time.Minute)
	plain.Put([32]byte{3}, []byte("short"), 0)
	valkeytest.Do(t, s.Addr, "SET gatehouse:test:0400000000000000000000000000000000000000000000000000000000000000 forever")
	if get(plain, 3) != "" || get(plain, 4) != "" {
		t.Error("what is too long, over or without an end is found")
	}
	s.Signal(syscall.SIGSTOP)
	if _, _, known := plain.Get([32]byte{2}); known {
		t.Error("a server that hangs has answered")
	}
	s.Signal(syscall.SIGCONT)
}
