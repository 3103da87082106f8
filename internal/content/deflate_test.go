package content

import (
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// Who compresses holds the place of a processor, and gives up at once where memory is
// short: to wait for some would keep all others from compressing.
func TestDeflateDoesNotWaitForMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		budget := httpmsg.NewBudget(1000 << 10)
		used, err := budget.Buffer(512 << 10)
		if err != nil {
			t.Fatal(err)
		}
		defer used.Free()
		body := make([]byte, 200<<10) // which compressing does not make smaller
		for i := range body {
			body[i] = byte(rand.Uint32())
		}
		begun := time.Now()
		_, err = NewDeflaters().Deflate(budget, "gzip", body)
		if took := time.Since(begun); !errors.Is(err, httpmsg.ErrBudget) || took != 0 {
			t.Errorf("error %v after %v, want %v at once", err, took, httpmsg.ErrBudget)
		}
		if got := budget.Used(); got != 512<<10 {
			t.Errorf("%d bytes are lent afterwards", got)
		}
	})
}
