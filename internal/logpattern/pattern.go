// Package logpattern is the filter patterns of CloudWatch Logs: which messages they
// match. Terms, regular expressions, conditions on the members of JSON and on fields
// between spaces are read as AWS documents them.
package logpattern

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// MaxLength is the longest pattern, in characters.
const MaxLength = 1024

// A Pattern is one that has been parsed. It is safe for concurrent use.
type Pattern struct {
	match func(message string) bool
	cost  int
}

// Match reports whether a message has what the pattern asks for. It takes time linear in
// the message's length.
func (p *Pattern) Match(message string) bool { return p.match(message) }

// Cost is how much a byte of a message costs, beside one that is only looked at.
func (p *Pattern) Cost() int { return p.cost }

// A SyntaxError says what is wrong with a pattern, in AWS's words where they are known.
type SyntaxError string

func (e SyntaxError) Error() string { return string(e) }

func wrong(format string, args ...any) error { return SyntaxError(fmt.Sprintf(format, args...)) }

// Costs of a byte, in the time of a term that is searched.
const (
	jsonCost   = 30
	fieldCost  = 3
	regexCost  = 20
	numberCost = 10 // of a number that is compared
)

// Parse reads a pattern. One of blanks alone matches every message.
func Parse(text string) (*Pattern, error) {
	text = strings.TrimSpace(text)
	if len(text) > MaxLength {
		return nil, wrong("Invalid filter pattern: it is longer than %d characters", MaxLength)
	}
	switch {
	case text == "":
		return &Pattern{func(string) bool { return true }, 0}, nil
	case text[0] == '{':
		if !strings.HasSuffix(text, "}") || len(text) < 2 {
			return nil, wrong("If a filter pattern starts with '{' it must end with '}'")
		}
		return parseJSON(text[1 : len(text)-1])
	case text[0] == '[':
		if !strings.HasSuffix(text, "]") || len(text) < 2 {
			return nil, wrong("If a filter pattern starts with '[' it must end with ']'")
		}
		return parseFields(text[1 : len(text)-1])
	case text[0] == '%' && len(text) > 1 && strings.HasSuffix(text, "%"):
		re, cost, err := parseRegex(text[1 : len(text)-1])
		if err != nil {
			return nil, err
		}
		return &Pattern{re.MatchString, cost}, nil
	}
	return parseTerms(text)
}

// parseTerms reads terms: all that have no sign must be in a message, none of those behind
// a minus may, and one of those behind question marks where there are no others
// (documented: else these have no effect).
func parseTerms(text string) (*Pattern, error) {
	var all, none, some []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		to := &all
		switch text[0] {
		case '?':
			to, text = &some, text[1:]
		case '-':
			to, text = &none, text[1:]
		}
		term, rest, err := takeTerm(text)
		if err != nil {
			return nil, err
		}
		*to, text = append(*to, term), rest
	}
	if len(all)+len(none) > 0 {
		some = nil
	}
	match := func(message string) bool {
		for _, term := range all {
			if !contains(message, term) {
				return false
			}
		}
		for _, term := range none {
			if contains(message, term) {
				return false
			}
		}
		for _, term := range some {
			if contains(message, term) {
				return true
			}
		}
		return len(some) == 0
	}
	return &Pattern{match, len(all) + len(none) + len(some)}, nil
}

// contains is that of strings, but that a phrase of blanks is in every message
// (documented of " ").
func contains(message, term string) bool {
	return strings.TrimSpace(term) == "" || strings.Contains(message, term)
}

// takeTerm takes a word, or a phrase in quotes, from the beginning of a text.
func takeTerm(text string) (term, rest string, err error) {
	if strings.HasPrefix(text, `"`) {
		term, rest, ok := takeQuoted(text)
		if !ok || term == "" {
			return "", "", wrong("Invalid character(s) in term '%s'", brief(text))
		}
		return term, rest, nil
	}
	end := strings.IndexFunc(text, unicode.IsSpace)
	if end < 0 {
		end = len(text)
	}
	term = text[:end]
	if term == "" || strings.ContainsFunc(term, func(r rune) bool { return !isWord(r) }) {
		return "", "", wrong("Invalid character(s) in term '%s'", brief(term))
	}
	return term, text[end:], nil
}

// isWord reports whether a character needs no quotes.
func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// takeQuoted takes a text in double quotes, in which a backslash keeps the next character.
func takeQuoted(text string) (inner, rest string, ok bool) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return b.String(), text[i+1:], true
		case '\\':
			if i++; i == len(text) {
				return "", "", false
			}
		}
		b.WriteByte(text[i])
	}
	return "", "", false
}

func brief(text string) string {
	const most = 60
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// maxRepeats bounds the repetitions that an expression counts, all together.
const maxRepeats = 100

// counted is a repetition that counts: {3}, {3,} or {,5}.
var counted = regexp.MustCompile(`\{([0-9]*)(,?)([0-9]*)\}`)

// parseRegex reads an expression in the part of the syntax that AWS takes.
func parseRegex(text string) (*regexp.Regexp, int, error) {
	if text == "" {
		return nil, 0, wrong("Invalid filter pattern: an expression between %% is empty")
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text):
			i++
			if text[i] >= 0x80 {
				return nil, 0, wrong("Invalid character(s) in term '%s'", brief(text))
			}
		case c < 0x80 && (isWord(rune(c)) || strings.IndexByte(` :_#=@/;,-^$?[]{}|*+.`, c) >= 0):
		default:
			return nil, 0, wrong("Invalid character(s) in term '%s'", brief(text))
		}
	}
	repeats := 0
	for _, m := range counted.FindAllStringSubmatch(text, -1) {
		n := max(number(m[1]), number(m[3]))
		repeats += n
		if n > maxRepeats || repeats > maxRepeats {
			return nil, 0, wrong("Invalid filter pattern: an expression counts more than %d repetitions", maxRepeats)
		}
	}
	re, err := regexp.Compile(counted.ReplaceAllStringFunc(text, func(r string) string {
		return strings.Replace(r, "{,", "{0,", 1)
	}))
	if err != nil {
		return nil, 0, wrong("Invalid filter pattern: '%s' is no regular expression", brief(text))
	}
	return re, regexCost + len(text)/8 + repeats, nil
}

// number reads a few digits; more of them are more than any bound.
func number(digits string) int {
	if len(digits) > 4 {
		return 1 << 20
	}
	n := 0
	for _, c := range []byte(digits) {
		n = n*10 + int(c-'0')
	}
	return n
}
