package policy

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A Stray is a name in a policy that stands for nothing, so that what is denied, or taken
// out of what is allowed, is less than it says. A misspelt name in what is allowed is
// none: it shows, as nobody is let in by it.
type Stray struct {
	Element string // such as Statement[1].Action
	Value   string // as the policy has it, actions in lower case
}

// Pointer returns the JSON pointer of the element.
func (s Stray) Pointer() string { return pointerOf(s.Element) }

// maxOverlapSteps bounds what it may take to find strays, in steps of about ten
// nanoseconds.
const maxOverlapSteps = 1 << 24

// Strays returns the names that stand for none of the actions, and for none of the
// resources, in which * is any text and {} any text without a slash. Of nil it looks for
// none. It says nothing of a policy and resources so large that it would take too long.
func (p *Policy) Strays(actions, resources []string) []Stray {
	if p == nil {
		return nil
	}
	e := evaluation{steps: maxOverlapSteps}
	var about [][]rune
	for _, resource := range resources {
		about = append(about, wildRunes(resourceWildcards.Replace(resource)))
	}
	var out []Stray
	for i := range p.statements {
		s := &p.statements[i]
		if s.notAction == (s.effect == Allow) && actions != nil {
			out = append(out, s.strayActions(actions, &e)...)
		}
		if s.notResource == (s.effect == Allow) && resources != nil {
			out = append(out, s.strayResources(about, &e)...)
		}
	}
	if e.exceeded() {
		return nil
	}
	return out
}

// resourceWildcards brings the wildcards of resources to those of compiled patterns.
var resourceWildcards = strings.NewReplacer("*", star, "{}", segment)

func (s *statement) strayActions(actions []string, e *evaluation) (out []Stray) {
	for i := range s.actions {
		a := &s.actions[i]
		if !slices.ContainsFunc(actions, func(name string) bool { return e.match(a.text, lower(name), false) }) {
			out = append(out, Stray{join(s.at, elementName("Action", s.notAction)), a.String()})
		}
	}
	return out
}

func (s *statement) strayResources(resources [][]rune, e *evaluation) (out []Stray) {
	for i := range s.resources {
		if !s.resources[i].about(resources, e) {
			out = append(out, Stray{join(s.at, elementName("Resource", s.notResource)), s.resources[i].String()})
		}
	}
	return out
}

// elementName is the name of an element or, with not, of its opposite.
func elementName(name string, not bool) string {
	if not {
		return "Not" + name
	}
	return name
}

// about reports whether the pattern stands for any of the resources, also in a spelling
// of its path with escapes.
func (a *arnPattern) about(resources [][]rune, e *evaluation) bool {
	parts := make([]string, len(a.parts))
	for i, p := range a.parts {
		parts[i] = p.text
	}
	text := strings.Join(parts, ":")
	sent, decoded := wildRunes(text), wildRunes(string(appendDecoded(nil, text)))
	return slices.ContainsFunc(resources, func(resource []rune) bool {
		return overlap(sent, resource, e) || overlap(decoded, resource, e)
	})
}

// What stands for no character in a pattern of runes.
const (
	anyRunes   = -1 // any text, also none
	oneRune    = -2 // one character
	anySegment = -3 // any text without a slash
)

// segment is anySegment as compiled patterns could have it, which they do not.
const segment = "\xfc"

// wildRunes are the characters and wildcards of a compiled pattern. A variable may be any
// text.
func wildRunes(text string) []rune {
	var out []rune
	for i := 0; i < len(text); {
		switch text[i] {
		case anyText:
			out, i = append(out, anyRunes), i+1
		case variable:
			out, i = append(out, anyRunes), min(i+2, len(text))
		case oneChar:
			out, i = append(out, oneRune), i+1
		case segment[0]:
			out, i = append(out, anySegment), i+1
		default:
			r, n := utf8.DecodeRuneInString(text[i:])
			out, i = append(out, r), i+n
		}
	}
	return out
}

// overlap reports whether there is a text that both patterns match, of which the second
// may have segments. It goes through the second character by character, with all the
// places of the first that the text so far can lead to.
func overlap(a, b []rune, e *evaluation) bool {
	at, next := make([]bool, len(a)+1), make([]bool, len(a)+1)
	low, high := 0, 0 // the places that are in use
	at[0] = true
	skip := func(set []bool) { // the stars of a may be no text
		for i := low; i <= high && i < len(a); i++ {
			if set[i] && a[i] == anyRunes {
				set[i+1] = true
				high = max(high, i+1)
			}
		}
	}
	skip(at)
	for _, c := range b {
		if !e.spend(high - low + 1) {
			return true
		}
		if c == anyRunes { // whatever a has from any place on
			for i := low + 1; i <= len(a); i++ {
				at[i] = true
			}
			high = len(a)
			continue
		}
		if c == anySegment { // whatever it has up to a slash
			for i := low; i <= high && i < len(a); i++ {
				if at[i] && a[i] != '/' {
					at[i+1] = true
					high = max(high, i+1)
				}
			}
			continue
		}
		first, last := len(a)+1, -1
		for i := low; i <= high && i < len(a); i++ {
			if !at[i] {
				continue
			}
			to := i + 1
			switch {
			case a[i] == anyRunes:
				to = i
			case a[i] != c && a[i] != oneRune && c != oneRune:
				continue
			}
			next[to] = true
			first, last = min(first, to), max(last, to)
		}
		clear(at[low : high+1])
		at, next = next, at
		if last < 0 {
			return false
		}
		low, high = first, last
		skip(at)
	}
	return at[len(a)]
}
