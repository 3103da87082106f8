package sdk

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/freename"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A method is a function of a client.
type method struct {
	name string // of the function, which is no other's
	verb string
	path string // of the resource, such as "/pets/{petId}"

	// Names of parameters, sorted. Those of the path are in the path.
	query, headers, required []string
}

// verbs are what an ANY method stands for. The service's client has no functions for it.
var verbs = []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

// methodsOf lists the methods of resources in the order of their paths, so that those
// with the same name always get the same numbers. Those of a resource with a segment of
// dots are left out: clients take such a path for another one, which they would call.
func methodsOf(resources []wire.Resource, name func(words []string) string) []method {
	var out []method
	var used freename.Set
	byPath := func(a, b *wire.Resource) int { return cmp.Compare(*a.Path, *b.Path) }
	for _, r := range slices.SortedFunc(pointers(resources), byPath) {
		if slices.ContainsFunc(strings.Split(*r.Path, "/"), func(part string) bool { return part == "." || part == ".." }) {
			continue
		}
		words := wordsOf(*r.Path)
		for _, verb := range verbs {
			m, ok := r.ResourceMethods[verb]
			if !ok {
				if m, ok = r.ResourceMethods["ANY"]; !ok {
					continue
				}
			}
			f := declared(&m)
			f.name, f.verb, f.path = used.Free(name(append(slices.Clip(words), strings.ToLower(verb)))), verb, *r.Path
			out = append(out, f)
		}
	}
	return out
}

// declared reads the parameters that a method declares. Those of the path need no
// declaration: the path has them.
func declared(m *wire.Method) method {
	var out method
	for _, key := range sortedKeys(m.RequestParameters) {
		place, name, _ := strings.Cut(strings.TrimPrefix(key, "method.request."), ".")
		switch place {
		case "querystring", "multivaluequerystring":
			out.query = append(out.query, name)
		case "header", "multivalueheader":
			out.headers = append(out.headers, name)
		default:
			continue
		}
		if m.RequestParameters[key] {
			out.required = append(out.required, name)
		}
	}
	for _, list := range []*[]string{&out.query, &out.headers, &out.required} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return out
}

// size is how many bytes of the API's texts a method's function has.
func (m *method) size() int {
	n := len(m.name) + len(m.path)
	for _, names := range [][]string{m.query, m.headers, m.required} {
		for _, name := range names {
			n += len(name)
		}
	}
	return n
}

func pointers(resources []wire.Resource) func(func(*wire.Resource) bool) {
	return func(yield func(*wire.Resource) bool) {
		for i := range resources {
			if !yield(&resources[i]) {
				return
			}
		}
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
