package policy

import "unicode/utf8"

// fewSteps is how many steps a search may take character by character: up to there it
// is faster than one that has to be prepared.
const fewSteps = 1 << 12

// A search looks for a part with ? at all places of a text at once, with a bit for each
// of the part's characters (the algorithm is known as Shift-And). What looks at each
// place by itself takes minutes where a policy has hundreds of values that repeat a long
// header, as in *${aws:UserAgent}?b*.
type search struct {
	size    int          // of the part, in characters
	rowOf   map[rune]int // of a character that the part has
	rows    [][]uint64   // which places of the part take that character
	others  []uint64     // which take any
	matched []uint64     // bit i: the text read so far ends in the part's first i+1 characters
}

// newSearch prepares a search in s.
func newSearch(part, s string) *search {
	x := &search{size: utf8.RuneCountInString(part), rowOf: make(map[rune]int)}
	words := (x.size + 63) / 64
	x.others, x.matched = make([]uint64, words), make([]uint64, words)
	for i, at := 0, 0; i < len(part); at++ {
		if part[i] == oneChar {
			x.others[at/64] |= 1 << (at % 64)
		}
		_, n := utf8.DecodeRuneInString(part[i:])
		i += n
	}
	for i := 0; i < len(s); { // a character that the text lacks needs no row
		c, n := character(s[i:])
		x.rowOf[c] = -1
		i += n
	}
	for i, at := 0, 0; i < len(part); at++ {
		c, n := character(part[i:])
		if row, ok := x.rowOf[c]; ok && part[i] != oneChar {
			if row < 0 {
				row = len(x.rows)
				x.rowOf[c], x.rows = row, append(x.rows, append([]uint64(nil), x.others...))
			}
			x.rows[row][at/64] |= 1 << (at % 64)
		}
		i += n
	}
	return x
}

// character returns the character that a text begins with, and its length. A byte that
// is of no character is one by itself, which no pattern has.
func character(s string) (c rune, n int) {
	c, n = utf8.DecodeRuneInString(s)
	if c == utf8.RuneError && n == 1 {
		return -1, n
	}
	return c, n
}

// find returns where in s the first match ends, -1 for none.
func (x *search) find(s string) int {
	last, bit := (x.size-1)/64, uint64(1)<<((x.size-1)%64)
	for i := 0; i < len(s); {
		c, n := character(s[i:])
		i += n
		row := x.others
		if at := x.rowOf[c]; at >= 0 {
			row = x.rows[at]
		}
		carry := uint64(1)
		for w, bits := range x.matched {
			x.matched[w] = (bits<<1 | carry) & row[w]
			carry = bits >> 63
		}
		if x.matched[last]&bit != 0 {
			return i
		}
	}
	return -1
}
