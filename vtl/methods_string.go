package vtl

import (
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/javaregexp"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// stringMethods are the methods of java.lang.String, those without an
// instance included.
var stringMethods = methodTable{
	"length": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.Int(int64(length16(self.AsString()))), nil
	}}},
	"isEmpty": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.Bool(self.AsString() == ""), nil
	}}},
	"isBlank": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.Bool(strings.TrimFunc(self.AsString(), isJavaSpace) == ""), nil
	}}},
	"charAt":         {{"i", stringCharAt}},
	"codePointAt":    {{"i", stringCodePointAt}},
	"codePointCount": {{"ii", stringCodePointCount}},
	"substring":      {{"ii", stringSubstring}, {"i", stringSubstring}},
	"subSequence":    {{"ii", stringSubstring}},

	"toUpperCase":   {{"", mapString(upper)}},
	"toLowerCase":   {{"", mapString(lower)}},
	"trim":          {{"", mapString(trim)}},
	"strip":         {{"", mapString(func(s string) string { return strings.TrimFunc(s, isJavaSpace) })}},
	"stripLeading":  {{"", mapString(func(s string) string { return strings.TrimLeftFunc(s, isJavaSpace) })}},
	"stripTrailing": {{"", mapString(func(s string) string { return strings.TrimRightFunc(s, isJavaSpace) })}},
	"intern":        {{"", mapString(func(s string) string { return s })}},

	"indexOf":     {{"S", stringIndexOf}, {"Si", stringIndexOf}, {"i", stringIndexOf}, {"ii", stringIndexOf}},
	"lastIndexOf": {{"S", stringLastIndexOf}, {"Si", stringLastIndexOf}, {"i", stringLastIndexOf}, {"ii", stringLastIndexOf}},
	"contains":    {{"Q", testStrings(strings.Contains)}},
	"startsWith":  {{"S", testStrings(strings.HasPrefix)}, {"Si", stringStartsWith}},
	"endsWith":    {{"S", testStrings(strings.HasSuffix)}},

	"contentEquals":       {{"Q", testStrings(func(a, b string) bool { return a == b })}},
	"equalsIgnoreCase":    {{"S", stringEqualsIgnoreCase}},
	"compareTo":           {{"S", compareStrings(compare16)}},
	"compareToIgnoreCase": {{"S", compareStrings(func(a, b string) int64 { return compare16(foldCase(a), foldCase(b)) })}},
	"regionMatches":       {{"biSii", stringRegionMatches}, {"iSii", stringRegionMatches}},

	"concat":       {{"S", stringConcat}},
	"repeat":       {{"i", stringRepeat}},
	"replace":      {{"QQ", stringReplace}, {"cc", stringReplace}},
	"replaceAll":   {{"SS", stringReplaceAll}},
	"replaceFirst": {{"SS", stringReplaceFirst}},
	"matches":      {{"S", stringMatches}},
	"split":        {{"S", stringSplit}, {"Si", stringSplit}},
	"join":         {{"QC", stringJoin}, {"QQ*", stringJoinAll}},
	"format":       {{"SO*", stringFormat}},
	"formatted":    {{"O*", stringFormatted}},

	"valueOf":     {{"O", stringValueOf}},
	"getBytes":    {{"", stringGetBytes}, {"S", stringGetBytes}},
	"toCharArray": {{"", stringToCharArray}},
	"chars":       {{"", stringChars}},
	"lines":       {{"", stringLines}},
	"indent":      {{"i", stringIndent}},
}

// mapString makes a method of a function from string to string.
func mapString(f func(string) string) method {
	return func(r *run, self value.Value, _ []value.Value) (value.Value, error) {
		if err := r.chargeString(len(self.AsString())); err != nil {
			return value.Value{}, err
		}
		s := f(self.AsString())
		return value.String(s), r.chargeString(max(0, len(s)-len(self.AsString())))
	}
}

// testStrings makes a method of a test of the string and an argument.
func testStrings(f func(a, b string) bool) method {
	return func(_ *run, self value.Value, args []value.Value) (value.Value, error) {
		if args[0].IsNull() {
			return value.Value{}, errNull
		}
		return value.Bool(f(self.AsString(), args[0].AsString())), nil
	}
}

// compareStrings makes a method of a comparison.
func compareStrings(f func(a, b string) int64) method {
	return func(_ *run, self value.Value, args []value.Value) (value.Value, error) {
		if args[0].IsNull() {
			return value.Value{}, errNull
		}
		return value.Int(f(self.AsString(), args[0].AsString())), nil
	}
}

