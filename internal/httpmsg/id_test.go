package httpmsg

import (
	"regexp"
	"testing"
)

func TestIDs(t *testing.T) {
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	extended := regexp.MustCompile(`^[A-Za-z0-9_-]{15}=$`)
	seen := map[string]bool{}
	for range 1000 {
		id, ext := NewRequestID(), NewExtendedRequestID()
		if !uuid.MatchString(id) || !extended.MatchString(ext) {
			t.Fatalf("%q, %q", id, ext)
		}
		if seen[id] || seen[ext] {
			t.Fatal("twice the same")
		}
		seen[id], seen[ext] = true, true
	}
}

func BenchmarkNewRequestID(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		NewRequestID()
	}
}
