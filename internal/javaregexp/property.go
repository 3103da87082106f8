package javaregexp

import (
	"strings"
	"sync"
	"unicode"
)

func horizontalSpace() runeSet {
	return runeSet{{'\t', '\t'}, {' ', ' '}, {0xA0, 0xA0}, {0x1680, 0x1680}, {0x180E, 0x180E},
		{0x2000, 0x200A}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}}
}

func verticalSpace() runeSet { return runeSet{{'\n', '\r'}, {0x85, 0x85}, {0x2028, 0x2029}} }

func (p *parser) digits() runeSet {
	if p.has(unicodeClass) {
		return table(unicode.Nd)
	}
	return span('0', '9')
}

func (p *parser) spaces() runeSet {
	if p.has(unicodeClass) {
		return table(unicode.White_Space)
	}
	return runeSet{{'\t', '\r'}, {' ', ' '}}
}

func (p *parser) words() runeSet {
	if p.has(unicodeClass) {
		return table(append(alphabetic(), unicode.M, unicode.Nd, unicode.Pc, unicode.Join_Control)...)
	}
	return runeSet{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}
}

// propertyName reads the rest of \p: one letter, or a name in braces.
func (p *parser) propertyName() string {
	c := p.raw()
	if c == eof {
		p.fail("Unclosed character family")
		return ""
	}
	p.pos++
	if c != '{' {
		return string(c)
	}
	var name strings.Builder
	for p.raw() != '}' {
		if p.raw() == eof {
			p.fail("Unclosed character family")
			return ""
		}
		name.WriteRune(p.raw())
		p.pos++
	}
	p.pos++
	if name.Len() == 0 {
		p.fail("Empty character family")
	}
	return name.String()
}

// property resolves a name behind its p, or its P for the complement.
func (p *parser) property(name string) runeSet {
	set, ok := p.find(name[1:])
	switch {
	case !ok:
		p.fail("Unknown character property name {" + name[1:] + "}")
		return nil
	case name[0] == 'P':
		return set.negate()
	}
	return set
}

// find resolves a property as Java does: a category, POSIX or java.* class
// by its plain name; a property, category or script after "Is"; or name=value.
func (p *parser) find(name string) (runeSet, bool) {
	if key, value, ok := strings.Cut(name, "="); ok {
		switch strings.ToLower(key) {
		case "sc", "script":
			return script(value)
		case "gc", "general_category":
			return p.category(value)
		}
		return nil, false
	}
	if rest, ok := strings.CutPrefix(name, "Is"); ok {
		if set, ok := p.binary(strings.ToUpper(rest)); ok {
			return set, true
		}
		if set, ok := p.category(rest); ok {
			return set, true
		}
		return script(rest)
	}
	if strings.HasPrefix(name, "In") {
		return nil, false // Go has no table of blocks
	}
	if p.has(unicodeClass) {
		if set, ok := p.binary(posixAsUnicode(name)); ok {
			return set, true
		}
	}
	return p.category(name)
}

// category resolves the names that stand alone in \p{...}.
func (p *parser) category(name string) (runeSet, bool) {
	if set, ok := posix(name); ok {
		if p.has(caseInsensitive) && (name == "Lower" || name == "Upper") {
			set, _ = posix("Alpha")
		}
		return set, true
	}
	anyCase := table(unicode.Lu, unicode.Ll, unicode.Lt)
	switch name {
	case "Lu", "Ll", "Lt":
		if p.has(caseInsensitive) {
			return anyCase, true
		}
	case "LC":
		return anyCase, true
	case "LD":
		return table(unicode.L, unicode.Nd), true
	case "L1":
		return span(0, 0xFF), true
	case "all":
		return everything(), true
	case "Cn":
		return assigned().negate(), true
	case "C":
		return table(unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs).union(assigned().negate()), true
	}
	if rest, ok := strings.CutPrefix(name, "java"); ok {
		return p.javaClass(rest)
	}
	if t, ok := unicode.Categories[name]; ok && len(name) <= 2 {
		return table(t), true
	}
	return nil, false
}