func stringCharAt(_ *run, self value.Value, args []value.Value) (value.Value, error) {
	unit, ok := unit16(self.AsString(), num(args[0]))
	if !ok {
		return value.Value{}, errIndex(num(args[0]), length16(self.AsString()))
	}
	return value.FromObject(&javaChar{unit: unit}), nil
}

func stringCodePointAt(_ *run, self value.Value, args []value.Value) (value.Value, error) {
	s, i := self.AsString(), num(args[0])
	unit, ok := unit16(s, i)
	if !ok {
		return value.Value{}, errIndex(i, length16(s))
	}
	if low, ok := unit16(s, i+1); ok && utf16.IsSurrogate(rune(unit)) {
		if r := utf16.DecodeRune(rune(unit), rune(low)); r != 0xFFFD {
			return value.Int(int64(r)), nil
		}
	}
	return value.Int(int64(unit)), nil
}

func stringSubstring(r *run, self value.Value, args []value.Value) (value.Value, error) {
	s := self.AsString()
	from, to := num(args[0]), int64(0)
	if len(args) == 2 {
		to = num(args[1])
	} else {
		to = int64(length16(s))
	}
	out, ok := slice16(s, from, to)
	if !ok {
		return value.Value{}, errors.New("begin " + args[0].Text() + ", end " + value.Int(to).Text() + ", length " + value.Int(int64(length16(s))).Text())
	}
	return value.String(out), r.chargeString(len(out))
}

// needle returns the string that an argument looks for: itself, a character or
// a code point.
func needle(v value.Value) (string, error) {
	switch {
	case v.IsNull():
		return "", errNull
	case v.Kind() == value.KindInteger:
		return string(rune(num(v))), nil
	}
	return v.Text(), nil
}

func stringIndexOf(_ *run, self value.Value, args []value.Value) (value.Value, error) {
	sub, err := needle(args[0])
	if err != nil {
		return value.Value{}, err
	}
	from := int64(0)
	if len(args) == 2 {
		from = num(args[1])
	}
	return value.Int(index16(self.AsString(), sub, from)), nil
}

func stringLastIndexOf(_ *run, self value.Value, args []value.Value) (value.Value, error) {
	sub, err := needle(args[0])
	if err != nil {
		return value.Value{}, err
	}
	from := int64(length16(self.AsString()))
	if len(args) == 2 {
		from = num(args[1])
	}
	return value.Int(lastIndex16(self.AsString(), sub, from)), nil
}

func stringStartsWith(_ *run, self value.Value, args []value.Value) (value.Value, error) {
	if args[0].IsNull() {
		return value.Value{}, errNull
	}
	s, from := self.AsString(), num(args[1])
	if from < 0 || from > int64(length16(s)) {
		return value.Bool(false), nil
	}
	return value.Bool(strings.HasPrefix(skip16(s, from), args[0].AsString())), nil
}

func stringEqualsIgnoreCase(_ *run, self value.Value, args []value.Value) (value.Value, error) {
	return value.Bool(!args[0].IsNull() && foldCase(self.AsString()) == foldCase(args[0].AsString())), nil
}

func stringRegionMatches(_ *run, self value.Value, args []value.Value) (value.Value, error) {
	ignoreCase := false
	if len(args) == 5 {
		ignoreCase, _ = args[0].AsBool()
		args = args[1:]
	}
	if args[1].IsNull() {
		return value.Value{}, errNull
	}
	n := max(num(args[3]), 0)
	a, ok := slice16(self.AsString(), num(args[0]), num(args[0])+n)
	b, ok2 := slice16(args[1].AsString(), num(args[2]), num(args[2])+n)
	if ignoreCase {
		a, b = foldCase(a), foldCase(b)
	}
	return value.Bool(ok && ok2 && a == b), nil
}

func stringConcat(r *run, self value.Value, args []value.Value) (value.Value, error) {
	if args[0].IsNull() {
		return value.Value{}, errNull
	}
	a, b := self.AsString(), args[0].AsString()
	if err := r.chargeString(len(a) + len(b)); err != nil {
		return value.Value{}, err
	}
	return value.String(a + b), nil
}

