package javaregexp

import (
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// maxTime is how long a call may take that has no other end.
const maxTime = 5 * time.Second

// Bounds are what one call may take. The zero Bounds gives it five seconds, and
// results of any length.
type Bounds struct {
	// Until is when the call gives up, with ErrLimit. The standard engine, which takes
	// time in proportion to pattern times text, looks at the clock every few
	// milliseconds; the backtracking one between matches, each of which takes 350 ms
	// at most.
	Until time.Time

	// Longest is how much may come of it: bytes of a replacement's result, parts of a
	// Split. Beyond it the call gives up with ErrLong. 0 is no bound.
	Longest int

	// Memory, unless nil, is asked for n more bytes before a result takes them. Its
	// error ends the call.
	Memory func(n int) error
}

// late reports whether the call's time is up. Without an end it begins when this
// is first asked.
func (b *Bounds) late() bool {
	now := time.Now()
	if b.Until.IsZero() {
		b.Until = now.Add(maxTime)
	}
	return !now.Before(b.Until)
}

// take asks for n more bytes.
func (b *Bounds) take(n int) error {
	if b.Memory == nil {
		return nil
	}
	return b.Memory(n)
}

const (
	// quick is how much work the standard engine may do without a look at the clock,
	// in characters of text times those of the pattern: some tens of milliseconds,
	// since one took 15 to 25 ns where patterns that are hard to find were measured.
	quick = 1 << 20

	// glance is how much of it there is between two looks.
	glance = 1 << 17
)

// A timedText is a text that ends for the engine when the time is up.
type timedText struct {
	text  string
	pos   int
	every int // characters between two looks at the clock
	left  int // characters until the next
	by    *Bounds
	late  bool
}

func (r *timedText) ReadRune() (rune, int, error) {
	if r.pos >= len(r.text) {
		return 0, 0, io.EOF
	}
	if r.left--; r.left < 0 {
		if r.left = r.every; r.by.late() {
			r.late, r.pos = true, len(r.text)
			return 0, 0, io.EOF
		}
	}
	if c := r.text[r.pos]; c < utf8.RuneSelf {
		r.pos++
		return rune(c), 1, nil
	}
	c, n := utf8.DecodeRuneInString(r.text[r.pos:])
	r.pos += n
	return c, n, nil
}

// A result is a text that grows within bounds.
type result struct {
	text strings.Builder
	room int // that was asked for
}

// add appends to the text, whose length is about to be at least guess.
func (r *result) add(b *Bounds, guess int, s string) error {
	size := r.text.Len() + len(s)
	if b.Longest > 0 && size > b.Longest {
		return ErrLong
	}
	if size > r.room {
		room := max(size, 2*r.room, guess)
		if err := b.take(room - r.room); err != nil {
			return err
		}
		r.room = room
		r.text.Grow(room - r.text.Len())
	}
	r.text.WriteString(s)
	return nil
}

// partSize is what a part of a Split takes, in bytes.
const partSize = 16

// parts are those of a Split, as they come.
type parts struct {
	list  []string
	empty int // how many more there are, all of them empty
}

func (p *parts) len() int { return len(p.list) + p.empty }

// add appends a part. Empty ones take no memory until another comes behind them.
func (p *parts) add(b *Bounds, part string) error {
	if part == "" {
		p.empty++
		return nil
	}
	if err := p.fill(b, 1); err != nil {
		return err
	}
	p.list = append(p.list, part)
	return nil
}

// fill appends the empty parts, and makes room for more.
func (p *parts) fill(b *Bounds, more int) error {
	size := p.len() + more
	if b.Longest > 0 && size > b.Longest {
		return ErrLong
	}
	if old := cap(p.list); size > old {
		room := max(size, 2*old, 16)
		if err := b.take((room - old) * partSize); err != nil {
			return err
		}
		p.list = append(make([]string, 0, room), p.list...)
	}
	p.list = append(p.list, slices.Repeat([]string{""}, p.empty)...)
	p.empty = 0
	return nil
}
