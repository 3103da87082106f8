package mapping

import (
	"math/rand/v2"
	"testing"
	"time"
)

// The time of a request is printed as the standard library would print it.
func TestRequestTime(t *testing.T) {
	times := []int64{1, -1, 951782400000, 1709164800000, 253402300799999, 253402300800000, -62135596800000, -62167219200001}
	for range 2000 {
		times = append(times, rand.Int64N(1<<42)-1<<40)
	}
	for _, ms := range times {
		c := Context{RequestTime: ms}
		want := time.UnixMilli(ms).UTC().Format("02/Jan/2006:15:04:05 -0700")
		if got, ok := c.Lookup("requestTime"); got != want || !ok {
			t.Errorf("%d: got %s, want %s", ms, got, want)
		}
	}
	var none Context
	if got, ok := none.Lookup("requestTime"); got != "" || ok {
		t.Errorf("without a time: %q", got)
	}
}