func stringRepeat(r *run, self value.Value, args []value.Value) (value.Value, error) {
	s, n := self.AsString(), num(args[0])
	if n < 0 {
		return value.Value{}, errors.New("count is negative")
	}
	if s == "" {
		return value.String(""), nil
	}
	if n > int64(r.t.limits.String/len(s)) {
		return value.Value{}, r.chargeString(noLimit)
	}
	if err := r.chargeString(len(s) * int(n)); err != nil {
		return value.Value{}, err
	}
	return value.String(strings.Repeat(s, int(n))), nil
}

func stringReplace(r *run, self value.Value, args []value.Value) (value.Value, error) {
	if args[0].IsNull() || args[1].IsNull() {
		return value.Value{}, errNull
	}
	s, from, to := self.AsString(), args[0].Text(), args[1].Text()
	n := strings.Count(s, from)
	if len(to) > 0 && n > r.t.limits.String/len(to) {
		return value.Value{}, r.chargeString(noLimit)
	}
	if err := r.chargeString(len(s) + n*max(0, len(to)-len(from))); err != nil {
		return value.Value{}, err
	}
	return value.String(strings.ReplaceAll(s, from, to)), nil
}

// pattern returns the regular expression in an argument: compiled with the
// template if it is written there, else now.
func (r *run) pattern(v value.Value) (*javaregexp.Regexp, error) {
	if v.IsNull() {
		return nil, errNull
	}
	if !r.inTime(0) {
		return nil, r.err
	}
	if re := r.t.patterns[v.AsString()]; re != nil {
		return re, nil
	}
	return javaregexp.Compile(v.AsString())
}

// matching is what a match may take, and how much may come of it.
func (r *run) matching(longest int) javaregexp.Bounds {
	return javaregexp.Bounds{Until: r.deadline, Longest: longest, Memory: r.charge}
}

// unmatched is the error of a match, by the limit of the render that ended it; long
// is that of what came of it.
func (r *run) unmatched(err, long error) error {
	switch {
	case err == javaregexp.ErrLong:
		return long
	case err == javaregexp.ErrLimit && !r.inTime(0):
		return r.err
	}
	return err
}

func stringMatches(r *run, self value.Value, args []value.Value) (value.Value, error) {
	re, err := r.pattern(args[0])
	if err != nil {
		return value.Value{}, err
	}
	yes, err := re.Matches(self.AsString(), r.matching(0))
	return value.Bool(yes), r.unmatched(err, nil)
}

func stringReplaceAll(r *run, self value.Value, args []value.Value) (value.Value, error) {
	re, err := r.pattern(args[0])
	if err != nil {
		return value.Value{}, err
	}
	if args[1].IsNull() {
		return value.Value{}, errNull
	}
	out, err := re.ReplaceAll(self.AsString(), args[1].AsString(), r.matching(r.t.limits.String))
	return value.String(out), r.unmatched(err, errLongString)
}

func stringReplaceFirst(r *run, self value.Value, args []value.Value) (value.Value, error) {
	re, err := r.pattern(args[0])
	if err != nil {
		return value.Value{}, err
	}
	if args[1].IsNull() {
		return value.Value{}, errNull
	}
	out, err := re.ReplaceFirst(self.AsString(), args[1].AsString(), r.matching(r.t.limits.String))
	return value.String(out), r.unmatched(err, errLongString)
}

func stringSplit(r *run, self value.Value, args []value.Value) (value.Value, error) {
	re, err := r.pattern(args[0])
	if err != nil {
		return value.Value{}, err
	}
	limit := 0
	if len(args) == 2 {
		limit = int(num(args[1]))
	}
	parts, err := re.Split(self.AsString(), limit, r.matching(r.t.limits.Elements))
	if err != nil {
		return value.Value{}, r.unmatched(err, errLongList)
	}
	return r.stringArray(parts)
}

// stringArray returns a String[].
func (r *run) stringArray(parts []string) (value.Value, error) {
	if err := r.chargeElements(len(parts), len(parts)); err != nil {
		return value.Value{}, err
	}
	a := &javaArray{name: "[Ljava.lang.String;"}
	for _, part := range parts {
		a.list.Append(value.String(part))
	}
	return value.FromObject(a), nil
}

