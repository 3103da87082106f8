package jsonschema

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/javaregexp"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A typeSet is a set of draft 4's primitive types.
type typeSet uint8

const (
	typeArray typeSet = 1 << iota
	typeBoolean
	typeInteger
	typeNull
	typeNumber
	typeObject
	typeString
)

// typeNames are the types in the order of their bits, which is the alphabet's.
var typeNames = [...]string{"array", "boolean", "integer", "null", "number", "object", "string"}

// typeNamed returns the types that a name of a schema stands for, 0 for none.
// A number may be an integer.
func typeNamed(name string) typeSet {
	switch i := slices.Index(typeNames[:], name); {
	case i < 0:
		return 0
	case name == "number":
		return typeNumber | typeInteger
	default:
		return 1 << i
	}
}

func typeOf(v value.Value) typeSet {
	switch v.Kind() {
	case value.KindNull:
		return typeNull
	case value.KindBool:
		return typeBoolean
	case value.KindInteger, value.KindLong, value.KindBigInteger:
		return typeInteger
	case value.KindString:
		return typeString
	case value.KindList:
		return typeArray
	case value.KindMap:
		return typeObject
	}
	return typeNumber
}

func (t typeSet) names() []string {
	var out []string
	for i, name := range typeNames {
		if t&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return out
}

func (t typeSet) holds(_ *run, v value.Value) bool { return t&typeOf(v) != 0 }

func (t typeSet) message(_ *run, v value.Value) string {
	return fmt.Sprintf("instance type (%s) does not match any allowed primitive type (allowed: %s)", typeOf(v).names()[0], namesText(t.names()))
}

// enum is the values that are allowed.
type enum struct {
	list  value.Value
	texts map[string]bool // of the strings
	other []value.Value   // all else
}

func (k *enum) holds(r *run, v value.Value) bool {
	if v.IsString() {
		return k.texts[v.AsString()]
	}
	for _, allowed := range k.other {
		if r.equal(allowed, v) {
			return true
		}
		if r.err != nil {
			break
		}
	}
	return false
}

func (k *enum) message(_ *run, v value.Value) string {
	return fmt.Sprintf("instance value (%s) not found in enum (possible values: %s)", text(v), text(k.list))
}

// A count bounds the size of a list, an object or a string.
type count struct {
	of    typeSet
	limit int
	most  bool // limit is the largest size allowed, not the smallest
}

func (k count) size(v value.Value) int {
	switch k.of {
	case typeArray:
		return v.AsList().Len()
	case typeObject:
		return v.AsMap().Len()
	}
	return utf8.RuneCountInString(v.AsString())
}

func (k count) holds(r *run, v value.Value) bool {
	if typeOf(v) != k.of {
		return true
	}
	if k.of == typeString {
		if !r.spend(len(v.AsString()) / 256) {
			return false
		}
	}
	if k.most {
		return k.size(v) <= k.limit
	}
	return k.size(v) >= k.limit
}

func (k count) message(_ *run, v value.Value) string {
	n := k.size(v)
	switch {
	case k.of == typeArray && k.most:
		return fmt.Sprintf("array is too long: must have at most %d elements but instance has %d elements", k.limit, n)
	case k.of == typeArray:
		return fmt.Sprintf("array is too short: must have at least %d elements but instance has %d elements", k.limit, n)
	case k.of == typeObject && k.most:
		return fmt.Sprintf("object has too many properties (found %d but schema requires at most %d)", n, k.limit)
	case k.of == typeObject:
		return fmt.Sprintf("object has too few properties (found %d but schema requires at least %d)", n, k.limit)
	case k.most:
		return fmt.Sprintf(`string "%s" is too long (length: %d, maximum allowed: %d)`, cut(v.AsString()), n, k.limit)
	}
	return fmt.Sprintf(`string "%s" is too short (length: %d, required minimum: %d)`, cut(v.AsString()), n, k.limit)
}

// A pattern is a regular expression that some part of a string must match.
type pattern struct{ re *javaregexp.Regexp }

// find reports whether the pattern is found in s. Where the engine gives up,
// so does the run.
func (k *pattern) find(r *run, s string) bool {
	if !r.spend(1 + len(s)/8) {
		return false
	}
	found, err := k.re.Find(s, javaregexp.Bounds{Until: r.start.Add(maxTime)})
	if err != nil {
		r.err = ErrLimit
	}
	return r.inTime() && found
}

func (k *pattern) holds(r *run, v value.Value) bool { return !v.IsString() || k.find(r, v.AsString()) }

func (k *pattern) message(_ *run, v value.Value) string {
	return fmt.Sprintf(`ECMA 262 regex "%s" does not match input string "%s"`, k.re, cut(v.AsString()))
}

// required are the members that an object must have, sorted.
type required []string

func (k required) holds(r *run, v value.Value) bool {
	m := v.AsMap()
	if m == nil {
		return true
	}
	return r.spend(len(k)/4) && !slices.ContainsFunc(k, func(name string) bool { return !m.Has(name) })
}

func (k required) message(_ *run, v value.Value) string {
	return fmt.Sprintf("object has missing required properties (%s)", namesText(missing(k, v.AsMap())))
}

func missing(names []string, m *value.Map) []string {
	var out []string
	for _, name := range names {
		if !m.Has(name) {
			out = append(out, name)
		}
	}
	return out
}

// onlyMembers is additionalProperties: false.
type onlyMembers struct{ known *members }

func (k onlyMembers) knows(r *run, key string) bool {
	for range k.known.of(r, key) {
		return true
	}
	return false
}

func (k onlyMembers) holds(r *run, v value.Value) bool {
	m := v.AsMap()
	for i := range m.Len() {
		if key, _ := m.At(i); !r.spend(1) || !k.knows(r, key) {
			return false
		}
	}
	return true
}

func (k onlyMembers) message(r *run, v value.Value) string {
	unwanted := slices.DeleteFunc(sortedKeys(v.AsMap()), func(key string) bool { return k.knows(r, key) })
	return "object instance has properties which are not allowed by the schema: " + namesText(unwanted)
}

// onlyElements is additionalItems: false behind a list of so many schemas.
type onlyElements int

func (k onlyElements) holds(_ *run, v value.Value) bool { return v.AsList().Len() <= int(k) }

func (k onlyElements) message(_ *run, v value.Value) string {
	return fmt.Sprintf("schema only allows %d elements in array but instance has %d elements", int(k), v.AsList().Len())
}
