package store

import (
	"bytes"
	"cmp"
	"slices"
	"testing"
)

// FuzzKey holds the encoding to its promises: other keys are other byte
// strings, their order is that of the keys, and siblings and prefixes are
// ranges with nobody else in them.
func FuzzKey(f *testing.F) {
	for i, a := range strange {
		b := strange[(i+1)%len(strange)]
		f.Add(a, b, "k", a, b, b, a, "k", a, b)
		f.Add("1", "r", "k", a, b, "1", "r", "k", a, b+a)
		f.Add("1", "r", "k", a, b, "1", "r", "k", b, a)
	}
	f.Fuzz(func(t *testing.T, a1, a2, a3, a4, a5, b1, b2, b3, b4, b5 string) {
		a, b := Key{a1, a2, a3, a4, a5}, Key{b1, b2, b3, b4, b5}
		if a.check() != nil || b.check() != nil {
			t.Skip()
		}
		x, n := a.encode()
		y, _ := b.encode()
		if got, want := bytes.Compare(x, y), compareKeys(a, b); got != want {
			t.Errorf("order of %q and %q: got %d, want %d", a, b, got, want)
		}
		if id := string(x[n:]); id != a.ID {
			t.Errorf("ID of %q: got %q", a, id)
		}
		within := func(from, to []byte) bool { return bytes.Compare(from, y) <= 0 && bytes.Compare(y, to) < 0 }
		siblings := a.Account == b.Account && a.Region == b.Region && a.Kind == b.Kind && a.Parent == b.Parent
		if got := within(x[:n], nextPrefix(x[:n])); got != siblings {
			t.Errorf("%q in the range of %q's siblings: got %v", b, a, got)
		}
		prefixed := siblings && len(b.ID) >= len(a.ID) && b.ID[:len(a.ID)] == a.ID
		if got := within(x, nextPrefix(x)); got != prefixed {
			t.Errorf("%q in the range of the prefix %q: got %v", b, a, got)
		}
		after := siblings && b.ID > a.ID
		if got := within(next(x), nextPrefix(x[:n])); got != after {
			t.Errorf("%q in the range after %q: got %v", b, a, got)
		}
	})
}

func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Parent, b.Parent), cmp.Compare(a.ID, b.ID))
}

// TestTree compares the tree with a sorted slice.
func TestTree(t *testing.T) {
	var tr *tree[int, int]
	want := map[int]int{}
	n := 0
	step := func() int { n = (n*7919 + 104729) % 1009; return n % 300 }
	for i := range 5000 {
		old, before := tr, len(want)
		k := step()
		switch i % 7 {
		case 3:
			tr = tr.without(k)
			delete(want, k)
		case 6:
			to := k + step()%20 - 3
			tr = tr.withoutRange(k, to)
			for x := k; x < to; x++ {
				delete(want, x)
			}
		default:
			tr = tr.with(k, i)
			want[k] = i
		}
		count := 0
		old.ascend(0, func(int, int) bool { count++; return true })
		if count != before {
			t.Fatalf("step %d changed the tree that was there", i)
		}
		var keys []int
		tr.ascend(50, func(k, v int) bool {
			if want[k] != v {
				t.Fatalf("step %d: got %d under %d, want %d", i, v, k, want[k])
			}
			keys = append(keys, k)
			return true
		})
		var wantKeys []int
		for k := range want {
			if k >= 50 {
				wantKeys = append(wantKeys, k)
			}
		}
		slices.Sort(wantKeys)
		if !slices.Equal(keys, wantKeys) {
			t.Fatalf("step %d: got keys %v, want %v", i, keys, wantKeys)
		}
		if v, ok := tr.get(k); ok != (func() bool { _, ok := want[k]; return ok }()) || v != want[k] {
			t.Fatalf("step %d: get %d: got %d, %v", i, k, v, ok)
		}
	}
}
