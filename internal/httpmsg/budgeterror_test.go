package httpmsg

import (
	"errors"
	"testing"
)

// A refusal names the budget, what was asked for, and whether it could ever be had.
func TestBudgetErrors(t *testing.T) {
	b := NewBudget(8 << 20).Named("max-buffered-bytes, the half for requests")
	_, err := b.Buffer(10 << 20)
	const never = "max-buffered-bytes, the half for requests: 10.0 MiB never fit into 8.0 MiB, of which large bodies leave a part to small ones"
	if !errors.Is(err, ErrBudget) || err.Error() != never {
		t.Errorf("got %v, want %s", err, never)
	}
	for range 2 {
		if _, err := b.Buffer(2 << 20); err != nil {
			t.Fatal(err)
		}
	}
	_, err = b.Buffer(4 << 20)
	const full = "max-buffered-bytes, the half for requests: 4.0 MiB more do not fit beside the 4.0 MiB of 8.0 MiB that are in use"
	if !errors.Is(err, ErrBudget) || err.Error() != full {
		t.Errorf("got %v, want %s", err, full)
	}
}
