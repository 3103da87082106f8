package export

import (
	"maps"
	"slices"
	"unicode/utf16"
)

// defaultTable is the size with which Java's HashMap begins.
const defaultTable = 16

// javaOrder lists the keys of a map as a HashMap of Java's does, in which the service
// holds the parts of integrations, the headers of responses and models: the exports that
// people have published since 2017 all fit. The order of parameters, responses and paths
// is another one, which they do not tell: there names are sorted. Keys that share a place
// are in the order of their names; Java has them in the order in which they came.
func javaOrder[V any](m map[string]V) []string {
	table := defaultTable
	for 4*len(m) > 3*table {
		table *= 2
	}
	keys := slices.Sorted(maps.Keys(m))
	places := make(map[string]uint32, len(keys))
	for _, key := range keys {
		places[key] = javaHash(key) & uint32(table-1)
	}
	slices.SortStableFunc(keys, func(a, b string) int { return int(places[a]) - int(places[b]) })
	return keys
}

// javaHash is the hash by which a HashMap places a string: that of its UTF-16 units,
// the upper half mixed into the lower.
func javaHash(s string) uint32 {
	var h uint32
	for _, unit := range utf16.Encode([]rune(s)) {
		h = 31*h + uint32(unit)
	}
	return h ^ h>>16
}
