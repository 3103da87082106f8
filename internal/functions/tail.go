package functions

import (
	"encoding/base64"
	"fmt"
	"sync"
	"time"
)

// A tail is the end of what a function prints in one call, as a caller gets it who asks
// for it (X-Amz-Log-Type: Tail).
type tail struct {
	mu    sync.Mutex
	text  []byte
	lines int
}

const (
	// maxTail is how much of the output a caller gets, in bytes (documented).
	maxTail = 4 << 10
	// What a function has printed before it answers may still be on its way: it has come
	// when nothing came for quietTime, or tailTime is over.
	quietTime = 10 * time.Millisecond
	tailTime  = 200 * time.Millisecond
)

// add adds a line, and drops from the beginning what is too much.
func (t *tail) add(line []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(append(t.text, line...), '\n')
	if len(t.text) > 2*maxTail {
		t.text = append(t.text[:0], t.text[len(t.text)-maxTail:]...)
	}
	t.lines++
}

func (t *tail) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lines
}

// settle waits until what was printed has come.
func (t *tail) settle() {
	for end := time.Now().Add(tailTime); time.Now().Before(end); {
		before := t.count()
		time.Sleep(quietTime)
		if t.count() == before {
			return
		}
	}
}

// result is the header with the tail of a call that has taken so long, of so much memory.
func (t *tail) result(id string, took time.Duration, memory int) string {
	t.settle()
	t.add([]byte("END RequestId: " + id))
	ms := float64(took.Microseconds()) / 1000
	t.add(fmt.Appendf(nil, "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: %d MB", id, ms, int(ms)+1, memory))
	t.mu.Lock()
	defer t.mu.Unlock()
	return base64.StdEncoding.EncodeToString(t.text[max(0, len(t.text)-maxTail):])
}
