package javaregexp

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ReplaceAll replaces every match in s, as String.replaceAll does. In the
// replacement $n and ${name} stand for what a group captured, and a backslash
// takes the next character's meaning away. Like Java it reports a bad
// replacement only when there is something to replace.
func (re *Regexp) ReplaceAll(s, replacement string, b Bounds) (string, error) {
	return re.replace(s, replacement, false, b)
}

// ReplaceFirst replaces the first match in s, as String.replaceFirst does.
func (re *Regexp) ReplaceFirst(s, replacement string, b Bounds) (string, error) {
	return re.replace(s, replacement, true, b)
}

// errEnough ends a search that has found what was asked for.
var errEnough = errors.New("enough")

func (re *Regexp) replace(s, replacement string, once bool, b Bounds) (string, error) {
	m, err := re.find()
	if err != nil {
		return "", err
	}
	if text, ok := m.(literalMatcher); ok && !strings.ContainsAny(replacement, `\$`) {
		return text.replace(s, replacement, once, b)
	}
	return re.replaceMatches(m, s, replacement, once, b)
}

func (re *Regexp) replaceMatches(m matcher, s, replacement string, once bool, b Bounds) (string, error) {
	var out result
	var parts []part
	end := 0
	err := m.each(s, strings.ContainsRune(replacement, '$'), &b, func(loc []int) (err error) {
		if parts == nil {
			if parts, err = re.parseReplacement(replacement); err != nil {
				return err
			}
		}
		err = out.add(&b, len(s)+len(replacement), s[end:loc[0]])
		for _, p := range parts {
			text := p.text
			if p.group >= 0 {
				text = captured(s, loc, p.group)
			}
			if err == nil && text != "" {
				err = out.add(&b, 0, text)
			}
		}
		if end = loc[1]; once && err == nil {
			err = errEnough
		}
		return err
	})
	switch {
	case err != nil && err != errEnough:
		return "", err
	case parts == nil:
		return s, nil
	}
	if err := out.add(&b, 0, s[end:]); err != nil {
		return "", err
	}
	return out.text.String(), nil
}

// replace is Regexp.replace without groups.
func (m literalMatcher) replace(s, replacement string, once bool, b Bounds) (string, error) {
	n := strings.Count(s, string(m))
	if once {
		n = min(n, 1)
	}
	if n == 0 {
		return s, nil
	}
	size := len(s) - n*len(m)
	if b.Longest > 0 && n*len(replacement) > b.Longest-size {
		return "", ErrLong
	}
	if err := b.take(size + n*len(replacement)); err != nil {
		return "", err
	}
	return strings.Replace(s, string(m), replacement, n), nil
}

// captured is what a group has of a match.
func captured(s string, loc []int, group int) string {
	if from := loc[2*group]; from >= 0 {
		return s[from:loc[2*group+1]]
	}
	return ""
}

// A part of a replacement is text, or a group when group is not -1.
type part struct {
	text  string
	group int
}

// parseReplacement splits a replacement. The result is never nil without an
// error.
func (re *Regexp) parseReplacement(r string) ([]part, error) {
	parts := []part{}
	var text strings.Builder
	for i := 0; i < len(r); i++ {
		switch r[i] {
		case '\\':
			if i++; i == len(r) {
				return nil, fmt.Errorf("character to be escaped is missing")
			}
			text.WriteByte(r[i])
		case '$':
			group, n, err := re.parseGroup(r[i+1:])
			if err != nil {
				return nil, err
			}
			parts = append(parts, part{text.String(), -1}, part{group: group})
			text.Reset()
			i += n
		default:
			text.WriteByte(r[i])
		}
	}
	return slices.Clip(append(parts, part{text.String(), -1})), nil
}

// parseGroup reads what follows a dollar sign and returns the group and the
// bytes read.
func (re *Regexp) parseGroup(r string) (group, n int, err error) {
	switch {
	case r == "":
		return 0, 0, fmt.Errorf("Illegal group reference: group index is missing")
	case r[0] == '{':
		return re.parseGroupName(r)
	case !isDigit(rune(r[0])):
		return 0, 0, fmt.Errorf("Illegal group reference")
	}
	group = int(r[0] - '0')
	if group > re.groups {
		return 0, 0, fmt.Errorf("No group %d", group)
	}
	for n = 1; n < len(r) && isDigit(rune(r[n])); n++ {
		longer := group*10 + int(r[n]-'0')
		if longer > re.groups {
			break
		}
		group = longer
	}
	return group, n, nil
}

func (re *Regexp) parseGroupName(r string) (group, n int, err error) {
	for n = 1; n < len(r) && (isLetter(rune(r[n])) || isDigit(rune(r[n]))); n++ {
	}
	name := r[1:n]
	switch {
	case name == "":
		return 0, 0, fmt.Errorf("named capturing group is missing trailing '}'")
	case n == len(r) || r[n] != '}':
		return 0, 0, fmt.Errorf("named capturing group is missing trailing '}'")
	case isDigit(rune(name[0])):
		return 0, 0, fmt.Errorf("capturing group name {%s} starts with digit character", name)
	}
	group, ok := re.names[name]
	if !ok {
		return 0, 0, fmt.Errorf("No group with name {%s}", name)
	}
	return group, n + 1, nil
}

// Split cuts s around matches, as String.split does: an empty match at the
// very beginning cuts nothing; a limit above zero caps the number of parts; a
// limit of zero drops empty parts from the end.
func (re *Regexp) Split(s string, limit int, b Bounds) ([]string, error) {
	m, err := re.find()
	if err != nil {
		return nil, err
	}
	var out parts
	end := 0
	err = m.each(s, false, &b, func(loc []int) error {
		if limit > 0 && out.len() == limit-1 {
			return errEnough
		}
		if end == 0 && loc[0] == 0 && loc[1] == 0 {
			return nil
		}
		from := end
		end = loc[1]
		return out.add(&b, s[from:loc[0]])
	})
	if err != nil && err != errEnough {
		return nil, err
	}
	if end == 0 {
		return []string{s}, nil
	}
	if err := out.add(&b, s[end:]); err != nil {
		return nil, err
	}
	if limit == 0 {
		return out.list, nil
	}
	err = out.fill(&b, 0)
	return out.list, err
}
