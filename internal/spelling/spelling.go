// Package spelling finds the word that a misspelt one was meant to be, for errors
// that tell it.
package spelling

import "strings"

// maxWord bounds the words that are compared, in bytes: the work is the product of
// two lengths.
const maxWord = 80

// Nearest returns the word that text is most likely a misspelling of: the one
// fewest edits away, an edit being a character that is added, left out, replaced
// or swapped with its neighbour. Case does not count. It is false when text is one of
// the words or no word is near: one edit for three characters is near, three at the
// most.
func Nearest(text string, words []string) (string, bool) {
	if len(text) > maxWord {
		return "", false
	}
	best, least := "", min(3, len(text)/3)+1
	for _, word := range words {
		if word == text {
			return "", false
		}
		if len(word) > maxWord || abs(len(word)-len(text)) >= least {
			continue
		}
		if n := distance(strings.ToLower(text), strings.ToLower(word)); n < least {
			best, least = word, n
		}
	}
	return best, best != ""
}

func abs(n int) int { return max(n, -n) }

// distance is how many edits lead from a to b, each character being edited once at
// the most.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
