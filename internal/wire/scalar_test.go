package wire

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

// Doubles print as Java's Double.toString prints them.
func TestDouble(t *testing.T) {
	tests := map[Double]string{
		0: "0.0", 1: "1.0", -1: "-1.0", 10000: "10000.0", 0.5: "0.5", 33.3: "33.3", 0.001: "0.001", 9999999: "9999999.0",
		1e7: "1.0E7", -1.5e7: "-1.5E7", 123456789: "1.23456789E8", 1e-4: "1.0E-4", 1.25e-5: "1.25E-5", 1e100: "1.0E100", 1e-100: "1.0E-100",
	}
	for d, want := range tests {
		if got := d.String(); got != want {
			t.Errorf("Double(%g) prints as %s, want %s", float64(d), got, want)
		}
	}
}

func FuzzDouble(f *testing.F) {
	f.Add(10000.0)
	f.Add(-1e-7)
	f.Fuzz(func(t *testing.T, x float64) {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return
		}
		text, err := json.Marshal(Double(x))
		if err != nil {
			t.Fatal(err)
		}
		var back Double
		if err := json.Unmarshal(text, &back); err != nil || float64(back) != x {
			t.Fatalf("%g is written %s and read %g, error %v", x, text, float64(back), err)
		}
	})
}

func TestTimestamp(t *testing.T) {
	at := At(time.Date(2023, 11, 14, 22, 13, 20, 999, time.UTC))
	if at != 1700000000 || !at.Time().Equal(time.Unix(1700000000, 0)) || at.Time().Location() != time.UTC {
		t.Errorf("got %d, %v", at, at.Time())
	}
}
