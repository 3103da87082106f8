package freename

import "testing"

func TestFree(t *testing.T) {
	var s Set
	s.Take("pet3")
	for _, want := range []string{"pet", "pet2", "pet4", "pet5"} {
		if got := s.Free("pet"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := s.Free("pet2"); got != "pet22" {
		t.Errorf("of a name that was given out: got %s, want pet22", got)
	}
	if s.Taken("cat") || !s.Taken("pet22") {
		t.Error("a name is taken when it is given out, and not before")
	}
}