func stringJoin(r *run, _ value.Value, args []value.Value) (value.Value, error) {
	it, ok := iterate(args[1])
	if !ok || args[0].IsNull() {
		return value.Value{}, errNull
	}
	var parts []value.Value
	for it.hasNext() {
		v, err := it.next()
		if err != nil {
			return value.Value{}, err
		}
		if !v.IsString() && !v.IsNull() {
			return value.Value{}, errors.New("an element is no string")
		}
		parts = append(parts, v)
	}
	return r.join(args[0].AsString(), parts)
}

func stringJoinAll(r *run, _ value.Value, args []value.Value) (value.Value, error) {
	if args[0].IsNull() {
		return value.Value{}, errNull
	}
	return r.join(args[0].AsString(), args[1:])
}

// join returns the texts of parts with a separator between.
func (r *run) join(sep string, parts []value.Value) (value.Value, error) {
	var out []byte
	for i, part := range parts {
		if i > 0 {
			out = append(out, sep...)
		}
		text, c := r.text(0, part)
		if c != next {
			return value.Value{}, r.err
		}
		if part.IsNull() {
			text = value.String("null")
		}
		if len(out)+len(text.AsString()) > r.t.limits.String {
			return value.Value{}, r.chargeString(noLimit)
		}
		out = append(out, text.AsString()...)
	}
	return value.String(string(out)), r.chargeString(len(out))
}

func stringValueOf(r *run, _ value.Value, args []value.Value) (value.Value, error) {
	if args[0].IsNull() {
		return value.String("null"), nil
	}
	v, c := r.text(0, args[0])
	if c != next {
		return value.Value{}, r.err
	}
	return v, nil
}

func stringGetBytes(r *run, self value.Value, args []value.Value) (value.Value, error) {
	s := self.AsString()
	if len(args) == 1 {
		if args[0].IsNull() {
			return value.Value{}, nil // the name of a set, or a set?
		}
		switch strings.ToUpper(args[0].AsString()) {
		case "UTF-8", "UTF8":
		case "US-ASCII", "ASCII", "ISO-8859-1", "LATIN1":
			s = toLatin(s, strings.HasSuffix(strings.ToUpper(args[0].AsString()), "ASCII"))
		default:
			return value.Value{}, errors.New("unknown character set")
		}
	}
	if err := r.chargeElements(len(s), len(s)); err != nil {
		return value.Value{}, err
	}
	a := &javaArray{name: "[B"}
	for i := range len(s) {
		a.list.Append(value.Int(int64(int8(s[i]))))
	}
	return value.FromObject(a), nil
}

// toLatin returns s with a byte for each character, and ? for those that have
// none.
func toLatin(s string, ascii bool) string {
	var b strings.Builder
	for _, r := range s {
		if r >= 0x100 || ascii && r >= 0x80 {
			r = '?'
		}
		b.WriteByte(byte(r))
	}
	return b.String()
}

func stringToCharArray(r *run, self value.Value, _ []value.Value) (value.Value, error) {
	units := utf16.Encode([]rune(self.AsString()))
	if err := r.chargeElements(len(units), len(units)); err != nil {
		return value.Value{}, err
	}
	a := &javaArray{name: "[C"}
	for _, unit := range units {
		a.list.Append(value.FromObject(&javaChar{unit: unit}))
	}
	return value.FromObject(a), nil
}

func stringChars(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
	return value.FromObject(&charStream{n: length16(self.AsString())}), nil
}

func stringLines(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
	return value.FromObject(&charStream{n: len(splitLines(self.AsString()))}), nil
}

// splitLines cuts s at line ends of any kind.
func splitLines(s string) []string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

// stringIndent adds n blanks to each line, or takes up to -n away.
func stringIndent(r *run, self value.Value, args []value.Value) (value.Value, error) {
	lines, n := splitLines(self.AsString()), num(args[0])
	if n > int64(r.t.limits.String/(len(lines)+1)) {
		return value.Value{}, r.chargeString(noLimit)
	}
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(strings.Repeat(" ", int(max(n, 0))))
		for i := n; i < 0; i++ {
			rest := strings.TrimLeftFunc(line, isJavaSpace)
			if len(rest) == len(line) {
				break
			}
			line = line[1:]
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return value.String(b.String()), r.chargeString(b.Len())
}

func stringCodePointCount(_ *run, self value.Value, args []value.Value) (value.Value, error) {
	part, ok := slice16(self.AsString(), num(args[0]), num(args[1]))
	if !ok {
		return value.Value{}, errIndex(num(args[1]), length16(self.AsString()))
	}
	return value.Int(int64(utf8.RuneCountInString(part))), nil
}
