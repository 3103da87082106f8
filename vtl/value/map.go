package value

import (
	"maps"
	"slices"
)

// A Map keeps its entries in the order they were added, like
// java.util.LinkedHashMap. Keys are strings in every map that comes from JSON;
// a template can use other values as keys. The zero Map is empty. A Map may be
// read by many goroutines as long as none writes.
type Map struct {
	shape *shape // the keys; nil in a map that never had any
	vals  []Value
}

// A shape is the keys of a map, in order. The objects of a list in a document
// tend to have the same ones and then share their shape.
type shape struct {
	keys   []string
	index  map[string]int32 // position by key; nil for few keys
	odd    map[string]Value // the keys that are no strings, by their encoding
	shared bool             // other maps have it too: copy before writing
}

// maxScan is the number of keys up to which they are searched one after the
// other: for a dozen short keys that is faster than hashing, and costs no
// memory.
const maxScan = 24

// find returns the position of key, or -1.
func (s *shape) find(key string) int {
	if s.index != nil {
		if i, ok := s.index[key]; ok {
			return int(i)
		}
		return -1
	}
	for i := range s.keys {
		if s.keys[i] == key {
			return i
		}
	}
	return -1
}

// add appends a key that is not there yet.
func (s *shape) add(key string) {
	s.keys = append(s.keys, key)
	if s.index != nil {
		s.index[key] = int32(len(s.keys) - 1)
	} else if len(s.keys) > maxScan {
		s.reindex()
	}
}

// reindex makes the index anew.
func (s *shape) reindex() {
	s.index = nil
	if len(s.keys) <= maxScan {
		return
	}
	s.index = make(map[string]int32, 2*len(s.keys))
	for i, key := range s.keys {
		s.index[key] = int32(i)
	}
}

// NewMap returns an empty map with room for n entries.
func NewMap(n int) *Map {
	if n <= 0 {
		return &Map{}
	}
	return &Map{shape: &shape{keys: make([]string, 0, n)}, vals: make([]Value, 0, n)}
}

// Len returns the number of entries; 0 for a nil Map.
func (m *Map) Len() int {
	if m == nil {
		return 0
	}
	return len(m.vals)
}

// Get returns the value under a string key.
func (m *Map) Get(key string) (Value, bool) {
	if i := m.find(key); i >= 0 {
		return m.vals[i], true
	}
	return Value{}, false
}

// Has reports whether there is an entry with a string key.
func (m *Map) Has(key string) bool { return m.find(key) >= 0 }

// Set puts v under a string key: in the key's old place, or at the end.
func (m *Map) Set(key string, v Value) {
	if i := m.find(key); i >= 0 {
		m.vals[i] = v
		return
	}
	m.own()
	m.shape.add(key)
	m.vals = append(m.vals, v)
}

// Delete removes the entry with a string key and reports whether there was
// one. It takes time in proportion to the size of the map.
func (m *Map) Delete(key string) bool {
	i := m.find(key)
	if i < 0 {
		return false
	}
	m.DeleteAt(i)
	return true
}

// At returns entry i; the key of an entry whose key is no string is that
// key's text. It panics unless 0 <= i < Len().
func (m *Map) At(i int) (key string, v Value) {
	key = m.shape.keys[i]
	if k, ok := m.shape.odd[key]; ok {
		key = k.Text()
	}
	return key, m.vals[i]
}

// Clear removes all entries.
func (m *Map) Clear() { *m = Map{} }

// DeleteAt removes entry i. It panics unless 0 <= i < Len().
func (m *Map) DeleteAt(i int) {
	m.own()
	delete(m.shape.odd, m.shape.keys[i])
	m.shape.keys = slices.Delete(m.shape.keys, i, i+1)
	m.vals = slices.Delete(m.vals, i, i+1)
	m.shape.reindex()
}

// SetAt replaces the value of entry i. It panics unless 0 <= i < Len().
func (m *Map) SetAt(i int, v Value) { m.vals[i] = v }

// Key returns the key of entry i as it was put. It panics unless
// 0 <= i < Len().
func (m *Map) Key(i int) Value {
	key := m.shape.keys[i]
	if k, ok := m.shape.odd[key]; ok {
		return k
	}
	return String(key)
}

// Find returns the position of the entry with key k, or -1. Keys are the same
// when Java's equals says so: the Integer 1 is neither "1" nor the Long 1.
func (m *Map) Find(k Value) int {
	if k.IsString() {
		return m.find(k.AsString())
	}
	if m == nil || m.shape == nil || len(m.shape.odd) == 0 {
		return -1
	}
	return m.find(encodeKey(k))
}

// SetKey puts v under any key, null included.
func (m *Map) SetKey(k, v Value) {
	if k.IsString() {
		m.Set(k.AsString(), v)
		return
	}
	enc := encodeKey(k)
	m.own()
	if m.shape.odd == nil {
		m.shape.odd = make(map[string]Value)
	}
	m.shape.odd[enc] = k
	m.Set(enc, v)
}

// find returns the position of the entry with the given encoded key, or -1.
func (m *Map) find(key string) int {
	if m == nil || m.shape == nil {
		return -1
	}
	return m.shape.find(key)
}

// own makes the shape the map's own, so that it can be changed.
func (m *Map) own() {
	switch {
	case m.shape == nil:
		m.shape = &shape{}
	case m.shape.shared:
		m.shape = &shape{keys: slices.Clone(m.shape.keys), odd: maps.Clone(m.shape.odd)}
		m.shape.reindex()
	}
}
