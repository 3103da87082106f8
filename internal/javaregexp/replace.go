package javaregexp

import (
	"fmt"
	"slices"
	"strings"
)

// ReplaceAll replaces every match in s, as String.replaceAll does. In the
// replacement $n and ${name} stand for what a group captured, and a backslash
// takes the next character's meaning away. Like Java it reports a bad
// replacement only when there is something to replace.
func (re *Regexp) ReplaceAll(s, replacement string) (string, error) {
	return re.replace(s, replacement, false)
}

// ReplaceFirst replaces the first match in s, as String.replaceFirst does.
func (re *Regexp) ReplaceFirst(s, replacement string) (string, error) {
	return re.replace(s, replacement, true)
}

func (re *Regexp) replace(s, replacement string, once bool) (string, error) {
	m, err := re.find()
	if err != nil {
		return "", err
	}
	if text, ok := m.(literalMatcher); ok && !strings.ContainsAny(replacement, `\$`) {
		n := -1
		if once {
			n = 1
		}
		return strings.Replace(s, string(text), replacement, n), nil
	}
	var out []byte
	var parts []part
	var bad error
	end := 0
	err = m.each(s, func(loc []int) bool {
		if parts == nil {
			if parts, bad = re.parseReplacement(replacement); bad != nil {
				return false
			}
			out = make([]byte, 0, len(s)+len(replacement))
		}
		out = append(out, s[end:loc[0]]...)
		for _, p := range parts {
			if p.group < 0 {
				out = append(out, p.text...)
			} else if from := loc[2*p.group]; from >= 0 {
				out = append(out, s[from:loc[2*p.group+1]]...)
			}
		}
		end = loc[1]
		return !once
	})
	switch {
	case err != nil:
		return "", err
	case bad != nil:
		return "", bad
	case parts == nil:
		return s, nil
	}
	return string(append(out, s[end:]...)), nil
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
func (re *Regexp) Split(s string, limit int) ([]string, error) {
	m, err := re.find()
	if err != nil {
		return nil, err
	}
	var out []string
	end := 0
	err = m.each(s, func(loc []int) bool {
		if limit > 0 && len(out) == limit-1 {
			return false
		}
		if end == 0 && loc[0] == 0 && loc[1] == 0 {
			return true
		}
		out = append(out, s[end:loc[0]])
		end = loc[1]
		return true
	})
	if err != nil {
		return nil, err
	}
	if end == 0 {
		return []string{s}, nil
	}
	out = append(out, s[end:])
	for limit == 0 && len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out, nil
}
