package soak

import (
	"flag"
	"testing"
	"time"
)

func TestFewer(t *testing.T) {
	checks := flag.Int("rapid.checks", 100, "")
	t.Run("", func(t *testing.T) {
		if Fewer(t, 5); *checks != 20 {
			t.Errorf("%d checks, want a fifth", *checks)
		}
		if Fewer(t, 50); *checks != 1 {
			t.Errorf("%d checks, want one at least", *checks)
		}
	})
	if *checks != 100 {
		t.Errorf("%d checks after the test, want what there was", *checks)
	}
}

func TestTimes(t *testing.T) {
	t.Setenv("SOAK", "")
	if Times(8) != 8 || Times(time.Second) != time.Second || Long() {
		t.Error("without SOAK a test does not do what it does in make test")
	}
	t.Setenv("SOAK", "20")
	if Times(8) != 160 || Times(time.Second) != 20*time.Second || !Long() {
		t.Error("SOAK does not multiply")
	}
	for _, text := range []string{"yes", "0", "-1", "10m"} {
		t.Setenv("SOAK", text)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("SOAK %q is taken", text)
				}
			}()
			Factor()
		}()
	}
}
