package gateway

import (
	"cmp"
	"slices"
	"strings"
)

// A Base is a path under which one stage is served at entrances that have Bases,
// beside the URLs that all stages have.
type Base struct {
	Path       string // such as /orders, "" for all paths
	API, Stage string
}

// SetBases takes other bases in the place of those that there were, for the requests
// that come from here on. The longest path wins.
func (g *Gateway) SetBases(list []Base) {
	bs := slices.SortedFunc(slices.Values(list), func(a, b Base) int { return cmp.Compare(len(b.Path), len(a.Path)) })
	g.bases.Store(&bs)
}

// ownPages is what the server's own pages begin with: no base hides them.
const ownPages = "/_gatehouse/"

// based returns where a path leads under a base.
func (g *Gateway) based(path string) (location, bool) {
	list := g.bases.Load()
	if list == nil || strings.HasPrefix(path, ownPages) {
		return location{}, false
	}
	for _, b := range *list {
		rest, ok := strings.CutPrefix(path, b.Path)
		switch {
		case !ok:
		case rest == "":
			return location{b.API, b.Stage, "/"}, true
		case rest[0] == '/':
			return location{b.API, b.Stage, rest}, true
		}
	}
	return location{}, false
}
