package main

import (
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/nodes"
	"github.com/gatehouse-gw/gatehouse/internal/secrets"
)

// A node that lacks what another is set up with is told of it; a key that is being replaced,
// and a node that says nothing, are no mistakes.
func TestSetUpOtherwise(t *testing.T) {
	ring := func(keys ...string) *secrets.Keyring {
		for i, k := range keys {
			keys[i] = strings.Repeat(k, 32)
		}
		r, err := secrets.Parse([]byte(strings.Join(keys, "\n")))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	a, b := ring("aa").Current(), ring("bb").Current()
	for _, test := range []struct {
		name        string
		keys        *secrets.Keyring
		self, other nodes.Node
		want        string
	}{
		{"alike", ring("aa"), nodes.Node{SecretsKey: a, Valkey: true}, nodes.Node{SecretsKey: a, Valkey: true}, ""},
		{"another key", ring("aa"), nodes.Node{SecretsKey: a}, nodes.Node{SecretsKey: b}, "is not in this one's"},
		{"a key behind the first", ring("aa", "bb"), nodes.Node{SecretsKey: a}, nodes.Node{SecretsKey: b}, ""},
		{"no key here", nil, nodes.Node{}, nodes.Node{SecretsKey: b}, "this has none"},
		{"no key there", ring("aa"), nodes.Node{SecretsKey: a}, nodes.Node{}, ""},
		{"no valkey here", nil, nodes.Node{}, nodes.Node{Valkey: true}, "valkey"},
		{"no valkey there", nil, nodes.Node{Valkey: true}, nodes.Node{}, ""},
	} {
		got := strings.Join(setUpOtherwise(&test.self, &test.other, test.keys), "; ")
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}