func posix(name string) (runeSet, bool) {
	switch name {
	case "ASCII":
		return span(0, 0x7F), true
	case "Alnum":
		return runeSet{{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}, true
	case "Alpha":
		return runeSet{{'A', 'Z'}, {'a', 'z'}}, true
	case "Blank":
		return runes('\t', ' '), true
	case "Cntrl":
		return runeSet{{0, 0x1F}, {0x7F, 0x7F}}, true
	case "Digit":
		return span('0', '9'), true
	case "Graph":
		return span('!', '~'), true
	case "Lower":
		return span('a', 'z'), true
	case "Print":
		return span(' ', '~'), true
	case "Punct":
		return runeSet{{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}, true
	case "Space":
		return runeSet{{'\t', '\r'}, {' ', ' '}}, true
	case "Upper":
		return span('A', 'Z'), true
	case "XDigit":
		return runeSet{{'0', '9'}, {'A', 'F'}, {'a', 'f'}}, true
	}
	return nil, false
}

// posixAsUnicode names the property that a POSIX class means under (?U).
func posixAsUnicode(name string) string {
	switch name {
	case "Alpha":
		return "ALPHABETIC"
	case "Lower":
		return "LOWERCASE"
	case "Upper":
		return "UPPERCASE"
	case "Space":
		return "WHITE_SPACE"
	case "Punct":
		return "PUNCTUATION"
	case "XDigit":
		return "HEX_DIGIT"
	case "Cntrl":
		return "CONTROL"
	case "Digit", "Alnum", "Blank", "Graph", "Print":
		return strings.ToUpper(name)
	}
	return ""
}

func alphabetic() []*unicode.RangeTable {
	return []*unicode.RangeTable{unicode.L, unicode.Nl, unicode.Other_Alphabetic}
}

func lowercase() runeSet { return table(unicode.Ll, unicode.Other_Lowercase) }

func uppercase() runeSet { return table(unicode.Lu, unicode.Other_Uppercase) }

// binary resolves Unicode's binary properties, by their upper-cased names.
func (p *parser) binary(name string) (runeSet, bool) {
	switch name {
	case "ALPHABETIC":
		return table(alphabetic()...), true
	case "LETTER":
		return table(unicode.L), true
	case "IDEOGRAPHIC":
		return table(unicode.Ideographic), true
	case "LOWERCASE", "UPPERCASE", "TITLECASE":
		return p.cased(name), true
	case "WHITE_SPACE", "WHITESPACE":
		return table(unicode.White_Space), true
	case "CONTROL":
		return table(unicode.Cc), true
	case "PUNCTUATION":
		return table(unicode.P), true
	case "HEX_DIGIT", "HEXDIGIT":
		return table(unicode.Nd, unicode.Hex_Digit), true
	case "ASSIGNED":
		return assigned(), true
	case "NONCHARACTER_CODE_POINT", "NONCHARACTERCODEPOINT":
		return table(unicode.Noncharacter_Code_Point), true
	case "DIGIT":
		return table(unicode.Nd), true
	case "ALNUM":
		return table(append(alphabetic(), unicode.Nd)...), true
	case "BLANK":
		return table(unicode.Zs, &unicode.RangeTable{R16: []unicode.Range16{{Lo: '\t', Hi: '\t', Stride: 1}}}), true
	case "GRAPH":
		return graph(), true
	case "PRINT":
		return graph().union(table(unicode.Zs)).intersect(table(unicode.Cc).negate()), true
	case "WORD":
		return (&parser{flags: unicodeClass}).words(), true
	case "JOIN_CONTROL", "JOINCONTROL":
		return table(unicode.Join_Control), true
	}
	return nil, false
}

func (p *parser) cased(name string) runeSet {
	switch {
	case p.has(caseInsensitive):
		return lowercase().union(uppercase()).union(table(unicode.Lt))
	case name == "LOWERCASE":
		return lowercase()
	case name == "UPPERCASE":
		return uppercase()
	}
	return table(unicode.Lt)
}

func graph() runeSet {
	return assigned().intersect(table(unicode.White_Space, unicode.Cc, unicode.Cs).negate())
}

var assigned = sync.OnceValue(func() runeSet {
	return table(unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs)
})

// javaClass resolves \p{javaX}: what Character.isX says.
func (p *parser) javaClass(name string) (runeSet, bool) {
	switch name {
	case "LowerCase", "UpperCase", "TitleCase":
		return p.cased(strings.ToUpper(name)), true
	case "Alphabetic":
		return table(alphabetic()...), true
	case "Ideographic":
		return table(unicode.Ideographic), true
	case "Digit":
		return table(unicode.Nd), true
	case "Defined":
		return assigned(), true
	case "Letter":
		return table(unicode.L), true
	case "LetterOrDigit":
		return table(unicode.L, unicode.Nd), true
	case "SpaceChar":
		return table(unicode.Z), true
	case "Whitespace":
		noBreak := runes(0xA0, 0x2007, 0x202F).negate()
		return table(unicode.Z).intersect(noBreak).union(runeSet{{'\t', '\r'}, {0x1C, 0x1F}}), true
	case "ISOControl":
		return runeSet{{0, 0x1F}, {0x7F, 0x9F}}, true
	}
	return nil, false
}

// script resolves a script's long name, without regard to case.
func script(name string) (runeSet, bool) {
	for full, t := range unicode.Scripts {
		if strings.EqualFold(full, name) {
			return table(t), true
		}
	}
	return nil, false
}
