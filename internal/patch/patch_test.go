package patch

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func TestMatch(t *testing.T) {
	tests := map[string]struct {
		pattern, path string
		names         []string
		ok            bool
	}{
		"literal":             {"/name", "/name", nil, true},
		"longer":              {"/name", "/name/x", nil, false},
		"shorter":             {"/a/b", "/a", nil, false},
		"no slash in front":   {"/name", "name", nil, false},
		"slash behind":        {"/name", "/name/", nil, false},
		"a name":              {"/variables/{name}", "/variables/a", []string{"a"}, true},
		"an empty name":       {"/variables/{name}", "/variables/", nil, false},
		"an escaped slash":    {"/m/{type}", "/m/application~1json", []string{"application/json"}, true},
		"an escaped tilde":    {"/m/{type}", "/m/a~0b", []string{"a~b"}, true},
		"tilde, then one":     {"/m/{type}", "/m/a~01b", []string{"a~1b"}, true},
		"several names":       {"/{p}/{v}/caching/enabled", "/~1a~1{b}/GET/caching/enabled", []string{"/a/{b}", "GET"}, true},
		"literals, unescaped": {"/a/b", "/a~1b", nil, false},
		"empty":               {"/a", "", nil, false},

		"several tokens for a name":       {"/t/{path+}/{verb}/rate", "/t//pets/{id}/GET/rate", []string{"/pets/{id}", "GET"}, true},
		"one token for several":           {"/t/{path+}/{verb}/rate", "/t/~1pets/GET/rate", []string{"/pets", "GET"}, true},
		"an empty token for several":      {"/t/{path+}/{verb}/rate", "/t//GET/rate", []string{"", "GET"}, true},
		"no token for several":            {"/t/{path+}/{verb}/rate", "/t/GET/rate", nil, false},
		"several tokens, another literal": {"/t/{path+}/{verb}/rate", "/t//pets/GET/burst", nil, false},
		"an empty name behind several":    {"/t/{path+}/{verb}", "/t/a/b/", nil, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			names, ok := Match(tt.pattern, strings.Split(tt.path, "/"))
			if d := cmp.Diff(tt.names, names); ok != tt.ok || ok && d != "" {
				t.Errorf("got %v %t, want %v %t", names, ok, tt.names, tt.ok)
			}
		})
	}
}

func TestDouble(t *testing.T) {
	tests := map[string]struct {
		want wire.Double
		ok   bool
	}{
		"1": {1, true}, "-1": {-1, true}, "200.000000": {200, true}, "1e3": {1000, true}, ".5": {.5, true},
		"": {}, "x": {}, "NaN": {}, "Inf": {}, "-Infinity": {}, "0x10": {}, "1_000": {}, "1e999": {}, "1 ": {},
	}
	for text, tt := range tests {
		got, ok := Double(text)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("%q: got %v %t, want %v %t", text, got, ok, tt.want, tt.ok)
		}
	}
}

// Each error of a table dialect lists paths that the table has.
func TestPathsFor(t *testing.T) {
	set := func(struct{}, *int, *Op) error { return nil }
	table := Table[struct{}, int]{Paths: []Path[struct{}, int]{{At: "/parentId", Replace: set}, {At: "/pathPart", Replace: set}}}
	if d := cmp.Diff([]string{"/parentId", "/pathPart"}, pathsFor(table.index(), "replace")); d != "" {
		t.Error(d)
	}
	if got := pathsFor(table.index(), "add"); got != nil {
		t.Error(got)
	}
	if d := cmp.Diff([]string{"replace /parentId", "replace /pathPart"}, table.Taken()); d != "" {
		t.Error(d)
	}
}
