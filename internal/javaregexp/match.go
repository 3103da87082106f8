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

// ErrLimit is the error of a match that took too long or too much memory.
var ErrLimit = errors.New("regular expression: match gave up")

// A matcher is a compiled pattern on one of the engines.
type matcher interface {
	// match reports whether the pattern is found in s.
	match(s string) (bool, error)

	// each yields successive matches in s as Java's find does, as pairs of
	// byte offsets by group, -1 for a group that took no part. The slice is
	// the caller's only until yield returns.
	each(s string, yield func(loc []int) bool) error
}

// findMatcher compiles n for searches. Successive searches on the standard
// engine start from slices of the input, so there a pattern must not look at
// what lies before its match.
func findMatcher(n *node) (matcher, error) {
	if text, ok := literal(n); ok {
		return literalMatcher(text), nil
	}
	return newMatcher(n, simple(n) && !n.has(func(n *node) bool {
		return n.op == opAssert && n.assert == atBegin
	}))
}

// newMatcher compiles n for the standard engine if it may, else for regexp2.
func newMatcher(n *node, std bool) (matcher, error) {
	var b strings.Builder
	emit(&b, n)
	if std {
		// More than 1,000 repeats is the one thing it still refuses.
		if re, err := regexp.Compile(b.String()); err == nil {
			return stdMatcher{re}, nil
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
type stdMatcher struct{ re *regexp.Regexp }

func (m stdMatcher) match(s string) (bool, error) { return m.re.MatchString(s), nil }

func (m stdMatcher) each(s string, yield func([]int) bool) error {
	for pos := 0; pos <= len(s); {
		loc := m.re.FindStringSubmatchIndex(s[pos:])
		if loc == nil {
			return nil
		}
		for i := range loc {
			if loc[i] >= 0 {
				loc[i] += pos
			}
		}
		if !yield(loc) {
			return nil
		}
		if pos = loc[1]; loc[0] == loc[1] {
			_, n := utf8.DecodeRuneInString(s[pos:])
			pos += max(n, 1)
		}
	}
	return nil
}

// A backtracker runs on regexp2, within matchLimit.
type backtracker struct{ re *regexp2.Regexp }

func (m backtracker) match(s string) (bool, error) {
	ok, err := m.re.MatchString(s)
	return ok, limitError(err)
}

func (m backtracker) each(s string, yield func([]int) bool) error {
	deadline := time.Now().Add(4 * matchLimit)
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
		if !yield(loc) {
			return nil
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

func (m literalMatcher) match(s string) (bool, error) { return strings.Contains(s, string(m)), nil }

func (m literalMatcher) each(s string, yield func([]int) bool) error {
	var loc [2]int
	for pos := 0; ; pos = loc[1] {
		i := strings.Index(s[pos:], string(m))
		if i < 0 {
			return nil
		}
		loc = [2]int{pos + i, pos + i + len(m)}
		if !yield(loc[:]) {
			return nil
		}
	}
}

// An exactMatcher matches one text as a whole.
type exactMatcher string

func (m exactMatcher) match(s string) (bool, error) { return s == string(m), nil }

func (m exactMatcher) each(s string, yield func([]int) bool) error {
	if s == string(m) {
		yield([]int{0, len(s)})
	}
	return nil
}
