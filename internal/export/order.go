package export

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"unicode/utf16"
)

// defaultTable is the size with which Java's HashMap begins.
const defaultTable = 16

// javaOrder lists the keys of a map as a HashMap of Java's does, in which the service
// holds the parts of methods and integrations, models, and the extensions for the API as a
// whole: the exports that people have published since 2017 all fit. The order of paths is
// another one, which they do not tell: there names are sorted.
func javaOrder[V any](m map[string]V) []string { return tableOrder(m, javaHash) }

// statusOrder is javaOrder for status codes, which are numbers there: 400, 500, 200.
func statusOrder[V any](m map[string]V) []string {
	return tableOrder(m, func(status string) uint32 {
		n, _ := strconv.ParseUint(status, 10, 16)
		return uint32(n)
	})
}

// tableOrder lists the keys of a map by their places in a table. Those that share one are
// in the order of their names; Java has them in the order in which they came.
func tableOrder[V any](m map[string]V, hash func(string) uint32) []string {
	table := defaultTable
	for 4*len(m) > 3*table {
		table *= 2
	}
	keys := slices.Sorted(maps.Keys(m))
	places := make(map[string]uint32, len(keys))
	for _, key := range keys {
		places[key] = hash(key) & uint32(table-1)
	}
	slices.SortStableFunc(keys, func(a, b string) int { return cmp.Compare(places[a], places[b]) })
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
