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

func TestOnly(t *testing.T) {
	for s, want := range map[string]bool{"": true, "0aF": true, "0g": false, "-1": false, "é": false} {
		if Only(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}

func TestAppend(t *testing.T) {
	if got := string(Append([]byte("x"), 0x1fab, 6, Lower)); got != "x001fab" {
		t.Error(got)
	}
	if got := string(Append(nil, 0x1fab, 3, Upper)); got != "FAB" {
		t.Error(got)
	}
	if got := string(AppendUnit(nil, 0xd83d, Upper)); got != `\uD83D` {
		t.Error(got)
	}
}

func TestUnit(t *testing.T) {
	for s, want := range map[string]rune{"d83Dx": 0xd83d, "0000": 0, "12g4": -1, "123": -1, "": -1, "+123": -1} {
		got, ok := Unit(s)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %x, %v", s, got, ok)
		}
	}
}
