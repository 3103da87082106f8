package hexdigit

import (
	"strconv"
	"testing"
)

func TestValue(t *testing.T) {
	for c := range 256 {
		want, err := strconv.ParseUint(string([]byte{byte(c)}), 16, 8)
		if got, ok := Value(byte(c)); uint64(got) != want || ok != (err == nil) {
			t.Errorf("%q: %d, %v, want %d, %v", byte(c), got, ok, want, err)
		}
	}
	for v := range 16 {
		upper, ok1 := Value(Upper[v])
		lower, ok2 := Value(Lower[v])
		if int(upper) != v || int(lower) != v || !ok1 || !ok2 {
			t.Errorf("the digits of %d are read as %d and %d", v, upper, lower)
		}
	}
}
