package control

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// The setters that patch tables are made of. A patch's value is always a
// string; each setter converts it to the type of its member.

// setText replaces an optional string; an empty one clears it.
func setText[T any](field func(*T) **string) patchSetter[T] {
	return func(_ *tx, target *T, op *patchOp) error {
		*field(target) = given(op.value)
		return nil
	}
}

// keepText replaces an optional string and keeps an empty one.
func keepText[T any](field func(*T) **string) patchSetter[T] {
	return func(_ *tx, target *T, op *patchOp) error {
		*field(target) = op.value
		return nil
	}
}

// setOneOf replaces a string that is one of an enumeration's, or with an empty
// value clears it. refusal words the others.
func setOneOf[T any](field func(*T) **string, values []string, refusal string) patchSetter[T] {
	return func(_ *tx, target *T, op *patchOp) error {
		if v := text(op.value); v != "" && !slices.Contains(values, v) {
			return wire.BadRequest("%s", refusal)
		}
		*field(target) = given(op.value)
		return nil
	}
}

// setBool replaces a boolean.
func setBool[T any](field func(*T) **bool) patchSetter[T] {
	return func(_ *tx, target *T, op *patchOp) error {
		*field(target) = new(isTrueText(op.value))
		return nil
	}
}

// setInt replaces a whole number; refusal words a value that is none.
func setInt[T any](field func(*T) **int32, refusal string) patchSetter[T] {
	return func(_ *tx, target *T, op *patchOp) error {
		n, err := strconv.ParseInt(text(op.value), 10, 32)
		if err != nil {
			return wire.BadRequest("%s", refusal)
		}
		*field(target) = new(int32(n))
		return nil
	}
}

// setDouble replaces a number; refusal words a value that is none.
func setDouble[T any](field func(*T) **wire.Double, refusal string) patchSetter[T] {
	return func(_ *tx, target *T, op *patchOp) error {
		f, ok := parseDouble(text(op.value))
		if !ok {
			return wire.BadRequest("%s", refusal)
		}
		*field(target) = &f
		return nil
	}
}

// parseDouble reads a finite decimal number.
func parseDouble(s string) (wire.Double, bool) {
	if strings.ContainsAny(s, "xXpP_iInN") { // Go's other forms: hexadecimal, Inf, NaN
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return wire.Double(f), err == nil
}

// isTrueText reads a boolean as AWS does: "true" is true, all else false.
func isTrueText(v *string) bool { return strings.EqualFold(text(v), "true") }

// A parser converts the value of a patch.
type parser[V any] func(value *string) (V, error)

func parseBool(v *string) (bool, error)        { return isTrueText(v), nil }
func parseString(v *string) (string, error)    { return text(v), nil }
func parseNullable(v *string) (*string, error) { return given(v), nil }

// entries is the path of a map's entries: add sets one, replace and remove
// want it to be there. Removing the last entry of a map removes the map.
func entries[T, V any](at string, field func(*T) *map[string]V, parse parser[V], absent func() error) patchPath[T] {
	set := func(_ *tx, target *T, op *patchOp) error {
		v, err := parse(op.value)
		if err != nil {
			return err
		}
		m := field(target)
		if *m == nil {
			*m = make(map[string]V)
		}
		(*m)[op.names[0]] = v
		return nil
	}
	drop := func(_ *tx, target *T, op *patchOp) error {
		m := field(target)
		if delete(*m, op.names[0]); len(*m) == 0 {
			*m = nil
		}
		return nil
	}
	present := func(then patchSetter[T]) patchSetter[T] {
		return func(t *tx, target *T, op *patchOp) error {
			if _, ok := (*field(target))[op.names[0]]; !ok {
				return absent()
			}
			return then(t, target, op)
		}
	}
	return patchPath[T]{at: at, add: set, replace: present(set), remove: present(drop)}
}

// elements is the path of a list whose elements are named by the value. Adding
// one that is there and removing one that is not change nothing.
func elements[T any](at string, field func(*T) *[]string) patchPath[T] {
	return patchPath[T]{
		at: at,
		add: func(_ *tx, target *T, op *patchOp) error {
			return addElement(field(target), text(op.value), op)
		},
		remove: func(_ *tx, target *T, op *patchOp) error {
			removeElement(field(target), text(op.value))
			return nil
		},
	}
}

// addElement puts an element at the end of a list that does not have it.
func addElement(list *[]string, v string, op *patchOp) error {
	if v == "" {
		return errPatchValue(op)
	}
	if slices.Contains(*list, v) {
		return nil
	}
	if len(*list) == maxMembers { // looking through a longer one for each operation would take too long
		return errTooMany(truncated(op.path), maxMembers)
	}
	*list = append(*list, v)
	return nil
}

func removeElement(list *[]string, v string) {
	if *list = slices.DeleteFunc(*list, func(s string) bool { return s == v }); len(*list) == 0 {
		*list = nil
	}
}

// errPatchValue refuses a value that a path does not take and for which AWS's
// words are not known.
func errPatchValue(op *patchOp) error {
	return wire.BadRequest("Invalid value specified for patch path %s", truncated(op.path))
}
