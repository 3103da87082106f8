package javaregexp

import (
	"slices"
	"unicode"
)

// A runeSet is a set of code points: inclusive ranges, sorted, disjoint and
// not adjacent. Sets are values; no operation changes its operands.
type runeSet []runeRange

type runeRange struct{ lo, hi rune }

// everything is the set of all code points.
func everything() runeSet { return runeSet{{0, unicode.MaxRune}} }

// runes returns the set of the given code points.
func runes(rs ...rune) runeSet {
	out := make(runeSet, 0, len(rs))
	for _, r := range rs {
		out = append(out, runeRange{r, r})
	}
	return out.normal()
}

// span returns the set from lo to hi, both included.
func span(lo, hi rune) runeSet { return runeSet{{lo, hi}} }

// normal sorts s in place and joins ranges that touch.
func (s runeSet) normal() runeSet {
	slices.SortFunc(s, func(a, b runeRange) int { return int(a.lo) - int(b.lo) })
	out := s[:0]
	for _, r := range s {
		out = out.join(r)
	}
	return out
}

func (s runeSet) union(t runeSet) runeSet {
	if s.includes(t) {
		return s
	}
	out := make(runeSet, 0, len(s)+len(t))
	for len(s) > 0 || len(t) > 0 {
		next := &s
		if len(s) == 0 || len(t) > 0 && t[0].lo < s[0].lo {
			next = &t
		}
		out = out.join((*next)[0])
		*next = (*next)[1:]
	}
	return out
}

// includes reports whether s has all members of t.
func (s runeSet) includes(t runeSet) bool {
	for _, r := range t {
		for len(s) > 0 && s[0].hi < r.hi {
			s = s[1:]
		}
		if len(s) == 0 || r.lo < s[0].lo {
			return false
		}
	}
	return true
}

// join adds a range that does not begin before the last one, in place.
func (s runeSet) join(r runeRange) runeSet {
	if n := len(s); n > 0 && r.lo <= s[n-1].hi+1 {
		s[n-1].hi = max(s[n-1].hi, r.hi)
		return s
	}
	return append(s, r)
}

// A builder makes a set of many others. Small ones are put in order together and
// not one by one.
type builder struct {
	large runeSet
	small runeSet // in no order
}

// largeSet is the number of ranges from which a set is added by itself.
const largeSet = 32

func (b *builder) add(s runeSet) {
	if len(s) >= largeSet {
		b.large = b.large.union(s)
	} else {
		b.small = append(b.small, s...)
	}
}

// set returns the set of what was added.
func (b *builder) set() runeSet { return b.large.union(b.small.normal()) }

func (s runeSet) negate() runeSet {
	out := make(runeSet, 0, len(s)+1)
	next := rune(0)
	for _, r := range s {
		if r.lo > next {
			out = append(out, runeRange{next, r.lo - 1})
		}
		next = r.hi + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, runeRange{next, unicode.MaxRune})
	}
	return out
}

func (s runeSet) intersect(t runeSet) runeSet {
	var out runeSet
	for i, j := 0, 0; i < len(s) && j < len(t); {
		if lo, hi := max(s[i].lo, t[j].lo), min(s[i].hi, t[j].hi); lo <= hi {
			out = append(out, runeRange{lo, hi})
		}
		if s[i].hi < t[j].hi {
			i++
		} else {
			j++
		}
	}
	return out
}

func (s runeSet) contains(r rune) bool {
	_, ok := slices.BinarySearchFunc(s, r, func(x runeRange, r rune) int {
		switch {
		case x.hi < r:
			return -1
		case x.lo > r:
			return 1
		}
		return 0
	})
	return ok
}

// single returns the only member of s.
func (s runeSet) single() (rune, bool) {
	if len(s) == 1 && s[0].lo == s[0].hi {
		return s[0].lo, true
	}
	return 0, false
}

// table returns the members of Unicode range tables.
func table(tables ...*unicode.RangeTable) runeSet {
	var out runeSet
	add := func(lo, hi, stride rune) {
		if stride == 1 {
			out = append(out, runeRange{lo, hi})
			return
		}
		for r := lo; r <= hi; r += stride {
			out = append(out, runeRange{r, r})
		}
	}
	for _, t := range tables {
		for _, r := range t.R16 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	return out.normal()
}
