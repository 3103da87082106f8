package shape

import (
	"reflect"
	"strings"
	"testing"
)

type named struct {
	Name string `required:"" max:"3"`
}

// The members of an embedded struct are held to their constraints as those of the struct
// that it is in.
func TestEmbedded(t *testing.T) {
	type request struct {
		named
		Other string `max:"1"`
	}
	c := New(reflect.TypeFor[request]())
	for in, want := range map[request]string{
		{}:                              "Value null at 'name' failed to satisfy constraint: Member must not be null",
		{named: named{"abcd"}}:          "Value 'abcd' at 'name' failed to satisfy constraint: Member must have length less than or equal to 3",
		{named: named{"a"}}:             "",
		{named: named{"a"}, Other: "b"}: "",
	} {
		if got := strings.Join(c.Check(&in), "; "); got != want {
			t.Errorf("%+v: %s, want %s", in, got, want)
		}
	}
}
