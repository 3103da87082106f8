package cache

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A key tells lists of texts apart, however they are cut.
func TestKeys(t *testing.T) {
	long := strings.Repeat("x", 3*keyChunk)
	lists := [][]string{nil, {""}, {"", ""}, {"a"}, {"a", ""}, {"", "a"}, {"ab"}, {"a", "b"}, {"b", "a"}, {long}, {long[1:]}, {long, ""}, {long[:keyChunk]}, {long[:keyChunk-2]}, {long[:keyChunk-1], "x"}}
	seen := map[Key]int{}
	var m KeyMaker
	for i, list := range lists {
		for _, text := range list {
			m.Add(text)
		}
		key := m.Key()
		if j, known := seen[key]; known {
			t.Errorf("%.20q and %.20q have one key", lists[j], list)
		}
		seen[key] = i
	}
}

// Equal lists have equal keys, whatever was made before, and others have others.
func TestKeysOfLists(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.StringN(0, 2*keyChunk, -1), 0, 5)
		a, b := texts.Draw(t, "a"), texts.Draw(t, "b")
		var used, fresh KeyMaker
		sum := func(m *KeyMaker, list []string) Key {
			m.AddNumber(len(list))
			for _, text := range list {
				m.Add(text)
			}
			return m.Key()
		}
		first := sum(&used, a)
		if other := sum(&used, b); (first == other) != (strings.Join(a, "\x00|") == strings.Join(b, "\x00|") && len(a) == len(b)) {
			t.Fatalf("%q and %q", a, b)
		}
		if sum(&fresh, a) != first {
			t.Fatalf("%q has two keys", a)
		}
	})
}

// A key takes no more memory for longer texts.
func TestMemoryOfKeys(t *testing.T) {
	text := strings.Repeat("x", 1<<20)
	var m KeyMaker
	m.Add("warm")
	m.Key()
	if n := testing.AllocsPerRun(10, func() { m.Add("abc"); m.Key() }); n != 0 {
		t.Errorf("%v allocations for a short key", n)
	}
	m.Add(text)
	if cap(m.buf) > 2*keyChunk {
		t.Errorf("a buffer of %d bytes", cap(m.buf))
	}
}
