package query

import (
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/shape"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// bind reads a form into the struct that in points to.
func (p *Protocol) bind(form url.Values, action string, in any) error {
	b := &binding{form: form, used: map[string]bool{"Action": true, "Version": true}}
	if text := b.structure(reflect.ValueOf(in).Elem(), ""); text != "" {
		return p.Invalid(text)
	}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if !b.used[name] && !strings.HasPrefix(name, "X-Amz-") {
			return p.Invalid("This server does not support the parameter " + wire.Truncated(name) + " of " + action + ".")
		}
	}
	return nil
}

// A binding reads one form.
type binding struct {
	form url.Values
	used map[string]bool // the parameters that fields are for

	parents map[string]bool // what stands before a dot of a parameter; nil until it is asked for
}

// structure reads the members of a struct, whose names begin with prefix. It returns
// what is wrong, "" for nothing.
func (b *binding) structure(v reflect.Value, prefix string) string {
	t := v.Type()
	for i := range t.NumField() {
		var text string
		if t.Field(i).Anonymous { // its members are those of the struct that it is in
			text = b.structure(v.Field(i), prefix)
		} else {
			text = b.value(v.Field(i), prefix+shape.Name(t.Field(i)))
		}
		if text != "" {
			return text
		}
	}
	return ""
}

// value reads a member.
func (b *binding) value(v reflect.Value, name string) string {
	switch v.Kind() {
	case reflect.Struct:
		return b.structure(v, name+".")
	case reflect.Slice:
		return b.list(v, name+".member.")
	}
	if !b.form.Has(name) {
		return ""
	}
	b.used[name] = true
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	return scalar(v, b.form.Get(name), name)
}

// list reads the elements of a list, which are numbered from 1. What is left out ends
// it.
func (b *binding) list(v reflect.Value, prefix string) string {
	if b.form.Has(strings.TrimSuffix(prefix, ".member.")) { // an empty list, as some clients write it
		b.used[strings.TrimSuffix(prefix, ".member.")] = true
	}
	for n := 1; ; n++ {
		name := prefix + strconv.Itoa(n)
		if !b.begins(name) {
			return ""
		}
		element := reflect.New(v.Type().Elem()).Elem()
		if text := b.value(element, name); text != "" {
			return text
		}
		v.Set(reflect.Append(v, element))
	}
}

// begins reports whether there is a parameter of this name or of a member of it.
func (b *binding) begins(name string) bool {
	if b.form.Has(name) {
		return true
	}
	if b.parents == nil {
		b.parents = make(map[string]bool)
		for key := range b.form {
			for i, dots := 0, 0; i < len(key) && dots < maxDepth; i++ {
				if key[i] == '.' {
					b.parents[key[:i]] = true
					dots++
				}
			}
		}
	}
	return b.parents[name]
}

// maxDepth is how many dots of a parameter's name are looked at. Inputs have fewer.
const maxDepth = 12

// scalar reads a text, a number or a bool.
func scalar(v reflect.Value, text, name string) string {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			member := strings.ToLower(name[:1]) + name[1:]
			return "1 validation error detected: Value '" + wire.Truncated(text) + "' at '" + wire.Truncated(member) + "' failed to satisfy constraint: Member must be an integer"
		}
		v.SetInt(n)
	case reflect.Bool:
		yes, err := strconv.ParseBool(text)
		if err != nil {
			return "The value of " + name + " is neither true nor false"
		}
		v.SetBool(yes)
	}
	return ""
}
