package gateway

import (
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// basePaths finds the mapping that a path is for. It never changes.
//
// As AWS documents it, a domain name all of whose base paths have one level has them
// for the whole first segment of a path. With one of several levels each base path is
// for all that begins with it, wherever in a segment it ends, and the longest wins.
type basePaths struct {
	bySegment map[string]*mapping // nil where prefixes are
	prefixes  []prefix            // sorted by base path
}

// A prefix is a base path of a domain name that has some of several levels.
type prefix struct {
	base  string
	to    *mapping
	outer int // which of the prefixes is the longest that this one begins with, -1 for none
}

// newBasePaths makes what finds mappings by their base paths, none of which is "".
func newBasePaths(mappings map[string]*mapping) basePaths {
	multiLevel := false
	for base := range mappings {
		multiLevel = multiLevel || snapshot.MultiLevel(base)
	}
	if !multiLevel {
		return basePaths{bySegment: mappings}
	}
	b := basePaths{prefixes: make([]prefix, 0, len(mappings))}
	for _, base := range slices.Sorted(maps.Keys(mappings)) {
		b.prefixes = append(b.prefixes, prefix{base, mappings[base], b.within(len(b.prefixes)-1, base)})
	}
	return b
}

// find returns the mapping that a path is for, given without its leading slashes, nil for
// none, and what is left of the path. It costs the logarithm of the number of base paths,
// and one comparison for each level that they have.
func (b *basePaths) find(path string) (*mapping, string) {
	if b.prefixes == nil {
		base, rest := cutSegment(path)
		return b.bySegment[base], rest
	}
	after, exact := slices.BinarySearchFunc(b.prefixes, path, func(p prefix, path string) int { return strings.Compare(p.base, path) })
	if exact {
		after++
	}
	at := b.within(after-1, path)
	if at < 0 {
		return nil, ""
	}
	return b.prefixes[at].to, behind(path, b.prefixes[at].base)
}

// within returns which prefix is the longest that a path begins with, -1 for none. at is
// the last one that does not sort behind the path: all that the path begins with are
// begun by that one, too.
func (b *basePaths) within(at int, path string) int {
	for at >= 0 && !strings.HasPrefix(path, b.prefixes[at].base) {
		at = b.prefixes[at].outer
	}
	return at
}

// behind is what a path, without its leading slash, has behind a base path. It allocates
// only where that ends within a segment.
func behind(path, base string) string {
	rest := path[len(base):]
	switch {
	case rest == "":
		return "/"
	case rest[0] == '/':
		return rest
	}
	return "/" + rest
}
