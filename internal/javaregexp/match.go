package javaregexp

import (
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"
)

// matchLimit bounds one call of the backtracking engine. Its clock ticks
// every 100 ms, so a runaway match ends up to that much later.
const matchLimit = 250 * time.Millisecond

var (
	// ErrLimit is the error of a match that took too long or too much memory.
	ErrLimit = errors.New("regular expression: match gave up")
	// ErrLong is the error of a result that becomes longer than Bounds.Longest.
	ErrLong = errors.New("regular expression: the result is too long")
)

// A matcher is a compiled pattern on one of the engines.
type matcher interface {
	// match reports whether the pattern is found in s.
	match(s string, b Bounds) (bool, error)

	// each yields successive matches in s as Java's find does, as pairs of
	// byte offsets by group, -1 for a group that took no part; without groups
	// perhaps only where the whole match is. The slice is the caller's only until
	// yield returns, whose error ends it.
	each(s string, groups bool, b *Bounds, yield func(loc []int) error) error
}

// findMatcher compiles n for searches. Successive searches on the standard
// engine start from slices of the input, so there a pattern must not look at
// what lies before its match.
func findMatcher(n *node, size int) (matcher, error) {
	if text, ok := literal(n); ok {
		return literalMatcher(text), nil
	}
	return newMatcher(n, size, simple(n) && !n.has(func(n *node) bool {
		return n.op == opAssert && n.assert == atBegin
	}))
}

// newMatcher compiles n, of some size, for the standard engine if it may, else for
// regexp2.
func newMatcher(n *node, size int, std bool) (matcher, error) {
	var b strings.Builder
	emit(&b, n)
	if std {
		// More than 1,000 repeats is the one thing it still refuses.
		if re, err := regexp.Compile(b.String()); err == nil {
			return stdMatcher{re, max(size, 1)}, nil
		}
	}
	re, err := regexp2.Compile(b.String())
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = matchLimit
	return backtracker{re}, nil
}

// A stdMatcher runs on the standard engine, in linear time.
type stdMatcher struct {
	re   *regexp.Regexp
	size int // of the pattern
}

func (m stdMatcher) match(s string, b Bounds) (bool, error) {
	if m.isQuick(s) {
		return m.re.MatchString(s), nil
	}
	return m.matchTimed(s, b)
}

// matchTimed is match for what is not quick; b is on the heap then.
func (m stdMatcher) matchTimed(s string, b Bounds) (bool, error) {
	text := m.timed(s, &b)
	found := m.re.MatchReader(text)
	if text.late {
		return false, ErrLimit
	}
	return found, nil
}

// isQuick reports whether s is so short that nobody need look at the clock.
func (m stdMatcher) isQuick(s string) bool { return len(s) <= quick/m.size }

// timed is s for the engine to read until the time is up.
func (m stdMatcher) timed(s string, b *Bounds) *timedText {
	return &timedText{text: s, every: glance / m.size, by: b}
}

func (m stdMatcher) each(s string, groups bool, b *Bounds, yield func([]int) error) error {
	for n, pos := 0, 0; pos <= len(s); n++ {
		if n%8 == 7 && b.late() { // what is not quick looks at the clock itself
			return ErrLimit
		}
		loc, err := m.first(s[pos:], groups, b)
		if loc == nil || err != nil {
			return err
		}
		for i := range loc {
			if loc[i] >= 0 {
				loc[i] += pos
			}
		}
		if err := yield(loc); err != nil {
			return err
		}
		if pos = loc[1]; loc[0] == loc[1] {
			_, size := utf8.DecodeRuneInString(s[pos:])
			pos += max(size, 1)
		}
	}
	return nil
}

// first finds the first match in s.
func (m stdMatcher) first(s string, groups bool, b *Bounds) (loc []int, err error) {
	if m.isQuick(s) {
		if groups {
			return m.re.FindStringSubmatchIndex(s), nil
		}
		return m.re.FindStringIndex(s), nil
	}
	before := 0 // the match
	if prefix, _ := m.re.LiteralPrefix(); prefix != "" {
		if before = strings.Index(s, prefix); before < 0 {
			return nil, nil
		}
	}
	text := m.timed(s[before:], b)
	if groups {
		loc = m.re.FindReaderSubmatchIndex(text)
	} else {
		loc = m.re.FindReaderIndex(text)
	}
	if text.late {
		return nil, ErrLimit
	}
	for i := range loc {
		if loc[i] >= 0 {
			loc[i] += before
		}
	}
	return loc, nil
}

// A backtracker runs on regexp2, each match within matchLimit.
type backtracker struct{ re *regexp2.Regexp }

func (m backtracker) match(s string, b Bounds) (bool, error) {
	if b.late() {
		return false, ErrLimit
	}
	ok, err := m.re.MatchString(s)
	return ok, limitError(err)
}

func (m backtracker) each(s string, _ bool, b *Bounds, yield func([]int) error) error {
	deadline := time.Now().Add(4 * matchLimit)
	if b.late() {
		return ErrLimit
	}
	if b.Until.Before(deadline) {
		deadline = b.Until
	}
	found, err := m.re.FindStringMatch(s)
	var loc []int
	for ; err == nil && found != nil; found, err = m.re.FindNextMatch(found) {
		loc = loc[:0]
		for i := range found.GroupCount() {
			g := found.GroupByNumber(i)
			if len(g.Captures) == 0 {
				loc = append(loc, -1, -1)
				continue
			}
			index, length := g.ByteRange()
			loc = append(loc, index, index+length)
		}
		if err := yield(loc); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return ErrLimit
		}
	}
	return limitError(err)
}

func limitError(err error) error {
	if err != nil {
		return ErrLimit
	}
	return nil
}

// A literalMatcher is a pattern without meta characters; it is not empty.
type literalMatcher string

func (m literalMatcher) match(s string, _ Bounds) (bool, error) {
	return strings.Contains(s, string(m)), nil
}

func (m literalMatcher) each(s string, _ bool, b *Bounds, yield func([]int) error) error {
	var loc [2]int
	for n, pos := 1, 0; ; n, pos = n+1, loc[1] {
		i := strings.Index(s[pos:], string(m))
		if i < 0 {
			return nil
		}
		loc = [2]int{pos + i, pos + i + len(m)}
		if err := yield(loc[:]); err != nil {
			return err
		}
		if n%glance == 0 && b.late() {
			return ErrLimit
		}
	}
}

// An exactMatcher matches one text as a whole.
type exactMatcher string

func (m exactMatcher) match(s string, _ Bounds) (bool, error) { return s == string(m), nil }

func (m exactMatcher) each(s string, _ bool, _ *Bounds, yield func([]int) error) error {
	if s == string(m) {
		return yield([]int{0, len(s)})
	}
	return nil
}
