package openapi

import (
	"errors"
	"runtime"
	"strings"
	"testing"
)

// A wallet lends what it has.
type wallet struct{ has, lent, most int }

var errPoor = errors.New("no memory")

func (w *wallet) Take(n int) error {
	if n > 0 && w.lent+n > w.has {
		return errPoor
	}
	w.lent += n
	w.most = max(w.most, w.lent)
	return nil
}

// What the tree of a document takes is asked for: as much as it is, or somewhat
// more, and before it is there.
func TestMemoryOfTrees(t *testing.T) {
	repeated := func(s string, n int) string { return strings.TrimSuffix(strings.Repeat(s, n), ",") }
	var members strings.Builder
	for i := range 6_000 {
		members.WriteString(strings.Repeat(",", min(i, 1)) + `"member` + strings.Repeat("x", i%7) + strings.Repeat("y", i/7%200) + strings.Repeat("z", i/1400) + `":1`)
	}
	for name, doc := range map[string]string{
		"objects":        `{"x":[` + repeated("{},", 25_000) + `]}`,
		"numbers":        `{"x":[` + repeated("1,", 25_000) + `]}`,
		"texts":          `{"x":[` + repeated(`"`+strings.Repeat("a", 100)+`",`, 12_000) + `]}`,
		"small members":  `{"x":[` + repeated(`{"a":1,"b":2},`, 12_000) + `]}`,
		"many members":   `{` + members.String() + `}`,
		"YAML":           "x:\n" + strings.Repeat("- {a: 1, b: 2}\n", 12_000),
		"YAML merge key": "a: &a {b: 1, c: 2, d: 3, e: 4}\nx:\n" + strings.Repeat("- <<: *a\n", 8_000),
	} {
		t.Run(name, func(t *testing.T) {
			w := &wallet{has: 1 << 30}
			before := inUse()
			src, _, err := readSource("", []byte(doc), Options{Memory: w})
			if err != nil {
				t.Fatal(err)
			}
			took := inUse() - before
			runtime.KeepAlive(src)
			runtime.KeepAlive(doc)
			if w.lent < took || w.lent > 2*took {
				t.Errorf("asked for %d bytes, took %d", w.lent, took)
			}
			t.Logf("%d bytes make a tree of %d, asked for %d, at most %d", len(doc), took, w.lent, w.most)
			for _, share := range []int{0, 10, 50, 90} {
				if _, err := Parse([]byte(doc), Options{Memory: &wallet{has: w.most * share / 100}}); err != errPoor {
					t.Errorf("with %d%% of it: %v", share, err)
				}
			}
		})
	}
}

// inUse is the size of what is reachable.
func inUse() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
