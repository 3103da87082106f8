package shape

import (
	"reflect"
	"testing"
)

// The bytes of a blob are counted and not looked at one by one.
func TestBytes(t *testing.T) {
	type request struct {
		Blob []byte `max:"4"`
	}
	c := New(reflect.TypeFor[request]())
	in := &request{make([]byte, 1<<20)}
	var wrong []string
	if n := testing.AllocsPerRun(1, func() { wrong = c.Check(in) }); n > 100 {
		t.Errorf("%v allocations", n)
	}
	if len(wrong) != 1 || wrong[0] != "Value '[1048576]' at 'blob' failed to satisfy constraint: Member must have length less than or equal to 4" {
		t.Error(wrong)
	}
}
