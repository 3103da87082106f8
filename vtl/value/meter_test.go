package value

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// A purse is a Meter with so many bytes.
type purse struct{ left, taken, most int }

var errPoor = errors.New("poor")

func (m *purse) Take(n int) error {
	if n > 0 && n > m.left-m.taken {
		return errPoor
	}
	m.taken += n
	m.most = max(m.most, m.taken)
	return nil
}

// shapesOfDocuments are documents of about n bytes whose trees are many times
// their size, or might be.
func shapesOfDocuments(n int) map[string]string {
	list := func(item string) string { return "[" + strings.Repeat(item+",", n/(len(item)+1)) + "0]" }
	numbered := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	return map[string]string{
		"empty objects":        list(`{}`),
		"empty lists":          list(`[]`),
		"digits":               list(`1`),
		"pairs of lists":       list(`[1,2]`),
		"objects of a member":  list(`{"a":1}`),
		"objects that differ":  "[" + numbered(`{"k%d":1},`) + "0]",
		"an object of many":    "{" + numbered(`"%x":1,`) + `"z":0}`,
		"objects of many":      "[" + strings.Repeat("{"+shortKeys(60)+"},{"+shortKeys(61)+"},", n/60/7/2) + "0]",
		"nested":               list(strings.Repeat("[", 300) + strings.Repeat("]", 300)),
		"nested objects":       list(strings.Repeat(`{"a":`, 300) + "1" + strings.Repeat("}", 300)),
		"long lists in a list": list("[" + strings.Repeat("1,", 20_000) + "1]"),
		"integers of 19":       list("1234567890123456789012"),
		"integers of 4000":     list(strings.Repeat("7", 4000)),
		"decimals":             list("0.12345678901234567890"),
		"exponents":            list("1e1234567890123456"),
		"strings of escapes":   list(`"\n"`),
		"a string of escapes":  `["` + strings.Repeat(`\u00e9`, n/6) + `"]`,
		"strings":              list(`"a"`),
		"not UTF-8":            `["` + strings.Repeat("\xff", n) + `"]`,
		"one string":           `["` + strings.Repeat("a", n) + `"]`,
	}
}

func shortKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"%d":1,`, i)
	}
	return b.String()
}

// What a meter is asked for is what the heap grows by: no less than the tree
// takes, and not much more.
func TestMemoryIsWhatATreeTakes(t *testing.T) {
	for name, doc := range shapesOfDocuments(2 << 20) {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			m := &purse{left: 1 << 40}
			v, err := Parse(doc, Limits{Memory: m})
			if err != nil {
				t.Fatal(err)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			grown := int(after.HeapAlloc) - int(before.HeapAlloc)
			t.Logf("%d MB: asked %.1f, took %.1f, garbage %.1f", len(doc)>>20, float64(m.taken)/(1<<20), float64(grown)/(1<<20),
				float64(after.TotalAlloc-before.TotalAlloc)/(1<<20)-float64(grown)/(1<<20))
			if grown > m.taken+m.taken/8+64<<10 {
				t.Errorf("asked for %d bytes, took %d", m.taken, grown)
			}
			if m.taken > grown+grown/2+64<<10 {
				t.Errorf("asked for %d bytes, took only %d", m.taken, grown)
			}
			runtime.KeepAlive(v)
		})
	}
}

// A document of which the tree finds no memory ends with the meter's error, and
// has taken little more by then than the meter gave.
func TestMemoryIsRefused(t *testing.T) {
	for name, doc := range shapesOfDocuments(1 << 20) {
		t.Run(name, func(t *testing.T) {
			all := &purse{left: 1 << 40}
			if _, err := Parse(doc, Limits{Memory: all}); err != nil {
				t.Fatal(err)
			}
			for _, part := range []int{2, 50} {
				m := &purse{left: all.most / part}
				before := allocated()
				v, err := Parse(doc, Limits{Memory: m})
				if took := allocated() - before; took > 20*m.left+512<<10 { // numbers are made of garbage
					t.Errorf("given %d bytes, made %d", m.left, took)
				}
				if all.most > askStep && (!errors.Is(err, errPoor) || !v.IsNull()) {
					t.Errorf("with %d of %d bytes: %v", m.left, all.most, err)
				}
			}
		})
	}
}

// allocated is how much was ever made.
func allocated() int {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.TotalAlloc)
}
