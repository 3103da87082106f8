package export

import (
	"cmp"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
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
	type placed struct {
		key   string
		place uint32
	}
	all := make([]placed, 0, len(m))
	for key := range m {
		all = append(all, placed{key, hash(key) & uint32(table-1)})
	}
	slices.SortFunc(all, func(a, b placed) int { return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.key, b.key)) })
	keys := make([]string, len(all))
	for i := range all {
		keys[i] = all[i].key
	}
	return keys
}

// javaHash is the hash by which a HashMap places a string: that of its UTF-16 units,
// the upper half mixed into the lower.
func javaHash(s string) uint32 {
	var h uint32
	for _, r := range s {
		if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
			h = 31*h + uint32(high)
			r = low
		}
		h = 31*h + uint32(r)
	}
	return h ^ h>>16
}
