package value

import "slices"

// A Map keeps its entries in the order they were added, like
// java.util.LinkedHashMap. Keys are strings in every map that comes from JSON;
// a template can use other values as keys. The zero Map is empty. A Map may be
// read by many goroutines as long as none writes.
type Map struct {
	entries []entry
	index   map[string]int32 // position by key; nil in a small map
	keys    map[string]Value // the keys that are no strings, by their encoding
}

type entry struct {
	key string
	val Value
}

// maxScan is the size to which a map is searched one entry after the other:
// for a dozen short keys that is faster than hashing, and costs no memory.
const maxScan = 24

// NewMap returns an empty map with room for n entries.
func NewMap(n int) *Map {
	if n <= 0 {
		return &Map{}
	}
	return &Map{entries: make([]entry, 0, n)}
}

// Len returns the number of entries; 0 for a nil Map.
func (m *Map) Len() int {
	if m == nil {
		return 0
	}
	return len(m.entries)
}

// Get returns the value under a string key.
func (m *Map) Get(key string) (Value, bool) {
	if i := m.find(key); i >= 0 {
		return m.entries[i].val, true
	}
	return Value{}, false
}

// Has reports whether there is an entry with a string key.
func (m *Map) Has(key string) bool { return m.find(key) >= 0 }

// Set puts v under a string key: in the key's old place, or at the end.
func (m *Map) Set(key string, v Value) {
	if i := m.find(key); i >= 0 {
		m.entries[i].val = v
		return
	}
	m.add(key, v)
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
	e := &m.entries[i]
	if k, ok := m.keys[e.key]; ok {
		return k.Text(), e.val
	}
	return e.key, e.val
}

// Clear removes all entries.
func (m *Map) Clear() {
	clear(m.entries)
	*m = Map{entries: m.entries[:0]}
}

// DeleteAt removes entry i. It panics unless 0 <= i < Len().
func (m *Map) DeleteAt(i int) {
	delete(m.keys, m.entries[i].key)
	m.entries = slices.Delete(m.entries, i, i+1)
	if m.index != nil {
		m.index = nil
		m.reindex()
	}
}

// SetAt replaces the value of entry i. It panics unless 0 <= i < Len().
func (m *Map) SetAt(i int, v Value) { m.entries[i].val = v }

// Key returns the key of entry i as it was put. It panics unless
// 0 <= i < Len().
func (m *Map) Key(i int) Value {
	key := m.entries[i].key
	if k, ok := m.keys[key]; ok {
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
	if m == nil || len(m.keys) == 0 {
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
	if m.keys == nil {
		m.keys = make(map[string]Value)
	}
	m.keys[enc] = k
	m.Set(enc, v)
}

// find returns the position of the entry with the given encoded key, or -1.
func (m *Map) find(key string) int {
	if m == nil {
		return -1
	}
	if m.index != nil {
		if i, ok := m.index[key]; ok {
			return int(i)
		}
		return -1
	}
	for i := range m.entries {
		if m.entries[i].key == key {
			return i
		}
	}
	return -1
}

// add appends an entry whose key is not there yet.
func (m *Map) add(key string, v Value) {
	m.entries = append(m.entries, entry{key, v})
	if m.index != nil {
		m.index[key] = int32(len(m.entries) - 1)
	} else if len(m.entries) > maxScan {
		m.reindex()
	}
}

// reindex builds the index of a large map.
func (m *Map) reindex() {
	if len(m.entries) <= maxScan {
		return
	}
	m.index = make(map[string]int32, 2*len(m.entries))
	for i := range m.entries {
		m.index[m.entries[i].key] = int32(i)
	}
}
