//go:build !race

package functions

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/lineartest"
)

// Twice the output costs twice as much, in lines of any length and pieces of any size.
func TestLinesAreLinear(t *testing.T) {
	for name, line := range map[string]string{"short lines": "a\n", "empty lines": "\n", "no line": "a"} {
		for _, size := range []int{1, 4 << 10} {
			t.Run(name, func(t *testing.T) {
				shape := func(n int) string { return strings.Repeat(line, n/len(line)) }
				lineartest.Check(t, 64<<10, shape, func(text string) {
					r := lineReader{print: func([]byte) {}, left: outputBurst, at: time.Now()}
					for rest := []byte(text); len(rest) > 0; rest = rest[min(size, len(rest)):] {
						r.take(rest[:min(size, len(rest))])
					}
					r.flush()
				})
			})
		}
	}
}
