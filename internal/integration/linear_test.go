//go:build !race

package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/lineartest"
)

// However many endpoints' calls wait, a call that ends looks at few of them.
func TestManyThatWait(t *testing.T) {
	lineartest.Check(t, 2000, func(n int) string { return strings.Repeat("x", n) }, func(doc string) {
		p := &pool{}
		p.init(time.Hour, 1, 1)
		defer p.close()
		p.slots.limit = 40
		busy := new(share)
		for range 10 {
			busy, _, _ = p.enter(&poolKey{addr: "busy"}, nil, "busy", false)
		}
		for i := range len(doc) { // one API's hang, each with an endpoint of its own
			sh, _, placed := p.enter(&poolKey{addr: fmt.Sprint(i)}, nil, "hung", false)
			if !placed {
				p.slots.mu.Lock()
				sh.line.PushBack(make(chan struct{}))
				p.slots.waiting.Add(1)
				p.slots.settle(sh)
				p.slots.mu.Unlock()
			}
		}
		for range len(doc) {
			p.leave(busy)
			busy, _, _ = p.enter(&poolKey{addr: "busy"}, nil, "busy", false)
		}
	})
}
