// Package shape holds the inputs of operations to the constraints that AWS's models
// have, which the tags of their fields say:
//
//	RoleName string `json:"RoleName" required:"" min:"1" max:"64" pattern:"[\\w+=,.@-]+"`
//	Status   string `json:"Status" enum:"Active|Inactive"`
//
// min and max bound the characters of a text, the elements of a list or map, and the
// value of a number. A text of no characters, a nil and a number that is 0 count as not
// given; where the difference matters the field is a pointer.
package shape

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Checks are the constraints of one type. They are safe for concurrent use.
type Checks struct{ fields []field }

// A field is one with constraints, in it or below it.
type field struct {
	index    int
	name     string // in messages
	required bool
	min, max *int64
	pattern  *regexp.Regexp
	said     string // the pattern, as messages have it
	enum     []string
	elements *Checks // of the struct, or of each struct in the list
	embedded bool    // its members are those of the struct that it is in
}

// New reads the tags of a type. It panics where they make no sense, which any test
// shows: types are those of the program.
func New(t reflect.Type) *Checks {
	c := new(Checks)
	for i := range t.NumField() {
		f := t.Field(i)
		name := Name(f)
		at := field{index: i, embedded: f.Anonymous, name: strings.ToLower(name[:1]) + name[1:], said: f.Tag.Get("pattern")}
		_, at.required = f.Tag.Lookup("required")
		at.min, at.max = bound(f.Tag, "min"), bound(f.Tag, "max")
		if at.said != "" {
			at.pattern = regexp.MustCompile("^(?:" + javaEscape.ReplaceAllString(at.said, `\x{$1}`) + ")$")
		}
		if enum := f.Tag.Get("enum"); enum != "" {
			at.enum = strings.Split(enum, "|")
		}
		if of := structIn(f.Type); of != nil {
			if below := New(of); len(below.fields) > 0 {
				at.elements = below
			}
		}
		if at.required || at.min != nil || at.max != nil || at.pattern != nil || at.enum != nil || at.elements != nil {
			c.fields = append(c.fields, at)
		}
	}
	return c
}

// javaEscape is how the models' patterns, which are Java's, write a character.
var javaEscape = regexp.MustCompile(`\\u([0-9A-F]{4})`)

// Name is the member that a field of an input is, by its tag json.
func Name(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "" || name == "-" {
		return f.Name
	}
	return name
}

func bound(tag reflect.StructTag, name string) *int64 {
	text, ok := tag.Lookup(name)
	if !ok {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic("shape: " + name + " is " + text)
	}
	return &n
}

// structIn is the struct that a field is, points to or lists; nil for none.
func structIn(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct {
		return t
	}
	return nil
}

// Check returns all that is wrong with what in points to, in AWS's words; nothing where
// it is right.
func (c *Checks) Check(in any) []string {
	var w wrongs
	c.check(&w, reflect.ValueOf(in).Elem(), "")
	return w
}

// wrongs is what was found. AWS's services stop somewhere, too.
type wrongs []string

const maxWrongs = 10

func (w *wrongs) add(text string) {
	if len(*w) < maxWrongs {
		*w = append(*w, text)
	}
}

func (c *Checks) check(w *wrongs, v reflect.Value, at string) {
	for i := range c.fields {
		f := &c.fields[i]
		if f.embedded {
			f.elements.check(w, v.Field(f.index), at)
		} else {
			f.check(w, v.Field(f.index), at+f.name)
		}
	}
}

func (f *field) check(w *wrongs, v reflect.Value, at string) {
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
		if v.Kind() != reflect.Struct {
			f.value(w, v, at)
			return
		}
	}
	if v.IsZero() {
		if f.required {
			w.add("Value null at '" + at + "' failed to satisfy constraint: Member must not be null")
		}
		return
	}
	f.value(w, v, at)
}

// value checks a value that is there.
func (f *field) value(w *wrongs, v reflect.Value, at string) {
	switch v.Kind() {
	case reflect.Struct:
		if f.elements != nil {
			f.elements.check(w, v, at+".")
		}
	case reflect.Slice:
		if size, wrong := f.outside(int64(v.Len())); wrong {
			w.add(said(v, at) + "have length " + size)
		}
		if f.pattern == nil && f.enum == nil && f.elements == nil {
			return // nothing is asked of the elements, which may be millions of bytes
		}
		for i := range v.Len() {
			f.element(w, v.Index(i), at+"."+strconv.Itoa(i+1)+".member")
		}
	case reflect.Map:
		if size, wrong := f.outside(int64(v.Len())); wrong {
			w.add(said(v, at) + "have length " + size)
		}
	case reflect.String:
		f.text(w, v.String(), at)
	case reflect.Int, reflect.Int32, reflect.Int64:
		if size, wrong := f.outside(v.Int()); wrong {
			w.add(said(v, at) + "have value " + size)
		}
	}
}

// element checks one element of a list, whose own bounds are not those of the list.
func (f *field) element(w *wrongs, v reflect.Value, at string) {
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	switch {
	case v.Kind() == reflect.Struct && f.elements != nil:
		f.elements.check(w, v, at+".")
	case v.Kind() == reflect.String:
		(&field{pattern: f.pattern, said: f.said, enum: f.enum}).text(w, v.String(), at)
	}
}

func (f *field) text(w *wrongs, text, at string) {
	v := reflect.ValueOf(text)
	size, wrong := f.outside(int64(utf8.RuneCountInString(text)))
	switch {
	case wrong:
		w.add(said(v, at) + "have length " + size)
	case f.pattern != nil && !f.pattern.MatchString(text):
		w.add(said(v, at) + "satisfy regular expression pattern: " + f.said)
	case f.enum != nil && !slices.Contains(f.enum, text):
		w.add(said(v, at) + "satisfy enum value set: [" + strings.Join(f.enum, ", ") + "]")
	}
}

// outside says by which of its bounds n is too little or too much.
func (f *field) outside(n int64) (size string, wrong bool) {
	switch {
	case f.min != nil && n < *f.min:
		return fmt.Sprintf("greater than or equal to %d", *f.min), true
	case f.max != nil && n > *f.max:
		return fmt.Sprintf("less than or equal to %d", *f.max), true
	}
	return "", false
}

// said begins what is wrong with a value. Messages repeat no more than a little of it.
func said(v reflect.Value, at string) string {
	const most = 100
	var text string
	if v.Kind() == reflect.Slice || v.Kind() == reflect.Map {
		text = fmt.Sprintf("[%d]", v.Len())
	} else {
		text = fmt.Sprint(v.Interface())
	}
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return "Value '" + text + "' at '" + at + "' failed to satisfy constraint: Member must "
}
