package javaregexp

import (
	"sync"
	"unicode"
)

// fold adds to s the code points that CASE_INSENSITIVE makes equal to its
// members. Without UNICODE_CASE Java folds ASCII letters alone.
func (s runeSet) fold(f flags) runeSet {
	switch {
	case f&caseInsensitive == 0:
		return s
	case f&unicodeCase == 0:
		return s.foldASCII()
	}
	return s.foldUnicode()
}

func (s runeSet) foldASCII() runeSet {
	const shift = 'a' - 'A'
	out := s
	for _, r := range s.intersect(span('a', 'z')) {
		out = out.union(span(r.lo-shift, r.hi-shift))
	}
	for _, r := range s.intersect(span('A', 'Z')) {
		out = out.union(span(r.lo+shift, r.hi+shift))
	}
	return out
}

// foldUnicode follows Java's rule: c is in the folded set when c, its upper
// case or the lower case of its upper case is in s; a single character is
// compared by the lower case of its upper case.
func (s runeSet) foldUnicode() runeSet {
	if r, ok := s.single(); ok {
		key := foldKey(r)
		if key == unicode.ToUpper(r) {
			return s
		}
		return s.union(runes(key)).union(runes(casedRunes()[key]...))
	}
	var more []rune
	for key, all := range casedRunes() {
		lower := s.contains(key)
		for _, r := range all {
			if lower || s.contains(unicode.ToUpper(r)) {
				more = append(more, r)
			}
		}
	}
	return s.union(runes(more...))
}

func foldKey(r rune) rune { return javaLower(unicode.ToUpper(r)) }

// javaLower is Character.toLowerCase.
func javaLower(r rune) rune {
	if r == 'İ' {
		return 'i'
	}
	return unicode.ToLower(r)
}

// casedRunes groups the code points that have case by their fold key.
var casedRunes = sync.OnceValue(func() map[rune][]rune {
	out := make(map[rune][]rune)
	for _, x := range unicode.CaseRanges {
		for r := rune(x.Lo); r <= rune(x.Hi); r++ {
			key := foldKey(r)
			out[key] = append(out[key], r)
		}
	}
	return out
})
