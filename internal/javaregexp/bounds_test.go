package javaregexp

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// A call ends with its time, within one match of either engine and between two.
func TestTimeOfCalls(t *testing.T) {
	const size = 4 << 20
	text := strings.Repeat("a", size)
	calls := map[string]func(*Regexp, Bounds) error{
		"Matches":      func(re *Regexp, b Bounds) error { _, err := re.Matches(text, b); return err },
		"Find":         func(re *Regexp, b Bounds) error { _, err := re.Find(text, b); return err },
		"ReplaceAll":   func(re *Regexp, b Bounds) error { _, err := re.ReplaceAll(text, "$0", b); return err },
		"ReplaceFirst": func(re *Regexp, b Bounds) error { _, err := re.ReplaceFirst(text, "c", b); return err },
		"Split":        func(re *Regexp, b Bounds) error { _, err := re.Split(text, -1, b); return err },
	}
	tests := map[string]struct {
		pattern string
		calls   string
	}{
		"captures":             {"(.*)(.*)(.*)(.*)(.*)(.*)b", "Matches Find ReplaceAll ReplaceFirst Split"},
		"a large pattern":      {strings.Repeat("a?", 2000) + "b", "Matches Find ReplaceAll ReplaceFirst Split"},
		"each match looks far": {"a.*b|a", "ReplaceAll Split"},
		"backtracking":         {"(?=(a+)+b)(a+)+c", "Matches Find ReplaceAll ReplaceFirst Split"},
	}
	for name, tt := range tests {
		re, err := Compile(tt.pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range strings.Fields(tt.calls) {
			t.Run(name+"/"+call, func(t *testing.T) {
				if err := calls[call](re, Bounds{Until: time.Now()}); err != ErrLimit {
					t.Errorf("without time it ends with %v", err)
				}
				begun := time.Now()
				err := calls[call](re, Bounds{Until: begun.Add(30 * time.Millisecond)})
				if took := time.Since(begun); err != ErrLimit || took > 30*time.Second {
					t.Errorf("it ends with %v after %v", err, took)
				}
			})
		}
	}
}

var errPoor = errors.New("no memory")

// A wallet is asked for memory and has so much.
type wallet struct{ has, gave int }

func (w *wallet) take(n int) error {
	if w.gave += n; w.gave > w.has {
		return errPoor
	}
	return nil
}

// What comes of a call is asked for before it is made, and no longer than it may be.
func TestResultsOfCalls(t *testing.T) {
	const unit = 1 << 16
	text := strings.Repeat("ab", unit)
	none := strings.Repeat("a", unit)
	calls := map[string]struct {
		call    func(b Bounds) (size int, err error)
		want    int
		longest int // that is too short; 0 where nothing is
		least   int // bytes that it needs
		most    int
	}{
		"ReplaceAll":          {replacing("b", "ccc", text), 4 * unit, 4*unit - 1, 4 * unit, 4 * unit},
		"ReplaceAll, pattern": {replacing("[b]", "ccc", text), 4 * unit, 4*unit - 1, 4 * unit, 9 * unit},
		"ReplaceAll, group":   {replacing("(b)", "$1$1$1", text), 4 * unit, 4*unit - 1, 4 * unit, 9 * unit},
		"ReplaceAll, shorter": {replacing("b", "", text), unit, unit - 1, unit, unit},
		"ReplaceAll, nothing": {replacing("c", "ccc", text), 2 * unit, 0, 0, 0},
		"Split":               {splitting("b", text, 0), unit, unit - 1, 16 * unit, 40 * unit},
		"Split, pattern":      {splitting("[b]", text, -1), unit + 1, unit, 16 * unit, 40 * unit},
		"Split, only blanks":  {splitting("a", none, 0), 0, 0, 0, 0},
		"Split, with blanks":  {splitting("a", none, -1), unit + 1, unit, 16 * unit, 18 * unit},
		"Split, a limit":      {splitting("b", text, 10), 10, 9, 160, 300},
	}
	for name, tt := range calls {
		t.Run(name, func(t *testing.T) {
			if n, err := tt.call(Bounds{}); n != tt.want || err != nil {
				t.Errorf("got %d and %v, want %d", n, err, tt.want)
			}
			w := &wallet{has: 1 << 30}
			if n, err := tt.call(Bounds{Longest: tt.want, Memory: w.take}); n != tt.want || err != nil || w.gave < tt.least || w.gave > tt.most {
				t.Errorf("got %d and %v for %d bytes, want %d for %d to %d", n, err, w.gave, tt.want, tt.least, tt.most)
			}
			if tt.longest == 0 {
				return
			}
			if _, err := tt.call(Bounds{Longest: tt.longest}); err != ErrLong {
				t.Errorf("too long a result ends with %v", err)
			}
			if _, err := tt.call(Bounds{Memory: (&wallet{has: tt.least / 4}).take}); err != errPoor {
				t.Errorf("without memory it ends with %v", err)
			}
		})
	}
}

func replacing(pattern, to, text string) func(Bounds) (int, error) {
	return func(b Bounds) (int, error) {
		re, err := Compile(pattern)
		if err != nil {
			return 0, err
		}
		out, err := re.ReplaceAll(text, to, b)
		return len(out), err
	}
}

func splitting(pattern, text string, limit int) func(Bounds) (int, error) {
	return func(b Bounds) (int, error) {
		re, err := Compile(pattern)
		if err != nil {
			return 0, err
		}
		out, err := re.Split(text, limit, b)
		return len(out), err
	}
}
